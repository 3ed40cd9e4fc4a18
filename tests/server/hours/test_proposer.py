"""What is entered by itself when a meeting is over, on both kinds of database."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text, update

from protocol.hours import ContactType, EntryAction, EntryState, Side
from server.hours.log.chain import Verifier
from server.hours.log.rows import Entry
from server.hours.policy import HoursPolicy
from server.hours.proposals import entry_id_of
from server.hours.proposer import Proposer
from server.store.attendance import AttendanceRepository
from server.store.audit import AuditRepository
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import EntryFilter
from server.store.models import LeaveRow, PairRow
from server.store.requirements import RequirementRepository
from tests.support.clock import ManualClock
from tests.support.hours import TODAY, Programme

MINUTE, HOUR = 60_000, 3_600_000
NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * 1_000


@pytest.fixture
def proposer(programme: Programme) -> Proposer:
    facts, attendance = HoursFactsRepository(programme.database), AttendanceRepository(programme.database)
    return Proposer(programme.log, facts, attendance, ManualClock())


async def entries(programme: Programme) -> list[Entry]:
    found, _ = await programme.log.page(EntryFilter(), None, 100)
    return found


async def figures(programme: Programme) -> dict[str, tuple[str, int | None, int]]:
    """Return meeting, measured milliseconds and credited minutes of each pair's only entry."""
    names = {pair_id: name for name, pair_id in programme.pairs.items()}
    found = [entry.latest for entry in await entries(programme)]
    return {names[one.pair_id]: (str(one.meeting_id), one.measured_ms, one.credited_minutes) for one in found}


async def by_meeting(programme: Programme) -> dict[str, int]:
    return {str(one.latest.meeting_id): one.latest.measured_ms or 0 for one in await entries(programme)}


async def rows(programme: Programme) -> int:
    walked = await programme.verified()
    assert isinstance(walked, Verifier), walked
    return walked.count


async def sql(programme: Programme, statement: str, **values: object) -> None:
    async with programme.database.session() as session:
        await session.execute(text(statement), values)


async def test_every_pair_that_met_gets_an_entry(programme: Programme, proposer: Proposer) -> None:
    await programme.add_meeting(
        "m",
        NOON,
        NOON + HOUR,
        mia=[(0, 40 * MINUTE)],
        ana=[(0, 10 * MINUTE), (10 * MINUTE + 20_000, 50 * MINUTE)],
        ben=[(0, HOUR)],
    )
    await proposer.on_meeting_recorded("m")
    assert await figures(programme) == {"ana": ("m", 40 * MINUTE - 20_000, 40)}
    [entry] = await entries(programme)
    latest = entry.latest
    assert (entry.state, entry.confirmed, latest.day) == (EntryState.PROPOSED, frozenset(), TODAY)
    assert (latest.action, latest.side, latest.author_id) == (EntryAction.PROPOSED, Side.SERVER, None)
    assert (latest.mentor_id, latest.contact_type) == (programme.person_id("mia"), ContactType.GROUP)
    assert latest.at == ManualClock().now_ms()


async def test_who_became_a_pair_after_a_meeting_is_proposed_and_nothing_else_touched(
    programme: Programme, proposer: Proposer
) -> None:
    await sql(programme, "UPDATE pair SET starts_on = '2027-01-01' WHERE pair_id = :pair", pair=programme.pairs["ben"])
    times = [(0, HOUR)]
    await programme.add_meeting("m", NOON, NOON + HOUR, mia=times, ana=times, max=times, ben=times)
    await proposer.on_meeting_recorded("m")
    before = await figures(programme)
    assert "ben" not in before
    await sql(programme, "UPDATE pair SET starts_on = '2026-08-01' WHERE pair_id = :pair", pair=programme.pairs["ben"])
    await sql(programme, "UPDATE presence_event SET at = at - 60000 WHERE kind = 'left'")
    missing = {name: [entry_id_of(pair_id, "m", TODAY)] for name, pair_id in programme.pairs.items()}
    assert await proposer.propose_missing("m", missing["ana"], actor="the operator") == []
    [step] = await proposer.propose_missing("m", missing["ben"], actor="the operator")
    assert (step.pair_id, step.credited_minutes) == (programme.pairs["ben"], 59)
    assert await proposer.propose_missing("m", missing["ben"], actor="the operator") == []
    assert await figures(programme) == before | {"ben": ("m", HOUR - MINUTE, 59)}
    assert not await proposer.propose_missing("nowhere", missing["ben"], actor="the operator")
    trail = await AuditRepository(programme.database).entries(by="the operator", limit=10)
    assert [(one.action, one.subject, one.detail) for one in trail] == [
        ("hours_proposed", step.entry_id, f"59 minutes on {TODAY}, pair {step.pair_id}")
    ]


async def test_what_the_log_has_on_another_day_is_not_proposed_again_until_that_is_withdrawn(
    programme: Programme, proposer: Proposer
) -> None:
    await programme.add_meeting("m", NOON + 8 * HOUR, NOON + 9 * HOUR, mia=[(0, HOUR)], ana=[(0, HOUR)])
    await proposer.on_meeting_recorded("m")
    [entry] = await entries(programme)
    await sql(programme, "UPDATE programme SET time_zone = 'Asia/Tokyo'")
    tomorrow = date(2026, 12, 1)
    moved = [entry_id_of(programme.pairs["ana"], "m", tomorrow)]
    assert await proposer.propose_missing("m", moved, actor="the operator") == []
    await programme.append(replace(entry.latest, action=EntryAction.WITHDRAWN))
    [step] = await proposer.propose_missing("m", moved, actor="the operator")
    assert (step.day, step.credited_minutes) == (tomorrow, 60)


async def test_what_the_log_has_on_the_first_of_what_are_two_days_since_is_not_proposed_again(
    programme: Programme, proposer: Proposer
) -> None:
    await programme.add_meeting("m", NOON, NOON + 2 * HOUR, mia=[(0, 2 * HOUR)], ana=[(0, 2 * HOUR)])
    await proposer.on_meeting_recorded("m")
    await sql(programme, "UPDATE programme SET time_zone = 'Etc/GMT-11'")  # it was 11 in the evening
    moved = [entry_id_of(programme.pairs["ana"], "m", date(2026, 12, 1))]
    assert await proposer.propose_missing("m", moved, actor="the operator") == []


async def test_a_meeting_told_of_a_hundred_times_is_entered_once(programme: Programme, proposer: Proposer) -> None:
    await programme.add_meeting("m", NOON, NOON + HOUR, mia=[(0, HOUR)], ana=[(0, HOUR)])
    for _ in range(100):
        await proposer.on_meeting_recorded("m")
    assert await rows(programme) == 1


async def test_nothing_is_entered_for_what_is_unknown_or_goes_on_or_had_no_pair(
    programme: Programme, proposer: Proposer
) -> None:
    await programme.add_meeting("on", NOON, None, mia=[(0, HOUR)], ana=[(0, HOUR)])
    await programme.add_meeting("others", NOON, NOON + HOUR, mia=[(0, HOUR)], ben=[(0, HOUR)])
    await programme.add_meeting("short", NOON + 2 * HOUR, NOON + 3 * HOUR, mia=[(0, HOUR)], ana=[(0, 29_999)])
    for meeting_id in ("on", "others", "short", "unheard of"):
        await proposer.on_meeting_recorded(meeting_id)
    assert await rows(programme) == 0


async def test_more_that_is_known_later_is_measured_anew(programme: Programme, proposer: Proposer) -> None:
    await programme.add_meeting("m", NOON, NOON + HOUR, mia=[(0, HOUR)], ana=[(0, 20 * MINUTE)])
    await proposer.on_meeting_recorded("m")
    [entry] = await entries(programme)
    await programme.append(programme.confirmed(entry))
    await programme.add_connection("m", "ana", NOON + 30 * MINUTE, NOON + 45 * MINUTE)
    await proposer.on_meeting_recorded("m")
    [entry] = await entries(programme)
    assert (entry.latest.action, entry.latest.credited_minutes) == (EntryAction.MEASURED, 35)
    assert (entry.number, entry.confirmed) == (3, frozenset())


async def test_who_were_not_there_after_all_have_nothing_measured(programme: Programme, proposer: Proposer) -> None:
    await programme.add_meeting("m", NOON, NOON + HOUR, mia=[(0, HOUR)], ana=[(0, HOUR)])
    await proposer.on_meeting_recorded("m")
    async with programme.database.session() as session:
        await session.execute(update(PairRow).values(ends_on=date(2026, 11, 29)))
    await proposer.on_meeting_recorded("m")
    assert await figures(programme) == {"ana": ("m", 0, 0)}


async def test_time_in_two_meetings_at_once_counts_in_the_earlier_one_whichever_ends_first(
    programme: Programme, proposer: Proposer
) -> None:
    # They open a second room after 20 minutes; the first one goes on beside it, until its end is known.
    await programme.add_meeting("first", NOON, None, mia=[(0, 30 * MINUTE)], ana=[(0, 30 * MINUTE)])
    await programme.add_meeting(
        "second",
        NOON + 7 * HOUR + 20 * MINUTE,
        NOON + 8 * HOUR,
        offset=7 * HOUR,
        mia=[(0, 40 * MINUTE)],
        ana=[(0, 40 * MINUTE)],
    )
    await proposer.on_meeting_recorded("second")
    assert await by_meeting(programme) == {"second": 30 * MINUTE}
    await programme.add_connection("first", "mia", NOON + 30 * MINUTE, NOON + HOUR)
    await programme.add_connection("first", "ana", NOON + 30 * MINUTE, NOON + 50 * MINUTE)
    await sql(programme, "UPDATE meeting SET closed_at = :at WHERE meeting_id = 'first'", at=NOON + HOUR)
    await proposer.on_meeting_recorded("first")
    assert await by_meeting(programme) == {"first": 50 * MINUTE, "second": 10 * MINUTE}
    before = await rows(programme)
    for meeting_id in ("second", "first", "second"):
        await proposer.on_meeting_recorded(meeting_id)
    assert await rows(programme) == before


async def test_a_substitute_is_the_mentor_while_somebody_is_away(programme: Programme, proposer: Proposer) -> None:
    leave = LeaveRow(
        leave_id="leave",
        pair_id=programme.pairs["ana"],
        first_day=date(2026, 11, 30),
        last_day=date(2026, 12, 4),
        substitute_id=programme.person_id("max"),
        created_at=1,
        removed_at=None,
    )
    async with programme.database.session() as session:
        session.add(leave)
    await programme.add_meeting(
        "m", NOON, NOON + HOUR, mia=[(0, HOUR)], max=[(0, 20 * MINUTE)], ana=[(0, HOUR)], ben=[(0, 30 * MINUTE)]
    )
    await proposer.on_meeting_recorded("m")
    assert await figures(programme) == {"ana": ("m", 20 * MINUTE, 20), "ben": ("m", 20 * MINUTE, 20)}
    by_pair = {entry.latest.pair_id: entry.latest.mentor_id for entry in await entries(programme)}
    assert by_pair[programme.pairs["ana"]] == programme.person_id("max")


async def test_days_are_the_programmes(programme: Programme, proposer: Proposer) -> None:
    await sql(programme, "UPDATE programme SET time_zone = 'America/Chicago', hours_policy = '{\"rounding\":\"down\"}'")
    midnight = NOON + 18 * HOUR  # in Chicago
    await programme.add_meeting(
        "m", midnight - HOUR, midnight + HOUR, mia=[(0, 2 * HOUR)], ana=[(0, HOUR + 20 * MINUTE + 59_000)]
    )
    await proposer.on_meeting_recorded("m")
    found = {entry.latest.day: entry.latest.credited_minutes for entry in await entries(programme)}
    assert found == {date(2026, 11, 30): 60, date(2026, 12, 1): 20}


async def set_limit(programme: Programme, minutes: int) -> None:
    policy = HoursPolicy(minutes_per_day_limit=minutes)
    await RequirementRepository(programme.database).set_policy(policy, actor="test", at=1)


async def credited(programme: Programme) -> dict[str, int]:
    return {str(one.latest.meeting_id): one.latest.credited_minutes for one in await entries(programme)}


async def test_a_pairs_day_has_no_more_than_its_limit_and_who_comes_later_gets_what_is_left(
    programme: Programme, proposer: Proposer
) -> None:
    await set_limit(programme, 100)
    await programme.append(programme.entered("by hand", minutes=10))
    for number, minutes in enumerate((40, 60, 20)):
        present = [(0, minutes * MINUTE)]
        opened_at = NOON + 2 * number * HOUR
        await programme.add_meeting(f"m{number}", opened_at, opened_at + HOUR, mia=present, ana=present)
        await proposer.on_meeting_recorded(f"m{number}")
    wanted = {"None": 10, "m0": 40, "m1": 50, "m2": 0}
    assert await credited(programme) == wanted
    assert await by_meeting(programme) == {"None": 0, "m0": 40 * MINUTE, "m1": 60 * MINUTE, "m2": 20 * MINUTE}
    before = await rows(programme)
    for meeting_id in ("m2", "m1", "m0"):
        await proposer.on_meeting_recorded(meeting_id)
    assert await rows(programme) == before
    assert (await programme.log.rebuild("", 100)).changed == ()
    assert await credited(programme) == wanted


async def test_the_limit_is_of_each_pair_and_day_and_what_was_withdrawn_takes_nothing_of_it(
    programme: Programme, proposer: Proposer
) -> None:
    await set_limit(programme, 60)
    whole = [(0, HOUR)]
    [by_hand] = await programme.append(programme.entered("by hand", minutes=50))
    await programme.append(programme.entered("of another day", minutes=50, day=date(2026, 11, 29)))
    await programme.append(programme.entered("of others", minutes=50, mentee="ben"))
    withdrawn = replace(by_hand.latest, action=EntryAction.WITHDRAWN, text=None)
    await programme.append(withdrawn)
    await programme.add_meeting("m", NOON, NOON + HOUR, mia=whole, ana=whole)
    await proposer.on_meeting_recorded("m")
    assert (await credited(programme))["m"] == 60


async def test_what_a_later_meeting_loses_to_an_earlier_one_is_left_of_the_day_for_it(
    programme: Programme, proposer: Proposer
) -> None:
    await set_limit(programme, 30)
    whole = [(0, HOUR)]
    await programme.add_meeting("first", NOON, None, mia=whole, ana=whole)
    await programme.add_meeting("second", NOON + HOUR // 2, NOON + HOUR, mia=[(0, HOUR // 2)], ana=[(0, HOUR // 2)])
    await sql(programme, "UPDATE meeting SET node_id = 'other' WHERE meeting_id = 'first'")
    await proposer.on_meeting_recorded("second")
    assert await credited(programme) == {"second": 30}
    await sql(
        programme, "UPDATE meeting SET node_id = 'node', closed_at = :at WHERE meeting_id = 'first'", at=NOON + HOUR
    )
    await proposer.on_meeting_recorded("first")
    assert await credited(programme) == {"first": 30, "second": 0}
