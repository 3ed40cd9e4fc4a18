"""A small programme to try everything with. Adding it twice changes nothing."""

from dataclasses import dataclass

from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import Person
from server.clock import Clock
from server.people.service import PeopleService
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomRepository

FIRST_ROOM = "morning-round-up"
"""Where the demo's sign-in links lead."""

_PROGRAMME = "Lakeside Virtual School"
_PEOPLE = (
    Entry("coordinator@demo.example", "Grace Okafor", ProgrammeRole.COORDINATOR),
    Entry("facilitator@demo.example", "Daniel Weiss", ProgrammeRole.FACILITATOR),
    Entry("mentor@demo.example", "Maya Flores", ProgrammeRole.MENTOR),
    Entry("mentor2@demo.example", "Henry Whitfield", ProgrammeRole.MENTOR),
    Entry("teacher@demo.example", "Ben Carter", ProgrammeRole.TEACHER),
    Entry("teacher2@demo.example", "Priya Raman", ProgrammeRole.TEACHER),
    Entry("teacher3@demo.example", "Lucía Ortega", ProgrammeRole.TEACHER),
)
_PAIRS = (
    ("mentor", "mentor@demo.example", "teacher@demo.example"),
    ("mentor", "mentor@demo.example", "teacher3@demo.example"),
    ("mentor", "mentor2@demo.example", "teacher2@demo.example"),
    ("content_buddy", "teacher@demo.example", "teacher2@demo.example"),
)
_ROOMS = (
    (FIRST_ROOM, "Morning Round-up", RoomKind.ROUND_UP),
    ("teachers-lounge", "Teachers' lounge", RoomKind.LOUNGE),
)


@dataclass(frozen=True, slots=True)
class DemoLink:
    """A fresh sign-in link for somebody of the demo."""

    person: Person
    token: str


async def seed(people: PeopleRepository, rooms: RoomRepository, clock: Clock) -> list[DemoLink]:
    """Add what is missing of the demo, keep what is there, and make a fresh sign-in link for each of its people."""
    now = clock.now_ms()
    service = PeopleService(people, clock)
    await people.name_new_programme(_PROGRAMME, now)
    for slug, name, kind in _ROOMS:
        if await rooms.find_room(slug) is None:
            await rooms.add_room(slug, name, kind, at=now)
    # Whoever is there keeps the name and role that they have been given since.
    present = {entry.email: await people.find(entry.email) for entry in _PEOPLE}
    entries = [
        Entry(person.email, person.name, person.role) if (person := present[entry.email]) else entry
        for entry in _PEOPLE
    ]
    imported = await service.import_people(entries, FIRST_ROOM)
    for kind_of_pair, mentor, mentee in _PAIRS:
        await people.add_pair(kind_of_pair, mentor, mentee, at=now)
    return [DemoLink(done.person, done.token) for done in imported]
