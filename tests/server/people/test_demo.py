"""The programme to try everything with."""

from protocol.roles import ProgrammeRole
from protocol.room import RoomInfo
from server.people.demo import FIRST_ROOM, seed
from server.people.service import PeopleService
from server.store.database import Database
from server.store.pairs import PairRepository
from server.store.people import PeopleRepository
from server.store.rooms import RoomRepository
from tests.support.clock import ManualClock


async def all_rooms(rooms: RoomRepository) -> list[RoomInfo]:
    return [one.room for one in await rooms.list_rooms()]


async def test_the_demo_has_somebody_in_every_role_and_two_rooms(
    database: Database, people: PeopleService, rooms: RoomRepository, clock: ManualClock
) -> None:
    links = await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    assert {(link.person.email.split("@")[0], link.person.role) for link in links} == {
        ("coordinator", ProgrammeRole.COORDINATOR),
        ("facilitator", ProgrammeRole.FACILITATOR),
        ("mentor", ProgrammeRole.MENTOR),
        ("mentor2", ProgrammeRole.MENTOR),
        ("teacher", ProgrammeRole.TEACHER),
        ("teacher2", ProgrammeRole.TEACHER),
        ("teacher3", ProgrammeRole.TEACHER),
    }
    assert {room.slug: room.name for room in await all_rooms(rooms)} == {
        "morning-round-up": "Morning Round-up",
        "teachers-lounge": "Teachers' lounge",
    }
    for link in links:
        used = await people.use_link(link.token)
        assert used is not None
        assert used.room_slug == FIRST_ROOM


async def test_a_second_seed_keeps_what_is_there(
    database: Database, people: PeopleService, rooms: RoomRepository, clock: ManualClock
) -> None:
    first = await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    await people.add_person("teacher@demo.example", "Renamed", ProgrammeRole.MENTOR)
    names = {room.room_id: room.name for room in await all_rooms(rooms)}
    second = await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    assert [link.person.person_id for link in first] == [link.person.person_id for link in second]
    assert (await people.find("teacher@demo.example")).name == "Renamed"
    assert (await people.find("teacher@demo.example")).role == ProgrammeRole.MENTOR
    assert {room.room_id: room.name for room in await all_rooms(rooms)} == names
    assert len(await people.list_people()) == 7
    assert await people.use_link(first[0].token) is not None, "earlier links stay valid"


async def test_a_second_seed_days_later_keeps_the_days_of_pairs(
    database: Database, rooms: RoomRepository, clock: ManualClock
) -> None:
    people, pairs = PeopleRepository(database), PairRepository(database)
    await seed(people, rooms, pairs, clock)
    before = await pairs.list_pairs()
    assert [(pair.mentor.name, pair.mentee.name) for pair in before] == [
        ("Ben Carter", "Priya Raman"),
        ("Henry Whitfield", "Priya Raman"),
        ("Maya Flores", "Ben Carter"),
        ("Maya Flores", "Lucía Ortega"),
    ]
    clock.advance(days=30)
    await seed(people, rooms, pairs, clock)
    assert await pairs.list_pairs() == before


async def test_what_was_removed_does_not_come_back(
    database: Database, people: PeopleService, rooms: RoomRepository, clock: ManualClock
) -> None:
    await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    await people.remove("teacher@demo.example")
    lounge = await rooms.find_room("teachers-lounge")
    assert lounge is not None
    await rooms.remove_room(lounge.room_id, actor="operator", at=clock.now_ms())
    links = await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    assert len(links) == len(await people.list_people()) == 6
    assert "teacher@demo.example" not in {link.person.email for link in links}
    assert [room.slug for room in await all_rooms(rooms)] == [FIRST_ROOM]


async def test_without_its_first_room_the_links_lead_home(
    database: Database, people: PeopleService, rooms: RoomRepository, clock: ManualClock
) -> None:
    await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    room = await rooms.find_room(FIRST_ROOM)
    assert room is not None
    await rooms.remove_room(room.room_id, actor="operator", at=clock.now_ms())
    [link, *_] = await seed(PeopleRepository(database), rooms, PairRepository(database), clock)
    used = await people.use_link(link.token)
    assert used is not None
    assert used.room_slug is None
