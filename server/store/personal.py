"""All that is kept about one person, as plain values; without secrets, of which only hashes are known here anyway."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.store.audit import is_about
from server.store.database import Database
from server.store.models import (
    ActionItemRow,
    ApiTokenRow,
    AttendanceRow,
    AuditEntryRow,
    Base,
    ChatMessageRow,
    ChatReadRow,
    ConnectionRow,
    DocumentRow,
    HoursEntryRow,
    HoursLogRow,
    LeaveRow,
    MeetingRow,
    OutboxMessageRow,
    PairRow,
    PersonRow,
    PresenceEventRow,
    RoomPictureRow,
    RoomRoleRow,
    RoomRow,
    SignInLinkRow,
    SignInSessionRow,
)

Record = Mapping[str, Any]
"""A row: text, numbers, truths, days and instants (ISO 8601, UTC)."""
_SECRET = frozenset({"token_hash", "text_salt"})
_PEOPLE = ("person_id", "mentor_id", "mentee_id", "author_id", "actor", "subject", "substitute_id", "owner_id")


class PersonalRepository:
    """What is kept about people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def collect(self, person_id: str) -> Mapping[str, Sequence[Record]]:
        """Return all rows about somebody by what they are, as of one moment. Nothing of a person that is not there."""
        pairs = select(PairRow.pair_id).where(or_(PairRow.mentor_id == person_id, PairRow.mentee_id == person_id))
        connections = select(ConnectionRow.connection_id).where(ConnectionRow.person_id == person_id)
        meetings = select(AttendanceRow.meeting_id).where(AttendanceRow.person_id == person_id)
        in_a_pair = HoursLogRow.pair_id.in_(pairs)
        wanted: Sequence[tuple[str, type[Base], ColumnElement[bool]]] = (
            ("person", PersonRow, PersonRow.person_id == person_id),
            ("pairs", PairRow, PairRow.pair_id.in_(pairs)),
            ("leave", LeaveRow, or_(LeaveRow.pair_id.in_(pairs), LeaveRow.substitute_id == person_id)),
            ("room_roles", RoomRoleRow, RoomRoleRow.person_id == person_id),
            ("meetings", MeetingRow, MeetingRow.meeting_id.in_(meetings)),
            ("attendance", AttendanceRow, AttendanceRow.person_id == person_id),
            ("connections", ConnectionRow, ConnectionRow.person_id == person_id),
            ("presence_events", PresenceEventRow, PresenceEventRow.connection_id.in_(connections)),
            (
                "hours_log",
                HoursLogRow,
                or_(in_a_pair, HoursLogRow.mentor_id == person_id, HoursLogRow.author_id == person_id),
            ),
            ("hours", HoursEntryRow, or_(HoursEntryRow.pair_id.in_(pairs), HoursEntryRow.mentor_id == person_id)),
            ("chat_messages", ChatMessageRow, ChatMessageRow.person_id == person_id),
            ("chat_read", ChatReadRow, ChatReadRow.person_id == person_id),
            ("action_items", ActionItemRow, ActionItemRow.owner_id == person_id),
            ("documents_begun", DocumentRow, DocumentRow.created_by == person_id),
            ("pictures_added", RoomPictureRow, RoomPictureRow.added_by == person_id),
            ("letters", OutboxMessageRow, OutboxMessageRow.person_id == person_id),
            ("sign_in_links", SignInLinkRow, SignInLinkRow.person_id == person_id),
            ("sign_in_sessions", SignInSessionRow, SignInSessionRow.person_id == person_id),
            ("api_tokens", ApiTokenRow, ApiTokenRow.person_id == person_id),
            (
                "audit",
                AuditEntryRow,
                or_(AuditEntryRow.actor == person_id, is_about(person_id)),
            ),
        )
        async with self._database.reading() as session:
            found = {name: await _rows(session, table, condition) for name, table, condition in wanted}
            log: Sequence[Record] = found["hours_log"]
            found["hours_steps_taken"] = [row for row in log if row["author_id"] == person_id]
            found["names"] = await _names(session, found.values())
        return found


async def _rows(session: AsyncSession, table: type[Base], condition: ColumnElement[bool]) -> list[Record]:
    columns = [column for column in table.__table__.columns if column.name not in _SECRET]
    query = select(*columns).where(condition).order_by(*table.__table__.primary_key)
    return [
        {name: _plain(name, value) for name, value in row.items()} for row in (await session.execute(query)).mappings()
    ]


async def _names(session: AsyncSession, tables: Iterable[Sequence[Record]]) -> list[Record]:
    """Return what the people and rooms are called that rows refer to."""
    rows = [row for table in tables for row in table]
    people = {row[column] for row in rows for column in _PEOPLE if column in row}
    rooms = {row["room_id"] for row in rows if "room_id" in row}
    found: list[Record] = []
    for kind, key, name, wanted in (
        ("person", PersonRow.person_id, PersonRow.name, people),
        ("room", RoomRow.room_id, RoomRow.name, rooms),
    ):
        for row_id, row_name in await session.execute(select(key, name).order_by(key)):
            if row_id in wanted:
                found.append({"kind": kind, "id": row_id, "name": row_name})
    return found


def _plain(name: str, value: object) -> object:
    if isinstance(value, int) and (name == "at" or name.endswith("_at")):
        return datetime.fromtimestamp(value / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
