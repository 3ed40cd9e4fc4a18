"""What pages ask of what they receive: a producer's track each, and the room's audio slots."""

from collections.abc import Mapping

from protocol.errors import ErrorCode
from protocol.requests import (
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsume,
    MediaConsumed,
    MediaConsumerClose,
    MediaConsumerUpdate,
)
from protocol.rtp import ConsumerOptions, RtpCapabilities
from protocol.wire import Empty, Request
from server.errors import UserError
from server.ids import create_id
from server.media import messages as m
from server.media import ortc
from server.media.books import not_found
from server.media.endpoint import MediaConsumer, MediaProducer, MediaTransport
from server.media.meeting_media import MeetingMedia
from server.media.slots import offer_slots
from server.room.feature import Caller, Handler

MAX_CONSUMERS = 512
"""On one transport."""


class ConsumerRequests:
    """Opens, pauses and closes consumers; a page has one of each producer and of each slot."""

    def __init__(self, media: MeetingMedia) -> None:
        self._media = media

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Answer these."""
        return {
            MediaConsume: self._on_consume,
            MediaAudioSlots: self._on_audio_slots,
            MediaConsumerUpdate: self._on_update,
            MediaConsumerClose: self._on_close,
        }

    async def _on_consume(self, caller: Caller, request: MediaConsume) -> MediaConsumed:
        transport = self._media.books.own_transport(caller, request.transport_id, "recv")
        producer = self._media.books.producers.get(request.producer_id)
        if producer is None:
            raise not_found("producer")
        capabilities = transport.capabilities
        if capabilities is None or not ortc.can_consume(producer.codec, capabilities):
            raise UserError(ErrorCode.CANNOT_CONSUME, "This browser cannot play that.")
        # The answer of an earlier one was lost, or the page asks for more than it can use.
        self._close_consumers(transport, producer)
        _check_room_for(transport, 1)
        stream = _create_stream(transport, producer, capabilities)
        consumer = MediaConsumer(create_id("co"), producer, transport)
        self._media.books.add_consumer(consumer)
        self._media.span.lead(consumer)
        try:
            await self._media.do(
                transport,
                m.Consume(
                    transport_id=transport.transport_id,
                    consumer_id=consumer.consumer_id,
                    producer_transport_id=producer.transport.transport_id,
                    producer_id=producer.producer_id,
                    stream=stream,
                ),
            )
        except BaseException:  # too late or cancelled: the worker may have made it
            self._media.close_consumer(consumer)
            raise
        if consumer.consumer_id not in transport.consumers:
            raise not_found("producer")
        return MediaConsumed(
            consumer=ConsumerOptions(
                id=consumer.consumer_id,
                producer_id=producer.producer_id,
                kind=producer.kind,
                rtp_parameters=ortc.consumer_parameters(
                    producer.codec, producer.codec_parameters, capabilities, stream
                ),
                producer_paused=producer.is_paused,
            )
        )

    async def _on_audio_slots(self, caller: Caller, request: MediaAudioSlots) -> MediaAudioSlotsConsumed:
        transport = self._media.books.own_transport(caller, request.transport_id, "recv")
        slots = transport.audio_slots
        if not slots or any(slot.id not in transport.consumers for slot in slots):
            slots = await self._consume_slots(transport)
        return MediaAudioSlotsConsumed(consumers=slots)

    async def _consume_slots(self, transport: MediaTransport) -> tuple[ConsumerOptions, ...]:
        self._close_consumers(transport, None)
        _check_room_for(transport, m.AUDIO_SLOTS)
        offer = offer_slots(transport)
        transport.audio_slots = offer.options
        try:
            for options in offer.options:
                self._media.books.add_consumer(MediaConsumer(options.id, None, transport))
            await self._media.do(
                transport, m.ConsumeSlots(transport_id=transport.transport_id, slots=offer.subscriptions)
            )
        except BaseException:  # as for a picture
            self._close_consumers(transport, None)
            raise
        if transport.is_closed:
            raise not_found("transport")
        return offer.options

    def _close_consumers(self, transport: MediaTransport, producer: MediaProducer | None) -> None:
        """Close what a transport has of a producer, or of the slots."""
        for consumer in [each for each in transport.consumers.values() if each.producer is producer]:
            self._media.close_consumer(consumer)

    async def _on_update(self, caller: Caller, request: MediaConsumerUpdate) -> Empty:
        consumer = self._media.books.own_consumer(caller, request.consumer_id)
        transport_id, consumer_id = consumer.transport.transport_id, consumer.consumer_id
        if request.max_layer is not None:
            self._media.post(
                consumer.transport,
                m.PreferLayer(
                    transport_id=transport_id,
                    consumer_id=consumer_id,
                    layer=request.max_layer,
                    is_large=request.is_large,
                ),
            )
        await self._media.do(
            consumer.transport,
            m.PauseConsumer(transport_id=transport_id, consumer_id=consumer_id, is_paused=request.is_paused),
        )
        return Empty()

    async def _on_close(self, caller: Caller, request: MediaConsumerClose) -> Empty:
        self._media.close_consumer(self._media.books.own_consumer(caller, request.consumer_id))
        return Empty()


def _check_room_for(transport: MediaTransport, count: int) -> None:
    if len(transport.consumers) + count > MAX_CONSUMERS or not transport.has_mids:
        raise UserError(ErrorCode.TOO_MANY, "This page receives too many streams.")


def _create_stream(
    transport: MediaTransport, producer: MediaProducer, capabilities: RtpCapabilities
) -> m.ConsumerStream:
    can_retransmit = ortc.can_retransmit(producer.codec, capabilities)
    return m.ConsumerStream(
        ssrc=transport.take_ssrc(),
        rtx_ssrc=transport.take_ssrc() if can_retransmit else None,
        mid=transport.take_mid(),
        cname=producer.transport.transport_id,
    )
