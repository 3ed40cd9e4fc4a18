"""What a meeting is told of its media: one page by notices, everybody by what stands with a participant."""

from typing import Literal

from protocol.events import MediaConsumerDark, MediaLayersWanted, MediaProducerClosed, MediaTransportClosed
from protocol.rtp import MediaKind
from server.media import messages as m
from server.media.books import MediaBooks
from server.media.endpoint import MediaConsumer, MediaProducer, MediaTransport
from server.room.feature import Meeting


class MediaNotices:
    """Tells what the books say now. Who is heard is told by `SpeakerNotices`."""

    def __init__(self, meeting: Meeting, books: MediaBooks) -> None:
        self._meeting = meeting
        self._books = books

    def tell_again(self, endpoint_id: str) -> None:
        """Tell a page that has come back what it may have missed."""
        for transport in self._books.transports_of(endpoint_id):
            for producer in transport.producers.values():
                self.tell_layers_wanted(producer)
            for consumer in transport.consumers.values():
                self.tell_dark(consumer)

    def tell_closed(self, transport: MediaTransport, reason: m.CloseReason | Literal["replaced"]) -> None:
        """Tell a page that it has lost a transport."""
        self._meeting.notify(
            MediaTransportClosed(transport_id=transport.transport_id, reason=reason),
            endpoint_id=transport.endpoint.endpoint_id,
        )

    def tell_replaced(self, producer: MediaProducer) -> None:
        """Tell a page that another one of the same participant sends in its place."""
        self._meeting.notify(
            MediaProducerClosed(producer_id=producer.producer_id, reason="replaced"),
            endpoint_id=producer.transport.endpoint.endpoint_id,
        )

    def tell_layers_wanted(self, producer: MediaProducer) -> None:
        """Tell a page how much of its picture somebody looks at."""
        if producer.kind is MediaKind.VIDEO:
            self._meeting.notify(
                MediaLayersWanted(producer_id=producer.producer_id, layers=producer.layers_wanted),
                endpoint_id=producer.transport.endpoint.endpoint_id,
            )

    def tell_dark(self, consumer: MediaConsumer) -> None:
        """Tell a page why a picture stays away, or that it comes again."""
        if consumer.is_dark is not None:
            self._meeting.notify(
                MediaConsumerDark(consumer_id=consumer.consumer_id, is_dark=consumer.is_dark),
                endpoint_id=consumer.transport.endpoint.endpoint_id,
            )

    def tell_connected(self, participant_id: str) -> None:
        """Tell the room whether a participant has media now."""
        self._meeting.set_media_connected(participant_id, is_connected=self._books.is_connected(participant_id))

    def tell_producers(self, participant_id: str) -> None:
        """Tell the room what a participant sends now."""
        if self._meeting.participant(participant_id) is None:
            return
        infos = sorted((p.info() for p in self._books.producers_of(participant_id)), key=lambda info: info.source)
        self._meeting.set_producers(participant_id, tuple(infos))
