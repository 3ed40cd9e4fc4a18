"""What pages ask of what they send: of each source, a participant sends one at a time, from whichever page."""

from collections.abc import Mapping

from msgspec.structs import replace

from protocol.errors import ErrorCode
from protocol.permissions import SCREENS_AT_ONCE
from protocol.requests import MediaProduce, MediaProduced, MediaProducerClose, MediaProducerUpdate
from protocol.room import SOURCE_KIND, Source
from protocol.wire import Empty, Request
from server.errors import UserError
from server.ids import create_id
from server.media import messages as m
from server.media import ortc
from server.media.books import not_found
from server.media.endpoint import MediaProducer
from server.media.meeting_media import MeetingMedia
from server.room.feature import Caller, Handler


class ProducerRequests:
    """Opens, pauses and closes producers."""

    def __init__(self, media: MeetingMedia) -> None:
        self._media = media

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Answer these."""
        return {
            MediaProduce: self._on_produce,
            MediaProducerUpdate: self._on_update,
            MediaProducerClose: self._on_close,
        }

    async def _on_produce(self, caller: Caller, request: MediaProduce) -> MediaProduced:
        transport = self._media.books.own_transport(caller, request.transport_id, "send")
        if request.source is Source.SCREEN:
            self._check_screens(caller.participant_id)
        checked = ortc.check_producer(SOURCE_KIND[request.source], request.rtp_parameters)
        producer = MediaProducer(
            producer_id=create_id("pr"),
            source=request.source,
            transport=transport,
            codec=checked.codec,
            codec_parameters=checked.codec_parameters,
            is_paused=request.is_paused,
        )
        stream = replace(checked.stream, is_screen=request.source is Source.SCREEN)
        await self._open(producer, stream)
        # Not before: it may have been refused.
        replaced = self._close_earlier(caller.participant_id, request.source)
        self._media.books.add_producer(producer)
        self._media.span.add_producer(producer, stream)
        self._media.speakers.update()  # the worker has told of it already
        # At once with the new one: in between, another page would take nobody to be sending.
        self._media.notices.tell_producers(caller.participant_id)
        for earlier in replaced:
            self._media.notices.tell_replaced(earlier)
        return MediaProduced(producer_id=producer.producer_id)

    async def _open(self, producer: MediaProducer, stream: m.ProducerStream) -> None:
        """Open a producer on its worker. Raises `UserError` when it is not open there after all."""
        transport = producer.transport
        earlier = self._media.books.sent(transport, producer.source)
        try:
            await self._media.do(
                transport,
                m.Produce(
                    transport_id=transport.transport_id,
                    producer_id=producer.producer_id,
                    stream=stream,
                    is_paused=producer.is_paused,
                    replaces=earlier.producer_id if earlier is not None else None,
                ),
            )
            if producer.source is Source.SCREEN:  # somebody else may have been faster
                self._check_screens(producer.participant_id)
        except BaseException as error:
            # Too late or cancelled: it may have been made all the same, and the earlier one closed for it.
            self._media.close_producer(producer)
            if earlier is not None and not _is_refusal(error):
                self._media.close_producer(earlier)
                self._media.notices.tell_producers(earlier.participant_id)
            raise
        if transport.is_closed:
            raise not_found("transport")

    def _check_screens(self, participant_id: str) -> None:
        """Raise `UserError` when the others share as many screens as this kind of room allows."""
        producers = self._media.books.producers.values()
        others = {producer.participant_id for producer in producers if producer.source is Source.SCREEN}
        if len(others - {participant_id}) >= SCREENS_AT_ONCE[self._media.meeting.room.kind]:
            raise UserError(ErrorCode.TOO_MANY_SCREENS, "Nobody else can share a screen here just now.")

    def _close_earlier(self, participant_id: str, source: Source) -> list[MediaProducer]:
        """Close what the participant sends of `source`, without telling anybody; return it."""
        sent = self._media.books.producers_of(participant_id)
        earlier = [producer for producer in sent if producer.source is source]
        for producer in earlier:
            self._media.close_producer(producer)
        return earlier

    async def _on_update(self, caller: Caller, request: MediaProducerUpdate) -> Empty:
        producer = self._media.books.own_producer(caller, request.producer_id)
        await self._media.do(
            producer.transport,
            m.PauseProducer(
                transport_id=producer.transport.transport_id,
                producer_id=producer.producer_id,
                is_paused=request.is_paused,
            ),
        )
        if not producer.is_closed:
            producer.is_paused = request.is_paused
            self._media.span.pause_producer(producer)
            self._media.notices.tell_producers(caller.participant_id)
        return Empty()

    async def _on_close(self, caller: Caller, request: MediaProducerClose) -> Empty:
        producer = self._media.books.own_producer(caller, request.producer_id)
        self._media.close_producer(producer)
        self._media.notices.tell_producers(producer.participant_id)
        return Empty()


def _is_refusal(error: BaseException) -> bool:
    """Tell whether the worker has not done what was asked, rather than not answered."""
    return isinstance(error, UserError) and error.code is not ErrorCode.MEDIA_UNAVAILABLE
