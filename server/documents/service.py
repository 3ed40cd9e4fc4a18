"""Gives every meeting its documents, and what is in them to who asks from outside."""

from collections.abc import Iterable, Sequence
from functools import partial

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from protocol.record import Moment
from protocol.room import RoomInfo
from server.clock import Clock
from server.documents.exports import NotesExports, NotesFile, NotesFormat
from server.documents.feature import DocumentsFeature
from server.documents.live_documents import LiveDocuments
from server.documents.recorder import RETRY_S, Recorder
from server.documents.task_reader import LONGEST_S, QUIET_S, TaskReader
from server.documents.tasks import Tasks
from server.documents.uploads import Uploads
from server.edition import Edition
from server.errors import UserError
from server.room.feature import Feature, Meeting
from server.store.action_items import ActionItemRepository
from server.store.documents import DocumentKey, DocumentRepository
from server.store.meetings import UnfinishedMeeting

_REMEMBERED = 64
"""Notes whose moments are remembered: at most 500 short texts each."""


class DocumentService:
    """What the documents of all rooms share. `close` keeps what is left to be kept."""

    def __init__(
        self,
        repository: DocumentRepository,
        items: ActionItemRepository,
        clock: Clock,
        *,
        quiet_s: float = QUIET_S,
        longest_s: float = LONGEST_S,
        retry_s: float = RETRY_S,
    ) -> None:
        """Make it; action items are read `quiet_s` after a change, `longest_s` after it at the latest.

        Records that the store does not take are tried again every `retry_s`.
        """
        self._repository = repository
        self._clock = clock
        self._task_reader = TaskReader(repository, items, clock, quiet_s=quiet_s, longest_s=longest_s)
        self._documents = LiveDocuments(repository, clock, self._task_reader)
        self._recorder = Recorder(repository, self._documents, retry_s=retry_s)
        self._uploads = Uploads()
        self._exports = NotesExports(repository, self._documents, clock)
        self._moments: dict[tuple[DocumentKey, int, str], Sequence[Moment]] = {}
        """Of notes that are kept, by change and meeting."""
        self.tasks = Tasks(items, self._documents, self._task_reader, clock)

    def start(self) -> None:
        """Begin to read the action items of notes."""
        self._task_reader.start()

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the documents of a meeting."""
        return DocumentsFeature(meeting, self._repository, self._documents, self._recorder, self._uploads, self._clock)

    async def export_notes(
        self, person_id: str, room: RoomInfo, document_id: str, ending: str, edition: Edition
    ) -> NotesFile:
        """Write a room's notes as a file whose name ends in `ending`, for somebody. Raises `UserError`."""
        return await self._exports.make(person_id, room, document_id, NotesFormat(ending), edition)

    async def record_unfinished(self, meetings: Iterable[UnfinishedMeeting]) -> None:
        """Keep what meetings have changed that ended with their server, before anything is changed again. Repeatable.

        Nothing has changed since they ended: what is there is what was there then.
        """
        for meeting in meetings:
            await self._recorder.record(meeting)

    async def read_kept(self, key: DocumentKey, seq: int) -> bytes:
        """Return all of a document as it was after a change, as a Yjs update. Raises `UserError`: it cannot be read."""
        whole = await self._repository.version(key, seq)
        if whole is None:
            raise UserError(ErrorCode.DOCUMENT_BROKEN, "This page cannot be read. It is kept as it is.")
        return whole

    async def export_kept(
        self, person_id: str, room: RoomInfo, title: str, key: DocumentKey, seq: int, ending: str, edition: Edition
    ) -> NotesFile:
        """Write notes as they were after a change as a file whose name ends in `ending`. Raises `UserError`."""
        read = partial(self.read_kept, key, seq)
        return await self._exports.write(person_id, room, title, read, NotesFormat(ending), edition)

    async def moments(self, person_id: str, key: DocumentKey, seq: int | None, meeting_id: str) -> Sequence[Moment]:
        """Return, for somebody, the moments of a meeting in notes as they were after a change, or as they are.

        Raises `UserError`.
        """
        if seq is None:
            read = partial(self._documents.read, person_id, key, DocumentKind.NOTES)
            return await self._exports.moments(person_id, read, key.document_id, meeting_id)
        # What is kept changes no more, and after a meeting many look at it.
        found = self._moments.get((key, seq, meeting_id))
        if found is None:
            read_kept = partial(self.read_kept, key, seq)
            found = await self._exports.moments(person_id, read_kept, key.document_id, meeting_id)
            self._moments[key, seq, meeting_id] = found
            if len(self._moments) > _REMEMBERED:
                del self._moments[next(iter(self._moments))]
        return found

    async def close(self) -> None:
        """Keep every document in one piece. Idempotent."""
        await self._task_reader.close()
        await self._recorder.close()
        await self._documents.close()
