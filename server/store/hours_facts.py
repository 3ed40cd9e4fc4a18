"""What hours are counted from, beside presence: pairs with their leave, how they are counted, who is where at once."""

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select

from protocol.hours import MeetingReference
from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import RoomInfo
from protocol.tasks import RoomPerson
from server.hours.policy import HoursPolicy
from server.store.database import Database
from server.store.models import ConnectionRow, LeaveRow, MeetingRow, PairRow, PersonRow, RoomRow
from server.store.pairs import Pair, read_pairs
from server.store.programme import find_policy, find_zone

_ALWAYS = 2**62
"""Later than any instant, and far from overflowing."""


@dataclass(frozen=True, slots=True)
class ProgrammeHours:
    """How a programme counts hours."""

    zone: ZoneInfo
    policy: HoursPolicy


class HoursFactsRepository:
    """Facts that hours are counted from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def programme(self) -> ProgrammeHours:
        """Return how the programme counts."""
        async with self._database.reading() as session:
            return ProgrammeHours(await find_zone(session), await find_policy(session))

    async def role_of(self, person_id: str) -> ProgrammeRole | None:
        """Return what somebody is in the programme; `None`: they are not in it, or not any more."""
        query = select(PersonRow.role).where(PersonRow.person_id == person_id, PersonRow.removed_at.is_(None))
        async with self._database.reading() as session:
            role = await session.scalar(query)
        return None if role is None else ProgrammeRole(role)

    async def pairs(self, pair_ids: Collection[str]) -> dict[str, Pair]:
        """Return pairs by id, without those that are not there."""
        return {pair.pair_id: pair for pair in await self._pairs(PairRow.pair_id.in_(pair_ids))}

    async def pairs_among(self, person_ids: Collection[str]) -> list[Pair]:
        """Return the pairs whose mentee, and whose mentor or a substitute, are among some people."""
        substituted = select(LeaveRow.pair_id).where(
            LeaveRow.removed_at.is_(None), LeaveRow.substitute_id.in_(person_ids)
        )
        return await self._pairs(
            PairRow.mentee_id.in_(person_ids),
            or_(PairRow.mentor_id.in_(person_ids), PairRow.pair_id.in_(substituted)),
        )

    async def all_pairs(self) -> list[Pair]:
        """Return every pair there ever was."""
        return await self._pairs()

    async def room_kinds(self, room_ids: Collection[str]) -> dict[str, RoomKind]:
        """Return what rooms are for, by id; of removed ones, too."""
        query = select(RoomRow.room_id, RoomRow.kind).where(RoomRow.room_id.in_(room_ids))
        async with self._database.reading() as session:
            return {row.room_id: RoomKind(row.kind) for row in await session.execute(query)}

    async def names(self, person_ids: Collection[str]) -> dict[str, RoomPerson]:
        """Return what people are called, by id; of those who were removed, too."""
        query = select(PersonRow.person_id, PersonRow.name).where(PersonRow.person_id.in_(person_ids))
        async with self._database.reading() as session:
            rows = await session.execute(query)
        return {row.person_id: RoomPerson(person_id=row.person_id, name=row.name) for row in rows}

    async def references(self, meeting_ids: Collection[str]) -> dict[str, MeetingReference]:
        """Return where and when meetings were, by id."""
        room = RoomRow.room_id, RoomRow.slug, RoomRow.name, RoomRow.kind
        query = (
            select(MeetingRow.meeting_id, MeetingRow.opened_at, *room)
            .join(RoomRow, RoomRow.room_id == MeetingRow.room_id)
            .where(MeetingRow.meeting_id.in_(meeting_ids))
        )
        async with self._database.reading() as session:
            rows = await session.execute(query)
        return {
            row.meeting_id: MeetingReference(
                meeting_id=row.meeting_id,
                room=RoomInfo(room_id=row.room_id, slug=row.slug, name=row.name, kind=RoomKind(row.kind)),
                opened_at=row.opened_at,
            )
            for row in rows
        }

    async def meetings_beside(self, meeting_id: str, person_ids: Collection[str]) -> dict[str, set[str]]:
        """Return which other meetings the node had while this one went on, with who of some people was in each."""
        async with self._database.reading() as session:
            meeting = await session.get(MeetingRow, meeting_id)
            if meeting is None or meeting.clock_offset is None:
                return {}
            ends_at = _ALWAYS if meeting.closed_at is None else meeting.closed_at - meeting.clock_offset
            closed_at = func.coalesce(MeetingRow.closed_at - MeetingRow.clock_offset, _ALWAYS)
            query = (
                select(ConnectionRow.meeting_id, ConnectionRow.person_id)
                .join(MeetingRow, MeetingRow.meeting_id == ConnectionRow.meeting_id)
                .where(MeetingRow.node_id == meeting.node_id, MeetingRow.meeting_id != meeting_id)
                .where(MeetingRow.opened_at - MeetingRow.clock_offset < ends_at)
                .where(closed_at > meeting.opened_at - meeting.clock_offset)
                .where(ConnectionRow.person_id.in_(person_ids))
                .distinct()
            )
            found: dict[str, set[str]] = {}
            for row in await session.execute(query):
                found.setdefault(row.meeting_id, set()).add(row.person_id)
        return found

    async def _pairs(self, *conditions: ColumnElement[bool]) -> list[Pair]:
        async with self._database.reading() as session:
            found = await read_pairs(session, await find_zone(session), *conditions)
        return sorted(found, key=lambda pair: pair.pair_id)
