"""An invented year in a database: what is derived is what deriving it anew gives, and the log is whole."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from protocol.hours import EntryState
from server.errors import UserError
from server.hours.rebuild import Rebuilder
from server.hours.verification import verify_log
from server.rehearsal.writer import PROGRAMME, Rehearsal
from server.rehearsal.year import Plan
from server.store.attendance import AttendanceRepository
from server.store.database import Database
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import EntryFilter, HoursLogRepository
from server.store.people import PeopleRepository
from server.store.programme import DEFAULT_NAME
from server.store.rebuilding import RebuildRepository
from tests.support.clock import ManualClock

PLAN = Plan(pairs=12, days=25, last_day=date(2026, 11, 23), zone=ZoneInfo("America/Chicago"))


def ignore(_count: int) -> None:
    pass


async def test_a_year_is_as_if_it_had_been(database: Database) -> None:
    filled = await Rehearsal(database, PLAN, ManualClock()).fill(ignore)
    assert (filled.people, filled.pairs) == (15, 12)
    log = HoursLogRepository(database)
    verdict = await verify_log(log, ignore)
    assert verdict.broken is None
    assert verdict.count == filled.log_rows > 200
    derived = Rebuilder(
        log, HoursFactsRepository(database), AttendanceRepository(database), RebuildRepository(database)
    )
    entries = await derived.rebuild_entries(ignore)
    attendance = await derived.rebuild_attendance(await derived.spans(), ignore)
    assert (entries.changed, attendance.changed, attendance.differences) == ((), (), ())
    assert attendance.count == filled.meetings
    for state in (EntryState.PROPOSED, EntryState.CONFIRMED, EntryState.APPROVED):
        found, _ = await log.page(EntryFilter(states=[state]), None, 1)
        assert found, state
    assert await PeopleRepository(database).programme_name() == PROGRAMME != DEFAULT_NAME


async def test_nobody_who_is_there_is_mixed_with_people_who_are_not(database: Database) -> None:
    await Rehearsal(database, PLAN, ManualClock()).fill(ignore)
    with pytest.raises(UserError, match="wants an empty one"):
        await Rehearsal(database, PLAN, ManualClock()).fill(ignore)
