"""Gives every meeting its documents."""

from server.clock import Clock
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

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the documents of a meeting."""
        return DocumentsFeature(meeting, self._repository, self._documents, self._clock)

    async def close(self) -> None:
        """Keep every document in one piece. Idempotent."""
        await self._documents.close()
