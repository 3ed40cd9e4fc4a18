"""The RTCP of one transport: what its page reports and asks for, and what it is told and asked."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from server.media.worker import rtcp
from server.media.worker.bandwidth import publisher_bitrate
from server.media.worker.consumer import Consumer
from server.media.worker.layer import Layer
from server.media.worker.plumbing import Plumbing

if TYPE_CHECKING:
    from server.media.worker.transport import Transport

_MAX_COMPOUND_BYTES = 1_200
_MAX_SOURCES = 256


class RtcpTransceiver:
    """Feeds the transport's `line` and `downlink`; compounds come in decrypted."""

    def __init__(self, transport: "Transport", plumbing: Plumbing) -> None:
        self.ssrc = secrets.randbits(32) | 1
        """Who we are."""
        self._transport = transport
        self._plumbing = plumbing
        self._counters = plumbing.counters
        self._sources: set[int] = set()
        self._sender_reports: list[bytes] = []
        self._is_quiet = True
        """Whether nothing was sent since the last tick began."""

    def admits(self, source: int) -> bool:
        """Tell whether RTCP of this sender is worth decrypting: each one costs memory."""
        return source in self._sources or len(self._sources) < _MAX_SOURCES

    def forget(self, source: int) -> None:
        """Take note that a sender is no more."""
        self._sources.discard(source)

    def receive(self, source: int, compound: bytes, now: float) -> None:
        """Take an authentic compound of a sender that is admitted."""
        self._sources.add(source)
        for message in rtcp.parse(compound):
            self._on_message(message, now)

    def request_again(self, layer: Layer, sequences: Sequence[int]) -> None:
        """Ask the page for packets that are missing, by their 16-bit sequence numbers."""
        if layer.ssrc is not None:
            self._counters.nacks_out += 1
            self._send(rtcp.nack(self.ssrc, layer.ssrc, sequences))

    def request_keyframe(self, layer: Layer) -> None:
        """Ask the page for a picture that needs no other."""
        if layer.ssrc is not None:
            self._counters.keyframe_requests_out += 1
            self._send(rtcp.picture_loss_indication(self.ssrc, layer.ssrc))

    def add_sender_report(self, report: rtcp.SenderReport, cname: str) -> None:
        """Send an SR for one of our streams with the next ones; the page's report on it will tell the round trip."""
        self._transport.line.on_sent_report(report.ssrc, report.ntp, self._plumbing.clock())
        self._sender_reports.append(rtcp.sender_report(report, cname))

    def send_sender_reports(self) -> None:
        """Send what was added, in as few compounds as can be."""
        compound = b""
        for report in self._sender_reports:
            if len(compound) + len(report) > _MAX_COMPOUND_BYTES:
                self._send(compound)
                compound = b""
            compound += report
        if compound:
            self._send(compound)
        self._sender_reports.clear()

    def begin_tick(self) -> None:
        """Take note that a second begins."""
        self._is_quiet = True

    def send_receiver_report(self, now: float) -> None:
        """Report on all streams that come, and tell how much video we want."""
        transport = self._transport
        producers = transport.producers.values()
        layers = [layer for producer in producers for layer in producer.layers if layer.ssrc is not None]
        blocks = [block for layer in layers if (block := layer.report(now)) is not None]
        if not blocks:
            return
        for layer in layers:
            transport.line.on_received(layer.reception, is_audio=not layer.producer.is_video)
            self._counters.lost_in += max(0, layer.reception.interval.lost)
        compound = rtcp.receiver_report(self.ssrc, blocks)
        videos = [layer.ssrc for layer in layers if layer.producer.is_video and layer.ssrc is not None]
        uplink = transport.uplink
        if uplink is not None:
            uplink.tick(now)
        if videos:
            shares = [producer.shares(now) for producer in producers if producer.is_video]
            bitrate = publisher_bitrate(uplink.bitrate if uplink is not None else None, shares)
            compound += rtcp.bandwidth_estimate(self.ssrc, bitrate, videos)
        self._send(compound)

    def show_life(self) -> None:
        """Send something unless that was done in this tick: a page that hears nothing takes its network for gone."""
        if self._is_quiet:
            self._send(rtcp.receiver_report(self.ssrc, []))

    def _send(self, compound: bytes) -> None:
        session, path = self._transport.outbound, self._transport.path
        if session is not None and path is not None:
            self._is_quiet = False
            self._plumbing.send_rtcp(session, compound, path)

    def _on_message(self, message: rtcp.Message, now: float) -> None:
        transport = self._transport
        match message:
            case rtcp.SenderReport(ssrc=ssrc):
                layer, _ = transport.incoming.streams.get(ssrc, (None, None))
                if layer is not None and layer.ssrc == ssrc:
                    layer.on_sender_report(message, now)
            case rtcp.ReportBlock(ssrc=ssrc, fraction_lost=fraction_lost):
                if (sent := transport.sent.get(ssrc)) is not None:
                    sent.reported.on_report(fraction_lost)
                    jitter_s = sent.origin.jitter_s if sent.origin is not None else 0.0
                    lost = transport.line.on_report(message, sent.unsent, jitter_s, sent.sound_clock_rate, now)
                    self._counters.lost_out += lost
            case rtcp.Nack(media_ssrc=ssrc, sequences=sequences):
                self._on_nack(ssrc, sequences, now)
            case rtcp.KeyframeRequest(media_ssrc=ssrc):
                self._counters.keyframe_requests_in += 1
                consumer = transport.sent.get(ssrc)
                if isinstance(consumer, Consumer) and consumer.is_forwarding:
                    consumer.request_keyframe()
            case rtcp.BandwidthEstimate(bitrate=bitrate):
                transport.downlink.on_estimate(bitrate, transport.consumers.values(), now)

    def _on_nack(self, ssrc: int, sequences: tuple[int, ...], now: float) -> None:
        self._counters.nacks_in += 1
        if (sent := self._transport.sent.get(ssrc)) is None:
            return
        repeated = sent.on_nack(sequences, now)
        self._counters.retransmissions_out += repeated.packets
        if repeated.lost and sent.sound_clock_rate is not None:
            self._transport.line.on_nack(ssrc, repeated.lost)
