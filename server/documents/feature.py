"""The documents of a meeting's room: which there are, and what those who have them open do with them."""

from collections.abc import Mapping

from protocol.documents import DocumentsSnapshot
from protocol.wire import Request
from server.clock import Clock
from server.documents.catalogue import Catalogue
from server.documents.desk import Desk
from server.documents.live_documents import LiveDocuments
from server.documents.recorder import Recorder
from server.documents.uploads import Uploads
from server.room.feature import Caller, Ending, Feature, Handler, Meeting, PromptHandler
from server.store.documents import DocumentRepository
from server.store.meetings import UnfinishedMeeting


class DocumentsFeature(Feature):
    """Board and notes of one meeting."""

    name = "documents"

    def __init__(
        self,
        meeting: Meeting,
        repository: DocumentRepository,
        documents: LiveDocuments,
        recorder: Recorder,
        uploads: Uploads,
        clock: Clock,
    ) -> None:
        self._meeting = meeting
        self._recorder = recorder
        self._opened_at: int | None = None
        self._catalogue = Catalogue(meeting, repository, documents.allowances, clock)
        self._desk = Desk(meeting, self._catalogue, documents, repository, uploads, clock)

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Return the requests that this feature answers."""
        return {**self._catalogue.handlers(), **self._desk.handlers()}

    def prompt_handlers(self) -> Mapping[type[Request], PromptHandler]:
        """Return the requests of everybody who draws or writes."""
        return self._desk.prompt_handlers()

    def snapshot(self) -> DocumentsSnapshot:
        """Return the newest documents, and who presents."""
        return self._catalogue.snapshot

    async def on_meeting_opened(self, at: int) -> None:
        """Read which documents the room has, and have the records of its earlier meetings made before they change."""
        self._opened_at = at
        await self._catalogue.load()
        await self._recorder.catch_up(self._meeting.room.room_id, at)

    async def on_connection_left(self, caller: Caller, _reason: Ending, _at: int) -> None:
        """Tell a connection no more."""
        self._desk.leave(caller.connection_id)

    async def on_participant_left(self, participant_id: str) -> None:
        """Follow nobody who has gone."""
        self._catalogue.on_participant_left(participant_id)

    async def on_meeting_closed(self, _at: int) -> None:
        """Keep what belongs to the meeting's record."""
        self._desk.close()
        if self._opened_at is not None:
            meeting = UnfinishedMeeting(
                meeting_id=self._meeting.meeting_id,
                room_id=self._meeting.room.room_id,
                opened_at=self._opened_at,
                until=None,
            )
            self._opened_at = None
            await self._recorder.record(meeting, self._desk.unsettled)
