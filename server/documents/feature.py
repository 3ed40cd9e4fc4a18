"""The documents of a meeting's room: which there are, and what those who have them open do with them."""

from collections.abc import Mapping

from protocol.documents import DocumentsSnapshot
from protocol.wire import Request
from server.clock import Clock
from server.documents.catalogue import Catalogue
from server.documents.desk import Desk
from server.documents.live_documents import LiveDocuments
from server.room.feature import Caller, Ending, Feature, Handler, Meeting, PromptHandler
from server.store.documents import DocumentRepository


class DocumentsFeature(Feature):
    """Board and notes of one meeting."""

    name = "documents"

    def __init__(
        self, meeting: Meeting, repository: DocumentRepository, documents: LiveDocuments, clock: Clock
    ) -> None:
        self._catalogue = Catalogue(meeting, repository, clock)
        self._desk = Desk(meeting, self._catalogue, documents, repository, clock)

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Return the requests that this feature answers."""
        return {**self._catalogue.handlers(), **self._desk.handlers()}

    def prompt_handlers(self) -> Mapping[type[Request], PromptHandler]:
        """Return the requests of everybody who draws or writes."""
        return self._desk.prompt_handlers()

    def snapshot(self) -> DocumentsSnapshot:
        """Return the newest documents, and who presents."""
        return self._catalogue.snapshot

    async def on_meeting_opened(self, _at: int) -> None:
        """Read which documents the room has."""
        await self._catalogue.load()

    async def on_connection_left(self, caller: Caller, _reason: Ending, _at: int) -> None:
        """Tell a connection no more."""
        self._desk.leave(caller.connection_id)

    async def on_participant_left(self, participant_id: str) -> None:
        """Follow nobody who has gone."""
        self._catalogue.on_participant_left(participant_id)

    async def on_meeting_closed(self, _at: int) -> None:
        """Keep what belongs to the meeting's record."""
        await self._desk.close()
