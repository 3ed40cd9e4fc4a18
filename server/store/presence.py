"""Meetings and connections, as rows and back: append-only, and safe to write again."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.roles import RoomRole
from server.store.database import Database
from server.store.models import ConnectionRow, MeetingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRecord:
    """One occurrence of a room being live."""

    meeting_id: str
    room_id: str
    opened_at: int
    closed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRecord:
    """One connection of a participant, from joining to leaving."""

    connection_id: str
    meeting_id: str
    person_id: str
    participant_id: str
    endpoint_id: str
    room_role: RoomRole
    joined_at: int
    last_seen_at: int
    left_at: int | None = None
    left_reason: str | None = None


class RecordRefusedError(LookupError):
    """A record refers to a room, a person or a meeting that the database does not have, and never will."""


class PresenceRepository:
    """Who was where, as written by the nodes of the server.

    A node, named by a `node_id` that is new with every start, changes only rows that carry its name and are still
    open. One that was given up and comes back to life therefore changes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, node_id: str, meetings: Collection[MeetingRecord], connections: Collection[ConnectionRecord]
    ) -> None:
        """Write records as they are now, in one transaction. Writing one again, or an older state, does no harm.

        Raises `RecordRefusedError`; nothing is written then.
        """
        try:
            async with self._database.session() as session:
                await _record_meetings(session, node_id, meetings)
                await session.flush()  # connections refer to their meetings
                await _record_connections(session, node_id, connections)
        except IntegrityError as error:
            raise RecordRefusedError from error

    async def renew(self, node_id: str, at: int) -> None:
        """Move the leases of a node's open connections on to `at`."""
        open_connections = update(ConnectionRow).where(
            ConnectionRow.node_id == node_id, ConnectionRow.left_at.is_(None), ConnectionRow.last_seen_at < at
        )
        async with self._database.session() as session:
            await session.execute(open_connections.values(last_seen_at=at))

    async def end_others(self, node_id: str) -> None:
        """End what other nodes have left open, as of when it was last seen.

        A database has one node at a time: the others are dead, or have lost it and write no more.
        """
        last_seen = select(func.max(ConnectionRow.last_seen_at)).where(
            ConnectionRow.meeting_id == MeetingRow.meeting_id
        )
        async with self._database.session() as session:
            await session.execute(
                update(ConnectionRow)
                .where(ConnectionRow.node_id != node_id, ConnectionRow.left_at.is_(None))
                .values(left_at=ConnectionRow.last_seen_at, left_reason="crashed")
            )
            await session.execute(
                update(MeetingRow)
                .where(MeetingRow.node_id != node_id, MeetingRow.closed_at.is_(None))
                .values(closed_at=func.coalesce(last_seen.scalar_subquery(), MeetingRow.opened_at))
            )


async def _record_meetings(session: AsyncSession, node_id: str, records: Collection[MeetingRecord]) -> None:
    ids = [record.meeting_id for record in records]
    known = set(await session.scalars(select(MeetingRow.meeting_id).where(MeetingRow.meeting_id.in_(ids))))
    for record in records:
        if record.meeting_id not in known:
            session.add(MeetingRow(**asdict(record), node_id=node_id))
        elif record.closed_at is not None:
            is_ours = MeetingRow.meeting_id == record.meeting_id, MeetingRow.node_id == node_id
            close = update(MeetingRow).where(*is_ours, MeetingRow.closed_at.is_(None))
            await session.execute(close.values(closed_at=record.closed_at))


async def _record_connections(session: AsyncSession, node_id: str, records: Collection[ConnectionRecord]) -> None:
    ids = [record.connection_id for record in records]
    known = set(await session.scalars(select(ConnectionRow.connection_id).where(ConnectionRow.connection_id.in_(ids))))
    for record in records:
        if record.connection_id not in known:
            session.add(ConnectionRow(**asdict(record), node_id=node_id))
        elif record.left_at is not None:
            is_ours = ConnectionRow.connection_id == record.connection_id, ConnectionRow.node_id == node_id
            leave = update(ConnectionRow).where(*is_ours, ConnectionRow.left_at.is_(None))
            left = {"left_at": record.left_at, "left_reason": record.left_reason}
            await session.execute(leave.values(last_seen_at=record.last_seen_at, **left))
