"""The media of one meeting, as a room and the workers see it: hooks, and what happens on the workers.

What pages ask for is answered by `TransportRequests`, `ProducerRequests` and `ConsumerRequests`.
"""

from collections.abc import Mapping

from protocol.events import MediaReset
from protocol.room import MediaSnapshot, Quality
from protocol.wire import Request
from server.media import messages as m
from server.media.consumer_requests import ConsumerRequests
from server.media.meeting_media import MeetingMedia
from server.media.producer_requests import ProducerRequests
from server.media.supervisor import Supervisor
from server.media.transport_requests import Candidates, IceServers, TransportRequests
from server.media.worker_process import WorkerProcess
from server.room.feature import Caller, Feature, Handler, Meeting


class MediaFeature(Feature):
    """Implements `RouterOwner` for the supervisor. Each loss of a worker begins a new epoch."""

    name = "media"

    def __init__(
        self, meeting: Meeting, supervisor: Supervisor, candidates: Candidates, ice_servers: IceServers
    ) -> None:
        self._meeting = meeting
        self._epoch = 1
        self._is_closed = False
        self._media = MeetingMedia(meeting, supervisor, self)
        self._requests = (
            TransportRequests(self._media, candidates, ice_servers),
            ProducerRequests(self._media),
            ConsumerRequests(self._media),
        )

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Answer every media request."""
        return {kind: handler for requests in self._requests for kind, handler in requests.handlers().items()}

    def snapshot(self) -> MediaSnapshot:
        """Return the epoch, and whether there is a worker."""
        return MediaSnapshot(epoch=self._epoch, is_available=self._media.span.home is not None)

    async def on_meeting_opened(self, _at: int) -> None:
        """Find a worker."""
        self._open()

    async def on_connection_joined(self, caller: Caller, at: int) -> None:  # noqa: ARG002 - the hook's
        """Tell a page that has come back what it may have missed."""
        self._media.notices.tell_again(caller.endpoint_id)
        self._media.speakers.tell_again(caller.endpoint_id)

    async def on_endpoint_left(self, caller: Caller) -> None:
        """Close the endpoint's transports with all that is on them."""
        for transport in self._media.books.transports_of(caller.endpoint_id):
            self._media.close_transport(transport)

    async def on_participant_left(self, participant_id: str) -> None:
        """Close whatever the participant still has."""
        for endpoint in self._media.books.endpoints_of(participant_id):
            for transport in list(endpoint.transports.values()):
                self._media.close_transport(transport)

    async def on_meeting_closed(self, _at: int) -> None:
        """Free everything."""
        if self._is_closed:
            return
        self._is_closed = True
        for transport in list(self._media.books.transports.values()):
            self._media.close_transport(transport)
        self._media.qualities.close()
        self._media.span.close()

    def on_transport_connected(self, transport_id: str) -> None:
        """Tell the room who has media now."""
        if (transport := self._media.books.transports.get(transport_id)) is not None:
            transport.is_connected = True
            self._media.notices.tell_connected(transport.endpoint.participant_id)

    def on_transport_closed(self, transport_id: str, reason: m.CloseReason) -> None:
        """Free what was on a transport that the worker closed, and tell its page."""
        if (transport := self._media.books.transports.get(transport_id)) is not None:
            self._media.forget_transport(transport)
            self._media.notices.tell_closed(transport, reason)

    def on_layers_wanted(self, producer_id: str, layers: int) -> None:
        """Tell a page how much of its camera somebody looks at."""
        if (producer := self._media.books.producers.get(producer_id)) is not None:
            producer.layers_wanted = layers
            self._media.notices.tell_layers_wanted(producer)

    def on_speakers_changed(self, worker: WorkerProcess, speakers: m.SpeakersChanged) -> None:
        """Tell the room who is heard now."""
        self._media.speakers.on_changed(worker, speakers)

    def on_transport_quality(self, transport_id: str, quality: Quality) -> None:
        """Tell the room how good somebody's connection is now."""
        if (transport := self._media.books.transports.get(transport_id)) is not None:
            transport.quality = quality
            self._media.qualities.tell(transport.endpoint.participant_id)

    def on_consumer_dark(self, transport_id: str, consumer_id: str, *, is_dark: bool) -> None:
        """Tell a page why a picture stays away."""
        transport = self._media.books.transports.get(transport_id)
        if transport is not None and (consumer := transport.consumers.get(consumer_id)) is not None:
            consumer.is_dark = is_dark
            self._media.notices.tell_dark(consumer)

    def on_worker_lost(self) -> None:
        """Begin a new epoch, on another worker if there is one; those that are left of several let go of it, too."""
        self._media.span.close()
        self._epoch += 1
        # Before the producers go, so that no page takes its own for closed by somebody.
        self._meeting.publish(MediaReset(epoch=self._epoch, is_available=False))
        for transport in list(self._media.books.transports.values()):
            self._media.forget_transport(transport)
        self._media.speakers.update()
        self.on_worker_available()

    def on_worker_available(self) -> None:
        """Go on with a worker that is there now."""
        if self._is_closed:
            return
        self._open()
        if self._media.span.home is not None:
            self._meeting.publish(MediaReset(epoch=self._epoch, is_available=True))

    def _open(self) -> None:
        self._media.span.open(f"{self._meeting.meeting_id}.{self._epoch}")
