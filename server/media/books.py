"""What is open of one meeting's media, and whose it is. Only books: nobody is told, and no worker does anything."""

from protocol.errors import ErrorCode
from protocol.room import Quality, Source
from protocol.rtp import RtpCapabilities
from server.errors import UserError
from server.ids import create_id
from server.media.endpoint import Direction, EndpointMedia, MediaConsumer, MediaProducer, MediaTransport
from server.room.feature import Caller

MAX_MEDIA_ENDPOINTS = 8
"""Of one participant, with transports; more may be connected."""
MAX_CONSUMERS_OF_PARTICIPANT = 1_024
"""Over all pages: two of them may show everything in a room that fills both (`consumer_requests.MAX_CONSUMERS`)."""


class MediaBooks:
    """The `own_...` methods raise `UserError` for what is not the caller's page's: to it, that does not exist."""

    def __init__(self) -> None:
        self.transports: dict[str, MediaTransport] = {}
        self.producers: dict[str, MediaProducer] = {}
        self._endpoints: dict[str, EndpointMedia] = {}
        """Those with a transport."""

    def add_transport(
        self, caller: Caller, direction: Direction, capabilities: RtpCapabilities | None
    ) -> MediaTransport:
        """Enter a transport; the page has none of that direction. Raises `UserError` for one page too many."""
        endpoint = self._endpoints.get(caller.endpoint_id)
        if endpoint is None:
            if len(self.endpoints_of(caller.participant_id)) >= MAX_MEDIA_ENDPOINTS:
                raise UserError(ErrorCode.TOO_MANY, "You have too many pages open.")
            endpoint = EndpointMedia(caller.endpoint_id, caller.participant_id)
            self._endpoints[caller.endpoint_id] = endpoint
        transport = MediaTransport(create_id("tr"), endpoint, direction, capabilities)
        endpoint.transports[direction] = self.transports[transport.transport_id] = transport
        return transport

    def remove_transport(self, transport: MediaTransport) -> list[MediaProducer]:
        """Strike off a transport with all that is on it, and return the producers among that. Idempotent."""
        if transport.is_closed:
            return []
        transport.is_closed = True
        endpoint = transport.endpoint
        del self.transports[transport.transport_id], endpoint.transports[transport.direction]
        if not endpoint.transports:
            del self._endpoints[endpoint.endpoint_id]
        for consumer in list(transport.consumers.values()):
            self.remove_consumer(consumer)
        producers = list(transport.producers.values())
        for producer in producers:
            self.remove_producer(producer)
        return producers

    def add_producer(self, producer: MediaProducer) -> None:
        """Enter a producer."""
        self.producers[producer.producer_id] = producer.transport.producers[producer.producer_id] = producer

    def remove_producer(self, producer: MediaProducer) -> None:
        """Strike off a producer with its consumers. Idempotent."""
        producer.is_closed = True
        self.producers.pop(producer.producer_id, None)
        producer.transport.producers.pop(producer.producer_id, None)
        for consumer in list(producer.consumers.values()):
            self.remove_consumer(consumer)

    def add_consumer(self, consumer: MediaConsumer) -> None:
        """Enter a consumer. Raises `UserError` when the participant receives too many on all pages together."""
        participant_id = consumer.transport.endpoint.participant_id
        if self._consumer_count(participant_id) >= MAX_CONSUMERS_OF_PARTICIPANT:
            raise UserError(ErrorCode.TOO_MANY, "Your pages receive too many streams together; close one of them.")
        consumer.transport.consumers[consumer.consumer_id] = consumer
        if consumer.producer is not None:
            consumer.producer.consumers[consumer.consumer_id] = consumer

    def remove_consumer(self, consumer: MediaConsumer) -> None:
        """Strike off a consumer. Idempotent."""
        consumer.transport.consumers.pop(consumer.consumer_id, None)
        if consumer.producer is not None:
            consumer.producer.consumers.pop(consumer.consumer_id, None)

    def transports_of(self, endpoint_id: str) -> list[MediaTransport]:
        """Return what a page has open."""
        endpoint = self._endpoints.get(endpoint_id)
        return list(endpoint.transports.values()) if endpoint is not None else []

    def endpoints_of(self, participant_id: str) -> list[EndpointMedia]:
        """Return a participant's pages that have something open."""
        return [endpoint for endpoint in self._endpoints.values() if endpoint.participant_id == participant_id]

    def producers_of(self, participant_id: str) -> list[MediaProducer]:
        """Return what a participant sends, from whichever page."""
        return [
            producer
            for endpoint in self.endpoints_of(participant_id)
            for transport in endpoint.transports.values()
            for producer in transport.producers.values()
        ]

    def is_connected(self, participant_id: str) -> bool:
        """Tell whether streams can come and go on any transport of a participant."""
        endpoints = self.endpoints_of(participant_id)
        return any(transport.is_connected for each in endpoints for transport in each.transports.values())

    def quality_of(self, participant_id: str) -> Quality:
        """Return how good a participant's connection is: as bad as the worst of their transports."""
        endpoints = self.endpoints_of(participant_id)
        qualities = (transport.quality for endpoint in endpoints for transport in endpoint.transports.values())
        return min(qualities, key=list(Quality).index, default=Quality.GOOD)

    def _consumer_count(self, participant_id: str) -> int:
        return sum(
            len(transport.consumers)
            for endpoint in self.endpoints_of(participant_id)
            for transport in endpoint.transports.values()
        )

    def sent(self, transport: MediaTransport, source: Source) -> MediaProducer | None:
        """Return what is sent of `source` on a transport."""
        return next((producer for producer in transport.producers.values() if producer.source is source), None)

    def own_transport(self, caller: Caller, transport_id: str, direction: Direction | None = None) -> MediaTransport:
        """Return the page's transport, of that direction."""
        transport = self.transports.get(transport_id)
        if transport is None or transport.endpoint.endpoint_id != caller.endpoint_id:
            raise not_found("transport")
        if direction is not None and transport.direction != direction:
            raise UserError(ErrorCode.BAD_REQUEST, f"That is no {direction} transport.")
        return transport

    def own_producer(self, caller: Caller, producer_id: str) -> MediaProducer:
        """Return a producer of the page."""
        producer = self.producers.get(producer_id)
        if producer is None or producer.transport.endpoint.endpoint_id != caller.endpoint_id:
            raise not_found("producer")
        return producer

    def own_consumer(self, caller: Caller, consumer_id: str) -> MediaConsumer:
        """Return a consumer of the page."""
        for transport in self.transports_of(caller.endpoint_id):
            if (consumer := transport.consumers.get(consumer_id)) is not None:
                return consumer
        raise not_found("consumer")


def not_found(what: str) -> UserError:
    """Return the error for what is not there, or not the caller's."""
    return UserError(ErrorCode.NOT_FOUND, f"This page has no such {what}.")
