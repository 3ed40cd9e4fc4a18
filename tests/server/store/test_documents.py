"""Documents as rows: changes in their order, snapshots, and what is left when something of them is damaged."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from protocol.documents import DocumentKind
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.database import Database
from server.store.documents import (
    AuthorOf,
    Change,
    Contents,
    DocumentBrokenError,
    DocumentKey,
    DocumentRepository,
    OutOfTurnError,
    StoredDocument,
    Version,
)
from server.store.people import Entry, PeopleRepository
from server.store.presence import ConnectionRecord, MeetingRecord, PresenceRepository
from server.store.rooms import RoomRepository

BOARD = DocumentKey("board", 1)
LARGEST_CLIENT = 2**53 - 1


class Shelf:
    """A room with somebody and a board in it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.documents = DocumentRepository(database)

    async def set_up(self) -> None:
        room = await RoomRepository(self.database).add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="test", at=1)
        entries = [Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)]
        [ana] = await PeopleRepository(self.database).enrol(entries, [], actor="test", at=1)
        self.ana = ana.person_id
        self.board = StoredDocument(
            document_id=BOARD.document_id,
            room_id=room.room_id,
            kind=DocumentKind.BOARD,
            title="Today",
            created_at=1,
            created_by=self.ana,
        )
        await self.documents.create(self.board)

    async def record_meeting(self) -> str:
        meeting = MeetingRecord(meeting_id="m", room_id=self.board.room_id, opened_at=1)
        connection = ConnectionRecord(
            connection_id="c",
            meeting_id="m",
            person_id=self.ana,
            participant_id="p",
            endpoint_id="e",
            room_role=RoomRole.HOST,
            joined_at=1,
            last_seen_at=1,
        )
        presence = PresenceRepository(self.database)
        await presence.start_node("node")
        await presence.record("node", [meeting], [connection])
        return meeting.meeting_id

    async def damage(self, statement: str) -> None:
        async with self.database.session() as session:
            await session.execute(text(statement))


@pytest.fixture
async def shelf(database: Database) -> Shelf:
    shelf = Shelf(database)
    await shelf.set_up()
    return shelf


def change(seq: int, **fields: object) -> Change:
    made = Change(BOARD, seq, 10 * seq, data_of(seq), {})
    return replace(made, **fields)  # type: ignore[arg-type]


def data_of(seq: int) -> bytes:
    return bytes([0, seq % 256, 255]) * (seq + 1)


def keep_all(_versions: Sequence[Version]) -> Iterable[Version]:
    return ()


def drop_all(versions: Sequence[Version]) -> Iterable[Version]:
    return versions


async def test_changes_are_read_as_they_came(shelf: Shelf) -> None:
    assert await shelf.documents.contents(BOARD) == Contents(0, (), {}, 0)
    await shelf.documents.append([change(1, new_authors={LARGEST_CLIENT: shelf.ana, 0: None}), change(2)])
    await shelf.documents.append([change(3)])
    authors = {LARGEST_CLIENT: shelf.ana, 0: None}
    assert await shelf.documents.contents(BOARD) == Contents(3, (data_of(1), data_of(2), data_of(3)), authors, 0)
    assert await shelf.documents.authors("board") == [AuthorOf(LARGEST_CLIENT, shelf.ana, "Ana")]


async def test_a_number_is_used_once_and_nothing_of_what_came_with_it_is_kept(shelf: Shelf) -> None:
    await shelf.documents.append([change(1)])
    with pytest.raises(OutOfTurnError):
        await shelf.documents.append([change(2), change(1, data=b"another")])
    assert (await shelf.documents.contents(BOARD)).updates == (data_of(1),)


async def test_of_those_who_write_at_the_same_moment_one_succeeds(shelf: Shelf) -> None:
    outcomes = await asyncio.gather(*(shelf.documents.append([change(1)]) for _ in range(5)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType"] + ["OutOfTurnError"] * 4


async def test_a_snapshot_stands_for_the_changes_that_it_covers(shelf: Shelf) -> None:
    await shelf.documents.append([change(n) for n in range(1, 6)])
    whole = bytes(range(256)) * 4_000
    await shelf.documents.keep_snapshot(BOARD, Version(3, 30), whole, keep_all)
    assert await shelf.documents.contents(BOARD) == Contents(5, (whole, data_of(4), data_of(5)), {}, 3)
    await shelf.documents.keep_snapshot(BOARD, Version(5, 50), whole + b"!", keep_all)
    assert await shelf.documents.contents(BOARD) == Contents(5, (whole + b"!",), {}, 5)
    assert await shelf.documents.versions(BOARD) == [Version(3, 30), Version(5, 50)]
    assert await shelf.documents.version(BOARD, 3) == whole
    assert await shelf.documents.version(BOARD, 4) is None


async def test_when_the_newest_snapshot_cannot_be_read_the_one_before_it_and_its_changes_say_everything(
    shelf: Shelf,
) -> None:
    await shelf.documents.append([change(n) for n in range(1, 6)])
    for seq in (2, 4):
        await shelf.documents.keep_snapshot(BOARD, Version(seq, seq), b"whole" * seq, keep_all)
    await shelf.damage("UPDATE document_snapshot SET checksum = checksum + 1 WHERE seq = 4")
    contents = await shelf.documents.contents(BOARD)
    assert contents == Contents(5, (b"whole" * 2, data_of(3), data_of(4), data_of(5)), {}, 2)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE document_update SET checksum = checksum + 1 WHERE seq = 2",
        "DELETE FROM document_update WHERE seq = 2",
    ],
)
async def test_what_is_damaged_is_said_and_what_stands_before_it_can_be_read(shelf: Shelf, damage: str) -> None:
    await shelf.documents.append([change(n) for n in range(1, 4)])
    await shelf.damage(damage)
    with pytest.raises(DocumentBrokenError, match="change 2"):
        await shelf.documents.contents(BOARD)
    assert await shelf.documents.readable_contents(BOARD) == Contents(1, (data_of(1),), {}, 0)


async def test_versions_are_thinned_but_never_what_belongs_to_a_meeting(shelf: Shelf) -> None:
    meeting_id = await shelf.record_meeting()
    await shelf.documents.append([change(n) for n in range(1, 6)])
    for seq in range(1, 5):
        version = Version(seq, seq)
        recorded = meeting_id if seq == 2 else None
        await shelf.documents.keep_snapshot(BOARD, version, b"whole", drop_all, meeting_id=recorded)
    assert [version.seq for version in await shelf.documents.versions(BOARD)] == [2, 3, 4]


async def test_documents_are_listed_by_age_and_paged(shelf: Shelf) -> None:
    pages = [replace(shelf.board, document_id=f"page{n}", title=f"P{n}", created_at=2 + n // 2) for n in range(4)]
    for page in pages:
        await shelf.documents.create(page, Change(DocumentKey(page.document_id, 1), 1, 1, b"first", {}))
    await shelf.documents.change(replace(pages[1], removed_at=9))
    room_id = shelf.board.room_id
    assert await shelf.documents.page(room_id, None, 2) == ([pages[2], pages[3]], True)
    assert await shelf.documents.page(room_id, pages[2], 2) == ([shelf.board, pages[0]], False)
    assert await shelf.documents.newest(room_id, DocumentKind.BOARD) == pages[3]
    assert await shelf.documents.newest(room_id, DocumentKind.NOTES) is None
    assert await shelf.documents.find("page1") == replace(pages[1], removed_at=9)


async def test_a_new_epoch_begins_with_nothing(shelf: Shelf) -> None:
    await shelf.documents.append([change(1)])
    second = DocumentKey("board", 2)
    await shelf.documents.change(replace(shelf.board, epoch=2, is_locked=True), Change(second, 1, 1, b"anew", {}))
    assert (await shelf.documents.contents(second)).updates == (b"anew",)
    assert (await shelf.documents.contents(BOARD)).updates == (data_of(1),)
    assert await shelf.documents.find("board") == replace(shelf.board, epoch=2, is_locked=True)
