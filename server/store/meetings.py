"""What a room's meetings left behind, read together: who was there, what was said, which documents were changed.

Presence, chat and documents are written by their own repositories. Within a room one meeting follows another, and
nothing is said or begun but in one: what came before the next one began belongs to this one, also when it ended by a
crash.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from protocol.documents import DocumentKind
from protocol.roles import RoomRole
from protocol.room import ChatMessage
from server.store.database import Database
from server.store.documents import select_changed_last
from server.store.models import (
    AttendanceRow,
    ChatMessageRow,
    ConnectionRow,
    DocumentRow,
    DocumentUpdateRow,
    MeetingDocumentRow,
    MeetingRow,
    PersonRow,
)

_NOT_YET = 2**63 - 1
"""Later than any instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMeeting:
    """One occurrence of a room being live."""

    meeting_id: str
    room_id: str
    opened_at: int
    closed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedMeeting:
    """One whose record is to be made: it is closing, or was open when its node died."""

    meeting_id: str
    room_id: str
    opened_at: int
    until: int | None
    """When the room's next one began; `None`: it was the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """From when until when somebody was in a meeting as one participant, in one role."""

    meeting_id: str
    participant_id: str
    person_id: str
    name: str
    room_role: RoomRole
    joined_at: int
    left_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInMeeting:
    """A document that a meeting has changed. One that was removed since is none, until it is brought back."""

    meeting_id: str
    document_id: str
    kind: DocumentKind
    title: str
    epoch: int
    seq: int | None
    """Of the snapshot that was kept at the meeting's end; `None`: none was."""
    has_changed_since: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """That somebody began a document."""

    document_id: str
    kind: DocumentKind
    title: str
    created_at: int
    person_id: str
    name: str


class MeetingRepository:
    """The meetings of all rooms, to be looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, meeting_id: str) -> StoredMeeting | None:
        """Return a meeting."""
        async with self._database.reading() as session:
            row = await session.get(MeetingRow, meeting_id)
        return None if row is None else _meeting(row)

    async def page(
        self, room_id: str, person_id: str | None, before: StoredMeeting | None, limit: int
    ) -> tuple[list[StoredMeeting], bool]:
        """Return a room's newest meetings before `before`, newest first, and whether there are earlier ones.

        With `person_id`, those that this person was in.
        """
        age = (MeetingRow.opened_at, MeetingRow.meeting_id)
        query = select(MeetingRow).where(MeetingRow.room_id == room_id)
        if person_id is not None:
            query = query.where(_was_in(person_id))
        if before is not None:
            query = query.where(tuple_(*age) < (before.opened_at, before.meeting_id))
        query = query.order_by(*(column.desc() for column in age)).limit(limit + 1)
        async with self._database.reading() as session:
            meetings = [_meeting(row) for row in await session.scalars(query)]
        return meetings[:limit], len(meetings) > limit

    async def was_in(self, meeting_id: str, person_id: str) -> bool:
        """Tell whether somebody was in a meeting."""
        query = select(MeetingRow.meeting_id).where(MeetingRow.meeting_id == meeting_id, _was_in(person_id))
        async with self._database.reading() as session:
            return await session.scalar(query) is not None

    async def was_ever_in(self, room_id: str, person_id: str) -> bool:
        """Tell whether somebody was in any meeting of a room."""
        query = select(MeetingRow.meeting_id).where(MeetingRow.room_id == room_id, _was_in(person_id)).limit(1)
        async with self._database.reading() as session:
            return await session.scalar(query) is not None

    async def end_of(self, meeting: StoredMeeting) -> int | None:
        """Return when the room's next meeting began; what came before belongs to this one. `None`: it is the last."""
        query = select(_next_opened_at()).where(MeetingRow.meeting_id == meeting.meeting_id)
        async with self._database.reading() as session:
            return await session.scalar(query)

    async def unfinished(self, node_id: str) -> list[UnfinishedMeeting]:
        """Return the meetings that other nodes have left open, oldest first: a database has one node at a time."""
        query = (
            select(MeetingRow.meeting_id, MeetingRow.room_id, MeetingRow.opened_at, _next_opened_at().label("until"))
            .where(MeetingRow.node_id != node_id, MeetingRow.closed_at.is_(None))
            .order_by(MeetingRow.opened_at, MeetingRow.meeting_id)
        )
        async with self._database.reading() as session:
            return [
                UnfinishedMeeting(
                    meeting_id=row.meeting_id, room_id=row.room_id, opened_at=row.opened_at, until=row.until
                )
                for row in await session.execute(query)
            ]

    async def attendance(self, meeting_ids: Collection[str], limit: int) -> tuple[list[Attendance], bool]:
        """Return who was in some meetings, in order of coming, and whether there is more than `limit`.

        However often a participant's line was lost, the room kept their place: it is one stay. Where connections have
        been deleted, it is from when they came first until they left last.
        """
        who = (
            ConnectionRow.meeting_id,
            ConnectionRow.participant_id,
            ConnectionRow.person_id,
            PersonRow.name,
            ConnectionRow.room_role,
        )
        joined_at = func.min(ConnectionRow.joined_at)
        query = (
            select(*who, joined_at, func.max(func.coalesce(ConnectionRow.left_at, _NOT_YET)))
            .join(PersonRow, PersonRow.person_id == ConnectionRow.person_id)
            .where(ConnectionRow.meeting_id.in_(meeting_ids))
            .group_by(*who)
            .order_by(joined_at, ConnectionRow.participant_id, ConnectionRow.room_role)
            .limit(limit + 1)
        )
        final = _select_final(meeting_ids).limit(limit + 1)
        async with self._database.reading() as session:
            found = [_attendance(*row) for row in await session.execute(query)]
            found += [_attendance(*row) for row in await session.execute(final)]
        found.sort(key=lambda one: one.joined_at)
        return found[:limit], len(found) > limit

    async def messages(self, meeting: StoredMeeting, until: int | None, limit: int) -> tuple[list[ChatMessage], bool]:
        """Return what was said in a meeting before `until`, oldest first, and whether there is more than `limit`."""
        query = (
            select(ChatMessageRow)
            .where(
                ChatMessageRow.room_id == meeting.room_id, *_within(ChatMessageRow.sent_at, meeting.opened_at, until)
            )
            .order_by(ChatMessageRow.message_id)
            .limit(limit + 1)
        )
        async with self._database.reading() as session:
            messages = [
                ChatMessage(
                    message_id=row.message_id,
                    person_id=row.person_id,
                    name=row.name,
                    text=row.text,
                    sent_at=row.sent_at,
                )
                for row in await session.scalars(query)
            ]
        return messages[:limit], len(messages) > limit

    async def beginnings(self, meeting: StoredMeeting, until: int | None, limit: int) -> list[Beginning]:
        """Return which documents were begun in a meeting before `until`, oldest first, and are still there."""
        query = (
            select(
                DocumentRow.document_id,
                DocumentRow.kind,
                DocumentRow.title,
                DocumentRow.created_at,
                PersonRow.person_id,
                PersonRow.name,
            )
            .join(PersonRow, PersonRow.person_id == DocumentRow.created_by)
            .where(
                DocumentRow.room_id == meeting.room_id,
                DocumentRow.removed_at.is_(None),
                *_within(DocumentRow.created_at, meeting.opened_at, until),
            )
            .order_by(DocumentRow.created_at, DocumentRow.document_id)
            .limit(limit)
        )
        async with self._database.reading() as session:
            return [
                Beginning(
                    document_id=row.document_id,
                    kind=DocumentKind(row.kind),
                    title=row.title,
                    created_at=row.created_at,
                    person_id=row.person_id,
                    name=row.name,
                )
                for row in await session.execute(query)
            ]

    async def documents(self, meetings: Sequence[StoredMeeting]) -> list[DocumentInMeeting]:
        """Return what meetings have changed, oldest documents first: as kept at their end, or, going on, so far."""
        over = [meeting.meeting_id for meeting in meetings if meeting.closed_at is not None]
        going_on = [meeting for meeting in meetings if meeting.closed_at is None]
        async with self._database.reading() as session:
            rows = (await session.execute(_kept().where(MeetingDocumentRow.meeting_id.in_(over)))).all()
            found = [
                DocumentInMeeting(
                    meeting_id=meeting_id,
                    document_id=document.document_id,
                    kind=DocumentKind(document.kind),
                    title=document.title,
                    epoch=epoch,
                    seq=seq,
                    has_changed_since=document.epoch != epoch or (newest_seq or 0) > seq,
                )
                for document, meeting_id, epoch, seq, newest_seq in rows
            ]
            for meeting in going_on:
                changed = select_changed_last(meeting.room_id, meeting.opened_at).where(
                    DocumentRow.removed_at.is_(None)
                )
                found += [
                    DocumentInMeeting(
                        meeting_id=meeting.meeting_id,
                        document_id=document.document_id,
                        kind=DocumentKind(document.kind),
                        title=document.title,
                        epoch=document.epoch,
                        seq=None,
                        has_changed_since=False,
                    )
                    for document in await session.scalars(changed)
                ]
        return found


def _kept() -> Select[DocumentRow, str, int, int, int | None]:
    newest_seq = (
        select(func.max(DocumentUpdateRow.seq))
        .where(DocumentUpdateRow.document_id == DocumentRow.document_id, DocumentUpdateRow.epoch == DocumentRow.epoch)
        .scalar_subquery()
    )
    record = MeetingDocumentRow
    return (
        select(DocumentRow, record.meeting_id, record.epoch, record.seq, newest_seq)
        .join(record, record.document_id == DocumentRow.document_id)
        .where(DocumentRow.removed_at.is_(None))
        .order_by(DocumentRow.created_at, DocumentRow.document_id)
    )


def _next_opened_at() -> ScalarSelect[int | None]:
    later = aliased(MeetingRow)
    is_later = tuple_(later.opened_at, later.meeting_id) > tuple_(MeetingRow.opened_at, MeetingRow.meeting_id)
    return (
        select(func.min(later.opened_at))
        .where(later.room_id == MeetingRow.room_id, is_later)
        .correlate(MeetingRow)
        .scalar_subquery()
    )


def _select_final(meeting_ids: Collection[str]) -> Select[str, str, str, str, str, int, int]:
    one = AttendanceRow
    role = func.coalesce(one.final_role, RoomRole.PARTICIPANT.value)
    return (
        select(one.meeting_id, one.person_id, one.person_id, PersonRow.name, role, one.first_at, one.last_at)
        .join(PersonRow, PersonRow.person_id == one.person_id)
        .where(one.meeting_id.in_(meeting_ids), one.final_role.is_not(None))
        .order_by(one.first_at, one.person_id)
    )


def _was_in(person_id: str) -> ColumnElement[bool]:
    connected = exists().where(ConnectionRow.meeting_id == MeetingRow.meeting_id, ConnectionRow.person_id == person_id)
    # Of meetings of long ago nothing else is left.
    attended = exists().where(AttendanceRow.meeting_id == MeetingRow.meeting_id, AttendanceRow.person_id == person_id)
    return connected | attended


def _within(column: InstrumentedAttribute[int], since: int, until: int | None) -> list[ColumnElement[bool]]:
    return [column >= since] if until is None else [column >= since, column < until]


def _meeting(row: MeetingRow) -> StoredMeeting:
    return StoredMeeting(
        meeting_id=row.meeting_id, room_id=row.room_id, opened_at=row.opened_at, closed_at=row.closed_at
    )


def _attendance(
    meeting_id: str, participant_id: str, person_id: str, name: str, role: str, joined_at: int, left_at: int
) -> Attendance:
    return Attendance(
        meeting_id=meeting_id,
        participant_id=participant_id,
        person_id=person_id,
        name=name,
        room_role=RoomRole(role),
        joined_at=joined_at,
        left_at=None if left_at == _NOT_YET else left_at,
    )
