"""What people are to do, for their home pages, and ticking it from there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole, RoomRole
from protocol.room import Person
from server.documents.allowance import ALLOWANCE_S
from server.documents.live_documents import LiveDocuments
from server.documents.replica import NO_STATE
from server.documents.task_reader import TaskReader
from server.documents.tasks import MAX_TICKS_A_MINUTE, Tasks
from server.errors import StoreError, UserError
from server.store.action_items import ActionItemRepository
from server.store.documents import DocumentKey
from server.store.rooms import RoomRepository
from tests.support.clock import ManualClock
from tests.support.document_store import DocumentStore
from tests.support.documents import PageDocument

NOTES = DocumentKind.NOTES


class Home:
    """Notes with two tasks of Ben's and one of Ana's, and what their home pages are told."""

    def __init__(self, store: DocumentStore, clock: ManualClock) -> None:
        items = ActionItemRepository(store.database)
        self.store = store
        self.reader = TaskReader(store.repository, items, clock)
        self.documents = LiveDocuments(store.repository, clock, self.reader)
        self.tasks = Tasks(items, self.documents, self.reader, clock)
        self.ana, self.ben = (
            Person(person_id=person_id, name=name, email=f"{name}@school.example", role=ProgrammeRole.TEACHER)
            for person_id, name in ((store.ana, "ana"), (store.ben, "ben"))
        )
        self.host = Person(person_id=store.ben, name="ben", email="ben@school.example", role=ProgrammeRole.FACILITATOR)

    async def set_up(self) -> None:
        self.key = await self.store.begin(NOTES)
        self.page = PageDocument(7)
        async with self.documents.using(self.key, NOTES) as live:
            await live.submit(self.store.ana, self.page.write_task("i1", "Call", self.store.ben, due="2026-11-30"))
            await live.submit(self.store.ana, self.page.write_task("i2", "Write", self.store.ben))
            await live.submit(self.store.ana, self.page.write_task("a1", "Ask", self.store.ana))
        await self.reader.read(self.key)

    async def tick(self, item_id: str, *, is_done: bool = True, person: Person | None = None) -> None:
        await self.tasks.set_done(person or self.ben, self.key.document_id, item_id, is_done=is_done)

    async def refusal(self, item_id: str, *, person: Person | None = None) -> ErrorCode:
        with pytest.raises(UserError) as error:
            await self.tick(item_id, person=person)
        return error.value.code

    async def open_ids(self, person: Person | None = None) -> list[str]:
        return [task.item_id for task in (await self.tasks.open_tasks(person or self.ben)).tasks]

    async def ticks(self) -> dict[str, bool]:
        async with self.documents.using(self.key, NOTES) as live:
            opened = await live.open(None, NO_STATE)
        copy = PageDocument()
        copy.receive(opened.update)
        return copy.ticks()


@pytest.fixture
async def home(store: DocumentStore, clock: ManualClock) -> AsyncIterator[Home]:
    home = Home(store, clock)
    await home.set_up()
    yield home
    await home.documents.close()


async def test_a_tick_is_in_the_notes_and_off_the_list_and_can_be_taken_back(home: Home) -> None:
    [call, write] = (await home.tasks.open_tasks(home.ben)).tasks
    assert (call.text, call.due, call.room_id) == ("Call", "2026-11-30", home.store.room_id)
    assert (write.text, write.due) == ("Write", None)
    await home.tick("i1")
    assert await home.ticks() == {"i1": True, "i2": False, "a1": False}
    assert await home.open_ids() == ["i2"]
    await home.tick("i1", is_done=False)
    assert await home.ticks() == {"i1": False, "i2": False, "a1": False}
    assert await home.open_ids() == ["i1", "i2"]


async def test_only_the_owner_ticks_not_even_hosts(home: Home) -> None:
    assert await home.refusal("i1", person=home.ana) is ErrorCode.FORBIDDEN
    assert await home.refusal("a1", person=home.host) is ErrorCode.FORBIDDEN
    assert not any((await home.ticks()).values())


async def test_whose_it_is_says_the_document_and_not_the_table(home: Home) -> None:
    async with home.documents.using(home.key, NOTES) as live:
        await live.submit(home.store.ana, home.page.assign("i1", home.store.ana))
    assert "i1" in await home.open_ids(), "nothing was read since"
    assert await home.refusal("i1") is ErrorCode.FORBIDDEN
    await home.tick("i1", person=home.ana)
    assert (await home.ticks())["i1"]


@pytest.mark.parametrize("role", [RoomRole.AUDIENCE, RoomRole.OBSERVER])
async def test_who_only_watches_a_room_still_ticks_what_is_theirs(home: Home, role: RoomRole) -> None:
    rooms = RoomRepository(home.store.database)
    await rooms.set_room_role(home.store.room_id, home.store.ben, role, actor="test", at=1)
    assert await home.open_ids() == ["i1", "i2"]
    await home.tick("i1")
    assert (await home.ticks())["i1"]


async def test_in_locked_notes_only_hosts_tick(home: Home) -> None:
    notes = replace(home.store.document(home.key.document_id, kind=NOTES), is_locked=True)
    await home.store.repository.change(notes)
    assert await home.refusal("i1") is ErrorCode.DOCUMENT_LOCKED
    assert not any((await home.ticks()).values())
    await home.tick("i1", person=home.host)
    assert (await home.ticks())["i1"]


@pytest.mark.parametrize("item_id", ["", "i3", "'; --", "\x00", "i" * 300, "😀", "../i1"])
async def test_what_is_no_item_is_not_found(home: Home, item_id: str) -> None:
    assert await home.refusal(item_id) is ErrorCode.NOT_FOUND


async def test_of_removed_notes_and_of_boards_nothing_is_ticked(home: Home) -> None:
    board = await home.store.begin()
    with pytest.raises(UserError) as error:
        await home.tasks.set_done(home.ben, board.document_id, "i1", is_done=True)
    assert error.value.code is ErrorCode.NOT_FOUND
    notes = home.store.document(home.key.document_id, kind=NOTES)
    await home.store.repository.change(replace(notes, removed_at=5))
    assert await home.refusal("i1") is ErrorCode.NOT_FOUND
    assert await home.open_ids() == []


async def test_broken_notes_say_so(home: Home) -> None:
    await home.documents.close()
    await home.store.sql("UPDATE document_update SET checksum = 0")
    await home.store.sql("DELETE FROM document_snapshot")
    assert await home.refusal("i1") is ErrorCode.DOCUMENT_BROKEN
    assert await home.open_ids() == ["i1", "i2"], "as they were when they could be read"


async def test_two_ticks_at_once_are_both_kept_under_one_client(home: Home) -> None:
    await asyncio.gather(home.tick("i1"), home.tick("i2"), home.tick("a1", person=home.ana), home.tick("i1"))
    assert await home.ticks() == {"i1": True, "i2": True, "a1": True}
    contents = await home.store.repository.contents(home.key)
    assert contents.seq == 6, "a tick of what is ticked changes nothing"
    assert list(contents.authors.values()).count(None) == 1
    assert len(contents.authors) == 2


async def test_a_tick_and_what_is_written_at_the_same_time_are_both_there(home: Home) -> None:
    async with home.documents.using(home.key, NOTES) as live:
        await asyncio.gather(
            home.tick("i1"),
            live.submit(home.store.ana, home.page.write("and more")),
            home.tick("i2"),
            live.submit(home.store.ana, home.page.write_task("i4", "Later", home.store.ben)),
        )
    assert await home.ticks() == {"i1": True, "i2": True, "a1": False, "i4": False}
    assert await home.open_ids() == ["i4"]


async def test_nobody_can_take_the_number_under_which_ticks_are_written(
    home: Home, store: DocumentStore, clock: ManualClock
) -> None:
    await home.tick("i1")
    authors = (await store.repository.contents(home.key)).authors
    [client] = [client for client, person_id in authors.items() if person_id is None]
    page = PageDocument(client)
    async with home.documents.using(home.key, NOTES) as live:
        page.receive((await live.open(None, NO_STATE)).update)
        with pytest.raises(UserError) as error:
            await live.submit(store.ana, page.write("mine now"))
    assert error.value.code is ErrorCode.FORBIDDEN
    another = Home(store, clock)
    other_document = DocumentKey("document_9", 1)
    assert len({home.tasks._client(home.key), home.tasks._client(other_document), another.tasks._client(home.key)}) == 3


async def test_a_tick_that_is_not_kept_is_told_and_changes_nothing(home: Home) -> None:
    home.store.repository.trouble = StoreError("the disk is full")
    assert await home.refusal("i1") is ErrorCode.UNAVAILABLE
    home.store.repository.trouble = None
    assert not any((await home.ticks()).values())
    await home.tick("i1")
    assert (await home.ticks())["i1"]


async def test_a_tick_whose_answer_got_lost_is_there_and_can_be_made_again(home: Home) -> None:
    home.store.repository.late_trouble = StoreError("the line is down")
    assert await home.refusal("i1") is ErrorCode.UNAVAILABLE
    home.store.repository.late_trouble = None
    assert (await home.ticks())["i1"]
    await home.tick("i1")
    await home.tick("i2")
    assert await home.ticks() == {"i1": True, "i2": True, "a1": False}


async def test_who_ticks_without_end_has_to_wait_for_the_next_minute(home: Home, clock: ManualClock) -> None:
    for _ in range(MAX_TICKS_A_MINUTE):
        assert await home.refusal("no such item") is ErrorCode.NOT_FOUND
    assert await home.refusal("i1") is ErrorCode.TOO_MANY
    await home.tick("a1", person=home.ana)
    clock.advance(seconds=60)
    await home.tick("i1")


async def test_who_ticks_pays_for_it_and_waits_when_it_was_too_much(home: Home) -> None:
    used_s = home.documents.allowances._used_s(home.ben.person_id)
    await home.tick("i1")
    once_s = home.documents.allowances._used_s(home.ben.person_id) - used_s
    assert once_s > 0
    home.documents.allowances.use(home.ben.person_id, ALLOWANCE_S)
    assert await home.refusal("i2") is ErrorCode.TOO_MANY
    assert not (await home.ticks())["i2"]
    await home.tick("a1", person=home.ana)


async def test_what_reading_the_notes_again_took_is_told(home: Home) -> None:
    assert await home.reader.read(home.key) == 0.0, "nothing has changed"
    async with home.documents.using(home.key, NOTES) as live:
        await live.submit(home.store.ana, home.page.write_task("i3", "Read", home.store.ben))
    assert await home.reader.read(home.key) > 0.0
