"""What is credited in the hours log is told to the record store: with the step, or not at all."""

import dataclasses
import random
from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import select

from protocol.hours import EntryAction, Side
from server.hours.log.rows import Entry, Step
from server.outbox.statements import XAPI, Statements
from server.outbox.xapi import XapiChannel, parse_record_store
from server.store.database import Database
from server.store.hours_log import Announcer, Credited, HoursLogRepository
from server.store.models import HoursLogRow, OutboxMessageRow
from server.store.outbox import NewMessage, OutboxRepository
from tests.support.hours import Programme
from tests.support.record_store import STORE_KEY, STORE_SECRET, RecordStore, record_store

HOME = "https://rooms.example.org"


@pytest.fixture
async def programme(database: Database) -> Programme:
    """Make one that tells a record store."""
    made = Programme(database)
    made.log = HoursLogRepository(database, Announcer(OutboxRepository(database, [XAPI]), Statements(HOME)))
    await made.set_up()
    return made


@pytest.fixture
async def store() -> AsyncIterator[RecordStore]:
    async with record_store() as running:
        yield running


async def deliver(programme: Programme, store: RecordStore, *, shuffled: random.Random | None = None) -> None:
    """Send all that was ever put, also what was sent before."""
    messages = await OutboxRepository(programme.database, [XAPI]).due(XAPI, at=2**62, limit=1_000)
    if shuffled is not None:
        shuffled.shuffle(messages)
    channel = XapiChannel(parse_record_store(store.url, STORE_KEY, STORE_SECRET))
    for message in messages:
        [outcome] = await channel.send([message])
        assert outcome.verdict.name == "SENT"
    await channel.close()


def stepped(programme: Programme, entry: Entry, action: EntryAction, side: Side, *, minutes: int | None = None) -> Step:
    """Return a step on an entry, after which it has so many minutes, or as many as before."""
    latest = entry.latest
    authors = {
        Side.MENTOR: latest.mentor_id,
        Side.MENTEE: programme.person_id("ana"),
        Side.COORDINATOR: programme.person_id("cora"),
        Side.SERVER: None,
    }
    return dataclasses.replace(
        latest,
        action=action,
        side=side,
        author_id=authors[side],
        at=latest.at + 1_000,
        credited_minutes=latest.credited_minutes if minutes is None else minutes,
        text=None,
    )


async def told(programme: Programme) -> list[tuple[str, str, str | None]]:
    """Return verb, actor and duration of what waits to be sent."""
    async with programme.database.reading() as session:
        rows = list(await session.scalars(select(OutboxMessageRow).order_by(OutboxMessageRow.message_id)))
    found = []
    for row in rows:
        statement = msgspec.json.decode(row.body)
        actor = statement["actor"]["account"]["name"]
        assert row.person_id == actor
        found.append((statement["verb"]["display"]["en"], actor, statement["result"]["duration"]))
    return found


async def test_the_second_yes_and_the_approval_are_told_and_nothing_before(programme: Programme) -> None:
    [entered] = await programme.append(programme.entered("entry"))
    assert await told(programme) == []
    [confirmed] = await programme.append(programme.confirmed(entered))
    attended = ("attended", programme.person_id("ana"), "PT30M")
    assert await told(programme) == [attended]
    cora = programme.person_id("cora")
    approved = dataclasses.replace(
        confirmed.latest, action=EntryAction.APPROVED, side=Side.COORDINATOR, author_id=cora, at=3_000, text=None
    )
    [after] = await programme.append(approved)
    assert await told(programme) == [attended, ("approved", cora, "PT30M")]
    await programme.append(
        dataclasses.replace(after.latest, action=EntryAction.MEASURED, side=Side.SERVER, author_id=None)
    )
    assert len(await told(programme)) == 2


async def test_one_yes_of_two_is_no_credit(programme: Programme) -> None:
    [entered] = await programme.append(programme.entered("entry"))
    [disputed] = await programme.append(
        dataclasses.replace(programme.confirmed(entered), action=EntryAction.DISPUTED, text="No.")
    )
    ana = programme.person_id("ana")
    again = dataclasses.replace(
        disputed.latest, action=EntryAction.CONFIRMED, side=Side.MENTEE, author_id=ana, at=4_000, text=None
    )
    await programme.append(again)
    assert await told(programme) == []


async def test_what_is_not_kept_is_not_told(programme: Programme) -> None:
    [entered] = await programme.append(programme.entered("entry"))

    async def confirm_and_fail() -> None:
        async with programme.log.writing() as writer:
            await writer.append([programme.confirmed(entered)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await confirm_and_fail()
    assert await told(programme) == []
    async with programme.database.reading() as session:
        assert len(list(await session.scalars(select(HoursLogRow)))) == 1


async def test_what_cannot_be_told_is_not_kept(programme: Programme) -> None:
    class Failing(Statements):
        def credit(self, credited: Credited) -> NewMessage:
            raise RuntimeError

    [entered] = await programme.append(programme.entered("entry"))
    outbox = OutboxRepository(programme.database, [XAPI])
    programme.log = HoursLogRepository(programme.database, Announcer(outbox, Failing(HOME)))
    with pytest.raises(RuntimeError):
        await programme.append(programme.confirmed(entered))
    assert len(await programme.log.rows_of("entry")) == 1


async def confirm_by_both(programme: Programme) -> Entry:
    [entered] = await programme.append(programme.entered("entry"))
    [confirmed] = await programme.append(programme.confirmed(entered))
    return confirmed


async def test_what_is_put_right_and_confirmed_again_counts_once(programme: Programme, store: RecordStore) -> None:
    entry = await confirm_by_both(programme)
    await deliver(programme, store)
    assert store.standing() == [("attended", 30)]
    [entry] = await programme.append(stepped(programme, entry, EntryAction.ADJUSTED, Side.MENTOR, minutes=20))
    await deliver(programme, store)
    assert store.standing() == [], "nobody but the mentor says so yet"
    await programme.append(stepped(programme, entry, EntryAction.CONFIRMED, Side.MENTEE))
    await deliver(programme, store)
    await deliver(programme, store)
    assert store.standing() == [("attended", 20)]
    assert len(store.statements) == 3


async def test_approval_leaves_what_was_told_and_a_later_change_voids_both(
    programme: Programme, store: RecordStore
) -> None:
    entry = await confirm_by_both(programme)
    [entry] = await programme.append(stepped(programme, entry, EntryAction.APPROVED, Side.COORDINATOR))
    await deliver(programme, store)
    assert store.standing() == [("attended", 30), ("approved", 30)]
    adjusted = stepped(programme, entry, EntryAction.ADJUSTED, Side.COORDINATOR, minutes=10)
    [_, approved] = await programme.append(
        adjusted, dataclasses.replace(adjusted, action=EntryAction.APPROVED, at=adjusted.at + 1)
    )
    assert approved.credited_by == (5,)
    await deliver(programme, store)
    assert store.standing() == [("approved", 10)]
    await programme.append(stepped(programme, approved, EntryAction.WITHDRAWN, Side.COORDINATOR))
    await deliver(programme, store)
    assert store.standing() == []


@pytest.mark.parametrize(
    ("action", "side", "minutes"),
    [
        (EntryAction.DISPUTED, Side.MENTEE, None),
        (EntryAction.WITHDRAWN, Side.MENTEE, None),
        (EntryAction.MEASURED, Side.SERVER, 25),
        (EntryAction.ADJUSTED, Side.COORDINATOR, 25),
    ],
)
async def test_whatever_ends_what_was_told_voids_it_in_any_order(
    programme: Programme, store: RecordStore, action: EntryAction, side: Side, minutes: int | None
) -> None:
    entry = await confirm_by_both(programme)
    [entry] = await programme.append(stepped(programme, entry, action, side, minutes=minutes))
    assert entry.credited_by == ()
    shuffled = random.Random(0)
    for _ in range(5):
        await deliver(programme, store, shuffled=shuffled)
    assert len(store.statements) == 2
    assert store.standing() == []


async def test_measuring_the_same_voids_nothing(programme: Programme) -> None:
    entry = await confirm_by_both(programme)
    await programme.append(stepped(programme, entry, EntryAction.MEASURED, Side.SERVER))
    assert len(await told(programme)) == 1


async def test_an_objection_that_is_taken_back_tells_the_same_hours_anew(
    programme: Programme, store: RecordStore
) -> None:
    entry = await confirm_by_both(programme)
    [entry] = await programme.append(stepped(programme, entry, EntryAction.DISPUTED, Side.MENTEE))
    await programme.append(stepped(programme, entry, EntryAction.CONFIRMED, Side.MENTEE))
    await deliver(programme, store)
    assert store.standing() == [("attended", 30)]
    assert len(store.statements) == 3


async def test_what_was_never_told_is_not_voided(programme: Programme, store: RecordStore) -> None:
    announcing = programme.log
    programme.log = HoursLogRepository(programme.database)
    entry = await confirm_by_both(programme)
    programme.log = announcing
    await programme.append(stepped(programme, entry, EntryAction.DISPUTED, Side.MENTEE))
    await deliver(programme, store)
    assert store.statements == {}


async def test_a_step_that_is_not_kept_voids_nothing(programme: Programme, store: RecordStore) -> None:
    entry = await confirm_by_both(programme)

    async def dispute_and_fail() -> None:
        async with programme.log.writing() as writer:
            await writer.append([stepped(programme, entry, EntryAction.DISPUTED, Side.MENTEE)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await dispute_and_fail()
    await deliver(programme, store)
    assert store.standing() == [("attended", 30)]
