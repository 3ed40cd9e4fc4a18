"""One WebRTC transport: ICE, DTLS and SRTP of one page in one direction, with its producers or consumers."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from protocol.rtp import DtlsFingerprint
from server.media.messages import CloseReason, ConsumerStream, ProducerStream, SlotSubscription
from server.media.rpc import NotFoundError, RpcError
from server.media.worker import rtcp, rtp
from server.media.worker.bandwidth import UplinkEstimator
from server.media.worker.consumer import Consumer
from server.media.worker.counters import DropReason
from server.media.worker.demultiplexer import Demultiplexer
from server.media.worker.downlink import Downlink
from server.media.worker.dtls import DtlsTransport, WorkerCertificate, local_role
from server.media.worker.fanout import Lane
from server.media.worker.ice_lite import CONSENT_S, IceAgent
from server.media.worker.layer import Layer
from server.media.worker.line import Line
from server.media.worker.path import Path
from server.media.worker.plumbing import Plumbing
from server.media.worker.producer import Producer
from server.media.worker.quality import Mark
from server.media.worker.quota import Quota
from server.media.worker.repeats import TransportRepeats
from server.media.worker.room_audio import RoomAudio
from server.media.worker.rtcp_transceiver import RtcpTransceiver
from server.media.worker.rtp import RtpHeader
from server.media.worker.slot_consumer import SlotConsumer
from server.media.worker.srtp import SrtpKeys, SrtpSession, unprotect, unprotect_rtcp
from server.media.worker.udp import RECEIVE_AT

DTLS_TIMEOUT_S = 30.0
_SSRC_AT = 8


class Transport:
    """Owns its DTLS task. `on_closed` is called once, with a reason when it was not by command."""

    def __init__(
        self,
        transport_id: str,
        group: str,
        audio: RoomAudio,
        plumbing: Plumbing,
        certificate: WorkerCertificate,
        on_closed: Callable[["Transport", CloseReason | None], None],
        on_layers_wanted: Callable[[Producer], None] = lambda _: None,
        on_dark: Callable[[Consumer], None] = lambda _: None,
        on_quality: Callable[["Transport"], None] = lambda _: None,
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self.transport_id = transport_id
        self.group = group
        """What of the same group is not heard here in the audio slots."""
        self.audio = audio
        self.agent = IceAgent(self)
        self.inbound: SrtpSession | None = None
        self.outbound: SrtpSession | None = None
        self._repeating: SrtpSession | None = None
        """For sound: with the same key, of streams that the other one never has."""
        self.producers: dict[str, Producer] = {}
        self.incoming = Demultiplexer()
        self.consumers: dict[str, Consumer] = {}
        self.slot_consumers: dict[str, SlotConsumer] = {}
        self.sent: dict[int, Consumer | SlotConsumer] = {}
        """What is sent to the page, by SSRC."""
        self.repeats = TransportRepeats()
        self.rtcp = RtcpTransceiver(self, plumbing)
        self.line = Line()
        self.downlink = Downlink()
        self.uplink: UplinkEstimator | None = None
        """Once packets have told when they were sent."""
        self.is_closed = False
        self._lane: Lane | None = None
        self._plumbing = plumbing
        self._on_closed = on_closed
        self.tell_layers_wanted = on_layers_wanted
        self.tell_dark = on_dark
        self.mark = Mark.GOOD
        """The mark that was told last."""
        self._tell_quality = on_quality
        self._tell_connected = on_connected
        self._dtls = DtlsTransport(certificate, send=self._send, on_closed=lambda: self.close("dtls_closed"))
        self._dtls_task: asyncio.Task[None] | None = None
        self._connect: tuple[Sequence[DtlsFingerprint], Literal["auto", "client", "server"]] | None = None
        self._connect_at = 0.0
        self._quota = Quota()
        self._ticked_at = plumbing.clock()

    @property
    def path(self) -> Path | None:
        """Which way packets are sent; `None` before the first valid check."""
        return self.agent.selected

    @property
    def lane(self) -> Lane | None:
        """The way for what is forwarded; `None` while nothing can be sent."""
        if self.outbound is None or self.path is None:
            return None
        if self._lane is None or self._lane.path != self.path:
            self._lane = Lane(self.path, self.outbound.tag_bytes)
        return self._lane

    @property
    def is_connected(self) -> bool:
        """Whether packets can be sent."""
        return self.outbound is not None

    def connect(
        self, fingerprints: Sequence[DtlsFingerprint], remote_role: Literal["auto", "client", "server"]
    ) -> None:
        """Shake hands with whoever owns a certificate with `fingerprints`, as soon as ICE has found them."""
        if self._connect is not None:
            raise RpcError("connected already")
        self._connect = (fingerprints, remote_role)
        self._connect_at = self._plumbing.clock()
        self._start_dtls()

    def on_checked(self, *, has_moved: bool) -> None:
        """Take note of a valid check: the other side is there, perhaps elsewhere now."""
        self._start_dtls()
        if has_moved:
            self.on_moved()

    def on_moved(self) -> None:
        """Take note that packets go another way from now on, or none."""
        self.line.on_moved()
        self.downlink.on_moved()
        if self.uplink is not None:
            self.uplink.on_moved()
        if self.is_connected:
            for consumer in self.consumers.values():
                consumer.producer.refresh()
            for slot_consumer in self.slot_consumers.values():
                slot_consumer.slot.refresh()

    def receive_dtls(self, datagram: bytes) -> DropReason | None:
        """Take a DTLS datagram; return why it is dropped, if it is."""
        if not self._quota.take_dtls():
            return "over_limit"
        self._dtls.feed(datagram)
        return None

    def receive_media(self, size: int) -> DropReason | None:
        """Take an SRTP or SRTCP packet of `size` bytes in the socket's buffer; return why it is dropped, if it is."""
        if self.inbound is None:
            return "not_authentic"
        if size < _SSRC_AT + 4:
            return "malformed"
        if rtp.is_rtcp(self._plumbing.udp.buffer.view[RECEIVE_AT + 1]):
            return self._receive_rtcp(self.inbound, size)
        if not self._quota.take_media(size):
            return "over_limit"
        return self._receive_rtp(self.inbound, size)

    def produce(
        self, producer_id: str, stream: ProducerStream, *, is_paused: bool, replaces: str | None = None
    ) -> Producer:
        """Accept a stream, and close the producer that it `replaces`, if that is on this transport.

        Raises `RpcError`, with nothing closed, when another one has its SSRC or MID.
        """
        self.incoming.require_unused(stream, replaces=replaces)
        if replaces is not None:
            self.close_producer(replaces)
        producer = Producer(producer_id, self, stream, self._plumbing, is_paused=is_paused)
        self.producers[producer_id] = producer
        self.incoming.add(producer)
        self.audio.follow(producer)
        return producer

    def consume(self, consumer_id: str, producer: Producer, stream: ConsumerStream) -> Consumer:
        """Send a producer's stream to this transport, once it is resumed. Raises `RpcError` when the SSRC is in use."""
        if stream.ssrc in self.sent or stream.rtx_ssrc in self.sent:
            raise RpcError("the SSRC is in use")
        consumer = Consumer(consumer_id, self, producer, stream)
        self.consumers[consumer_id] = consumer
        self.sent[stream.ssrc] = consumer
        producer.consumers[consumer_id] = consumer
        producer.retarget()
        return consumer

    def consume_slots(self, subscriptions: Sequence[SlotSubscription]) -> None:
        """Send the room's audio slots to this transport from now on. Raises `RpcError` when an SSRC is in use."""
        if not self.sent.keys().isdisjoint(subscription.stream.ssrc for subscription in subscriptions):
            raise RpcError("the SSRC is in use")
        for slot, subscription in zip(self.audio.slots, subscriptions, strict=True):
            consumer = slot.consume(self, subscription)
            self.slot_consumers[consumer.consumer_id] = self.sent[consumer.ssrc] = consumer

    def producer(self, producer_id: str) -> Producer:
        """Return one of the producers. Raises `NotFoundError`."""
        if (producer := self.producers.get(producer_id)) is None:
            raise NotFoundError("no such producer")
        return producer

    def consumer(self, consumer_id: str) -> Consumer:
        """Return one of the consumers. Raises `NotFoundError`."""
        if (consumer := self.consumers.get(consumer_id)) is None:
            raise NotFoundError("no such consumer")
        return consumer

    def pause_consumer(self, consumer_id: str, *, is_paused: bool) -> None:
        """Pause or resume a consumer, also one of an audio slot. Raises `NotFoundError`."""
        if (slot_consumer := self.slot_consumers.get(consumer_id)) is not None:
            slot_consumer.set_paused(is_paused)
        else:
            self.consumer(consumer_id).set_paused(is_paused)

    def close_producer(self, producer_id: str) -> None:
        """Close a producer with its consumers. Idempotent."""
        if (producer := self.producers.pop(producer_id, None)) is None:
            return
        self.audio.remove(producer_id)
        for ssrc in self.incoming.remove(producer):
            if self.inbound is not None:
                self.inbound.forget(ssrc)
                self.rtcp.forget(ssrc)
        for consumer in list(producer.consumers.values()):
            consumer.transport.close_consumer(consumer.consumer_id)
        producer.close()

    def close_consumer(self, consumer_id: str) -> None:
        """Close a consumer, also one of an audio slot. Idempotent."""
        if (slot_consumer := self.slot_consumers.pop(consumer_id, None)) is not None:
            slot_consumer.close()
            self._forget_sent(slot_consumer.ssrc)
        if (consumer := self.consumers.pop(consumer_id, None)) is not None:
            consumer.producer.remove(consumer)
            self._forget_sent(consumer.ssrc, consumer.rtx_ssrc)

    def _forget_sent(self, ssrc: int, rtx_ssrc: int | None = None) -> None:
        self._plumbing.outbox.flush()  # encrypted later, what is held would begin its numbers, and the key stream, anew
        del self.sent[ssrc]
        self.line.forget(ssrc)
        for session in (self.outbound, self._repeating):
            for each in (ssrc, rtx_ssrc):
                if session is not None and each is not None:
                    session.forget(each)

    def outbound_for(self, *, may_repeat: bool) -> SrtpSession | None:
        """Return what protects a stream. `may_repeat`: its packets may be sent again as they were, as lost audio is."""
        return self._repeating if may_repeat else self.outbound

    def send_rtp(self, packet: bytes, session: SrtpSession | None = None, *, is_urgent: bool = False) -> None:
        """Send one RTP packet, if connected.

        `is_urgent`: also over a connection that is too slow for pictures.
        """
        session = session or self.outbound
        if session is not None and self.path is not None:
            self._plumbing.send_rtp(session, packet, self.path, is_urgent=is_urgent)

    def request_again(self, layer: Layer, sequences: Sequence[int]) -> None:
        """Ask the page for packets that are missing, by their 16-bit sequence numbers."""
        self.rtcp.request_again(layer, sequences)

    def request_keyframe(self, layer: Layer) -> None:
        """Ask the page for a picture that needs no other."""
        self.rtcp.request_keyframe(layer)

    def tick(self, now: float) -> None:
        """Do what is due every second: consent and handshake deadlines, reports, and a sign of life to the page."""
        self.rtcp.begin_tick()
        self.incoming.tick()
        self._quota.refill()
        self.repeats.refill()
        elapsed_s, self._ticked_at = max(0.001, now - self._ticked_at), now
        if self._connect is not None:
            if now - max(self._connect_at, self.agent.last_check or 0.0) > CONSENT_S:
                self.close("consent_expired")
                return
            if not self.is_connected and now - self._connect_at > DTLS_TIMEOUT_S:
                self.close("dtls_failed")
                return
        for producer in self.producers.values():
            producer.tick(elapsed_s)
        for consumer in self.consumers.values():
            consumer.tick()
        if self.producers:
            self.rtcp.send_receiver_report(now)
        if self.consumers:
            self.downlink.tick(self.consumers.values(), self.line.condition, now)
        for slot_consumer in self.slot_consumers.values():
            slot_consumer.tick(now)
        self.rtcp.send_sender_reports()
        if (mark := self.line.tick(now)) is not self.mark:
            self.mark = mark
            self._tell_quality(self)
        self.rtcp.show_life()

    def allocate(self) -> None:
        """Take note that the page wants other pictures, or wants them shown otherwise."""
        self.downlink.allocate(self.consumers.values(), self._plumbing.clock())

    def close(self, reason: CloseReason | None = None) -> None:
        """Close with everything that is on it, and say goodbye. Idempotent."""
        if self.is_closed:
            return
        self.is_closed = True
        self._dtls.close()
        for producer_id in list(self.producers):
            self.close_producer(producer_id)
        for consumer_id in (*self.consumers, *self.slot_consumers):
            self.close_consumer(consumer_id)
        self.inbound = self.outbound = self._repeating = None
        self._on_closed(self, reason)

    async def wait_closed(self) -> None:
        """Wait until the handshake's task has ended; it ends by itself once the transport is closed."""
        if self._dtls_task is not None:
            await asyncio.wait([self._dtls_task])

    def share(self, now: float) -> int | None:
        """Return how many bits a second this subscriber can take of each video that it gets, if it has told."""
        return self.downlink.share(now)

    def _start_dtls(self) -> None:
        if self._dtls_task is None and self._connect is not None and self.path is not None and not self.is_closed:
            fingerprints, remote_role = self._connect
            self._dtls_task = asyncio.get_running_loop().create_task(self._shake_hands(fingerprints, remote_role))

    async def _shake_hands(
        self, fingerprints: Sequence[DtlsFingerprint], remote_role: Literal["auto", "client", "server"]
    ) -> None:
        keys = await self._dtls.connect(fingerprints, local_role(remote_role))
        if self.is_closed:
            return
        if keys is None:
            self.close("dtls_failed")
        else:
            self._on_connected(keys)

    def _on_connected(self, keys: SrtpKeys) -> None:
        self.inbound = SrtpSession(keys.profile, keys.inbound, is_inbound=True)
        self.outbound, self._repeating = keys.outbound_session(), keys.outbound_session(may_repeat=True)
        for consumer in self.consumers.values():
            consumer.producer.refresh()
            if consumer.is_forwarding:
                consumer.request_keyframe()
        for slot_consumer in self.slot_consumers.values():
            slot_consumer.slot.refresh()
        self._tell_connected()

    def _send(self, datagram: bytes) -> None:
        if self.path is not None:
            self._plumbing.send(datagram, self.path)

    def _receive_rtp(self, inbound: SrtpSession, size: int) -> DropReason | None:
        buffer = self._plumbing.udp.buffer
        packet = buffer.view[RECEIVE_AT:]
        ssrc = int.from_bytes(packet[_SSRC_AT : _SSRC_AT + 4], "big")
        known = self.incoming.streams.get(ssrc)
        if known is None and not self.incoming.may_bind():
            return "unknown_stream"
        buffer.length[0] = size
        if unprotect(inbound.context, buffer.pointer_at(RECEIVE_AT), buffer.length):
            return "not_authentic"
        header = rtp.parse_header(packet, buffer.length[0])
        stream = known or self.incoming.bind(packet, header)
        if stream is None:
            inbound.forget(ssrc)
        if header is None:
            return "malformed"
        if stream is None:
            return "unknown_stream"
        layer, receive = stream
        now = self._plumbing.clock()
        if layer.producer.is_video and layer.producer.stream.abs_send_time_extension is not None:
            self._measure(layer.producer, packet, header, size, now)
        receive(header, now)
        return None

    def _measure(self, producer: Producer, packet: memoryview, header: RtpHeader, size: int, now: float) -> None:
        data = rtp.read_extension(packet, header, producer.stream.abs_send_time_extension or 0)
        if data is None or len(data) != 3:
            return
        if self.uplink is None:
            self.uplink = UplinkEstimator()
        self.uplink.add(header.ssrc, size, int.from_bytes(data, "big"), now)

    def _receive_rtcp(self, inbound: SrtpSession, size: int) -> DropReason | None:
        buffer = self._plumbing.udp.buffer
        compound = buffer.view[RECEIVE_AT:]
        source = rtcp.sender_ssrc(compound)
        if not self._quota.take_rtcp(size, is_nack=rtcp.begins_with_nack(compound)) or not self.rtcp.admits(source):
            return "over_limit"
        buffer.length[0] = size
        if unprotect_rtcp(inbound.context, buffer.pointer_at(RECEIVE_AT), buffer.length):
            return "not_authentic"
        self.rtcp.receive(source, bytes(compound[: buffer.length[0]]), self._plumbing.clock())
        return None
