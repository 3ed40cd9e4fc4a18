"""What entries of the hours log refer to by id: people, pairs, meetings with their rooms. Also who and what is gone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select

from protocol.hours import MeetingReference, PairKind
from protocol.roles import RoomKind
from protocol.room import RoomInfo
from protocol.tasks import RoomPerson
from server.hours.log.rows import Entry
from server.store.database import Database
from server.store.models import MeetingRow, PairRow, PersonRow, RoomRow

_CHUNK = 5_000
"""Ids in one statement."""


@dataclass(frozen=True, slots=True)
class NamedPair:
    """A pair's two people."""

    pair_id: str
    kind: PairKind
    mentor_id: str
    mentee_id: str


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for."""

    people: dict[str, RoomPerson]
    pairs: dict[str, NamedPair]
    meetings: dict[str, MeetingReference]


class HoursNamesRepository:
    """Looks up what entries refer to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_entries(self, entries: Collection[Entry], also: Collection[str] = ()) -> Names:
        """Return what entries refer to, and other people by id."""
        pair_ids = {entry.latest.pair_id for entry in entries}
        meeting_ids = {entry.latest.meeting_id for entry in entries} - {None}
        async with self._database.reading() as session:
            pairs: dict[str, NamedPair] = {}
            columns = PairRow.pair_id, PairRow.kind, PairRow.mentor_id, PairRow.mentee_id
            for chunk in _chunks(pair_ids):
                for row in await session.execute(select(*columns).where(PairRow.pair_id.in_(chunk))):
                    pairs[row.pair_id] = NamedPair(row.pair_id, PairKind(row.kind), row.mentor_id, row.mentee_id)
            of_pairs = {person_id for pair in pairs.values() for person_id in (pair.mentor_id, pair.mentee_id)}
            person_ids = {*also, *of_pairs, *(entry.latest.mentor_id for entry in entries)}
            people: dict[str, RoomPerson] = {}
            for chunk in _chunks(person_ids):
                query = select(PersonRow.person_id, PersonRow.name).where(PersonRow.person_id.in_(chunk))
                for person_id, name in await session.execute(query):
                    people[person_id] = RoomPerson(person_id=person_id, name=name)
            meetings: dict[str, MeetingReference] = {}
            held = select(MeetingRow.meeting_id, MeetingRow.opened_at, *_ROOM).join(
                RoomRow, RoomRow.room_id == MeetingRow.room_id
            )
            for chunk in _chunks(each for each in meeting_ids if each is not None):
                for one in await session.execute(held.where(MeetingRow.meeting_id.in_(chunk))):
                    room = RoomInfo(room_id=one.room_id, slug=one.slug, name=one.name, kind=RoomKind(one.kind))
                    meetings[one.meeting_id] = MeetingReference(
                        meeting_id=one.meeting_id, room=room, opened_at=one.opened_at
                    )
        return Names(people, pairs, meetings)


_ROOM = RoomRow.room_id, RoomRow.slug, RoomRow.name, RoomRow.kind


def _chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
