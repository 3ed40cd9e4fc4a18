"""The hours log as rows, on both kinds of database: chained, counted, and made anew."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from protocol.hours import ContactType, EntryAction, EntryState, Side
from server.hours.log.chain import Break, UnreadableRow, Verifier, seal
from server.store.database import Database
from server.store.hours_log import EntryCursor, EntryFilter
from server.store.location import Location
from server.store.models import HoursLogRow
from tests.support.hours import TODAY, Programme


@pytest.fixture
async def programme(database: Database) -> Programme:
    made = Programme(database)
    await made.set_up()
    return made


async def sql(programme: Programme, statement: str, **values: object) -> None:
    async with programme.database.session() as session:
        await session.execute(text(statement), values)


async def verified(programme: Programme) -> Verifier:
    found = await programme.verified()
    assert isinstance(found, Verifier), found
    return found


async def heads(programme: Programme) -> list[tuple[object, ...]]:
    async with programme.database.reading() as session:
        rows = await session.execute(text("SELECT * FROM hours_entry ORDER BY entry_id"))
        return [tuple(row) for row in rows]


async def test_rows_continue_the_chain_over_transactions_and_restarts(programme: Programme, location: Location) -> None:
    first, second = await programme.append(programme.entered("a"), programme.entered("b", mentee="ben"))
    assert (first.number, second.number) == (1, 2)
    other = Programme(await Database.open(location))
    [third] = await other.append(programme.confirmed(first))
    await other.database.close()
    assert (third.number, third.state) == (3, EntryState.CONFIRMED)
    assert [row.number for row in await programme.log.rows_of("a")] == [1, 3]
    walked = await verified(programme)
    rows = await programme.log.read(None, 10)
    assert (walked.count, walked.newest) == (3, rows[-1].hash if not isinstance(rows[-1], UnreadableRow) else "")


async def test_what_comes_back_is_what_was_written(programme: Programme) -> None:
    await programme.add_meeting("m")
    step = replace(
        programme.entered("a"),
        meeting_id="m",
        measured_ms=2**40,
        at=2**50,
        text="Größe\n„so“ \U0001f600",
        author_id=None,
    )
    await programme.append(step)
    [row] = await programme.log.rows_of("a")
    assert row.step == step
    assert row == seal(step, 1, "0" * 64, row.text_salt)
    assert len(row.text_salt) == 32


async def test_a_transaction_that_fails_leaves_no_row(programme: Programme) -> None:
    [entry] = await programme.append(programme.entered("a"))

    async def append_and_fail() -> None:
        async with programme.log.writing() as writer:
            await writer.append([programme.confirmed(entry)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await append_and_fail()
    with pytest.raises(IntegrityError):
        await programme.append(programme.confirmed(entry), replace(programme.entered("b"), pair_id="nobody's"))
    assert [entry.number for entry in await programme.log.find(["a", "b"])] == [1]
    assert (await verified(programme)).count == 1
    assert len(await heads(programme)) == 1


async def test_two_servers_at_once_never_give_a_number_twice(programme: Programme, location: Location) -> None:
    databases = [programme.database, await Database.open(location)]
    writers = [Programme(database) for database in databases]

    async def write(writer: Programme, name: str) -> None:
        for number in range(10):
            await writer.append(programme.entered(f"{name}{number}"), programme.entered(f"{name}{number} too"))

    await asyncio.gather(*(write(writer, name) for writer, name in zip(writers, "ab", strict=True)))
    assert (await verified(programme)).count == 40
    assert len(await heads(programme)) == 40
    await databases[1].close()


async def test_what_is_decided_upon_is_what_the_step_follows(programme: Programme, location: Location) -> None:
    await programme.append(programme.entered("a"))
    databases = [await Database.open(location) for _ in range(2)]

    async def confirm_once(database: Database) -> bool:
        async with Programme(database).log.writing() as writer:
            entry = (await writer.entries(["a"]))["a"]
            is_mine = Side.MENTOR not in entry.confirmed
            if is_mine:
                await asyncio.sleep(0)
                await writer.append([programme.confirmed(entry)])
        return is_mine

    assert sorted(await asyncio.gather(*map(confirm_once, databases))) == [False, True]
    for database in databases:
        await database.close()


async def test_a_writer_sees_its_own_steps(programme: Programme) -> None:
    async with programme.log.writing() as writer:
        assert await writer.entries(["a"]) == {}
        [entered] = await writer.append([programme.entered("a")])
        assert await writer.append([]) == []
        [confirmed] = await writer.append([programme.confirmed(entered)])
        assert await writer.entries(["a", "a", "b"]) == {"a": confirmed}
        assert [row.number for row in await writer.rows("a")] == [1, 2]
        assert await writer.minutes_by_hand(programme.pairs["ana"], TODAY) == 30
    assert await heads(programme) != []


async def test_minutes_by_hand_are_a_pairs_of_a_day_without_what_was_withdrawn(programme: Programme) -> None:
    await programme.add_meeting("m")
    withdrawn = programme.entered("d", minutes=8)
    await programme.append(
        programme.entered("a", minutes=1),
        programme.entered("b", minutes=2, mentee="ben"),
        programme.entered("c", minutes=4, day=TODAY + timedelta(days=1)),
        withdrawn,
        replace(withdrawn, action=EntryAction.WITHDRAWN),
        replace(programme.entered("e", minutes=16), meeting_id="m", action=EntryAction.PROPOSED),
        programme.entered("f", minutes=32),
    )
    async with programme.log.writing() as writer:
        assert await writer.minutes_by_hand(programme.pairs["ana"], TODAY) == 33
        assert list(await writer.entries_of_meeting("m")) == ["e"]


async def test_pages_go_from_the_newest_day_on_and_are_stable(programme: Programme) -> None:
    days = [TODAY - timedelta(days=number // 3) for number in range(10)]
    await programme.append(*(programme.entered(f"e{number}", day=day) for number, day in enumerate(days)))
    every = EntryFilter()
    seen: list[str] = []
    cursor: EntryCursor | None = None
    while True:
        entries, cursor = await programme.log.page(every, cursor, 4)
        seen += [entry.latest.entry_id for entry in entries]
        if cursor is None:
            break
        # What comes in between, on newer days, is on none of the pages that follow.
        await programme.append(programme.entered(f"z{len(seen)}"))
    assert seen == ["e2", "e1", "e0", "e5", "e4", "e3", "e8", "e7", "e6", "e9"]


async def test_more_pairs_than_a_statement_takes_are_one_list(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.hours_log._PAIRS_AT_ONCE", 1)
    days = [TODAY - timedelta(days=number) for number in range(6)]
    mentees = ("ana", "ben")
    await programme.append(
        *(programme.entered(f"e{number}", mentee=mentees[number % 2], day=day) for number, day in enumerate(days))
    )
    both = EntryFilter(pair_ids=list(programme.pairs.values()))
    seen: list[str] = []
    cursor: EntryCursor | None = None
    for _ in range(3):
        entries, cursor = await programme.log.page(both, cursor, 2)
        seen += [entry.latest.entry_id for entry in entries]
    assert seen == ["e0", "e1", "e2", "e3", "e4", "e5"]
    assert cursor is None
    assert await programme.log.count_by_state(both) == {EntryState.PROPOSED: 6}


async def test_pages_and_totals_are_of_what_is_asked_for(programme: Programme) -> None:
    yesterday = TODAY - timedelta(days=1)
    max_id = programme.people["max"].person_id
    entries = await programme.append(
        programme.entered("a", minutes=1),
        programme.entered("b", minutes=2, mentee="ben"),
        programme.entered("c", minutes=4, day=yesterday),
        replace(programme.entered("d", minutes=8), contact_type=ContactType.VISIT, mentor_id=max_id),
    )
    await programme.append(programme.confirmed(entries[0]))
    ben = programme.pairs["ben"]

    async def ids(**wanted: object) -> str:
        asked = EntryFilter(**wanted)  # type: ignore[arg-type]
        found, _ = await programme.log.page(asked, None, 10)
        names = "".join(sorted(entry.latest.entry_id for entry in found))
        assert (await programme.log.count_by_state(asked)).total() == len(names)
        return names

    assert await ids() == "abcd"
    assert await ids(pair_ids=[ben]) == "b"
    assert await ids(pair_ids=[]) == ""
    assert await ids(person_id=programme.people["mia"].person_id) == "acd"
    assert await ids(person_id=programme.people["ana"].person_id) == "acd"
    assert await ids(person_id=max_id) == "bd"
    assert await ids(first_day=TODAY) == "abd"
    assert await ids(last_day=yesterday) == "c"
    assert await ids(states=[EntryState.CONFIRMED]) == "a"
    assert await ids(contact_types=[ContactType.VISIT, ContactType.GROUP]) == "d"


async def test_whatever_is_done_to_a_row_in_the_database_is_found(programme: Programme) -> None:
    await programme.append(*(programme.entered(f"e{number}") for number in range(9)))
    await sql(programme, "UPDATE hours_log SET credited_minutes = 90 WHERE number = 8")
    assert await programme.verified() == Break(8, "Row 8 is not what was written after row 7.")
    await sql(programme, "UPDATE hours_log SET text = 'We met.' WHERE number = 5")
    assert await programme.verified() == Break(5, "The text of row 5 is not what was written.")
    await sql(programme, "UPDATE hours_log SET action = 'blessed' WHERE number = 4")
    assert await programme.verified() == Break(4, "Row 4 is not what was written after row 3.")
    await sql(programme, "DELETE FROM hours_log WHERE number = 2")
    assert await programme.verified() == Break(2, "Row 2 is missing.")
    await sql(programme, "UPDATE hours_log SET number = -1 WHERE number = 1")
    assert await programme.verified() == Break(-1, "Row -1 was inserted: rows are numbered from 1 on.")


@pytest.mark.parametrize(
    "damage", ["day = 5", "day = '2026'", "text = CAST(x'ff' AS TEXT)", "hash = CAST(x'ff' AS TEXT)"]
)
async def test_a_row_with_what_no_row_can_have_is_named(tmp_path: Path, damage: str) -> None:
    # Only SQLite keeps such values.
    programme = Programme(await Database.open(tmp_path))
    await programme.set_up()
    await programme.append(*(programme.entered(f"e{number}") for number in range(5)))
    await sql(programme, f"UPDATE hours_log SET {damage} WHERE number = 3")
    assert await programme.verified() == Break(3, "Row 3 is not what was written after row 2.")
    await programme.database.close()


async def test_a_newest_row_that_is_gone_is_missed_by_its_entry(programme: Programme) -> None:
    assert await programme.log.newest_number() == 0
    entries = await programme.append(programme.entered("a"), programme.entered("b"))
    assert await programme.log.newest_number() == 2
    await sql(programme, "DELETE FROM hours_log WHERE number = 2")
    assert await programme.log.newest_number() == 2
    assert (await verified(programme)).count == 1
    assert entries[1].number == 2


async def test_texts_of_one_are_erased_and_the_chain_holds(programme: Programme) -> None:
    [entry, _] = await programme.append(programme.entered("a"), programme.entered("b", mentee="ben"))
    await programme.append(replace(programme.confirmed(entry), text="Mia's"))
    ana = programme.people["ana"].person_id
    assert await programme.log.erase_texts(ana, actor="operator", at=5) == 1
    assert await programme.log.erase_texts(ana, actor="operator", at=6) == 0
    walked = await verified(programme)
    assert (walked.count, walked.erased) == (3, 1)
    assert [row.step.text for row in await programme.log.rows_of("a")] == [None, "Mia's"]
    async with programme.database.reading() as session:
        audited = await session.execute(text("SELECT actor, detail FROM audit_entry WHERE action LIKE 'hours%'"))
        assert [tuple(row) for row in audited] == [("operator", "1 texts"), ("operator", "0 texts")]


async def test_an_entry_is_disputed_also_without_the_reason_that_was_erased(programme: Programme) -> None:
    [entry] = await programme.append(programme.entered("a"))
    await programme.append(replace(programme.confirmed(entry), action=EntryAction.DISPUTED, text="Private."))
    assert await programme.log.erase_texts(programme.person_id("mia"), actor="operator", at=5) == 1
    [kept] = await programme.log.find(["a"])
    assert (kept.text, kept.state) == (None, EntryState.DISPUTED)


async def rebuilt(programme: Programme, limit: int = 2) -> tuple[int, list[str]]:
    count, changed, after = 0, list[str](), ""
    while True:
        batch = await programme.log.rebuild(after, limit)
        count += batch.count
        changed += batch.changed
        if batch.up_to is None:
            return count, changed
        after = batch.up_to


async def test_entries_are_made_anew_as_they_were(programme: Programme) -> None:
    await programme.add_meeting("m")
    steps = [programme.entered(f"e{number}", day=date(2026, 1, 1 + number)) for number in range(5)]
    steps[3] = replace(steps[3], meeting_id="m", measured_ms=7, action=EntryAction.PROPOSED, side=Side.SERVER)
    entries = await programme.append(*steps)
    await programme.append(programme.confirmed(entries[0]), replace(steps[1], action=EntryAction.DISPUTED, text="No."))
    kept = await heads(programme)
    assert await programme.log.count_entries() == 5
    assert await rebuilt(programme) == (5, [])
    assert await rebuilt(programme, limit=5) == (5, [])
    await sql(programme, "UPDATE hours_entry SET state = 'approved' WHERE entry_id = 'e1'")
    await sql(programme, "DELETE FROM hours_entry WHERE entry_id = 'e4'")
    for entry_id in ("e2a", "zz"):
        await sql(
            programme,
            "INSERT INTO hours_entry SELECT :entry_id, pair_id, mentor_id, meeting_id, day, state,"
            " is_confirmed_by_mentor, is_confirmed_by_mentee, contact_type, measured_ms, credited_minutes, created_at,"
            " changed_at, answered_at, number FROM hours_entry WHERE entry_id = 'e0'",
            entry_id=entry_id,
        )
    compared = await programme.log.compare("", 9)
    assert (compared.count, compared.changed) == (5, ("e1", "e2a", "e4", "zz"))
    assert await heads(programme) != kept
    assert await rebuilt(programme) == (5, ["e1", "e2a", "e4", "zz"])
    assert await heads(programme) == kept
    await sql(programme, "DELETE FROM hours_entry")
    assert await rebuilt(programme, limit=100) == (5, ["e0", "e1", "e2", "e3", "e4"])
    assert await heads(programme) == kept


async def test_a_number_is_given_once_by_the_database_too(programme: Programme) -> None:
    await programme.append(programme.entered("a"))
    with pytest.raises(IntegrityError):
        await sql(programme, f"INSERT INTO {HoursLogRow.__tablename__} SELECT * FROM hours_log")
