"""A small programme to try everything with. Adding it twice changes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from protocol.hours import PairKind
from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import Person
from server.clock import Clock
from server.people.service import OPERATOR, PeopleService
from server.store.pairs import PairEntry, PairRepository
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomRepository

FIRST_ROOM = "morning-round-up"
"""Where the demo's sign-in links lead, while it is there."""

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
    (PairKind.MENTOR, "mentor@demo.example", "teacher@demo.example", timedelta(days=40)),
    (PairKind.MENTOR, "mentor@demo.example", "teacher3@demo.example", timedelta(days=20)),
    (PairKind.MENTOR, "mentor2@demo.example", "teacher2@demo.example", timedelta(days=40)),
    (PairKind.CONTENT_BUDDY, "teacher@demo.example", "teacher2@demo.example", timedelta(days=10)),
)
"""Each with how long before it is added it began."""
_ROOMS = (
    (FIRST_ROOM, "Morning Round-up", RoomKind.ROUND_UP),
    ("teachers-lounge", "Teachers' lounge", RoomKind.LOUNGE),
)


@dataclass(frozen=True, slots=True)
class DemoLink:
    """A fresh sign-in link for somebody of the demo."""

    person: Person
    token: str


async def seed(people: PeopleRepository, rooms: RoomRepository, pairs: PairRepository, clock: Clock) -> list[DemoLink]:
    """Add what is missing of the demo, keep what is there, and make a fresh sign-in link for each of its people.

    Whoever and whatever was removed stays removed.
    """
    now = clock.now_ms()
    service = PeopleService(people, clock)
    await people.name_new_programme(_PROGRAMME, now)
    known_rooms = {one.room.slug for one in await rooms.list_rooms(with_removed=True)}
    for slug, name, kind in _ROOMS:
        if slug not in known_rooms:
            await rooms.add_room(slug, name, kind, actor=OPERATOR, at=now)
    leads_to = None if await rooms.find_room(FIRST_ROOM) is None else FIRST_ROOM
    imported = await service.import_people(await _entries(service), leads_to)
    present = {done.person.email for done in imported}
    today = datetime.fromtimestamp(now / 1_000, UTC).date()
    for kind_of_pair, mentor, mentee, age in _PAIRS:
        if {mentor, mentee} <= present and await pairs.find(kind_of_pair, mentor, mentee) is None:
            entry = PairEntry(kind=kind_of_pair, mentor=mentor, mentee=mentee, starts_on=today - age)
            await pairs.add([entry], actor=OPERATOR, at=now)
    return [DemoLink(done.person, done.token) for done in imported]


async def _entries(service: PeopleService) -> list[Entry]:
    """Return who is in the demo. Whoever is there keeps the name and role that they have been given since."""
    known = {one.person.email: one for one in await service.list_people(with_removed=True)}
    entries = []
    for entry in _PEOPLE:
        overview = known.get(entry.email)
        if overview is None:
            entries.append(entry)
        elif overview.removed_at is None:
            entries.append(Entry(entry.email, overview.person.name, overview.person.role))
    return entries
