"""Fills an empty database with an invented school year: people, pairs, meetings, and what became of their hours."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from protocol.errors import ErrorCode
from protocol.hours import EntryAction, PairKind, Side
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from protocol.room import Person
from server.clock import Clock
from server.errors import UserError
from server.hours.attendance import Attendance, attendance_of, records_of
from server.hours.demo import seed_agreements
from server.hours.log.rows import Entry, Step
from server.hours.log.steps import Actor, needs_reason, next_step, permitted
from server.hours.proposer import presence_of, proposals_of, steps_of
from server.ids import create_id
from server.rehearsal.names import name_of
from server.rehearsal.year import Connection, Meeting, Plan, Visitor, meetings_of, pairs_of
from server.store.attendance import ConnectionHistory, MeetingHistory, PresenceEvent
from server.store.database import Database
from server.store.hours_facts import HoursFactsRepository, ProgrammeHours
from server.store.pairs import Pair, PairEntry, PairRepository
from server.store.people import Entry as NewPerson
from server.store.people import PeopleRepository
from server.store.rehearsal import RehearsalRepository
from server.store.requirements import RequirementRepository
from server.store.rooms import RoomRepository

ACTOR = "rehearsal"
COORDINATOR = "coordinator@rehearsal.example"
PROGRAMME = "Riverside Schools Mentoring"
_HOUR_MS = 3_600_000
_APPROVED_AFTER_MS = 30 * 24 * _HOUR_MS
_OBJECTIONS = ("I left earlier than that.", "We also talked after the meeting.", "That was a different colleague.")


@dataclass(frozen=True, slots=True)
class Filled:
    """What was added."""

    people: int
    pairs: int
    meetings: int
    events: int
    log_rows: int


class _Answer(NamedTuple):
    """Something that somebody is going to do about an entry. In order of time."""

    at: int
    entry_id: str
    action: EntryAction
    side: Side
    person_id: str
    text: str | None


class Rehearsal:
    """Fills one database, once."""

    def __init__(self, database: Database, plan: Plan, clock: Clock) -> None:
        self._database = database
        self._plan = plan
        self._clock = clock
        self._days = RehearsalRepository(database)
        self._dice = random.Random(plan.seed)  # noqa: S311 - an invented year keeps no secret
        self._mentors: Sequence[Person] = ()
        self._mentees: Sequence[Person] = ()
        self._coordinator_id = ""
        self._mentee_of: dict[str, str] = {}
        """By pair."""
        self._rooms: dict[tuple[RoomKind, int], str] = {}
        self._kinds: dict[str, RoomKind] = {}
        self._answers: list[_Answer] = []
        """Still to come; a heap."""
        self._entries: dict[str, Entry] = {}
        """All so far, as they are now, by their ids."""

    async def fill(self, advance: Callable[[int], None]) -> Filled:
        """Add everything; `advance` is told how many more days are done. Raises `UserError`: somebody is there."""
        if await self._days.has_people():
            raise UserError(ErrorCode.BAD_REQUEST, "There are people in this database; a rehearsal wants an empty one.")
        first_day = self._plan.school_days[0]
        now_ms, began_at = (_instant(day, self._plan) for day in (self._plan.last_day, first_day))
        await self._add_people(began_at)
        await self._add_rooms(began_at)
        await self._agree(began_at)
        node_id = create_id("node")
        await self._days.add_node(node_id, began_at, now_ms)
        facts = HoursFactsRepository(self._database)
        programme = await facts.programme()
        pairs: dict[str, list[Pair]] = {}
        for pair in await facts.all_pairs():
            pairs.setdefault(pair.mentor_id, []).append(pair)
            self._mentee_of[pair.pair_id] = pair.mentee_id
        meetings = events = rows = 0
        for _, found in meetings_of(self._plan):
            histories = [self._history(meeting, node_id) for meeting in found]
            attendance = {one.meeting_id: attendance_of(one) for one in histories}
            steps = self._steps(histories, attendance, pairs, programme)
            records = {meeting_id: records_of(each) for meeting_id, each in attendance.items()}
            entries = await self._days.add_day(histories, records, steps)
            self._take_note(entries)
            meetings += len(histories)
            events += sum(len(connection.events) for one in histories for connection in one.connections)
            rows += len(steps)
            advance(1)
        people = len(self._mentors) + len(self._mentees) + 1
        return Filled(people=people, pairs=self._plan.pairs, meetings=meetings, events=events, log_rows=rows)

    async def _add_people(self, at: int) -> None:
        mentors, mentees = len(self._plan.caseloads), self._plan.pairs
        entries = [NewPerson(COORDINATOR, "Grace Okafor", ProgrammeRole.COORDINATOR)]
        entries += [
            NewPerson(f"mentor{number + 1}@rehearsal.example", name_of(number), ProgrammeRole.MENTOR)
            for number in range(mentors)
        ]
        entries += [
            NewPerson(f"teacher{number + 1}@rehearsal.example", name_of(mentors + number), ProgrammeRole.TEACHER)
            for number in range(mentees)
        ]
        repository = PeopleRepository(self._database)
        await repository.name_new_programme(PROGRAMME, at)
        people = await repository.enrol(entries, [], actor=ACTOR, at=at)
        self._coordinator_id = people[0].person_id
        self._mentors, self._mentees = people[1 : mentors + 1], people[mentors + 1 :]

    async def _add_rooms(self, at: int) -> None:
        rooms = RoomRepository(self._database)
        for number, mentor in enumerate(self._mentors):
            for kind, slug, name in (
                (RoomKind.ONE_TO_ONE, "with", f"With {mentor.name}"),
                (RoomKind.ROUND_UP, "round-up", f"Round-up of {mentor.name}"),
            ):
                room = await rooms.add_room(f"{slug}-{number + 1}", name, kind, actor=ACTOR, at=at)
                self._rooms[kind, number] = room.room_id
                self._kinds[room.room_id] = kind

    async def _agree(self, at: int) -> None:
        first_day = self._plan.school_days[0]
        requirements = RequirementRepository(self._database)
        await requirements.set_zone(str(self._plan.zone), actor=ACTOR, at=at)
        await requirements.add_term("School year", first_day, self._plan.last_day + timedelta(30), actor=ACTOR, at=at)
        await seed_agreements(requirements, self._clock, actor=ACTOR)
        pairs = [
            PairEntry(
                kind=PairKind.MENTOR if pair.mentee % 8 else PairKind.CONTENT_BUDDY,
                mentor=self._mentors[pair.mentor].email,
                mentee=self._mentees[pair.mentee].email,
                starts_on=first_day,
            )
            for pair in pairs_of(self._plan)
        ]
        await PairRepository(self._database).add(pairs, actor=ACTOR, at=at)

    def _history(self, meeting: Meeting, node_id: str) -> MeetingHistory:
        connections = [
            self._connection(visitor, connection) for visitor in meeting.visitors for connection in visitor.connections
        ]
        return MeetingHistory(
            meeting_id=create_id("meeting"),
            room_id=self._rooms[meeting.room_kind, meeting.room],
            node_id=node_id,
            clock_offset=0,
            opened_at=meeting.opened_at,
            closed_at=meeting.closed_at,
            connections=tuple(sorted(connections, key=lambda one: one.joined_at)),
        )

    def _connection(self, visitor: Visitor, connection: Connection) -> ConnectionHistory:
        person = (self._mentors if visitor.is_mentor else self._mentees)[visitor.number]
        first, last = connection.happenings[0], connection.happenings[-1]
        return ConnectionHistory(
            connection_id=create_id("connection"),
            person_id=person.person_id,
            participant_id=f"participant_{person.person_id}",
            room_role=RoomRole.PARTICIPANT,
            joined_at=first.at,
            last_seen_at=last.at,
            left_at=last.at,
            events=tuple(
                PresenceEvent(seq=seq, kind=one.kind, at=one.at, length_ms=one.length_ms, is_late=False)
                for seq, one in enumerate(connection.happenings)
            ),
        )

    def _steps(
        self,
        histories: Sequence[MeetingHistory],
        attendance: Mapping[str, Mapping[str, Attendance]],
        pairs: Mapping[str, Sequence[Pair]],
        programme: ProgrammeHours,
    ) -> list[Step]:
        """Return what the log is told on a day: what people do about earlier entries, and what its meetings propose."""
        latest = max(history.closed_at or 0 for history in histories)
        steps = list(self._answered(latest))
        found = {one.meeting_id: presence_of(one, attendance[one.meeting_id], self._kinds) for one in histories}
        of_mentor: dict[str, list[MeetingHistory]] = {}
        for history in histories:
            for person_id in {connection.person_id for connection in history.connections} & pairs.keys():
                of_mentor.setdefault(person_id, []).append(history)
        for mentor_id, own in of_mentor.items():
            presences = [found[history.meeting_id] for history in own]
            for history, presence in zip(own, presences, strict=True):
                others = [other for other in presences if other is not presence]
                proposals = proposals_of(presence, others, pairs[mentor_id], programme)
                steps += steps_of(proposals, {}, programme.policy, history.closed_at or latest)
        return sorted(steps, key=lambda step: step.at)

    def _answered(self, until: int) -> Iterator[Step]:
        while self._answers and self._answers[0].at <= until:
            answer = heappop(self._answers)
            entry = self._entries[answer.entry_id]
            is_due = answer.action in permitted(entry, answer.side, answer.person_id)
            if is_due and (answer.text is not None or not needs_reason(entry, answer.side, answer.action)):
                actor = Actor(side=answer.side, person_id=answer.person_id, at=answer.at)
                yield next_step(entry, answer.action, actor, text=answer.text)

    def _take_note(self, entries: Sequence[Entry]) -> None:
        """Remember how entries are now, and decide what people are going to do about those that are new."""
        for entry in entries:
            self._entries[entry.latest.entry_id] = entry
            if entry.latest.action is EntryAction.PROPOSED:
                for answer in self._decide(entry.latest):
                    heappush(self._answers, answer)

    def _decide(self, proposed: Step) -> Iterator[_Answer]:
        """Yield what people are going to do: most confirm within days, some never do, few object."""
        dice = self._dice
        people = ((Side.MENTOR, proposed.mentor_id, 0.93), (Side.MENTEE, self._mentee_of[proposed.pair_id], 0.9))
        for side, person_id, diligence in people:
            at = proposed.at + round(dice.expovariate(1 / 20) * _HOUR_MS)
            if dice.random() < 0.01:
                text = dice.choice(_OBJECTIONS)
                yield _Answer(at, proposed.entry_id, EntryAction.DISPUTED, side, person_id, text)
            elif dice.random() < diligence:
                yield _Answer(at, proposed.entry_id, EntryAction.CONFIRMED, side, person_id, None)
        if dice.random() < 0.8:
            at = proposed.at + _APPROVED_AFTER_MS
            yield _Answer(at, proposed.entry_id, EntryAction.APPROVED, Side.COORDINATOR, self._coordinator_id, None)


def _instant(day: date, plan: Plan) -> int:
    return round(datetime.combine(day, time(), plan.zone).timestamp() * 1_000)
