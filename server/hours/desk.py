"""Who somebody is of a pair, and so what they may see and do: one of the two on that day, else a coordinator. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.hours import EntryAction, HoursEntry, MeetingReference, Side
from protocol.roles import ProgrammeRole
from protocol.tasks import RoomPerson
from server.hours.log.rows import Entry
from server.hours.log.steps import permitted
from server.store.pairs import Pair


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at work, and all that says what they may."""

    person_id: str
    role: ProgrammeRole
    pairs: Mapping[str, Pair]
    """By id."""

    @property
    def is_coordinator(self) -> bool:
        """Tell whether the person looks after the whole programme."""
        return self.role is ProgrammeRole.COORDINATOR

    def side(self, pair: Pair, mentor_id: str) -> Side | None:
        """Return as what the person acts, where `mentor_id` was the mentor. Of the two, nobody is a coordinator."""
        if self.person_id == pair.mentee_id:
            return Side.MENTEE
        if self.person_id == mentor_id:
            return Side.MENTOR
        if self.is_coordinator and self.person_id != pair.mentor_id:
            return Side.COORDINATOR
        return None

    def side_of(self, entry: Entry) -> Side | None:
        """Return as what the person acts on an entry; `None`: not at all."""
        pair = self.pairs.get(entry.latest.pair_id)
        return None if pair is None else self.side(pair, entry.latest.mentor_id)

    def is_concerned_with(self, pair: Pair) -> bool:
        """Tell whether the pair is there for this person."""
        return self.is_coordinator or self.person_id == pair.mentee_id or self.person_id in pair.mentors()

    def may_see(self, entry: Entry) -> bool:
        """Tell whether the entry is there for this person: of the pair, its mentor on that day, or a coordinator."""
        pair = self.pairs.get(entry.latest.pair_id)
        if pair is None:
            return False
        theirs = pair.mentee_id, pair.mentor_id, entry.latest.mentor_id
        return self.is_coordinator or self.person_id in theirs

    def permitted(self, entry: Entry) -> tuple[EntryAction, ...]:
        """Return the steps that the person may take."""
        side = self.side_of(entry)
        return () if side is None else permitted(entry, side, self.person_id)


def described(
    entry: Entry, desk: Desk, people: Mapping[str, RoomPerson], meetings: Mapping[str, MeetingReference]
) -> HoursEntry:
    """Return an entry as who is at a desk sees it."""
    latest = entry.latest
    pair = desk.pairs[latest.pair_id]
    return HoursEntry(
        entry_id=latest.entry_id,
        pair_id=latest.pair_id,
        pair_kind=pair.kind,
        mentor=people[latest.mentor_id],
        mentee=people[pair.mentee_id],
        day=latest.day.isoformat(),
        state=entry.state,
        is_confirmed_by_mentor=Side.MENTOR in entry.confirmed,
        is_confirmed_by_mentee=Side.MENTEE in entry.confirmed,
        contact_type=latest.contact_type,
        measured_ms=latest.measured_ms,
        credited_minutes=latest.credited_minutes,
        text=entry.text,
        meeting=None if latest.meeting_id is None else meetings[latest.meeting_id],
        changed_at=latest.at,
        number=entry.number,
        permitted=desk.permitted(entry),
    )
