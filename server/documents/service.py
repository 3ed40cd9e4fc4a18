"""Gives every meeting its documents, and what is in them to who asks from outside."""

from protocol.room import RoomInfo
from server.clock import Clock
from server.documents.exports import NotesExports, NotesFile, NotesFormat
from server.documents.feature import DocumentsFeature
from server.documents.live_documents import LiveDocuments
from server.documents.task_reader import LONGEST_S, QUIET_S, TaskReader
from server.documents.tasks import Tasks
from server.room.feature import Feature, Meeting
from server.store.action_items import ActionItemRepository
from server.store.documents import DocumentRepository


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
    ) -> None:
        """Make it; action items are read `quiet_s` after a change, `longest_s` after it at the latest."""
        self._repository = repository
        self._clock = clock
        self._task_reader = TaskReader(repository, items, clock, quiet_s=quiet_s, longest_s=longest_s)
        self._documents = LiveDocuments(repository, clock, self._task_reader)
        self._exports = NotesExports(repository, self._documents, clock)
        self.tasks = Tasks(items, self._documents, self._task_reader, clock)

    def start(self) -> None:
        """Begin to read the action items of notes."""
        self._task_reader.start()

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the documents of a meeting."""
        return DocumentsFeature(meeting, self._repository, self._documents, self._clock)

    async def export_notes(
        self, room: RoomInfo, document_id: str, ending: str, language: str, held_on: str
    ) -> NotesFile:
        """Write a room's notes as a file whose name ends in `ending`. Raises `UserError`."""
        return await self._exports.make(room, document_id, NotesFormat(ending), language, held_on)

    async def close(self) -> None:
        """Keep every document in one piece. Idempotent."""
        await self._task_reader.close()
        await self._documents.close()
