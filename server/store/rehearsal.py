"""Writes invented meetings, a day at a time, as if presence had recorded them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, insert, select

from server.hours.log.rows import Entry, Step
from server.store.attendance import AttendanceRecord, MeetingHistory
from server.store.database import Database
from server.store.hours_log import LogWriter
from server.store.models import AttendanceRow, Base, ConnectionRow, MeetingRow, NodeRow, PersonRow, PresenceEventRow


class RehearsalRepository:
    """Where an invented year is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_people(self) -> bool:
        """Tell whether anybody is or was in the programme."""
        async with self._database.reading() as session:
            return bool(await session.scalar(select(func.count()).select_from(PersonRow)))

    async def add_node(self, node_id: str, started_at: int, ended_at: int) -> None:
        """Add the server that all of it happened on, which is over."""
        times = {"started_at": started_at, "renewed_at": ended_at, "ended_at": ended_at}
        async with self._database.session() as session:
            await session.execute(insert(NodeRow).values(node_id=node_id, epoch=1, **times))

    async def add_day(
        self,
        histories: Sequence[MeetingHistory],
        attendance: Mapping[str, Sequence[AttendanceRecord]],
        steps: Sequence[Step],
    ) -> list[Entry]:
        """Add meetings with their attendance, and steps to the log; return what each one's entry is then."""
        async with self._database.session() as session:
            for table, rows in _rows(histories, attendance).items():
                if rows:
                    await session.execute(insert(table), rows)
            return await LogWriter(session).append(steps)


def _rows(
    histories: Sequence[MeetingHistory], attendance: Mapping[str, Sequence[AttendanceRecord]]
) -> dict[type[Base], list[dict[str, object]]]:
    connections = [(history, connection) for history in histories for connection in history.connections]
    return {
        MeetingRow: [
            {
                "meeting_id": history.meeting_id,
                "room_id": history.room_id,
                "opened_at": history.opened_at,
                "closed_at": history.closed_at,
                "node_id": history.node_id,
                "clock_offset": history.clock_offset,
                "recorded_at": history.closed_at,
            }
            for history in histories
        ],
        ConnectionRow: [
            {
                "connection_id": connection.connection_id,
                "meeting_id": history.meeting_id,
                "person_id": connection.person_id,
                "participant_id": connection.participant_id,
                "endpoint_id": connection.connection_id,
                "room_role": connection.room_role.value,
                "node_id": history.node_id,
                "joined_at": connection.joined_at,
                "last_seen_at": connection.last_seen_at,
                "left_at": connection.left_at,
                "left_reason": connection.events[-1].kind,
            }
            for history, connection in connections
        ],
        PresenceEventRow: [
            {"connection_id": connection.connection_id, **event._asdict()}
            for _, connection in connections
            for event in connection.events
        ],
        AttendanceRow: [
            {"meeting_id": meeting_id, **record._asdict()}
            for meeting_id, records in attendance.items()
            for record in records
        ],
    }
