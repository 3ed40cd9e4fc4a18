"""Rooms and the roles that they give."""

import pytest
from sqlalchemy import select

from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from server.store.database import Database
from server.store.models import AuditEntryRow
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomOverview, RoomRepository


@pytest.fixture
def rooms(database: Database) -> RoomRepository:
    return RoomRepository(database)


async def test_rooms_are_found_by_slug_and_listed_oldest_first(rooms: RoomRepository) -> None:
    later = await rooms.add_room("a-later", "Later", RoomKind.LOUNGE, actor="operator", at=2)
    first = await rooms.add_room("z-first", "First", RoomKind.ROUND_UP, actor="operator", at=1)
    assert await rooms.find_room("z-first") == first
    assert await rooms.find_room("nowhere") is None
    assert await rooms.list_rooms() == [RoomOverview(first, None), RoomOverview(later, None)]


async def test_adding_a_room_again_renames_it(rooms: RoomRepository) -> None:
    first = await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
    again = await rooms.add_room("lounge", "Tea room", RoomKind.STAGE, actor="operator", at=2)
    assert again.room_id == first.room_id
    assert await rooms.list_rooms() == [RoomOverview(again, None)]


async def test_a_removed_room_is_found_by_nobody_and_comes_back_as_it_was(rooms: RoomRepository) -> None:
    lounge = await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
    stage = await rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=2)
    await rooms.remove_room(lounge.room_id, actor="operator", at=3)
    assert await rooms.find_room("lounge") is None
    assert await rooms.list_rooms() == [RoomOverview(stage, None)]
    assert await rooms.list_rooms(with_removed=True) == [RoomOverview(lounge, 3), RoomOverview(stage, None)]
    back = await rooms.add_room("lounge", "Tea room", RoomKind.LOUNGE, actor="operator", at=4)
    assert back.room_id == lounge.room_id, "what was written in it belongs to it again"
    everything = [RoomOverview(back, None), RoomOverview(stage, None)]
    assert await rooms.list_rooms() == await rooms.list_rooms(with_removed=True) == everything


async def test_it_is_on_record_who_added_removed_and_restored_a_room(rooms: RoomRepository, database: Database) -> None:
    lounge = await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
    await rooms.add_room("lounge", "Tea room", RoomKind.LOUNGE, actor="operator", at=2)
    await rooms.remove_room(lounge.room_id, actor="grace", at=3)
    await rooms.remove_room(lounge.room_id, actor="grace", at=4)
    await rooms.add_room("lounge", "Stage", RoomKind.STAGE, actor="daniel", at=5)
    async with database.reading() as session:
        entries = list(await session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.entry_id)))
    assert {entry.subject for entry in entries} == {lounge.room_id}
    assert [(entry.at, entry.actor, entry.action, entry.detail) for entry in entries] == [
        (1, "operator", "room_added", "as lounge"),
        (3, "grace", "room_removed", ""),
        (5, "daniel", "room_restored", "as stage"),
    ], "what changes nothing is no event"


async def test_a_role_in_a_room_can_be_given_changed_and_taken_back(rooms: RoomRepository, database: Database) -> None:
    room = await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
    people = PeopleRepository(database)
    entry = Entry("ana@school.example", "Ana", ProgrammeRole.TEACHER)
    [ana] = await people.enrol([entry], [], actor="operator", at=1)
    assert await rooms.room_role(room.room_id, ana.person_id) is None
    for role in (RoomRole.HOST, RoomRole.OBSERVER, RoomRole.OBSERVER, None, None):
        await rooms.set_room_role(room.room_id, ana.person_id, role, actor="operator", at=2)
        assert await rooms.room_role(room.room_id, ana.person_id) == role
    async with database.reading() as session:
        details = await session.scalars(select(AuditEntryRow.detail).where(AuditEntryRow.action == "room_role_changed"))
        assert [detail.split(" ", 2)[2] for detail in details] == [
            "from default to host",
            "from host to observer",
            "from observer to default",
        ], "changes are audited, repetitions are not"
