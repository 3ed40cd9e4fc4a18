"""The media of one meeting: who may touch what, and what of it the room is told.

A page asks; this decides, keeps the books, and has the worker do it. Commands reach a worker in the order in which
they are given, so the books are changed at once and what turns out to be closed meanwhile was closed there, too.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from protocol.errors import ErrorCode
from protocol.events import (
    MediaConsumerDark,
    MediaLayersWanted,
    MediaProducerClosed,
    MediaReset,
    MediaTransportClosed,
)
from protocol.permissions import SCREENS_AT_ONCE
from protocol.requests import (
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsume,
    MediaConsumed,
    MediaConsumerClose,
    MediaConsumerUpdate,
    MediaIceRestart,
    MediaIceRestarted,
    MediaProduce,
    MediaProduced,
    MediaProducerClose,
    MediaProducerUpdate,
    MediaTransportClose,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.room import SOURCE_KIND, MediaSnapshot, Quality, Source
from protocol.rtp import (
    ConsumerOptions,
    DtlsParameters,
    IceCandidate,
    IceParameters,
    IceServer,
    MediaKind,
    TransportOptions,
)
from protocol.wire import Empty, Request
from server.errors import UserError
from server.ids import create_id
from server.media import messages as m
from server.media import ortc
from server.media.books import MediaBooks, not_found
from server.media.endpoint import MediaConsumer, MediaProducer, MediaTransport
from server.media.rpc import RpcError
from server.media.slots import SpeakerNotices, offer_slots
from server.media.span import Span
from server.media.supervisor import Supervisor
from server.media.worker_process import WorkerProcess
from server.room.feature import Caller, Feature, Handler, Meeting

MAX_CONSUMERS = 512
"""On one transport."""


class MediaFeature(Feature):
    """Implements `RouterOwner` for the supervisor."""

    name = "media"

    def __init__(
        self,
        meeting: Meeting,
        supervisor: Supervisor,
        candidates: Callable[[WorkerProcess], list[IceCandidate]],
        ice_servers: Callable[[str], list[IceServer]],
    ) -> None:
        """`ice_servers` makes a participant's credentials for the TURN servers."""
        self._meeting = meeting
        self._candidates = candidates
        self._ice_servers = ice_servers
        self._epoch = 1
        self._is_closed = False
        self._books = MediaBooks()
        self._span = Span(supervisor, self)
        self._speakers = SpeakerNotices(meeting, self._books, self._span)

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Answer every media request."""
        return {
            MediaTransportCreate: self._on_transport_create,
            MediaTransportConnect: self._on_transport_connect,
            MediaIceRestart: self._on_ice_restart,
            MediaTransportClose: self._on_transport_close,
            MediaProduce: self._on_produce,
            MediaProducerUpdate: self._on_producer_update,
            MediaProducerClose: self._on_producer_close,
            MediaConsume: self._on_consume,
            MediaAudioSlots: self._on_audio_slots,
            MediaConsumerUpdate: self._on_consumer_update,
            MediaConsumerClose: self._on_consumer_close,
        }

    def snapshot(self) -> MediaSnapshot:
        """Return the epoch, and whether there is a worker."""
        return MediaSnapshot(epoch=self._epoch, is_available=self._span.home is not None)

    async def on_meeting_opened(self, _at: int) -> None:
        """Find a worker."""
        self._span.open(self._router_id)

    async def on_connection_joined(self, caller: Caller, at: int) -> None:  # noqa: ARG002 - the hook's
        """Tell a page that has come back what it may have missed."""
        for transport in self._books.transports_of(caller.endpoint_id):
            for producer in transport.producers.values():
                self._tell_layers_wanted(producer)
            for consumer in transport.consumers.values():
                self._tell_dark(consumer)
        self._speakers.tell_again(caller.endpoint_id)

    async def on_endpoint_left(self, caller: Caller) -> None:
        """Close the endpoint's transports with all that is on them."""
        for transport in self._books.transports_of(caller.endpoint_id):
            self._close_transport(transport)

    async def on_participant_left(self, participant_id: str) -> None:
        """Close whatever the participant still has."""
        for endpoint in self._books.endpoints_of(participant_id):
            for transport in list(endpoint.transports.values()):
                self._close_transport(transport)

    async def on_meeting_closed(self, _at: int) -> None:
        """Free everything."""
        if self._is_closed:
            return
        self._is_closed = True
        for transport in list(self._books.transports.values()):
            self._close_transport(transport)
        self._span.close()

    # What happens to it

    def on_transport_closed(self, transport_id: str, reason: m.CloseReason) -> None:
        """Free what was on a transport that the worker closed, and tell its page."""
        if (transport := self._books.transports.get(transport_id)) is not None:
            self._forget_transport(transport)
            self._meeting.notify(
                MediaTransportClosed(transport_id=transport_id, reason=reason),
                endpoint_id=transport.endpoint.endpoint_id,
            )

    def on_layers_wanted(self, producer_id: str, layers: int) -> None:
        """Tell a page how much of its camera somebody looks at."""
        if (producer := self._books.producers.get(producer_id)) is not None:
            producer.layers_wanted = layers
            self._tell_layers_wanted(producer)

    def on_speakers_changed(self, worker: WorkerProcess, speakers: m.SpeakersChanged) -> None:
        """Tell the room who is heard now."""
        self._speakers.on_changed(worker, speakers)

    def on_transport_quality(self, transport_id: str, quality: Quality) -> None:
        """Tell the room how good somebody's connection is now."""
        if (transport := self._books.transports.get(transport_id)) is not None:
            transport.quality = quality
            self._tell_quality(transport.endpoint.participant_id)

    def on_consumer_dark(self, transport_id: str, consumer_id: str, *, is_dark: bool) -> None:
        """Tell a page why a picture stays away."""
        transport = self._books.transports.get(transport_id)
        if transport is not None and (consumer := transport.consumers.get(consumer_id)) is not None:
            consumer.is_dark = is_dark
            self._tell_dark(consumer)

    def on_worker_lost(self) -> None:
        """Begin a new epoch, on another worker if there is one; those that are left of several let go of it, too."""
        self._span.close()
        self._epoch += 1
        # Before the producers go, so that no page takes its own for closed by somebody.
        self._meeting.publish(MediaReset(epoch=self._epoch, is_available=False))
        for transport in list(self._books.transports.values()):
            self._forget_transport(transport)
        self._speakers.update()
        self.on_worker_available()

    def on_worker_available(self) -> None:
        """Go on with a worker that is there now."""
        if self._is_closed:
            return
        self._span.open(self._router_id)
        if self._span.home is not None:
            self._meeting.publish(MediaReset(epoch=self._epoch, is_available=True))

    # What is asked of it

    async def _on_transport_create(self, caller: Caller, request: MediaTransportCreate) -> MediaTransportCreated:
        if self._span.home is None:
            raise _unavailable()
        if request.direction == "recv" and request.rtp_capabilities is None:
            raise UserError(ErrorCode.BAD_REQUEST, "A transport to receive with needs rtp_capabilities.")
        transport = self._open_transport(caller, request)
        worker = self._span.place(transport)
        assert worker is not None  # noqa: S101 - there is a home
        if worker is not self._span.home:
            self._speakers.update()
            self._speakers.tell_again(caller.endpoint_id)
        try:
            created = await self._do(
                transport,
                m.CreateTransport(
                    router_id=self._router_id, transport_id=transport.transport_id, group=caller.participant_id
                ),
            )
        except BaseException:  # too late or cancelled: the worker may have made it
            self._close_transport(transport)
            raise
        if transport.is_closed or not isinstance(created, m.TransportCreated):
            raise not_found("transport")
        return MediaTransportCreated(transport=self._transport_options(worker, transport, created))

    async def _on_transport_connect(self, caller: Caller, request: MediaTransportConnect) -> Empty:
        transport = self._books.own_transport(caller, request.transport_id)
        await self._do(
            transport,
            m.ConnectTransport(
                transport_id=transport.transport_id,
                fingerprints=request.dtls_parameters.fingerprints,
                remote_role=request.dtls_parameters.role,
            ),
        )
        return Empty()

    async def _on_ice_restart(self, caller: Caller, request: MediaIceRestart) -> MediaIceRestarted:
        transport = self._books.own_transport(caller, request.transport_id)
        restarted = await self._do(transport, m.RestartIce(transport_id=transport.transport_id))
        assert isinstance(restarted, m.IceRestarted)  # noqa: S101 - what the worker answers to it
        return MediaIceRestarted(
            ice_parameters=_ice_parameters(restarted), ice_servers=tuple(self._ice_servers(caller.participant_id))
        )

    async def _on_transport_close(self, caller: Caller, request: MediaTransportClose) -> Empty:
        self._close_transport(self._books.own_transport(caller, request.transport_id))
        return Empty()

    async def _on_produce(self, caller: Caller, request: MediaProduce) -> MediaProduced:
        transport = self._books.own_transport(caller, request.transport_id, "send")
        is_screen = request.source is Source.SCREEN
        if is_screen:
            self._check_screens(caller.participant_id)
        checked = ortc.check_producer(SOURCE_KIND[request.source], request.rtp_parameters)
        earlier = self._books.sent(transport, request.source)
        producer = MediaProducer(
            producer_id=create_id("pr"),
            source=request.source,
            transport=transport,
            codec=checked.codec,
            codec_parameters=checked.codec_parameters,
            is_paused=request.is_paused,
        )
        stream = replace(checked.stream, is_screen=is_screen)
        try:
            await self._do(
                transport,
                m.Produce(
                    transport_id=transport.transport_id,
                    producer_id=producer.producer_id,
                    stream=stream,
                    is_paused=request.is_paused,
                    replaces=earlier.producer_id if earlier is not None else None,
                ),
            )
            if is_screen:  # somebody else may have been faster
                self._check_screens(caller.participant_id)
        except UserError:
            # It may have been made all the same, after we stopped waiting.
            self._post(
                transport, m.CloseProducer(transport_id=transport.transport_id, producer_id=producer.producer_id)
            )
            raise
        if transport.is_closed:
            raise not_found("transport")
        replaced = self._drop_producers(caller.participant_id, request.source)  # not before: it may have been refused
        self._books.add_producer(producer)
        self._span.add_producer(producer, stream)
        self._speakers.update()  # the worker has told of it already
        # At once with the new one: in between, another page would take nobody to be sending.
        self._tell_producers(caller.participant_id)
        for other in replaced:
            self._meeting.notify(
                MediaProducerClosed(producer_id=other.producer_id, reason="replaced"),
                endpoint_id=other.transport.endpoint.endpoint_id,
            )
        return MediaProduced(producer_id=producer.producer_id)

    async def _on_producer_update(self, caller: Caller, request: MediaProducerUpdate) -> Empty:
        producer = self._books.own_producer(caller, request.producer_id)
        await self._do(
            producer.transport,
            m.PauseProducer(
                transport_id=producer.transport.transport_id,
                producer_id=producer.producer_id,
                is_paused=request.is_paused,
            ),
        )
        if not producer.is_closed:
            producer.is_paused = request.is_paused
            self._span.pause_producer(producer)
            self._tell_producers(caller.participant_id)
        return Empty()

    async def _on_producer_close(self, caller: Caller, request: MediaProducerClose) -> Empty:
        producer = self._books.own_producer(caller, request.producer_id)
        self._drop_producer(producer)
        self._tell_producers(producer.participant_id)
        return Empty()

    async def _on_consume(self, caller: Caller, request: MediaConsume) -> MediaConsumed:
        transport = self._books.own_transport(caller, request.transport_id, "recv")
        producer = self._books.producers.get(request.producer_id)
        if producer is None:
            raise not_found("producer")
        capabilities = transport.capabilities
        if capabilities is None or not ortc.can_consume(producer.codec, capabilities):
            raise UserError(ErrorCode.CANNOT_CONSUME, "This browser cannot play that.")
        for earlier in [c for c in transport.consumers.values() if c.producer is producer]:
            self._close_consumer(earlier)  # its answer was lost, or the page asks for more than it can use
        if len(transport.consumers) >= MAX_CONSUMERS or not transport.has_mids:
            raise UserError(ErrorCode.TOO_MANY, "This page receives too many streams.")
        ssrc = transport.take_ssrc()
        rtx_ssrc = transport.take_ssrc() if ortc.can_retransmit(producer.codec, capabilities) else None
        stream = m.ConsumerStream(
            ssrc=ssrc, rtx_ssrc=rtx_ssrc, mid=transport.take_mid(), cname=producer.transport.transport_id
        )
        consumer = MediaConsumer(create_id("co"), producer, transport)
        self._books.add_consumer(consumer)
        self._span.lead(producer, transport)
        try:
            await self._do(
                transport,
                m.Consume(
                    transport_id=transport.transport_id,
                    consumer_id=consumer.consumer_id,
                    producer_transport_id=producer.transport.transport_id,
                    producer_id=producer.producer_id,
                    stream=stream,
                ),
            )
        except UserError:
            self._close_consumer(consumer)
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
        transport = self._books.own_transport(caller, request.transport_id, "recv")
        slots = transport.audio_slots
        if not slots or any(slot.id not in transport.consumers for slot in slots):
            slots = await self._consume_slots(transport)
        return MediaAudioSlotsConsumed(consumers=slots)

    async def _consume_slots(self, transport: MediaTransport) -> tuple[ConsumerOptions, ...]:
        for earlier in [c for c in transport.consumers.values() if c.producer is None]:
            self._close_consumer(earlier)
        if len(transport.consumers) + m.AUDIO_SLOTS > MAX_CONSUMERS or not transport.has_mids:
            raise UserError(ErrorCode.TOO_MANY, "This page receives too many streams.")
        offer = offer_slots(transport)
        transport.audio_slots = offer.options
        try:
            for options in offer.options:
                self._books.add_consumer(MediaConsumer(options.id, None, transport))
            await self._do(transport, m.ConsumeSlots(transport_id=transport.transport_id, slots=offer.subscriptions))
        except UserError:
            for consumer in [c for c in transport.consumers.values() if c.producer is None]:
                self._close_consumer(consumer)
            raise
        if transport.is_closed:
            raise not_found("transport")
        return offer.options

    async def _on_consumer_update(self, caller: Caller, request: MediaConsumerUpdate) -> Empty:
        consumer = self._books.own_consumer(caller, request.consumer_id)
        transport_id, consumer_id = consumer.transport.transport_id, consumer.consumer_id
        if request.max_layer is not None:
            self._post(
                consumer.transport,
                m.PreferLayer(
                    transport_id=transport_id,
                    consumer_id=consumer_id,
                    layer=request.max_layer,
                    is_large=request.is_large,
                ),
            )
        await self._do(
            consumer.transport,
            m.PauseConsumer(transport_id=transport_id, consumer_id=consumer_id, is_paused=request.is_paused),
        )
        return Empty()

    async def _on_consumer_close(self, caller: Caller, request: MediaConsumerClose) -> Empty:
        self._close_consumer(self._books.own_consumer(caller, request.consumer_id))
        return Empty()

    # The books

    @property
    def _router_id(self) -> str:
        return f"{self._meeting.meeting_id}.{self._epoch}"

    async def _do(self, transport: MediaTransport, command: m.AnyCommand) -> m.Answer:
        worker = self._span.worker_of(transport)
        if worker is None:
            raise _unavailable()
        try:
            return await worker.call(command)
        except RpcError as error:
            raise UserError(ErrorCode.BAD_REQUEST, f"The media server refused: {error}.") from None

    def _post(self, transport: MediaTransport, command: m.AnyCommand) -> None:
        if (worker := self._span.worker_of(transport)) is not None:
            worker.post(command)

    def _open_transport(self, caller: Caller, request: MediaTransportCreate) -> MediaTransport:
        """Enter a transport into the books, in the place of an earlier one."""
        for earlier in self._books.transports_of(caller.endpoint_id):
            if earlier.direction == request.direction:
                self._close_transport(earlier)
                self._meeting.notify(
                    MediaTransportClosed(transport_id=earlier.transport_id, reason="replaced"),
                    endpoint_id=caller.endpoint_id,
                )
        return self._books.add_transport(caller, request.direction, request.rtp_capabilities)

    def _check_screens(self, participant_id: str) -> None:
        """Raise `UserError` when the others share as many screens as this kind of room allows."""
        others = {p.participant_id for p in self._books.producers.values() if p.source is Source.SCREEN}
        if len(others - {participant_id}) >= SCREENS_AT_ONCE[self._meeting.room.kind]:
            raise UserError(ErrorCode.TOO_MANY_SCREENS, "Nobody else can share a screen here just now.")

    def _drop_producers(self, participant_id: str, source: Source) -> list[MediaProducer]:
        """Close what the participant sends of `source`, without telling anybody; return it."""
        dropped = [producer for producer in self._books.producers_of(participant_id) if producer.source is source]
        for producer in dropped:
            self._drop_producer(producer)
        return dropped

    def _drop_producer(self, producer: MediaProducer) -> None:
        transport = producer.transport
        self._books.remove_producer(producer)
        self._span.remove_producer(producer)
        self._post(transport, m.CloseProducer(transport_id=transport.transport_id, producer_id=producer.producer_id))

    def _close_consumer(self, consumer: MediaConsumer) -> None:
        self._books.remove_consumer(consumer)
        transport = consumer.transport
        self._post(transport, m.CloseConsumer(transport_id=transport.transport_id, consumer_id=consumer.consumer_id))

    def _close_transport(self, transport: MediaTransport) -> None:
        self._post(transport, m.CloseTransport(transport_id=transport.transport_id))
        self._forget_transport(transport)

    def _forget_transport(self, transport: MediaTransport) -> None:
        if transport.is_closed:
            return
        producers = self._books.remove_transport(transport)
        for producer in producers:
            self._span.remove_producer(producer)
        self._span.remove(transport)
        if producers:
            self._tell_producers(transport.endpoint.participant_id)
        self._tell_quality(transport.endpoint.participant_id)

    def _tell_quality(self, participant_id: str) -> None:
        self._meeting.set_quality(participant_id, self._books.quality_of(participant_id))

    def _tell_layers_wanted(self, producer: MediaProducer) -> None:
        if producer.kind is MediaKind.VIDEO:
            self._meeting.notify(
                MediaLayersWanted(producer_id=producer.producer_id, layers=producer.layers_wanted),
                endpoint_id=producer.transport.endpoint.endpoint_id,
            )

    def _tell_dark(self, consumer: MediaConsumer) -> None:
        if consumer.is_dark is not None:
            self._meeting.notify(
                MediaConsumerDark(consumer_id=consumer.consumer_id, is_dark=consumer.is_dark),
                endpoint_id=consumer.transport.endpoint.endpoint_id,
            )

    def _tell_producers(self, participant_id: str) -> None:
        """Tell the room what a participant sends now."""
        if self._meeting.participant(participant_id) is None:
            return
        infos = sorted((p.info() for p in self._books.producers_of(participant_id)), key=lambda info: info.source)
        self._meeting.set_producers(participant_id, tuple(infos))

    def _transport_options(
        self, worker: WorkerProcess, transport: MediaTransport, created: m.TransportCreated
    ) -> TransportOptions:
        return TransportOptions(
            id=transport.transport_id,
            ice_parameters=_ice_parameters(created),
            ice_candidates=self._candidates(worker),
            dtls_parameters=DtlsParameters(fingerprints=[worker.fingerprint], role="auto"),
            ice_servers=self._ice_servers(transport.endpoint.participant_id),
        )


def _unavailable() -> UserError:
    return UserError(ErrorCode.MEDIA_UNAVAILABLE, "Sound and video are being restarted.")


def _ice_parameters(credentials: m.TransportCreated | m.IceRestarted) -> IceParameters:
    return IceParameters(username_fragment=credentials.username_fragment, password=credentials.password, ice_lite=True)
