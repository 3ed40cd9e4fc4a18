"""One WebRTC transport: ICE, DTLS and SRTP of one page in one direction, with its producers or consumers."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Literal

from protocol.rtp import DtlsFingerprint
from server.media.messages import CloseReason, ConsumerStream, ProducerStream, SlotSubscription
from server.media.rpc import NotFoundError, RpcError
from server.media.worker import rtcp, rtp
from server.media.worker.bandwidth import UplinkEstimator, publisher_bitrate
from server.media.worker.consumer import Consumer
from server.media.worker.counters import DropReason
from server.media.worker.downlink import Downlink
from server.media.worker.dtls import DtlsTransport, WorkerCertificate, local_role
from server.media.worker.fanout import Lane
from server.media.worker.ice_lite import CONSENT_S, IceAgent
from server.media.worker.layer import Layer
from server.media.worker.line import Line
from server.media.worker.path import Path
from server.media.worker.plumbing import Plumbing
from server.media.worker.producer import Producer
from server.media.worker.quality import Quality
from server.media.worker.quota import Quota
from server.media.worker.room_audio import RoomAudio
from server.media.worker.rtp import RtpHeader
from server.media.worker.slot_consumer import SlotConsumer
from server.media.worker.slots import CLOCK_RATE
from server.media.worker.srtp import SrtpKeys, SrtpSession, unprotect, unprotect_rtcp
from server.media.worker.udp import RECEIVE_AT

DTLS_TIMEOUT_S = 30.0
_MAX_RTCP_SOURCES = 256
MAX_STRAY_PACKETS_PER_S = 200
"""Decrypted for nothing: packets with an unknown SSRC of a page that names its streams by MID."""
MAX_COMPOUND_BYTES = 1_200
_SSRC_AT = 8

Receive = Callable[[RtpHeader, float], None]


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
    ) -> None:
        self.transport_id = transport_id
        self.group = group
        """What of the same group is not heard here in the audio slots."""
        self.audio = audio
        self.agent = IceAgent(self)
        self.ssrc = secrets.randbits(32) | 1
        """Who we are in our RTCP."""
        self.inbound: SrtpSession | None = None
        self.outbound: SrtpSession | None = None
        self._repeating: SrtpSession | None = None
        """For sound: with the same key, of streams that the other one never has."""
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, Consumer] = {}
        self.slot_consumers: dict[str, SlotConsumer] = {}
        self.is_closed = False
        self._lane: Lane | None = None
        self._plumbing = plumbing
        self._on_closed = on_closed
        self.tell_layers_wanted = on_layers_wanted
        self.tell_dark = on_dark
        self.quality = Quality.GOOD
        """The mark that was told last."""
        self._tell_quality = on_quality
        self._line = Line()
        self._downlink = Downlink()
        self._dtls = DtlsTransport(certificate, send=self._send, on_closed=lambda: self.close("dtls_closed"))
        self._dtls_task: asyncio.Task[None] | None = None
        self._connect: tuple[Sequence[DtlsFingerprint], Literal["auto", "client", "server"]] | None = None
        self._connect_at = 0.0
        self._streams: dict[int, tuple[Layer, Receive]] = {}
        self._subscribed: dict[int, Consumer] = {}
        self._slots_by_ssrc: dict[int, SlotConsumer] = {}
        self._reports: list[bytes] = []
        self._rtcp_sources: set[int] = set()
        self._stray_packets = 0
        self._quota = Quota()
        self._uplink: UplinkEstimator | None = None
        self._ticked_at = plumbing.clock()
        self._is_quiet = True

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
        self._line.on_moved()
        self._downlink.on_moved()
        if self._uplink is not None:
            self._uplink.on_moved()
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
        others = [other for other in self.producers.values() if other.producer_id != replaces]
        used = {ssrc for other in others for layer in other.layers for ssrc in (layer.ssrc, layer.rtx_ssrc)} - {None}
        if not used.isdisjoint(ssrc for encoding in stream.encodings for ssrc in (encoding.ssrc, encoding.rtx_ssrc)):
            raise RpcError("the SSRC is in use")
        if stream.mid is not None and any(other.stream.mid == stream.mid for other in others):
            raise RpcError("the MID is in use")
        if replaces is not None:
            self.close_producer(replaces)
        producer = Producer(producer_id, self, stream, self._plumbing, is_paused=is_paused)
        self.producers[producer_id] = producer
        for layer in producer.layers:
            if layer.ssrc is not None:
                self._streams[layer.ssrc] = (layer, layer.receive)
            if layer.rtx_ssrc is not None:
                self._streams[layer.rtx_ssrc] = (layer, layer.receive_retransmission)
        self.audio.follow(producer)
        return producer

    def consume(self, consumer_id: str, producer: Producer, stream: ConsumerStream) -> Consumer:
        """Send a producer's stream to this transport, once it is resumed. Raises `RpcError` when the SSRC is in use."""
        if stream.ssrc in self._subscribed or stream.rtx_ssrc in self._subscribed:
            raise RpcError("the SSRC is in use")
        consumer = Consumer(consumer_id, self, producer, stream)
        self.consumers[consumer_id] = consumer
        self._subscribed[stream.ssrc] = consumer
        producer.consumers[consumer_id] = consumer
        producer.retarget()
        return consumer

    def consume_slots(self, subscriptions: Sequence[SlotSubscription]) -> None:
        """Send the room's audio slots to this transport from now on. Raises `RpcError` when an SSRC is in use."""
        used = self._subscribed.keys() | self._slots_by_ssrc.keys()
        if not used.isdisjoint(subscription.stream.ssrc for subscription in subscriptions):
            raise RpcError("the SSRC is in use")
        for slot, subscription in zip(self.audio.slots, subscriptions, strict=True):
            consumer = slot.consume(self, subscription)
            self.slot_consumers[consumer.consumer_id] = self._slots_by_ssrc[consumer.ssrc] = consumer

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
        for ssrc in [ssrc for layer in producer.layers for ssrc in (layer.ssrc, layer.rtx_ssrc) if ssrc is not None]:
            self._streams.pop(ssrc, None)
            if self.inbound is not None:
                self.inbound.forget(ssrc)
                self._rtcp_sources.discard(ssrc)
        for consumer in list(producer.consumers.values()):
            consumer.transport.close_consumer(consumer.consumer_id)
        producer.close()

    def close_consumer(self, consumer_id: str) -> None:
        """Close a consumer, also one of an audio slot. Idempotent."""
        if (slot_consumer := self.slot_consumers.pop(consumer_id, None)) is not None:
            slot_consumer.close()
            del self._slots_by_ssrc[slot_consumer.ssrc]
            self._line.forget(slot_consumer.ssrc)
            self._forget_outbound(slot_consumer.ssrc)
        if (consumer := self.consumers.pop(consumer_id, None)) is None:
            return
        del self._subscribed[consumer.ssrc]
        self._line.forget(consumer.ssrc)
        consumer.producer.remove(consumer)
        for ssrc in (consumer.ssrc, consumer.rtx_ssrc):
            self._forget_outbound(ssrc)

    def _forget_outbound(self, ssrc: int | None) -> None:
        for session in (self.outbound, self._repeating):
            if session is not None and ssrc is not None:
                session.forget(ssrc)

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

    def send_rtcp(self, compound: bytes) -> None:
        """Send one RTCP compound, if connected."""
        if self.outbound is not None and self.path is not None:
            self._is_quiet = False
            self._plumbing.send_rtcp(self.outbound, compound, self.path)

    def request_again(self, layer: Layer, sequences: Sequence[int]) -> None:
        """Ask the page for packets that are missing, by their 16-bit sequence numbers."""
        if layer.ssrc is not None:
            self._plumbing.counters.nacks_out += 1
            self.send_rtcp(rtcp.nack(self.ssrc, layer.ssrc, sequences))

    def request_keyframe(self, layer: Layer) -> None:
        """Ask the page for a picture that needs no other."""
        if layer.ssrc is not None:
            self._plumbing.counters.keyframe_requests_out += 1
            self.send_rtcp(rtcp.picture_loss_indication(self.ssrc, layer.ssrc))

    def add_sender_report(self, report: rtcp.SenderReport, cname: str) -> None:
        """Send an SR for one of our streams with the next ones; the page's report on it will tell the round trip."""
        self._line.on_sent_report(report.ssrc, report.ntp, self._plumbing.clock())
        self._reports.append(rtcp.sender_report(report, cname))

    def send_sender_reports(self) -> None:
        """Send what was added, in as few compounds as can be."""
        compound = b""
        for report in self._reports:
            if len(compound) + len(report) > MAX_COMPOUND_BYTES:
                self.send_rtcp(compound)
                compound = b""
            compound += report
        if compound:
            self.send_rtcp(compound)
        self._reports.clear()

    def tick(self, now: float) -> None:
        """Do what is due every second: consent and handshake deadlines, reports, and a sign of life to the page."""
        self._is_quiet = True
        self._stray_packets = 0
        self._quota.refill()
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
            self._report(now)
        if self.consumers:
            self._downlink.tick(self.consumers.values(), self._line.condition, now)
        for slot_consumer in self.slot_consumers.values():
            slot_consumer.tick(now)
        self.send_sender_reports()
        if (quality := self._line.tick(now)) is not self.quality:
            self.quality = quality
            self._tell_quality(self)
        if self._is_quiet:  # a page that hears nothing takes its network for gone
            self.send_rtcp(rtcp.receiver_report(self.ssrc, []))

    def allocate(self) -> None:
        """Take note that the page wants other pictures, or wants them shown otherwise."""
        self._downlink.allocate(self.consumers.values(), self._plumbing.clock())

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
        return self._downlink.share(now)

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

    def _send(self, datagram: bytes) -> None:
        if self.path is not None:
            self._plumbing.send(datagram, self.path)

    def _receive_rtp(self, inbound: SrtpSession, size: int) -> DropReason | None:
        buffer = self._plumbing.udp.buffer
        packet = buffer.view[RECEIVE_AT:]
        ssrc = int.from_bytes(packet[_SSRC_AT : _SSRC_AT + 4], "big")
        known = self._streams.get(ssrc)
        if known is None and not self._may_be_named_by_mid():
            return "unknown_stream"
        buffer.length[0] = size
        if unprotect(inbound.context, buffer.pointer_at(RECEIVE_AT), buffer.length):
            return "not_authentic"
        header = rtp.parse_header(packet, buffer.length[0])
        if header is None:
            return "malformed"
        stream = known or self._bind_by_mid(packet, header)
        if stream is None:
            inbound.forget(ssrc)
            return "unknown_stream"
        layer, receive = stream
        now = self._plumbing.clock()
        if layer.producer.is_video and layer.producer.stream.abs_send_time_extension is not None:
            self._measure(layer.producer, packet, header, size, now)
        receive(header, now)
        return None

    def _may_be_named_by_mid(self) -> bool:
        return self._stray_packets < MAX_STRAY_PACKETS_PER_S and any(
            layer.ssrc is None or (producer.stream.rtx_payload_type is not None and layer.rtx_ssrc is None)
            for producer in self.producers.values()
            for layer in producer.layers
        )

    def _bind_by_mid(self, packet: memoryview, header: RtpHeader) -> tuple[Layer, Receive] | None:
        """Find out by MID and RID whose stream a packet with an unknown SSRC is (RFC 8843 section 9.2, RFC 8852)."""
        self._stray_packets += 1
        for producer in self.producers.values():
            stream = producer.stream
            if stream.mid is None or stream.mid_extension is None:
                continue
            if rtp.read_extension(packet, header, stream.mid_extension) != stream.mid.encode():
                continue
            if header.payload_type == stream.payload_type:
                layer = _layer_by_rid(producer, packet, header, stream.rid_extension)
                if layer is not None and layer.ssrc is None:
                    layer.ssrc = header.ssrc
                    self._streams[header.ssrc] = (layer, layer.receive)
            elif header.payload_type == stream.rtx_payload_type:
                layer = _layer_by_rid(producer, packet, header, stream.repaired_rid_extension)
                if layer is not None and layer.rtx_ssrc is None:
                    layer.rtx_ssrc = header.ssrc
                    self._streams[header.ssrc] = (layer, layer.receive_retransmission)
            return self._streams.get(header.ssrc)
        return None

    def _measure(self, producer: Producer, packet: memoryview, header: RtpHeader, size: int, now: float) -> None:
        data = rtp.read_extension(packet, header, producer.stream.abs_send_time_extension or 0)
        if data is None or len(data) != 3:
            return
        if self._uplink is None:
            self._uplink = UplinkEstimator()
        self._uplink.add(header.ssrc, size, int.from_bytes(data, "big"), now)

    def _receive_rtcp(self, inbound: SrtpSession, size: int) -> DropReason | None:
        buffer = self._plumbing.udp.buffer
        compound = buffer.view[RECEIVE_AT:]
        if not self._quota.take_rtcp(is_nack=rtcp.begins_with_nack(compound)):
            return "over_limit"
        source = rtcp.sender_ssrc(compound)
        if source not in self._rtcp_sources and len(self._rtcp_sources) >= _MAX_RTCP_SOURCES:
            return "over_limit"
        buffer.length[0] = size
        if unprotect_rtcp(inbound.context, buffer.pointer_at(RECEIVE_AT), buffer.length):
            return "not_authentic"
        self._rtcp_sources.add(source)
        now = self._plumbing.clock()
        for message in rtcp.parse(bytes(buffer.view[RECEIVE_AT : RECEIVE_AT + buffer.length[0]])):
            self._on_rtcp(message, now)
        return None

    def _on_rtcp(self, message: rtcp.Message, now: float) -> None:
        match message:
            case rtcp.SenderReport(ssrc=ssrc):
                known = self._streams.get(ssrc)
                if known is not None and known[0].ssrc == ssrc:
                    known[0].on_sender_report(message, now)
            case rtcp.ReportBlock(ssrc=ssrc, fraction_lost=fraction_lost):
                if (consumer := self._subscribed.get(ssrc)) is not None:
                    consumer.reported.on_report(fraction_lost)
                    self._on_report_block(consumer, message, now)
                elif (listener := self._slots_by_ssrc.get(ssrc)) is not None:
                    listener.reported.on_report(fraction_lost)
                    lost = self._line.on_report(message, listener.slot.origin, CLOCK_RATE, now)
                    self._plumbing.counters.lost_out += lost
            case rtcp.Nack(media_ssrc=ssrc, sequences=sequences):
                self._on_nack(ssrc, sequences, now)
            case rtcp.KeyframeRequest(media_ssrc=ssrc):
                self._plumbing.counters.keyframe_requests_in += 1
                if (consumer := self._subscribed.get(ssrc)) is not None and consumer.is_forwarding:
                    consumer.request_keyframe()
            case rtcp.BandwidthEstimate(bitrate=bitrate):
                self._downlink.on_estimate(bitrate, self.consumers.values(), now)

    def _on_nack(self, ssrc: int, sequences: tuple[int, ...], now: float) -> None:
        self._plumbing.counters.nacks_in += 1
        if (consumer := self._subscribed.get(ssrc)) is not None:
            sent = consumer.on_nack(sequences, now)
        elif (listener := self._slots_by_ssrc.get(ssrc)) is not None:
            sent = listener.on_nack(sequences)
        else:
            return
        self._plumbing.counters.retransmissions_out += sent
        if sent and (consumer is None or not consumer.producer.is_video):
            self._line.on_nack(ssrc, sequences)

    def _on_report_block(self, consumer: Consumer, block: rtcp.ReportBlock, now: float) -> None:
        producer, layer = consumer.producer, consumer.layer
        origin = layer.reception if layer is not None else None
        clock_rate = None if producer.is_video else producer.stream.clock_rate
        self._plumbing.counters.lost_out += self._line.on_report(block, origin, clock_rate, now)

    def _report(self, now: float) -> None:
        """Send a receiver report over all streams, and how much video we want."""
        layers = [layer for producer in self.producers.values() for layer in producer.layers if layer.ssrc is not None]
        blocks = [block for layer in layers if (block := layer.report(now)) is not None]
        if not blocks:
            return
        for layer in layers:
            self._line.on_received(layer.reception, is_audio=not layer.producer.is_video)
            self._plumbing.counters.lost_in += max(0, layer.reception.interval.lost)
        compound = rtcp.receiver_report(self.ssrc, blocks)
        videos = [layer for layer in layers if layer.producer.is_video]
        if self._uplink is not None:
            self._uplink.tick(now)
        if videos:
            bitrate = publisher_bitrate(
                self._uplink.bitrate if self._uplink is not None else None,
                [producer.shares(now) for producer in self.producers.values() if producer.is_video],
            )
            compound += rtcp.bandwidth_estimate(self.ssrc, bitrate, [v.ssrc for v in videos if v.ssrc is not None])
        self.send_rtcp(compound)


def _layer_by_rid(producer: Producer, packet: memoryview, header: RtpHeader, extension: int | None) -> Layer | None:
    if not producer.is_layered:
        return producer.layers[0]
    rid = rtp.read_extension(packet, header, extension) if extension is not None else None
    return next(
        (layer for layer in producer.layers if rid and layer.rid is not None and layer.rid.encode() == rid), None
    )
