"""A programme with pairs, and steps for its hours log."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from protocol.hours import ContactType, EntryAction, PairKind, Side
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from protocol.room import Person
from server.hours.log.chain import Break, Verifier
from server.hours.log.rows import Entry, Step
from server.ids import create_id
from server.store.database import Database
from server.store.hours_log import HoursLogRepository
from server.store.models import ConnectionRow, MeetingRow, PairRow, PresenceEventRow
from server.store.pairs import PairEntry, PairRepository
from server.store.people import Entry as NewPerson
from server.store.people import PeopleRepository
from server.store.rooms import RoomRepository

TODAY = date(2026, 11, 30)
ROLES = {
    "mia": ProgrammeRole.MENTOR,
    "max": ProgrammeRole.MENTOR,
    "ana": ProgrammeRole.TEACHER,
    "ben": ProgrammeRole.TEACHER,
    "cora": ProgrammeRole.COORDINATOR,
}


class Programme:
    """Mia is Ana's mentor, and Max is Ben's. Cora is the coordinator."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.log = HoursLogRepository(database)
        self.people: dict[str, Person] = {}
        self.pairs: dict[str, str] = {}
        """Ids, by the mentee's name."""

    async def set_up(self) -> None:
        people = PeopleRepository(self.database)
        entries = [NewPerson(f"{name}@school.example", name, role) for name, role in ROLES.items()]
        self.people = dict(zip(ROLES, await people.enrol(entries, [], actor="test", at=1), strict=True))
        for mentor, mentee in (("mia", "ana"), ("max", "ben")):
            entry = PairEntry(
                kind=PairKind.MENTOR, mentor=f"{mentor}@school.example", mentee=f"{mentee}@school.example"
            )
            await PairRepository(self.database).add([entry], actor="test", at=1)
            mentee_id = self.people[mentee].person_id
            async with self.database.reading() as session:
                pair_id = await session.scalar(select(PairRow.pair_id).where(PairRow.mentee_id == mentee_id))
            assert pair_id is not None
            self.pairs[mentee] = pair_id
        rooms = RoomRepository(self.database)
        self.room_id = (await rooms.add_room("desk", "Desk", RoomKind.ONE_TO_ONE, actor="test", at=1)).room_id

    def person_id(self, name: str) -> str:
        return self.people[name].person_id

    async def add_meeting(
        self,
        meeting_id: str,
        opened_at: int = 1,
        closed_at: int | None = 2,
        *,
        offset: int | None = 0,
        **present: list[tuple[int, int]],
    ) -> None:
        """Add a meeting; when who was there is said in milliseconds after it was opened."""
        async with self.database.session() as session:
            session.add(
                MeetingRow(
                    meeting_id=meeting_id,
                    room_id=self.room_id,
                    node_id="node",
                    opened_at=opened_at,
                    closed_at=closed_at,
                    clock_offset=offset,
                )
            )
        for name, times in present.items():
            for start, end in times:
                await self.add_connection(meeting_id, name, opened_at + start, opened_at + end)

    async def add_connection(self, meeting_id: str, name: str, joined_at: int, left_at: int) -> None:
        """Have somebody in a meeting for a while."""
        connection_id = create_id("connection")
        async with self.database.session() as session:
            session.add(
                ConnectionRow(
                    connection_id=connection_id,
                    meeting_id=meeting_id,
                    person_id=self.person_id(name),
                    participant_id=name,
                    endpoint_id=connection_id,
                    room_role=RoomRole.PARTICIPANT.value,
                    node_id="node",
                    joined_at=joined_at,
                    last_seen_at=left_at,
                    left_at=left_at,
                    left_reason="left",
                )
            )
            await session.flush()
            for seq, (kind, at) in enumerate((("joined", joined_at), ("left", left_at))):
                session.add(
                    PresenceEventRow(
                        connection_id=connection_id, seq=seq, kind=kind, at=at, length_ms=None, is_late=False
                    )
                )

    def entered(self, entry_id: str, *, mentee: str = "ana", minutes: int = 30, day: date = TODAY) -> Step:
        """Return the step that begins an entry by hand, the mentee's."""
        return Step(
            entry_id=entry_id,
            pair_id=self.pairs[mentee],
            mentor_id=self.people["mia" if mentee == "ana" else "max"].person_id,
            meeting_id=None,
            day=day,
            action=EntryAction.ENTERED,
            side=Side.MENTEE,
            author_id=self.people[mentee].person_id,
            at=1_000,
            contact_type=ContactType.PHONE,
            measured_ms=None,
            credited_minutes=minutes,
            text="We talked.",
        )

    def confirmed(self, entry: Entry, at: int = 2_000) -> Step:
        """Return the step by which its mentor confirms an entry."""
        latest = entry.latest
        return replace(
            latest, action=EntryAction.CONFIRMED, side=Side.MENTOR, author_id=latest.mentor_id, at=at, text=None
        )

    async def append(self, *steps: Step) -> list[Entry]:
        async with self.log.writing() as writer:
            return await writer.append(steps)

    async def verified(self) -> Verifier | Break:
        """Walk the whole log."""
        verifier = Verifier()
        while rows := await self.log.read(verifier.count or None, 7):
            for row in rows:
                found = verifier.take(row)
                if found is not None:
                    return found
        return verifier
