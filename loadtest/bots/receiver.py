"""The receiving side of an endpoint: counts what comes, asks for what is missing, reports as a browser does."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSrPacket,
    pack_remb_fci,
)

from loadtest.bots.delay import Samples
from loadtest.bots.delivery import Delivery
from loadtest.bots.nack import build_nack
from loadtest.bots.rtp import HEADER, header_bytes, payload_end, read_stamp, rtx_original_sequence
from loadtest.bots.sequence import SequenceLog
from loadtest.bots.vp8 import starts_keyframe
from protocol.rtp import ConsumerOptions, MediaKind

REPORT_INTERVAL_S = 1.0
PLI_INTERVAL_S = 1.0
REMB_BITS_PER_S = 100_000_000
"""What a bot claims to be able to receive: it never congests its own way, however many it watches."""
_MAX_REPORTS = 31
"""Blocks of one receiver report (RFC 3550 section 6.4.2)."""
_MAX_NACKED = 200
"""Packets asked for by one RTCP packet, so that it fits a datagram however far apart they are."""
_VERSION_2 = 0x8000
_FLAGS_MASK = 0xC07F
"""Of a header's first two bytes: version and payload type."""
_NACK_PERIOD_S = 0.02
_OWN_SSRC = 1
"""What Chromium reports as when it only receives."""


class ReceivedStream:
    """One consumer's stream as it arrives."""

    def __init__(self, options: ConsumerOptions, *, open_every: int = 1) -> None:
        parameters = options.rtp_parameters
        codec, encoding = parameters.codecs[0], parameters.encodings[0]
        if encoding.ssrc is None:
            raise ValueError(f"consumer {options.id} has no SSRC")
        self.consumer_id = options.id
        self.producer_id = options.producer_id
        self.kind = options.kind
        self.ssrc: int = encoding.ssrc
        self.rtx_ssrc = encoding.rtx.ssrc if encoding.rtx else None
        self.payload_type = codec.payload_type
        self.flags = _VERSION_2 | codec.payload_type
        """What the first two bytes of its packets say under `_FLAGS_MASK`."""
        self.expected = -1
        """The sequence number that continues the stream; -1 as long as every packet has to be opened."""
        self.run = 0
        """Packets counted by their headers that `log` and `delivery` have not been told of yet."""
        self.inspected: set[int] = set()
        """Sequence numbers of packets that were counted and are opened all the same."""
        self.foreign = 0
        """Packets with another payload type, or without a bot's stamp."""
        self.keyframes = 0
        self.has_keyframe = options.kind is MediaKind.AUDIO
        self.can_nack = any(entry.type == "nack" and not entry.parameter for entry in codec.rtcp_feedback)
        self.pli_at = 0.0
        self._log = SequenceLog()
        self._delivery = Delivery()
        self._is_sifted = open_every > 1
        self._index_offset = 0
        """What has to be added to a sequence number to get the publisher's index, by the packet last opened."""
        self._clock_rate = codec.clock_rate
        self._jitter = 0.0
        self._transit: float | None = None
        self._last_report = (0, 0.0)

    @property
    def log(self) -> SequenceLog:
        """What became of the packets, by their sequence numbers."""
        if self.run:
            self._note_run()
        return self._log

    @property
    def delivery(self) -> Delivery:
        """Which of the publisher's packets came, by their stamps."""
        if self.run:
            self._note_run()
        return self._delivery

    def note_index(self, sequence: int, index: int) -> None:
        """Learn from an opened packet how the publisher counts, and count by headers from here on.

        Packets that are not opened are taken to continue the count. A server that hides by rewritten numbers what it
        never forwarded is found out by the next one that is: as many indexes as it left out are never noted.
        """
        if not (self._is_sifted and self.has_keyframe):
            return
        log = self.log
        behind = (log.highest - sequence) & 0xFFFF
        self._index_offset = index - (log.highest - behind)
        if not behind:
            self.expected = (sequence + 1) & 0xFFFF

    def _note_run(self) -> None:
        log, run, self.run = self._log, self.run, 0
        first = log.highest + 1 + self._index_offset
        log.highest += run
        log.received += run
        self._delivery.note_run(first, run)

    def note_arrival(self, timestamp: int, arrived_at_ns: int) -> None:
        """Update the interarrival jitter (RFC 3550 section 6.4.1)."""
        transit = arrived_at_ns * self._clock_rate / 1e9 - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            if difference < self._clock_rate * 10:  # the timestamp has wrapped, or the stream was paused
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit

    def on_sender_report(self, report: RtcpSrPacket, now: float) -> None:
        """Remember what the next receiver report answers."""
        self._last_report = ((report.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF, now)

    def create_report(self, now: float) -> RtcpReceiverInfo:
        """Return this stream's block of a receiver report."""
        last_report, reported_at = self._last_report
        return RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=self.log.take_fraction_lost(),
            packets_lost=max(0, min(self.log.expected - self.log.received, 0x7FFFFF)),
            highest_sequence=max(self.log.highest, 0) & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            lsr=last_report,
            dlsr=int((now - reported_at) * 65_536) & 0xFFFFFFFF if last_report else 0,
        )


class Receiver:
    """All streams of one receiving transport. `start` when the transport is connected, `close` when it goes."""

    def __init__(self, delays: Samples, chance: Random, *, open_every: int = 1) -> None:
        self.has_media = asyncio.Event()
        """Set by the first packet of any stream."""
        self.first_media_at = 0.0
        """When, by the event loop's clock."""
        self.unknown = 0
        """Packets of SSRCs that no consumer announced."""
        self.malformed = 0
        self.streams: dict[str, ReceivedStream] = {}
        """By consumer id."""
        self._by_ssrc: dict[int, ReceivedStream] = {}
        self._by_rtx_ssrc: dict[int, ReceivedStream] = {}
        self._open_every = open_every
        self._delays = delays
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._send: Callable[[bytes], None] | None = None
        self._report_timer: asyncio.TimerHandle | None = None
        self._nack_timer: asyncio.Handle | None = None

    def add(self, options: ConsumerOptions) -> ReceivedStream:
        """Expect a consumer's stream."""
        stream = ReceivedStream(options, open_every=self._open_every)
        self.streams[stream.consumer_id] = stream
        self._by_ssrc[stream.ssrc] = stream
        if stream.rtx_ssrc is not None:
            self._by_rtx_ssrc[stream.rtx_ssrc] = stream
        return stream

    def remove(self, consumer_id: str) -> None:
        """Forget a consumer's stream."""
        if stream := self.streams.pop(consumer_id, None):
            del self._by_ssrc[stream.ssrc]
            if stream.rtx_ssrc is not None:
                del self._by_rtx_ssrc[stream.rtx_ssrc]

    def start(self, send_rtcp: Callable[[bytes], None]) -> None:
        """Begin to report; the first time after a random part of the interval, so that bots do not march in step."""
        self._send = send_rtcp
        self._report_timer = self._loop.call_later(self._chance.uniform(0.1, 1) * REPORT_INTERVAL_S, self._report)

    def close(self) -> None:
        """Stop all timers. Idempotent."""
        self._send = None
        for timer in (self._report_timer, self._nack_timer):
            if timer:
                timer.cancel()

    def sift(self, headers: Sequence[int]) -> list[int]:
        """Count what continues its stream, and return the positions of all others and of the samples to be opened."""
        by_ssrc, every = self._by_ssrc, self._open_every
        opened: list[int] = []
        fields = iter(headers)
        for position, (flags, sequence, ssrc) in enumerate(zip(fields, fields, fields, strict=True)):
            stream = by_ssrc.get(ssrc)
            if stream is None or sequence != stream.expected or flags & _FLAGS_MASK != stream.flags:
                opened.append(position)
                continue
            stream.expected = (sequence + 1) & 0xFFFF
            stream.run += 1
            if not sequence % every:
                stream.inspected.add(sequence)
                opened.append(position)
        return opened

    def on_rtp(self, packet: bytes, arrived_at_ns: int) -> None:
        """Count one packet."""
        _, second, sequence, timestamp, ssrc = HEADER.unpack_from(packet)
        stream = self._by_ssrc.get(ssrc)
        if stream is None:
            self._on_retransmission(packet, ssrc, arrived_at_ns)
            return
        stamp = read_stamp(packet)
        if stamp is None or second & 0x7F != stream.payload_type:
            stream.foreign += 1
            return
        if sequence in stream.inspected:
            self._inspect(stream, sequence, timestamp, stamp, arrived_at_ns)
            return
        if not stream.log.on_packet(sequence):
            return
        stream.note_arrival(timestamp, arrived_at_ns)
        index, sent_at_ns = stamp
        stream.note_index(sequence, index)
        if stream.delivery.note(index):
            self._delays.add(arrived_at_ns - sent_at_ns)
        if not stream.has_keyframe:
            self._on_undecodable(stream, packet)
        if stream.log.missing_count and self._nack_timer is None:
            self._nack_timer = self._loop.call_soon(self._nack)
        if not self.first_media_at:
            self.first_media_at = self._loop.time()
            self.has_media.set()

    def on_rtcp(self, data: bytes) -> None:
        """Take sender reports; the rest of RTCP tells a receiver nothing."""
        try:
            packets = RtcpPacket.parse(data)
        except ValueError:
            self.malformed += 1
            return
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and (stream := self._by_ssrc.get(packet.ssrc)):
                stream.on_sender_report(packet, self._loop.time())

    def _inspect(
        self, stream: ReceivedStream, sequence: int, timestamp: int, stamp: tuple[int, int], arrived_at_ns: int
    ) -> None:
        """Look into a packet that has been counted."""
        stream.inspected.discard(sequence)
        index, sent_at_ns = stamp
        stream.note_index(sequence, index)
        stream.note_arrival(timestamp, arrived_at_ns)
        self._delays.add(arrived_at_ns - sent_at_ns)

    def _on_retransmission(self, packet: bytes, ssrc: int, arrived_at_ns: int) -> None:
        stream = self._by_rtx_ssrc.get(ssrc)
        if stream is None:
            self.unknown += 1
            return
        sequence, stamp = rtx_original_sequence(packet), read_stamp(packet)
        if sequence is None:
            return  # a padding probe
        if stamp is None:
            stream.foreign += 1
            return
        if stream.log.on_retransmission(sequence):
            index, sent_at_ns = stamp
            if stream.delivery.note(index):
                self._delays.add(arrived_at_ns - sent_at_ns)

    def _on_undecodable(self, stream: ReceivedStream, packet: bytes) -> None:
        """Wait for a keyframe, and ask for one as a decoder does."""
        if starts_keyframe(packet[header_bytes(packet) : payload_end(packet)]):
            stream.has_keyframe = True
            stream.keyframes += 1
            return
        now = self._loop.time()
        if now >= stream.pli_at and self._send:
            stream.pli_at = now + PLI_INTERVAL_S
            self._send(bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=_OWN_SSRC, media_ssrc=stream.ssrc)))

    def _nack(self) -> None:
        self._nack_timer = None
        if self._send is None:
            return
        now = self._loop.time()
        is_missing = False
        for stream in self.streams.values():
            lost = stream.log.due_nacks(now)
            for start in range(0, len(lost) if stream.can_nack else 0, _MAX_NACKED):
                self._send(build_nack(_OWN_SSRC, stream.ssrc, lost[start : start + _MAX_NACKED]))
            is_missing = is_missing or stream.log.missing_count > 0
        if is_missing:
            self._nack_timer = self._loop.call_later(_NACK_PERIOD_S, self._nack)

    def _report(self) -> None:
        if self._send is None:
            return
        now = self._loop.time()
        streams = [stream for stream in self.streams.values() if stream.log.highest >= 0]
        if streams:
            reports = [stream.create_report(now) for stream in streams]
            first, *others = (
                bytes(RtcpRrPacket(ssrc=_OWN_SSRC, reports=reports[start : start + _MAX_REPORTS]))
                for start in range(0, len(reports), _MAX_REPORTS)
            )
            estimate = RtcpPsfbPacket(
                fmt=RTCP_PSFB_APP,
                ssrc=_OWN_SSRC,
                media_ssrc=0,
                fci=pack_remb_fci(REMB_BITS_PER_S, [stream.ssrc for stream in streams]),
            )
            self._send(first + bytes(estimate))
            for other in others:
                self._send(other)
        self._report_timer = self._loop.call_later(REPORT_INTERVAL_S, self._report)
