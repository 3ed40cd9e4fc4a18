"""What presence has recorded of whole meetings, read together, and the attendance that is worked out from it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, insert, select, true, update

from protocol.roles import RoomRole
from server.store.database import Database
from server.store.models import AttendanceRow, ConnectionRow, MeetingRow, NodeRow, PresenceEventRow
from server.store.presence import find_seen

_CONNECTION, _EVENT = ConnectionRow.__table__.columns, PresenceEventRow.__table__.columns
"""Without objects that could be changed: millions of events are read several times as fast."""
_ROLES = {role.value: role for role in RoomRole}


class PresenceEvent(NamedTuple):
    """Something that happened with a connection, on the meeting's clock."""

    seq: int
    kind: str
    at: int
    length_ms: int | None
    is_late: bool


class ConnectionHistory(NamedTuple):
    """A connection, and all that is known of it: while it has not left, that it was there when it was last seen."""

    connection_id: str
    person_id: str
    participant_id: str
    room_role: RoomRole
    joined_at: int
    last_seen_at: int
    left_at: int | None
    events: tuple[PresenceEvent, ...]
    """In order of `seq`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHistory:
    """All that presence has recorded of a meeting."""

    meeting_id: str
    room_id: str
    node_id: str
    clock_offset: int | None
    opened_at: int
    closed_at: int | None
    connections: tuple[ConnectionHistory, ...]
    """In order of joining."""


class AttendanceRecord(NamedTuple):
    """A person's time in a meeting, in sums."""

    person_id: str
    first_at: int
    last_at: int
    present_ms: int
    media_ms: int
    microphone_ms: int
    camera_ms: int
    spoke_ms: int


class AttendanceRepository:
    """The material of attendance, and what was worked out from it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_history(self, meeting_id: str) -> MeetingHistory | None:
        """Return what is recorded of a meeting."""
        return next(iter(await self.load_histories([meeting_id])), None)

    async def load_histories(
        self, meeting_ids: Collection[str], person_ids: Collection[str] | None = None
    ) -> list[MeetingHistory]:
        """Return what is recorded of some meetings, of everybody or of some, oldest first.

        Hundreds at a time are quicker than one by one.
        """
        of_these = true() if person_ids is None else ConnectionRow.person_id.in_(person_ids)
        async with self._database.reading() as session:
            meetings = (await session.execute(_select_meetings(meeting_ids))).all()
            connections = (await session.execute(_select_connections(meeting_ids).where(of_these))).all()
            events = (await session.execute(_select_events(meeting_ids).where(of_these))).all()
            # Also of a meeting that is over: somebody's ending may not be written yet.
            unended = {connection.meeting_id for connection in connections if connection.left_at is None}
            theirs = {meeting.node_id for meeting in meetings if meeting.meeting_id in unended}
            nodes = await find_seen(session, NodeRow.node_id.in_(theirs)) if theirs else {}
        seen = {connection_id: at for of_node in nodes.values() for connection_id, at in of_node.items()}
        happened: defaultdict[str, list[PresenceEvent]] = defaultdict(list)
        for connection_id, *event in events:
            happened[connection_id].append(PresenceEvent._make(event))
        inside: defaultdict[str, list[ConnectionHistory]] = defaultdict(list)
        for meeting_id, connection_id, person_id, participant_id, role, joined_at, last_seen_at, left_at in connections:
            seen_at = max(last_seen_at, seen.get(connection_id, 0)) if left_at is None else last_seen_at
            connection = ConnectionHistory(
                *(connection_id, person_id, participant_id, _ROLES[role], joined_at, seen_at, left_at),
                events=tuple(happened.get(connection_id, ())),
            )
            inside[meeting_id].append(connection)
        return [
            MeetingHistory(
                meeting_id=row.meeting_id,
                room_id=row.room_id,
                node_id=row.node_id,
                clock_offset=row.clock_offset,
                opened_at=row.opened_at,
                closed_at=row.closed_at,
                connections=tuple(inside.get(row.meeting_id, ())),
            )
            for row in meetings
        ]

    async def replace(self, by_meeting: Mapping[str, Sequence[AttendanceRecord]]) -> None:
        """Keep the attendance of some meetings in the place of what was kept before, unless that is final."""
        rows = [
            record._asdict() | {"meeting_id": meeting_id}
            for meeting_id, records in by_meeting.items()
            for record in records
        ]
        async with self._database.session() as session:
            is_derived = AttendanceRow.meeting_id.in_(by_meeting), AttendanceRow.final_role.is_(None)
            await session.execute(delete(AttendanceRow).where(*is_derived))
            if rows:
                await session.execute(insert(AttendanceRow), rows)

    async def final(self, meeting_ids: Collection[str]) -> dict[str, set[str]]:
        """Return of whom nothing but attendance is left of some meetings, because their events have been deleted."""
        query = select(AttendanceRow.meeting_id, AttendanceRow.person_id).where(
            AttendanceRow.meeting_id.in_(meeting_ids), AttendanceRow.final_role.is_not(None)
        )
        found: dict[str, set[str]] = {}
        async with self._database.reading() as session:
            for meeting_id, person_id in await session.execute(query):
                found.setdefault(meeting_id, set()).add(person_id)
        return found

    async def unrecorded(self) -> list[str]:
        """Return the meetings that are over and were not worked out to the end, oldest first."""
        query = (
            select(MeetingRow.meeting_id)
            .where(MeetingRow.closed_at.is_not(None), MeetingRow.recorded_at.is_(None))
            .order_by(MeetingRow.opened_at, MeetingRow.meeting_id)
        )
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def mark_recorded(self, meeting_id: str, at: int) -> None:
        """Note that all that follows from a meeting has been done."""
        async with self._database.session() as session:
            await session.execute(update(MeetingRow).where(MeetingRow.meeting_id == meeting_id).values(recorded_at=at))


def _select_meetings(meeting_ids: Collection[str]) -> Select[str, str, str, int | None, int, int | None]:
    return (
        select(
            MeetingRow.meeting_id,
            MeetingRow.room_id,
            MeetingRow.node_id,
            MeetingRow.clock_offset,
            MeetingRow.opened_at,
            MeetingRow.closed_at,
        )
        .where(MeetingRow.meeting_id.in_(meeting_ids))
        .order_by(MeetingRow.opened_at, MeetingRow.meeting_id)
    )


def _select_connections(meeting_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
    names = ("meeting_id", "connection_id", "person_id", "participant_id", "room_role")
    return (
        select(*(_CONNECTION[name] for name in (*names, "joined_at", "last_seen_at", "left_at")))
        .where(_CONNECTION["meeting_id"].in_(meeting_ids))
        .order_by(_CONNECTION["joined_at"], _CONNECTION["connection_id"])
    )


def _select_events(meeting_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(*(_EVENT[name] for name in ("connection_id", *PresenceEvent._fields)))
        .join(_CONNECTION["connection_id"].table, _CONNECTION["connection_id"] == _EVENT["connection_id"])
        .where(_CONNECTION["meeting_id"].in_(meeting_ids))
        .order_by(_EVENT["connection_id"], _EVENT["seq"])
    )
