"""Chat messages and who has read how far."""

import pytest
from sqlalchemy.exc import IntegrityError

from protocol.roles import ProgrammeRole, RoomKind
from server.store.chat import ChatRepository
from server.store.database import Database
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomRepository


class Rooms:
    """Two rooms and two persons to write in them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.chat = ChatRepository(database)
        self.room = self.other_room = self.ana = self.ben = ""

    async def set_up(self) -> None:
        rooms = RoomRepository(self.database)
        self.room = (await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)).room_id
        self.other_room = (await rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)).room_id
        entries = [Entry(f"{word}@school.example", word, ProgrammeRole.TEACHER) for word in ("ana", "ben")]
        ana, ben = await PeopleRepository(self.database).enrol(entries, [], actor="test", at=1)
        self.ana, self.ben = ana.person_id, ben.person_id


@pytest.fixture
async def rooms(database: Database) -> Rooms:
    rooms = Rooms(database)
    await rooms.set_up()
    return rooms


async def test_a_message_is_kept_with_an_id_that_grows(rooms: Rooms) -> None:
    first = await rooms.chat.append(rooms.room, rooms.ana, "Ana", "one", "r1", 100)
    second = await rooms.chat.append(rooms.room, rooms.ben, "Ben", "two", "r1", 90)
    assert second.message_id > first.message_id
    assert (first.name, first.text, first.sent_at, first.person_id) == ("Ana", "one", 100, rooms.ana)
    assert await rooms.chat.page(rooms.room, None, 50) == ([first, second], False)
    assert await rooms.chat.page(rooms.other_room, None, 50) == ([], False)


async def test_the_same_request_is_kept_once(rooms: Rooms) -> None:
    first = await rooms.chat.append(rooms.room, rooms.ana, "Ana", "one", "r1", 100)
    assert await rooms.chat.append(rooms.room, rooms.ana, "Ana!", "changed", "r1", 200) == first
    elsewhere = await rooms.chat.append(rooms.other_room, rooms.ana, "Ana", "one", "r1", 100)
    assert elsewhere.message_id != first.message_id
    assert await rooms.chat.page(rooms.room, None, 50) == ([first], False)


async def test_a_message_to_nowhere_is_refused(rooms: Rooms) -> None:
    with pytest.raises(IntegrityError):
        await rooms.chat.append("nowhere", rooms.ana, "Ana", "one", "r1", 100)


async def test_history_is_read_page_by_page(rooms: Rooms) -> None:
    kept = [await rooms.chat.append(rooms.room, rooms.ana, "Ana", str(n), str(n), n) for n in range(7)]
    await rooms.chat.append(rooms.other_room, rooms.ana, "Ana", "elsewhere", "x", 1)
    assert await rooms.chat.page(rooms.room, None, 3) == (kept[4:], True)
    assert await rooms.chat.page(rooms.room, kept[4].message_id, 3) == (kept[1:4], True)
    assert await rooms.chat.page(rooms.room, kept[1].message_id, 3) == (kept[:1], False)
    assert await rooms.chat.page(rooms.room, kept[3].message_id, 3) == (kept[:3], False)
    assert await rooms.chat.page(rooms.room, 0, 3) == ([], False)
    assert await rooms.chat.page(rooms.room, 2**64, 3) == (kept[4:], True)


async def test_the_read_marker_never_moves_back(rooms: Rooms) -> None:
    assert await rooms.chat.read_up_to(rooms.room, rooms.ana) == 0
    await rooms.chat.mark_read(rooms.room, rooms.ana, 5)
    await rooms.chat.mark_read(rooms.room, rooms.ana, 3)
    assert await rooms.chat.read_up_to(rooms.room, rooms.ana) == 5
    await rooms.chat.mark_read(rooms.room, rooms.ana, 8)
    assert await rooms.chat.read_up_to(rooms.room, rooms.ana) == 8
    assert await rooms.chat.read_up_to(rooms.other_room, rooms.ana) == 0
    assert await rooms.chat.read_up_to(rooms.room, rooms.ben) == 0
