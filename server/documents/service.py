"""Gives every meeting its documents."""

from protocol.room import RoomInfo
from server.clock import Clock
from server.documents.exports import NotesExports, NotesFile, NotesFormat
from server.documents.feature import DocumentsFeature
from server.documents.live_documents import LiveDocuments
from server.room.feature import Feature, Meeting
from server.store.documents import DocumentRepository


class DocumentService:
    """What the documents of all rooms share. `close` keeps what is left to be kept."""

    def __init__(self, repository: DocumentRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock
        self._documents = LiveDocuments(repository, clock)
        self._exports = NotesExports(repository, self._documents, clock)

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
        await self._documents.close()
