"""What is beyond its time is forgotten, all of it and nothing else, and what is worked out from it stays."""

import asyncio
from dataclasses import replace
from datetime import date

from sqlalchemy import func, select, update

from protocol.hours import EntryAction, Side
from protocol.roles import ProgrammeRole
from server.hours.service import create_hours
from server.privacy.housekeeping import Forgotten
from server.privacy.retention import Retention
from server.store.hours_log import EntryFilter
from server.store.meetings import MeetingRepository
from server.store.models import (
    ApiTokenRow,
    AttendanceRow,
    AuditEntryRow,
    ConnectionRow,
    PairRow,
    PresenceEventRow,
    SignInLinkRow,
    SignInSessionRow,
)
from server.store.people import Entry, PeopleRepository
from server.store.programme import audit
from tests.support.privacy import DAY_MS, NOW, House


async def count(house: House, table: type) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_events_of_long_ago_go_and_sums_stay(house: House) -> None:
    await house.hold("old", NOW - 401 * DAY_MS, mia=[(0, 30), (40, 50)], ana=[(5, 45)])
    await house.hold("new", NOW - 398 * DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    await house.say_yes()
    before = await house.sums()
    assert (await house.housekeeper.forget()).meetings == 1
    async with house.database.reading() as session:
        assert set(await session.scalars(select(ConnectionRow.meeting_id))) == {"new"}
        of_old = AttendanceRow.meeting_id == "old"
        assert list(await session.scalars(select(AttendanceRow.final_role).where(of_old))) == ["participant"] * 2
    assert await count(house, PresenceEventRow) == 4
    assert await house.sums() == before
    assert await house.rebuilt() == (0, 0, 0)
    assert await house.sums() == before
    assert await MeetingRepository(house.database).was_in("old", house.person_id("ana"))
    assert await house.housekeeper.forget() == Forgotten(0, 0, 0, 0)


async def test_what_counts_in_a_meeting_that_only_sums_are_left_of_is_not_proposed_again(house: House) -> None:
    async def begin_pair(day: date) -> None:
        async with house.database.session() as session:
            await session.execute(
                update(PairRow).where(PairRow.mentee_id == house.person_id("ben")).values(starts_on=day)
            )

    await begin_pair(date(2027, 1, 1))
    opened_at, hour = NOW - DAY_MS, [(0, 60)]
    await house.hold("first", opened_at, mia=hour, ana=hour)
    await house.hold("second", opened_at + 1, mia=hour, ana=hour, max=hour, ben=hour)
    before = (await house.sums())["entries"]
    await house.retention.forget_events("first")
    await begin_pair(date(2026, 8, 1))
    assert await house.rebuilt() == (0, 0, 1)
    [missing] = house.differences
    added = await house.proposer.propose_missing("second", [missing.entry_id], actor="operator")
    assert [step.pair_id for step in added] == [house.pairs["ben"]]
    assert (await house.sums())["entries"].keys() == before.keys() | {missing.entry_id}


async def evidence(house: House, entry_id: str) -> bool:
    """Tell whether Mia is shown where the minutes of an entry come from."""
    service = create_hours(house.database, house.persons.programme_name, house.clock).service
    return (await service.entry(house.people["mia"], entry_id)).evidence is not None


async def test_an_entry_says_that_nothing_is_left_to_show(house: House) -> None:
    await house.hold("old", NOW - 401 * DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    await house.hold("new", NOW - DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    [new, old] = [entry.latest.entry_id for entry in (await house.log.page(EntryFilter(), None, 10))[0]]
    assert [await evidence(house, entry_id) for entry_id in (old, new)] == [True, True]
    await house.housekeeper.forget()
    assert [await evidence(house, entry_id) for entry_id in (old, new)] == [False, True]
    await house.eraser.erase(house.person_id("ana"), actor="operator")
    assert not await evidence(house, new)  # though it is known of Mia that she was there


async def test_what_somebody_disputes_is_kept_until_it_is_settled(house: House) -> None:
    await house.hold("old", NOW - 401 * DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    [entry] = (await house.log.page(EntryFilter(), None, 10))[0]
    disputed = replace(
        entry.latest,
        action=EntryAction.DISPUTED,
        side=Side.MENTEE,
        author_id=house.person_id("ana"),
        text="I was there longer.",
    )
    await house.append(disputed)
    assert (await house.housekeeper.forget()).meetings == 0
    assert await evidence(house, entry.latest.entry_id)
    await house.append(replace(disputed, action=EntryAction.CONFIRMED, text=None))
    assert (await house.housekeeper.forget()).meetings == 1


async def test_what_is_missing_is_still_seen_where_events_are_kept(house: House) -> None:
    await house.hold("old", NOW - 401 * DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    await house.hold("new", NOW - DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    await house.housekeeper.forget()
    async with house.database.session() as session:
        row = await session.get_one(AttendanceRow, ("new", house.person_id("ana")))
        row.present_ms += 1
    assert await house.rebuilt() == (0, 1, 0)


async def test_a_meeting_that_is_not_worked_out_yet_is_left_alone(house: House) -> None:
    opened_at = NOW - 500 * DAY_MS
    await house.add_meeting("unrecorded", opened_at, opened_at + DAY_MS, mia=[(0, 30_000)], ana=[(0, 30_000)])
    assert (await house.housekeeper.forget()).meetings == 0
    await house.record("unrecorded")
    assert (await house.housekeeper.forget()).meetings == 1


async def test_a_meeting_of_many_goes_in_several_steps(house: House) -> None:
    names = [f"person{number}" for number in range(120)]
    entries = [Entry(f"{name}@school.example", name, ProgrammeRole.TEACHER) for name in names]
    people = await PeopleRepository(house.database).enrol(entries, [], actor="test", at=1)
    house.people |= dict(zip(names, people, strict=True))
    await house.hold("fair", NOW - 401 * DAY_MS, **{name: [(0, 10)] for name in names})
    before = await house.sums()
    assert (await house.housekeeper.forget()).meetings == 1
    assert (await count(house, ConnectionRow), await count(house, PresenceEventRow)) == (0, 0)
    assert await house.sums() == before


async def test_links_sessions_and_tokens_that_work_no_more_go_after_their_time(house: House) -> None:
    for name in ("ana", "ben"):
        await house.leave_traces(name)
    await house.persons.revoke("ana@school.example")
    tables = (SignInLinkRow, SignInSessionRow, ApiTokenRow)
    house.clock.advance(days=399)
    await house.housekeeper.forget()
    assert [await count(house, table) for table in tables] == [2, 1, 2]  # Ana's session ended when it was revoked
    house.clock.advance(days=2)
    assert (await house.housekeeper.forget()).sign_ins == 2
    assert [await count(house, table) for table in tables] == [1, 1, 1]
    house.clock.advance(days=100)
    await house.housekeeper.forget()
    assert [await count(house, table) for table in tables] == [0, 0, 0]


async def test_the_trail_goes_after_years_as_the_programme_has_it(house: House) -> None:
    async with house.database.session() as session:
        for days in (366, 364):
            audit(session, NOW - days * DAY_MS, "cora", "hours_viewed", f"{days} days ago")
    await house.housekeeper.forget()
    subjects = select(AuditEntryRow.subject).where(AuditEntryRow.action == "hours_viewed")
    async with house.database.reading() as session:
        assert len(list(await session.scalars(subjects))) == 2
    await house.retention.set_retention(Retention(audit_days=365), actor="operator", at=NOW)
    await house.housekeeper.forget()
    async with house.database.reading() as session:
        assert list(await session.scalars(subjects)) == ["364 days ago"]
    assert (await house.trail())[-1] == ("operator", "retention_changed")


async def test_the_task_forgets_at_once_and_ends_when_it_is_closed(house: House) -> None:
    await house.hold("old", NOW - 401 * DAY_MS, mia=[(0, 30)], ana=[(5, 45)])
    house.housekeeper.start()
    async with asyncio.timeout(10):
        while await count(house, ConnectionRow):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
    await house.housekeeper.close()
    await house.housekeeper.close()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "privacy: housekeeping"] == []
