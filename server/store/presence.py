"""Meetings, connections and what happened with them, as rows: written by their node, and safe to write again."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, literal, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.roles import RoomRole
from server.store.database import Database
from server.store.models import ConnectionRow, MeetingRow, NodeRow, PresenceEventRow

_INSERT_CONNECTION = text(
    "INSERT INTO connection (connection_id, meeting_id, person_id, participant_id, endpoint_id, room_role, node_id,"
    " joined_at, last_seen_at, left_at, left_reason)"
    " VALUES (:connection_id, :meeting_id, :person_id, :participant_id, :endpoint_id, :room_role, :node_id,"
    " :joined_at, :last_seen_at, :left_at, :left_reason) ON CONFLICT (connection_id) DO NOTHING"
)
_END_CONNECTION = text(
    "UPDATE connection SET last_seen_at = :last_seen_at, left_at = :left_at, left_reason = :left_reason"
    " WHERE connection_id = :connection_id AND node_id = :node_id AND left_at IS NULL"
)
_MOVE_ON = text(
    "UPDATE connection SET last_seen_at = :seen_at"
    " WHERE connection_id = :connection_id AND node_id = :node_id AND left_at IS NULL AND last_seen_at < :seen_at"
)
_INSERT_EVENT = text(
    "INSERT INTO presence_event (connection_id, seq, kind, at, length_ms, is_late)"
    " VALUES (:connection_id, :seq, :kind, :at, :length_ms, :is_late) ON CONFLICT (connection_id, seq) DO NOTHING"
)


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, int]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRecord:
    """One occurrence of a room being live."""

    meeting_id: str
    room_id: str
    opened_at: int
    clock_offset: int | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """Something that happened with a connection; `seq` counts from 0 for each."""

    connection_id: str
    seq: int
    kind: str
    at: int
    length_ms: int | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class OpenRecords:
    """What the database takes for open, by id."""

    meetings: Collection[str]
    connections: Collection[str]


class RecordRefusedError(LookupError):
    """A record refers to what the database does not have, and never will: a room, a person, a meeting, a connection."""


class NodeEndedError(Exception):
    """The node was given up, or never entered: another one has the database, and nothing that this one says counts."""


class PresenceRepository:
    """Who was where, as written by the nodes of the server.

    A node, named by a `node_id` that is new with every start, changes only rows that carry its name and are still
    open, and nothing at all once it was given up: a node that comes back to life finds its every write refused.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start_node(self, node_id: str) -> None:
        """Enter a node that starts, and end what the others have left open, as of when it was last seen.

        A database has one node at a time: the others are dead, or have lost it and write no more. Idempotent.
        """
        now_ms = self._database.backend.now_ms
        others = NodeRow.node_id != node_id
        async with self._database.session() as session:
            await session.execute(update(NodeRow).where(others, NodeRow.ended_at.is_(None)).values(ended_at=now_ms))
            await _move_on(session, others)
            await session.execute(update(NodeRow).where(others, NodeRow.seen.is_not(None)).values(seen=None))
            if await session.get(NodeRow, node_id) is None:
                newest = await session.scalar(select(func.max(NodeRow.epoch)))
                started = {"started_at": now_ms, "renewed_at": now_ms}
                await session.execute(insert(NodeRow).values(node_id=node_id, epoch=(newest or 0) + 1, **started))
            await _end_connections(session, ConnectionRow.node_id != node_id, "crashed")
            await _end_meetings(session, MeetingRow.node_id != node_id)

    async def record(
        self,
        node_id: str,
        meetings: Collection[MeetingRecord],
        connections: Collection[ConnectionRecord],
        events: Collection[EventRecord] = (),
    ) -> None:
        """Write records as they are now, in one transaction. Writing one again, or an older state, does no harm.

        Raises `NodeEndedError`, and `RecordRefusedError`; nothing is written then.
        """
        try:
            async with self._database.session() as session:
                await _check(session, node_id)
                await _record_meetings(session, node_id, meetings)
                await session.flush()  # connections refer to their meetings, events to their connections
                await _record_connections(session, node_id, connections)
                if events:
                    await session.execute(_INSERT_EVENT, [asdict(event) for event in events])
        except IntegrityError as error:
            raise RecordRefusedError from error

    async def renew(self, node_id: str, seen: Mapping[str, int]) -> None:
        """Move a node's lease on to the database's time, and keep when each of its open connections was `seen` last.

        Raises `NodeEndedError`.
        """
        lease = {"renewed_at": self._database.backend.now_ms, "seen": _pack(seen)}
        alive = update(NodeRow).where(NodeRow.node_id == node_id, NodeRow.ended_at.is_(None))
        async with self._database.session() as session:
            if await session.scalar(alive.values(lease).returning(NodeRow.node_id)) is None:
                raise NodeEndedError

    async def open_records(self, node_id: str) -> OpenRecords:
        """Return what a node has not ended, as far as the database knows."""
        meetings = select(MeetingRow.meeting_id).where(MeetingRow.node_id == node_id, MeetingRow.closed_at.is_(None))
        connections = select(ConnectionRow.connection_id).where(
            ConnectionRow.node_id == node_id, ConnectionRow.left_at.is_(None)
        )
        async with self._database.reading() as session:
            return OpenRecords(
                meetings=set(await session.scalars(meetings)), connections=set(await session.scalars(connections))
            )

    async def give_up(self, node_id: str, lost: OpenRecords) -> list[str]:
        """End what a node has open in the database only, as of when it was last seen. Raises `NodeEndedError`.

        Returns the meetings that are over and of which more is known now, also where they had ended before.
        """
        async with self._database.session() as session:
            await _check(session, node_id)
            await _move_on(session, NodeRow.node_id == node_id, lost.connections)
            is_lost = ConnectionRow.node_id == node_id, ConnectionRow.connection_id.in_(lost.connections)
            await _end_connections(session, and_(*is_lost), "lost")
            await _end_meetings(session, and_(MeetingRow.node_id == node_id, MeetingRow.meeting_id.in_(lost.meetings)))
            had_lost = MeetingRow.meeting_id.in_(select(ConnectionRow.meeting_id).where(*is_lost))
            changed = select(MeetingRow.meeting_id).where(
                MeetingRow.node_id == node_id,
                MeetingRow.closed_at.is_not(None),
                or_(MeetingRow.meeting_id.in_(lost.meetings), had_lost),
            )
            return list(await session.scalars(changed.order_by(MeetingRow.opened_at, MeetingRow.meeting_id)))


async def _check(session: AsyncSession, node_id: str) -> None:
    """Raise `NodeEndedError` for a node that does not count."""
    alive = select(NodeRow.node_id).where(NodeRow.node_id == node_id, NodeRow.ended_at.is_(None))
    if await session.scalar(alive) is None:
        raise NodeEndedError


async def find_seen(session: AsyncSession, which: ColumnElement[bool]) -> dict[str, dict[str, int]]:
    """Return when nodes have heard each of their connections last, by node and connection."""
    nodes = await session.execute(select(NodeRow.node_id, NodeRow.seen).where(which, NodeRow.seen.is_not(None)))
    return {node.node_id: _unpack(node.seen) for node in nodes}


async def _move_on(session: AsyncSession, which: ColumnElement[bool], only: Collection[str] | None = None) -> None:
    """Move connections that are open, all or `only` some, on to when their nodes have seen them last; none back."""
    moves = [
        {"node_id": node_id, "connection_id": connection_id, "seen_at": seen_at}
        for node_id, seen in (await find_seen(session, which)).items()
        for connection_id, seen_at in seen.items()
        if only is None or connection_id in only
    ]
    if moves:
        await session.execute(_MOVE_ON, moves)


async def _end_connections(session: AsyncSession, which: ColumnElement[bool], kind: str) -> None:
    is_open = which, ConnectionRow.left_at.is_(None)
    next_seq = (
        select(func.coalesce(func.max(PresenceEventRow.seq) + 1, 0))
        .where(PresenceEventRow.connection_id == ConnectionRow.connection_id)
        .scalar_subquery()
    )
    endings = select(
        ConnectionRow.connection_id, next_seq, literal(kind), ConnectionRow.last_seen_at, literal(value=False)
    ).where(*is_open)
    columns = ["connection_id", "seq", "kind", "at", "is_late"]
    await session.execute(insert(PresenceEventRow).from_select(columns, endings, include_defaults=False))
    await session.execute(
        update(ConnectionRow).where(*is_open).values(left_at=ConnectionRow.last_seen_at, left_reason=kind)
    )


async def _end_meetings(session: AsyncSession, which: ColumnElement[bool]) -> None:
    last_seen = select(func.max(ConnectionRow.last_seen_at)).where(ConnectionRow.meeting_id == MeetingRow.meeting_id)
    await session.execute(
        update(MeetingRow)
        .where(which, MeetingRow.closed_at.is_(None))
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
    """Insert those that are new, and end those that have left: thousands may do so at once."""
    rows = [{**asdict(record), "node_id": node_id} for record in records]
    left = [row for row in rows if row["left_at"] is not None]
    if rows:
        await session.execute(_INSERT_CONNECTION, rows)
    if left:
        await session.execute(_END_CONNECTION, left)
