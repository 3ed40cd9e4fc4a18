"""Tells what was kept of a room's meetings, to those who may know it.

Who that is, `access.py` says. For everybody else it does not exist.
"""

from collections.abc import Sequence
from typing import Protocol

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from protocol.record import (
    MAX_MEETING_PAGE,
    MAX_TIMELINE_CHARACTERS,
    MAX_TIMELINE_ENTRIES,
    MeetingList,
    MeetingSummary,
    Moment,
    RecordedDocument,
    RecordedMeeting,
)
from protocol.room import Person, RoomInfo
from server.clock import Clock
from server.edition import Edition
from server.errors import UserError
from server.record.access import Access, Door, Viewer
from server.record.timeline import first_of, moments_within, people_of, timeline_of
from server.record.visits import Visit, visits_of, visits_seen_by
from server.store.documents import DocumentKey
from server.store.meetings import Attendance, DocumentInMeeting, MeetingRepository, StoredMeeting

_MAX_ATTENDANCE = 20_000
"""Stays that are read for one answer."""
_MAX_NOTES = 16
"""In which moments are looked for, of one meeting."""


class File(Protocol):
    """Something to be saved by whoever asks for it."""

    @property
    def title(self) -> str:
        """Return what its name is made of."""
        ...

    @property
    def content_type(self) -> str:
        """Return its media type."""
        ...

    @property
    def data(self) -> bytes:
        """Return all of it."""
        ...


class Documents(Protocol):
    """What is in documents. The methods raise `UserError` and `StoreError`."""

    async def read_kept(self, key: DocumentKey, seq: int) -> bytes:
        """Return all of a document as it was after a change, as a Yjs update."""
        ...

    async def export_kept(
        self, person_id: str, room: RoomInfo, title: str, key: DocumentKey, seq: int, ending: str, edition: Edition
    ) -> File:
        """Write notes as they were after a change as a file whose name ends in `ending`, for somebody."""
        ...

    async def moments(self, person_id: str, key: DocumentKey, seq: int | None, meeting_id: str) -> Sequence[Moment]:
        """Return, for somebody, the moments of a meeting that stand in notes; without `seq` as they are now."""
        ...


class RecordService:
    """The records of all rooms. The methods raise `UserError` and `StoreError`."""

    def __init__(self, meetings: MeetingRepository, documents: Documents, clock: Clock) -> None:
        self._meetings = meetings
        self._access = Access(meetings)
        self._documents = documents
        self._clock = clock

    async def check_may_take_along(self, door: Door, person: Person) -> None:
        """Raise `UserError` for who may take nothing along of what the room has now."""
        await self._access.check_may_take_along(Viewer(door, person))

    async def page(self, door: Door, person: Person, before: str | None, limit: int) -> MeetingList:
        """Return the room's newest meetings, or those before the one named, at most `MAX_MEETING_PAGE`."""
        viewer = Viewer(door, person)
        earliest = None if before is None else await self._find(viewer, before)
        person_id = None if viewer.sees_everything else person.person_id
        meetings, has_more = await self._meetings.page(
            door.room.room_id, person_id, earliest, max(1, min(limit, MAX_MEETING_PAGE))
        )
        ids = [meeting.meeting_id for meeting in meetings]
        attendance, _ = await self._meetings.attendance(ids, _MAX_ATTENDANCE)
        documents = await self._meetings.documents(meetings)
        summaries = tuple(_summary(viewer, meeting, attendance, documents) for meeting in meetings)
        return MeetingList(room=door.room, meetings=summaries, has_more=has_more)

    async def meeting(self, door: Door, person: Person, meeting_id: str) -> RecordedMeeting:
        """Return one meeting, as far as it has come."""
        viewer = Viewer(door, person)
        meeting = await self._find(viewer, meeting_id)
        until = await self._meetings.end_of(meeting)
        attendance, is_attendance_cut = await self._meetings.attendance([meeting_id], _MAX_ATTENDANCE)
        messages, are_messages_cut = await self._meetings.messages(meeting, until, MAX_TIMELINE_ENTRIES)
        messages, are_they_too_long = first_of(messages, MAX_TIMELINE_CHARACTERS)
        beginnings = await self._meetings.beginnings(meeting, until, MAX_TIMELINE_ENTRIES)
        documents = await self._meetings.documents([meeting])
        moments, are_moments_cut = await self._moments(viewer, meeting, documents)
        latest = self._clock.now_ms() if until is None else until
        visits = _visits(viewer, meeting, attendance)
        timeline, is_timeline_cut = timeline_of(
            visits,
            messages,
            beginnings,
            moments_within(moments, meeting.opened_at, latest),
            MAX_TIMELINE_ENTRIES,
        )
        return RecordedMeeting(
            room=door.room,
            meeting_id=meeting_id,
            opened_at=meeting.opened_at,
            closed_at=meeting.closed_at,
            people=people_of(visits),
            timeline=timeline,
            is_cut=any((is_attendance_cut, are_messages_cut, are_they_too_long, are_moments_cut, is_timeline_cut)),
            documents=tuple(
                RecordedDocument(
                    document_id=document.document_id,
                    kind=document.kind,
                    title=document.title,
                    is_kept=document.seq is not None,
                    has_changed_since=document.has_changed_since,
                )
                for document in documents
            ),
        )

    async def contents(self, door: Door, person: Person, meeting_id: str, document_id: str) -> bytes:
        """Return a document as it was at a meeting's end, as a Yjs update."""
        document, seq = await self._kept(Viewer(door, person), meeting_id, document_id)
        return await self._documents.read_kept(_key_of(document), seq)

    async def export_notes(
        self, door: Door, person: Person, meeting_id: str, document_id: str, ending: str, edition: Edition
    ) -> File:
        """Write notes as they were at a meeting's end as a file whose name ends in `ending`."""
        document, seq = await self._kept(Viewer(door, person), meeting_id, document_id)
        if document.kind is not DocumentKind.NOTES:
            raise _unknown_page()
        return await self._documents.export_kept(
            person.person_id, door.room, document.title, _key_of(document), seq, ending, edition
        )

    async def _find(self, viewer: Viewer, meeting_id: str) -> StoredMeeting:
        meeting = await self._meetings.find(meeting_id)
        is_here = meeting is not None and meeting.room_id == viewer.room.room_id
        if meeting is None or not is_here or not await self._access.may_see(viewer, meeting):
            raise UserError(ErrorCode.NOT_FOUND, "There is no such meeting, or you were not in it.")
        return meeting

    async def _kept(self, viewer: Viewer, meeting_id: str, document_id: str) -> tuple[DocumentInMeeting, int]:
        meeting = await self._find(viewer, meeting_id)
        for document in await self._meetings.documents([meeting]):
            if document.document_id == document_id and document.seq is not None:
                return document, document.seq
        raise _unknown_page()

    async def _moments(
        self, viewer: Viewer, meeting: StoredMeeting, documents: Sequence[DocumentInMeeting]
    ) -> tuple[list[Moment], bool]:
        notes = [document for document in documents if document.kind is DocumentKind.NOTES]
        moments: list[Moment] = []
        for document in notes[:_MAX_NOTES]:
            try:
                key = _key_of(document)
                moments += await self._documents.moments(viewer.person.person_id, key, document.seq, meeting.meeting_id)
            except UserError as error:
                # One that is broken is said to be so where it is shown; what else happened is told all the same.
                if error.code not in (ErrorCode.DOCUMENT_BROKEN, ErrorCode.NOT_FOUND):
                    raise
        return moments, len(notes) > _MAX_NOTES


def _summary(
    viewer: Viewer,
    meeting: StoredMeeting,
    attendance: Sequence[Attendance],
    documents: Sequence[DocumentInMeeting],
) -> MeetingSummary:
    kinds = {document.kind for document in documents if document.meeting_id == meeting.meeting_id}
    return MeetingSummary(
        meeting_id=meeting.meeting_id,
        opened_at=meeting.opened_at,
        closed_at=meeting.closed_at,
        people_count=len({visit.person_id for visit in _visits(viewer, meeting, attendance)}),
        has_board=DocumentKind.BOARD in kinds,
        has_notes=DocumentKind.NOTES in kinds,
    )


def _visits(viewer: Viewer, meeting: StoredMeeting, attendance: Sequence[Attendance]) -> list[Visit]:
    own = (one for one in attendance if one.meeting_id == meeting.meeting_id)
    visits = visits_of(own, meeting.closed_at)
    return visits_seen_by(viewer.person.person_id, visits, sees_everybody=viewer.sees_everything)


def _key_of(document: DocumentInMeeting) -> DocumentKey:
    return DocumentKey(document.document_id, document.epoch)


def _unknown_page() -> UserError:
    return UserError(ErrorCode.NOT_FOUND, "This meeting has kept no such page.")
