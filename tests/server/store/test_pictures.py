"""Pictures of boards: kept once, and for as many bytes as a room has place for."""

import hashlib

import pytest
from sqlalchemy import event

from protocol.documents import DocumentKind
from protocol.roles import ProgrammeRole, RoomKind
from server.store.database import Database
from server.store.documents import DocumentRepository, StoredDocument
from server.store.models import PictureRow
from server.store.people import Entry, PeopleRepository
from server.store.pictures import Picture, PictureRepository
from server.store.rooms import RoomRepository

ROOM_BYTES = 100


def picture(name: str, size: int = 60) -> Picture:
    data = name.encode().ljust(size)
    return Picture(hashlib.sha256(data).hexdigest(), "image/png", data)


class Album:
    """The pictures of one room, with two pages."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pictures = PictureRepository(database)
        self.documents = DocumentRepository(database)
        self.room_id = self.other_room_id = self.person_id = ""

    async def set_up(self) -> None:
        rooms = RoomRepository(self.database)
        self.room_id = (await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="test", at=1)).room_id
        self.other_room_id = (await rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="test", at=1)).room_id
        entry = Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)
        [ana] = await PeopleRepository(self.database).enrol([entry], [], actor="test", at=1)
        self.person_id = ana.person_id
        for page, room_id in (("one", self.room_id), ("two", self.room_id), ("other", self.other_room_id)):
            await self.documents.create(self.page(page, room_id))

    def page(self, document_id: str, room_id: str, removed_at: int | None = None) -> StoredDocument:
        return StoredDocument(
            document_id=document_id,
            room_id=room_id,
            kind=DocumentKind.BOARD,
            title="Today",
            created_at=1,
            created_by=self.person_id,
            removed_at=removed_at,
        )

    async def add(self, page: str, one: Picture, room_id: str = "") -> bool:
        return await self.pictures.add(room_id or self.room_id, page, one, self.person_id, 1, room_bytes=ROOM_BYTES)

    async def remove(self, page: str) -> None:
        await self.documents.change(self.page(page, self.room_id, removed_at=5))

    async def restore(self, page: str) -> None:
        await self.documents.change(self.page(page, self.room_id))


@pytest.fixture
async def album(database: Database) -> Album:
    album = Album(database)
    await album.set_up()
    return album


async def test_a_room_has_place_for_so_many_bytes_each_picture_once(album: Album) -> None:
    assert await album.add("one", picture("a"))
    assert await album.add("one", picture("a"))
    assert await album.add("two", picture("a"))
    assert not await album.add("one", picture("b"))
    assert await album.pictures.find(album.room_id, picture("b").picture_id) is None
    assert not await album.pictures.has(album.room_id, picture("b").picture_id)
    assert await album.add("two", picture("c", 40))
    assert await album.add("other", picture("b"), album.other_room_id), "each room has its own place"


async def test_a_page_that_is_removed_gives_its_place_back_and_shows_its_pictures_when_it_is_back(
    album: Album,
) -> None:
    assert await album.add("one", picture("a"))
    await album.remove("one")
    assert await album.add("two", picture("b"))
    assert await album.pictures.find(album.room_id, picture("a").picture_id) == picture("a")
    assert await album.pictures.has(album.room_id, picture("a").picture_id)
    await album.restore("one")
    assert not await album.add("two", picture("c", 40))


async def test_what_is_also_on_another_page_takes_place(album: Album) -> None:
    assert await album.add("one", picture("a"))
    assert await album.add("two", picture("a"))
    await album.remove("one")
    assert not await album.add("two", picture("b"))


async def test_what_was_on_a_removed_page_needs_place_to_be_put_on_another_one(album: Album) -> None:
    assert await album.add("one", picture("a"))
    await album.remove("one")
    assert await album.add("two", picture("b"))
    assert not await album.add("two", picture("a"))


async def test_pictures_whose_pages_nobody_has_noted_take_place(album: Album) -> None:
    assert await album.add("one", picture("a"))
    async with album.database.session() as session:
        await (await session.connection()).exec_driver_sql("DELETE FROM board_picture")
    assert not await album.add("two", picture("b"))


async def test_one_that_is_kept_already_is_not_read_to_find_that_out(album: Album) -> None:
    assert await album.add("one", picture("a"))
    loaded: list[object] = []

    def on_load(row: object, _context: object) -> None:
        loaded.append(row)

    event.listen(PictureRow, "load", on_load)
    try:
        assert await album.add("other", picture("a"), album.other_room_id)
    finally:
        event.remove(PictureRow, "load", on_load)
    assert loaded == []
