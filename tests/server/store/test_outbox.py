"""The outbox as rows: put with what it tells of, taken in order, settled, forgotten."""

import pytest

from protocol.roles import ProgrammeRole
from server.store.database import Database
from server.store.models import OutboxMessageRow
from server.store.outbox import Addressee, Backlog, NewMessage, OutboxRepository, Settlement
from server.store.people import Entry, PeopleRepository
from tests.support.rows import all_rows


@pytest.fixture
def outbox(database: Database) -> OutboxRepository:
    return OutboxRepository(database, ["mail", "xapi"])


def mail(key: str, person_id: str | None = None) -> NewMessage:
    return NewMessage("mail", key, f'"{key}"', person_id)


async def put(database: Database, outbox: OutboxRepository, *messages: NewMessage, at: int = 100) -> int:
    async with database.session() as session:
        return await outbox.put(session, messages, at=at)


async def due(outbox: OutboxRepository, at: int = 1_000, limit: int = 100, channel: str = "mail") -> list[str]:
    return [one.key for one in await outbox.due(channel, at=at, limit=limit)]


async def test_what_is_put_twice_waits_once(database: Database, outbox: OutboxRepository) -> None:
    assert await put(database, outbox, mail("a"), mail("b"), mail("a")) == 2
    assert await put(database, outbox, mail("b"), mail("c"), at=200) == 1
    assert await due(outbox) == ["a", "b", "c"]
    assert await outbox.backlog("mail") == Backlog(3, 100, 100)
    assert await outbox.backlog("xapi") == Backlog(0, None, None)


async def test_what_was_sent_is_not_put_again(database: Database, outbox: OutboxRepository) -> None:
    await put(database, outbox, mail("a"))
    [message] = await outbox.due("mail", at=100, limit=1)
    await outbox.settle([Settlement(message.message_id, 1, 100, None, sent_at=150)])
    assert await outbox.forget_bodies(settled_before=151) == 1
    assert await put(database, outbox, mail("a"), at=300) == 0
    assert await due(outbox) == []


async def test_a_message_lasts_exactly_when_what_it_tells_of_does(database: Database, outbox: OutboxRepository) -> None:
    told: list[int] = []
    outbox.on_put(lambda: told.append(1))

    async def refuse() -> None:
        async with database.session() as session:
            await outbox.put(session, [mail("a")], at=100)
            raise RuntimeError("the entry is refused")

    with pytest.raises(RuntimeError, match="the entry is refused"):
        await refuse()
    assert await due(outbox) == []
    assert told == []
    async with database.session() as session:
        await outbox.put(session, [mail("a")], at=100)
        assert told == [], "whoever looks now sees nothing"
    assert told == [1]
    await put(database, outbox, mail("a"))
    assert told == [1], "nothing is new"


async def test_without_a_channel_nothing_is_put(database: Database) -> None:
    outbox = OutboxRepository(database, [])
    assert await put(database, outbox, mail("a"), NewMessage("xapi", "b", "{}")) == 0
    assert await all_rows(database, OutboxMessageRow) == []


async def test_what_has_been_due_longest_goes_first(database: Database, outbox: OutboxRepository) -> None:
    await put(database, outbox, mail("late"), NewMessage("xapi", "other", "{}"), at=300)
    await put(database, outbox, mail("early"), mail("early, too"), at=200)
    assert await due(outbox) == ["early", "early, too", "late"]
    assert await due(outbox, limit=2) == ["early", "early, too"]
    assert await due(outbox, at=299) == ["early", "early, too"]
    assert await due(outbox, at=199) == []
    [first, *_] = await outbox.due("mail", at=200, limit=1)
    await outbox.settle([Settlement(first.message_id, 1, 900, "the server says 450")])
    assert await due(outbox) == ["early, too", "late", "early"]
    [again] = [one for one in await outbox.due("mail", at=900, limit=9) if one.key == "early"]
    assert (again.attempts, again.due_at, again.created_at) == (1, 900, 200)
    assert (await outbox.backlog("mail")).next_due_at == 200


async def test_what_is_settled_waits_no_more(database: Database, outbox: OutboxRepository) -> None:
    await put(database, outbox, mail("sent"), mail("given up"), mail("waiting"))
    sent, given_up, _ = await outbox.due("mail", at=100, limit=9)
    await outbox.settle(
        [
            Settlement(sent.message_id, 1, 100, None, sent_at=110),
            Settlement(given_up.message_id, 3, 100, "the server says 550", given_up_at=110),
        ]
    )
    assert await due(outbox) == ["waiting"]
    rows = {row["key"]: row for row in await all_rows(database, OutboxMessageRow)}
    assert (rows["sent"]["sent_at"], rows["sent"]["attempts"]) == (110, 1)
    assert (rows["given up"]["given_up_at"], rows["given up"]["last_error"]) == (110, "the server says 550")


async def test_whom_it_is_for_is_as_they_are_now(database: Database, outbox: OutboxRepository) -> None:
    people = PeopleRepository(database)
    [ana] = await people.enrol([Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)], [], actor="test", at=1)
    await put(database, outbox, mail("a", ana.person_id), mail("b"))
    await people.enrol([Entry("ana@school.example", "Ana Lima", ProgrammeRole.TEACHER)], [], actor="test", at=1)
    first, second = await outbox.due("mail", at=100, limit=9)
    assert (first.addressee, second.addressee) == (Addressee("Ana Lima", "ana@school.example", is_removed=False), None)
    await people.remove(ana.person_id, actor="test", at=2)
    [first, _] = await outbox.due("mail", at=100, limit=9)
    assert first.addressee is not None
    assert first.addressee.is_removed


async def test_texts_of_what_was_settled_long_ago_are_forgotten(database: Database, outbox: OutboxRepository) -> None:
    await put(database, outbox, *(mail(f"sent {number:04}") for number in range(1_200)), mail("waiting"))
    messages = await outbox.due("mail", at=100, limit=1_200)
    await outbox.settle([Settlement(one.message_id, 1, 100, "x", sent_at=110 + one.message_id) for one in messages])
    newest = messages[-1].message_id
    assert await outbox.forget_bodies(settled_before=110 + newest) == 1_199
    assert await outbox.forget_bodies(settled_before=110 + newest) == 0
    rows = await all_rows(database, OutboxMessageRow)
    assert [row["key"] for row in rows if row["body"]] == [messages[-1].key, "waiting"]
    assert {row["last_error"] for row in rows if not row["body"]} == {None}


async def test_what_waits_for_a_channel_that_is_gone_is_given_up(database: Database, outbox: OutboxRepository) -> None:
    await put(database, outbox, NewMessage("xapi", "old", "{}"), mail("mail"), at=100)
    await put(database, outbox, NewMessage("xapi", "new", "{}"), at=200)
    only_mail = OutboxRepository(database, ["mail"])
    assert await only_mail.give_up_others(created_before=200, error="not configured", at=300) == 1
    assert await due(outbox, channel="xapi") == ["new"]
    assert await due(outbox) == ["mail"]
    assert await OutboxRepository(database, []).give_up_others(created_before=999, error="x", at=300) == 2
