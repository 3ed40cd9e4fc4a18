"""Action items as rows: what home pages show of them, and which notes are still to be read."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import pytest

from protocol.documents import DocumentKind
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.action_items import ActionItemRepository, OpenItem, OwnedItem
from server.store.database import Database
from server.store.documents import Change, DocumentKey, DocumentRepository, StoredDocument, Version
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomRepository

NOTES = DocumentKey("notes", 1)
EVERY_ROLE = frozenset(RoomRole)


class Shelf:
    """A room with notes and a board in it, and Ana."""

    def __init__(self, database: Database) -> None:
        self.documents = DocumentRepository(database)
        self.items = ActionItemRepository(database)
        self.rooms = RoomRepository(database)
        self.people = PeopleRepository(database)

    async def set_up(self) -> None:
        room = await self.rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="test", at=1)
        self.room_id = room.room_id
        entries = [Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)]
        [ana] = await self.people.enrol(entries, [], actor="test", at=1)
        self.ana = ana.person_id
        self.notes = await self.add(NOTES.document_id)

    async def add(
        self, document_id: str, *, kind: DocumentKind = DocumentKind.NOTES, created_at: int = 1
    ) -> StoredDocument:
        document = StoredDocument(
            document_id=document_id,
            room_id=self.room_id,
            kind=kind,
            title="Today",
            created_at=created_at,
            created_by=self.ana,
        )
        await self.documents.create(document)
        return document

    async def change(self, key: DocumentKey, seq: int) -> None:
        await self.documents.append([Change(key, seq, seq, b"x", {})])

    def item(self, item_id: str, due: date | None = None, *, is_done: bool = False, owner_id: str = "") -> OwnedItem:
        return OwnedItem(item_id, f"Do {item_id}", owner_id or self.ana, due, is_done)

    async def open_items(
        self, *, roles: Collection[RoomRole] = EVERY_ROLE, default: RoomRole = RoomRole.PARTICIPANT, limit: int = 100
    ) -> tuple[list[str], bool]:
        items, has_more = await self.items.open_items(self.ana, default, roles, limit)
        return [item.item_id for item in items], has_more


@pytest.fixture
async def shelf(database: Database) -> Shelf:
    shelf = Shelf(database)
    await shelf.set_up()
    return shelf


async def test_what_is_due_comes_first_and_what_never_is_last(shelf: Shelf) -> None:
    await shelf.add("older", created_at=0)
    await shelf.items.keep(
        NOTES,
        3,
        [
            shelf.item("whenever"),
            shelf.item("late", date(2026, 12, 1)),
            shelf.item("done", date(2026, 1, 1), is_done=True),
            shelf.item("somebody else's", owner_id="person_ben"),
            shelf.item("soon", date(2026, 11, 30)),
        ],
    )
    await shelf.items.keep(DocumentKey("older", 1), 1, [shelf.item("b"), shelf.item("a")])
    assert await shelf.open_items() == (["soon", "late", "b", "a", "whenever"], False)
    assert await shelf.open_items(limit=4) == (["soon", "late", "b", "a"], True)
    [first], _ = await shelf.items.open_items(shelf.ana, RoomRole.HOST, EVERY_ROLE, 1)
    assert first == OpenItem("notes", "soon", shelf.room_id, "Do soon", date(2026, 11, 30))


async def test_an_older_reading_never_takes_the_place_of_a_newer_one(shelf: Shelf) -> None:
    assert await shelf.items.keep(NOTES, 5, [shelf.item("new")])
    assert not await shelf.items.keep(NOTES, 4, [shelf.item("old")])
    assert not await shelf.items.keep(NOTES, 5, [shelf.item("again")])
    assert await shelf.open_items() == (["new"], False)
    anew = DocumentKey(NOTES.document_id, 2)
    await shelf.documents.change(replace(shelf.notes, epoch=2))
    assert await shelf.items.keep(anew, 1, [shelf.item("anew")])
    assert not await shelf.items.keep(NOTES, 99, [shelf.item("of an earlier epoch")])
    assert await shelf.open_items() == (["anew"], False)
    assert await shelf.items.keep(anew, 2, [])
    assert await shelf.open_items() == ([], False)


async def test_nothing_is_shown_of_what_is_gone_or_was_begun_anew(shelf: Shelf) -> None:
    await shelf.items.keep(NOTES, 1, [shelf.item("a")])
    await shelf.documents.change(replace(shelf.notes, removed_at=5))
    assert await shelf.open_items() == ([], False)
    await shelf.documents.change(shelf.notes)
    assert await shelf.open_items() == (["a"], False)
    await shelf.rooms.remove_room(shelf.room_id, actor="test", at=5)
    assert await shelf.open_items() == ([], False)
    await shelf.rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="test", at=6)
    assert await shelf.open_items() == (["a"], False)
    await shelf.documents.change(replace(shelf.notes, epoch=2))
    assert await shelf.open_items() == ([], False)


async def test_the_role_in_the_room_decides_what_is_shown(shelf: Shelf) -> None:
    await shelf.items.keep(NOTES, 1, [shelf.item("a")])
    participants = {RoomRole.PARTICIPANT}
    assert await shelf.open_items(roles=participants) == (["a"], False)
    assert await shelf.open_items(roles=participants, default=RoomRole.HOST) == ([], False)
    await shelf.rooms.set_room_role(shelf.room_id, shelf.ana, RoomRole.OBSERVER, actor="test", at=1)
    assert await shelf.open_items(roles=participants) == ([], False)
    assert await shelf.open_items(roles={RoomRole.OBSERVER}) == (["a"], False)


async def test_notes_are_behind_until_their_newest_change_was_read(shelf: Shelf) -> None:
    assert not await shelf.items.is_behind(NOTES), "nothing is in them"
    await shelf.change(NOTES, 1)
    await shelf.change(NOTES, 2)
    assert await shelf.items.is_behind(NOTES)
    await shelf.items.keep(NOTES, 1, [])
    assert await shelf.items.is_behind(NOTES)
    await shelf.items.keep(NOTES, 2, [])
    assert not await shelf.items.is_behind(NOTES)
    await shelf.documents.keep_snapshot(NOTES, Version(2, 2), b"whole", lambda _: [])
    assert not await shelf.items.is_behind(NOTES)
    await shelf.documents.keep_snapshot(NOTES, Version(3, 3), b"whole", lambda _: [])
    assert await shelf.items.is_behind(NOTES), "a snapshot alone says that there was a change"


async def test_notes_that_were_begun_anew_are_behind_again(shelf: Shelf) -> None:
    await shelf.change(NOTES, 1)
    await shelf.items.keep(NOTES, 7, [])
    anew = replace(shelf.notes, epoch=2)
    await shelf.documents.change(anew, Change(DocumentKey(NOTES.document_id, 2), 1, 1, b"x", {}))
    assert not await shelf.items.is_behind(NOTES)
    assert await shelf.items.is_behind(DocumentKey(NOTES.document_id, 2))
    assert await shelf.items.behind("", 10) == [DocumentKey(NOTES.document_id, 2)]


async def test_what_was_missed_is_listed_in_portions_without_boards(shelf: Shelf) -> None:
    for document_id in ("n1", "n2", "n3"):
        await shelf.add(document_id)
        await shelf.change(DocumentKey(document_id, 1), 1)
    await shelf.add("board", kind=DocumentKind.BOARD)
    await shelf.change(DocumentKey("board", 1), 1)
    await shelf.items.keep(DocumentKey("n2", 1), 1, [])
    first = await shelf.items.behind("", 1)
    assert first == [DocumentKey("n1", 1)]
    assert await shelf.items.behind("n1", 10) == [DocumentKey("n3", 1)]
    assert await shelf.items.behind("n3", 10) == []


async def test_whatever_pages_write_is_kept_as_text(shelf: Shelf) -> None:
    hostile = ["'; DROP TABLE person; --", "😀" * 100, "a/b%2F..", "i" * 200]
    items = [OwnedItem(item_id, item_id, item_id, None, is_done=False) for item_id in hostile]
    many = [shelf.item(f"i{number}") for number in range(1_000)]
    await shelf.items.keep(NOTES, 1, [*items, *many])
    for item_id in hostile:
        [found], _ = await shelf.items.open_items(item_id, RoomRole.HOST, EVERY_ROLE, 100)
        assert (found.item_id, found.text) == (item_id, item_id)
    assert (await shelf.open_items(limit=2_000))[0] == [item.item_id for item in many]


async def test_a_place_is_found_while_notes_and_room_are_there(shelf: Shelf) -> None:
    place = await shelf.items.find_place("notes", shelf.ana)
    assert place is not None
    assert (place.key, place.is_locked, place.role) == (NOTES, False, None)
    await shelf.rooms.set_room_role(shelf.room_id, shelf.ana, RoomRole.AUDIENCE, actor="test", at=1)
    await shelf.documents.change(replace(shelf.notes, is_locked=True, epoch=2))
    place = await shelf.items.find_place("notes", shelf.ana)
    assert place is not None
    assert (place.key.epoch, place.is_locked, place.role) == (2, True, RoomRole.AUDIENCE)
    await shelf.add("board", kind=DocumentKind.BOARD)
    assert await shelf.items.find_place("board", shelf.ana) is None
    assert await shelf.items.find_place("nowhere", shelf.ana) is None
    await shelf.documents.change(replace(shelf.notes, removed_at=1))
    assert await shelf.items.find_place("notes", shelf.ana) is None
    await shelf.documents.change(shelf.notes)
    await shelf.rooms.remove_room(shelf.room_id, actor="test", at=1)
    assert await shelf.items.find_place("notes", shelf.ana) is None


async def test_names_come_in_their_order_without_those_who_have_gone(shelf: Shelf) -> None:
    names = ("bea", "Zoë", "Ada")
    entries = [Entry(f"{name}@school.example", name, ProgrammeRole.TEACHER) for name in names]
    people = await shelf.people.enrol(entries, [], actor="test", at=1)
    await shelf.people.remove(people[1].person_id, actor="test", at=2)
    assert [one.name for one in await shelf.people.list_names(10)] == ["Ada", "Ana", "bea"]
    assert [one.name for one in await shelf.people.list_names(2)] == ["Ada", "Ana"]
