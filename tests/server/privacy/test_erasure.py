"""Who is erased leaves nothing behind but sums, and takes nothing of anybody else's along."""

import asyncio
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from protocol.roles import ProgrammeRole
from server.hours.log.chain import Verifier
from server.store.database import Database
from server.store.erasure import NAME_OF_ERASED, ErasureRepository
from server.store.hours_log import EntryFilter
from server.store.location import Location
from server.store.meetings import MeetingRepository
from server.store.models import (
    ApiTokenRow,
    ChatMessageRow,
    ChatReadRow,
    ConnectionRow,
    HoursLogRow,
    MeetingRow,
    OutboxMessageRow,
    PairRow,
    PersonRow,
    PresenceEventRow,
    SignInLinkRow,
    SignInSessionRow,
)
from tests.support.command import ROOT
from tests.support.hours import ROLES, TODAY
from tests.support.postgresql import text_of
from tests.support.privacy import DAY_MS, MINUTE_MS, NOW, House

ANA = "ana@school.example"
MESSAGES = 1_500
"""Which are erased in a few transactions."""
KILLED_AT = (5, 16, 4, 40)
"""Statements: before the first transaction is over, twice among the messages, and among the meetings."""


async def fill(house: House) -> None:
    """Have Ana and Mia meet, once with Ben and Max, and leave whatever people leave."""
    await house.hold("two", mia=[(0, 30)], ana=[(5, 40)])
    await house.hold("all", NOW - DAY_MS // 2, mia=[(0, 60)], ana=[(0, 20), (30, 50)], max=[(10, 60)], ben=[(0, 55)])
    for name in ("ana", "ben"):
        await house.leave_traces(name)
    await house.say_yes()


async def test_nothing_says_any_more_who_it_was(house: House) -> None:
    await fill(house)
    erased = await house.eraser.erase(house.person_id("ana"), actor="operator")
    assert erased.unfinished == ()
    left = await house.everything()
    for trace in (ANA, "ana says", "secret of ana", "'name': 'ana'"):
        assert trace not in left, trace
    assert "ben says secret 0" in left  # what is looked for would be found
    async with house.database.reading() as session:
        ana = await session.get_one(PersonRow, house.person_id("ana"))
        assert (ana.name, ana.email, ana.erased_at) == (NAME_OF_ERASED, f"erased:{ana.person_id}", NOW)
        for table in (SignInSessionRow, SignInLinkRow, ApiTokenRow, ChatReadRow, ConnectionRow):
            assert list(await session.scalars(select(table).where(table.person_id == ana.person_id))) == []
        letters = list(
            await session.scalars(select(OutboxMessageRow).where(OutboxMessageRow.person_id == ana.person_id))
        )
        assert [(one.body, one.given_up_at) for one in letters] == [("", NOW)] * 2
        texts = select(HoursLogRow.text).where(HoursLogRow.author_id == ana.person_id)
        assert set(await session.scalars(texts)) == {None}
        events = select(PresenceEventRow).join(
            ConnectionRow, ConnectionRow.connection_id == PresenceEventRow.connection_id
        )
        assert len(list(await session.scalars(events))) == 2 * 4  # all others' stays
        assert len(list(await session.scalars(select(PresenceEventRow)))) == 2 * 4
    assert await house.trail() == [
        *(await house.trail())[:-2],
        ("operator", "person_erased"),
        ("operator", "hours_texts_erased"),
    ]


async def test_sums_of_everybody_stay_and_the_log_verifies(house: House) -> None:
    await fill(house)
    before = await house.sums()
    await house.eraser.erase(house.person_id("ana"), actor="operator")
    assert await house.sums() == before
    assert isinstance(await house.verified(), Verifier)
    assert await house.rebuilt() == (0, 0, 0)
    assert await house.sums() == before


async def test_a_meeting_at_the_same_time_that_ends_later_takes_nothing_away(house: House) -> None:
    opened_at = NOW - DAY_MS
    await house.add_meeting("long", opened_at, None, max=[(0, 10 * MINUTE_MS)], ben=[(0, 90 * MINUTE_MS)])
    there = {name: [(0, 30)] for name in ("mia", "ana", "max", "ben")}
    await house.hold("short", opened_at + MINUTE_MS, **there)
    [of_ana] = [entry for entry, _ in await of_pair(house, "ana")]
    before = await of_pair(house, "ana")
    await house.eraser.erase(house.person_id("ana"), actor="operator")
    async with house.database.session() as session:
        closed = update(MeetingRow).where(MeetingRow.meeting_id == "long")
        await session.execute(closed.values(closed_at=opened_at + 90 * MINUTE_MS))
    await house.record("long")
    assert await of_pair(house, "ana") == before
    assert len(await house.log.rows_of(of_ana)) == 1
    minutes = {minutes for _, minutes in await of_pair(house, "ben")}
    assert minutes == {10, 21}  # what counts for the long one is taken from the short one: that was measured anew


async def of_pair(house: House, mentee: str) -> list[tuple[str, int]]:
    """Return a pair's entries, and how many minutes each has."""
    wanted = EntryFilter(pair_ids=[house.pairs[mentee]])
    entries, _ = await house.log.page(wanted, None, 10)
    return [(entry.latest.entry_id, entry.latest.credited_minutes) for entry in entries]


async def test_the_address_is_somebody_new_from_then_on(house: House) -> None:
    await fill(house)
    old = house.person_id("ana")
    await house.eraser.erase(old, actor="operator")
    new = await house.persons.add_person(ANA, "Ana Lima", ProgrammeRole.TEACHER)
    assert new.person_id != old
    assert (await house.persons.find(ANA)).person_id == new.person_id
    async with house.database.reading() as session:
        assert (await session.get_one(PersonRow, old)).name == NAME_OF_ERASED
        pairs = list(await session.scalars(select(PairRow).where(PairRow.mentee_id == old)))
    assert [pair.ends_on for pair in pairs] == [TODAY]


async def test_who_was_removed_can_be_erased_and_twice_is_once(house: House) -> None:
    await fill(house)
    await house.persons.remove(ANA)
    found = await ErasureRepository(house.database).find(ANA)
    assert found is not None
    await house.eraser.erase(found.person_id, actor="operator")
    after = await house.everything()
    await house.eraser.erase(found.person_id, actor="operator")
    assert await house.everything() == after


async def test_a_meeting_that_goes_on_is_finished_by_the_server(house: House) -> None:
    await house.add_meeting("open", NOW - 1_000, None, ana=[(0, 500)], mia=[(0, 900)])
    erased = await house.eraser.erase(house.person_id("ana"), actor="operator")
    assert erased.unfinished == (house.person_id("ana"),)
    async with house.database.session() as session:
        await session.execute(update(MeetingRow).where(MeetingRow.meeting_id == "open").values(closed_at=NOW))
    await house.record("open")
    before = await house.sums()
    assert (await house.housekeeper.forget()).people == 1
    assert await ErasureRepository(house.database).unfinished() == []
    assert await house.sums() == before
    assert (await house.housekeeper.forget()).people == 0


async def test_the_record_of_a_meeting_still_says_that_somebody_was_there(house: House) -> None:
    await fill(house)
    meetings = MeetingRepository(house.database)
    before, _ = await meetings.attendance(["two"], 10)
    await house.eraser.erase(house.person_id("ana"), actor="operator")
    after, has_more = await meetings.attendance(["two"], 10)
    assert not has_more
    assert sorted(one.name for one in before) == ["ana", "mia"]
    assert sorted(one.name for one in after) == [NAME_OF_ERASED, "mia"]
    stays = [{one.person_id: (one.joined_at, one.left_at) for one in some} for some in (before, after)]
    assert stays[0] == stays[1]
    assert await meetings.was_in("two", house.person_id("mia"))


STAY = st.tuples(st.integers(0, 50), st.integers(1, 60)).map(lambda stay: (stay[0], stay[0] + stay[1]))
MEETING = st.dictionaries(st.sampled_from(["mia", "max", "ana", "ben"]), st.lists(STAY, min_size=1, max_size=3))


@settings(max_examples=15)
@given(st.lists(MEETING, min_size=1, max_size=4), st.permutations(["mia", "max", "ana", "ben"]), st.integers(1, 3))
def test_whoever_is_erased_all_sums_are_what_they_were(
    meetings: list[dict[str, list[tuple[int, int]]]], order: list[str], count: int
) -> None:
    async def erase() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = await Database.open(Path(folder))
            house = House(database)
            await house.set_up()
            for number, present in enumerate(meetings):
                # All at about the same time: what counts for one is taken from another.
                await house.hold(f"meeting {number}", NOW - DAY_MS + number * 7 * 60_000, **present)
            await house.say_yes()
            before = await house.sums()
            for name in order[:count]:
                await house.eraser.erase(house.person_id(name), actor="operator")
                assert await house.sums() == before
            assert await house.rebuilt() == (0, 0, 0)
            assert await house.sums() == before
            assert isinstance(await house.verified(), Verifier)
            await database.close()

    asyncio.run(erase())


async def test_who_is_killed_in_the_middle_leaves_what_the_next_one_finishes(location: Location) -> None:
    database = await Database.open(location)
    house = House(database)
    await house.set_up()
    for number in range(30):
        await house.hold(f"meeting {number}", NOW - (number + 1) * DAY_MS, mia=[(0, 30)], ana=[(0, 30)])
    async with database.session() as session:
        session.add_all(
            ChatMessageRow(
                room_id=house.room_id,
                person_id=house.person_id("ana"),
                name="ana",
                text="ana says",
                sent_at=NOW,
                request_id=f"{number}",
            )
            for number in range(MESSAGES)
        )
    before = await house.sums()
    repository = ErasureRepository(database)
    begun: list[bool] = []
    for statement in KILLED_AT:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.eraser", *text_of(location), house.person_id("ana"), str(statement)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"there\n"
            process.kill()
            await process.communicate()
        begun.append(bool(await repository.unfinished()))
        assert await house.sums() == before
    assert begun == [False, True, True, True]
    finished = await house.eraser.erase(house.person_id("ana"), actor="operator")
    assert finished.unfinished == ()
    left = await house.everything()
    assert "ana says" not in left
    assert ANA not in left
    assert await house.sums() == before
    assert await house.rebuilt() == (0, 0, 0)
    await database.close()


@pytest.mark.parametrize("name", ROLES)
async def test_everybody_can_be_erased(house: House, name: str) -> None:
    await fill(house)
    before = await house.sums()
    await house.eraser.erase(house.person_id(name), actor="operator")
    assert await house.sums() == before
    assert f"{name}@school.example" not in await house.everything()
