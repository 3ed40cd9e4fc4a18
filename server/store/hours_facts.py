"""What hours are counted from, beside presence: pairs with their leave, how they are counted, who is where at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.hours import MeetingReference, PairKind
from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import RoomInfo
from protocol.tasks import RoomPerson
from server.hours.policy import HoursPolicy, read_policy
from server.store.database import Database
from server.store.models import ConnectionRow, LeaveRow, MeetingRow, PairRow, PersonRow, ProgrammeRow, RoomRow
from server.store.programme import day_in, find_zone

_ALWAYS = 2**62
"""Later than any instant, and far from overflowing."""


@dataclass(frozen=True, slots=True)
class LeaveDays:
    """Days on which somebody of a pair is away."""

    first_day: date
    last_day: date
    substitute_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDays:
    """A pair, and on which days it is one."""

    pair_id: str
    kind: PairKind
    mentor_id: str
    mentee_id: str
    starts_on: date
    ends_on: date | None
    leaves: tuple[LeaveDays, ...]

    def mentor_on(self, day: date) -> str | None:
        """Return who is the mentor on a day: the pair's, or a substitute. `None`: it is no pair on that day.

        On leave without a substitute it stays who it is: if the two meet all the same, they have met.
        """
        if day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return None
        on_leave = (leave for leave in self.leaves if leave.first_day <= day <= leave.last_day)
        return next((leave.substitute_id for leave in on_leave if leave.substitute_id is not None), self.mentor_id)

    def mentors(self) -> frozenset[str]:
        """Return whoever is the mentor on some day."""
        substitutes = (leave.substitute_id for leave in self.leaves)
        return frozenset({self.mentor_id, *(one for one in substitutes if one is not None)})


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
            zone = await find_zone(session)
            return ProgrammeHours(zone, read_policy(await session.scalar(select(ProgrammeRow.hours_policy))))

    async def role_of(self, person_id: str) -> ProgrammeRole | None:
        """Return what somebody is in the programme; `None`: they are not in it, or not any more."""
        query = select(PersonRow.role).where(PersonRow.person_id == person_id, PersonRow.removed_at.is_(None))
        async with self._database.reading() as session:
            role = await session.scalar(query)
        return None if role is None else ProgrammeRole(role)

    async def pairs(self, pair_ids: Collection[str]) -> dict[str, PairDays]:
        """Return pairs by id, without those that are not there."""
        async with self._database.reading() as session:
            found = await _pairs(session, select(PairRow).where(PairRow.pair_id.in_(pair_ids)))
        return {pair.pair_id: pair for pair in found}

    async def pairs_among(self, person_ids: Collection[str]) -> list[PairDays]:
        """Return the pairs whose mentee, and whose mentor or a substitute, are among some people."""
        substituted = select(LeaveRow.pair_id).where(
            LeaveRow.removed_at.is_(None), LeaveRow.substitute_id.in_(person_ids)
        )
        query = (
            select(PairRow)
            .where(PairRow.mentee_id.in_(person_ids))
            .where(or_(PairRow.mentor_id.in_(person_ids), PairRow.pair_id.in_(substituted)))
            .order_by(PairRow.pair_id)
        )
        async with self._database.reading() as session:
            return await _pairs(session, query)

    async def all_pairs(self) -> list[PairDays]:
        """Return every pair there ever was."""
        async with self._database.reading() as session:
            return await _pairs(session, select(PairRow).order_by(PairRow.pair_id))

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


async def _pairs(session: AsyncSession, query: Select[PairRow]) -> list[PairDays]:
    zone = await find_zone(session)
    rows = list(await session.scalars(query))
    leaves: dict[str, list[LeaveDays]] = {}
    for leave in await session.scalars(
        select(LeaveRow)
        .where(LeaveRow.removed_at.is_(None), LeaveRow.pair_id.in_(query.with_only_columns(PairRow.pair_id)))
        .order_by(LeaveRow.first_day, LeaveRow.leave_id)
    ):
        leaves.setdefault(leave.pair_id, []).append(LeaveDays(leave.first_day, leave.last_day, leave.substitute_id))
    return [
        PairDays(
            pair_id=row.pair_id,
            kind=PairKind(row.kind),
            mentor_id=row.mentor_id,
            mentee_id=row.mentee_id,
            starts_on=row.starts_on or day_in(zone, row.created_at),
            ends_on=row.ends_on,
            leaves=tuple(leaves.get(row.pair_id, ())),
        )
        for row in rows
    ]
