"""The sending side of an endpoint: a synthetic microphone and camera that behave like a browser's.

The packets have correct headers and empty pictures; every one ends in a stamp that tells a subscriber which it is and
when it left.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)

from loadtest.bots import rtp
from loadtest.bots.delay import Samples
from loadtest.bots.vp8 import build_payload_start
from protocol.room import Source
from protocol.rtp import RtpParameters

SPEECH = 0x80 | 30
SILENCE = 127
"""Audio levels."""
_RING = 1_024
"""Packets kept for retransmission: 17 s of video."""
_SDES_CNAME = 1
_NTP_EPOCH_S = 2_208_988_800
"""From 1900, where NTP begins, to 1970."""
_REPORT_INTERVAL_S = 1.0
_OPUS_SILENCE = b"\xfc\xff\xff\xff\xff"
"""How a 20 ms stereo frame begins (RFC 6716 sections 3.1 and 4.3) that decodes to silence, whatever else is in it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a source's packets are cut and paced."""

    packets_per_frame: int
    frames_per_s: float
    ticks_per_frame: int
    packet_bytes: int
    """Of RTP, before SRTP adds its tag."""

    @property
    def packets_per_s(self) -> float:
        """How many packets leave in a second."""
        return self.packets_per_frame * self.frames_per_s


MICROPHONE = Shape(packets_per_frame=1, frames_per_s=50, ticks_per_frame=960, packet_bytes=120)
CAMERA = Shape(packets_per_frame=2, frames_per_s=30, ticks_per_frame=3_000, packet_bytes=1_100)
WEBINAR_CAMERA = Shape(packets_per_frame=6, frames_per_s=30, ticks_per_frame=3_000, packet_bytes=1_040)
"""1.5 Mbit/s."""
SHAPES = {Source.MICROPHONE: MICROPHONE, Source.CAMERA: CAMERA}


class SentStream:
    """One producer's packets, without a clock of its own: `build_frame` when a frame is due."""

    def __init__(
        self, source: Source, parameters: RtpParameters, chance: Random, *, shape: Shape | None = None
    ) -> None:
        encoding = parameters.encodings[0]
        self.source = source
        self.producer_id = ""
        """As the server calls it, once it has taken the stream."""
        self.shape = shape or SHAPES[source]
        self.ssrc = encoding.ssrc or 0
        self.audio_level = SPEECH
        """What its packets say of their loudness, with the voice flag (RFC 6464 section 3)."""
        self.next_index = 0
        """Index of the next packet: how many were published."""
        self.keyframes = 0
        self.retransmitted = 0
        self._rtx_ssrc = encoding.rtx.ssrc if encoding.rtx else None
        self._cname = parameters.rtcp.cname or ""
        self._payload_type = parameters.codecs[0].payload_type
        self._rtx_payload_type = parameters.codecs[1].payload_type if len(parameters.codecs) > 1 else None
        self._extension_ids = {extension.uri: extension.id for extension in parameters.header_extensions}
        self._mid = (parameters.mid or "").encode()
        self._sequence = chance.getrandbits(16)
        self._rtx_sequence = chance.getrandbits(16)
        self._timestamp = chance.getrandbits(32)
        self._picture_id = chance.getrandbits(15)
        self._octets = 0
        self._needs_keyframe = True
        self._ring: dict[int, bytes] = {}

    def build_frame(self, now_ns: int) -> list[bytes]:
        """Return the packets of the next frame, stamped `now_ns` (ns since epoch)."""
        count = self.shape.packets_per_frame
        extension = self._build_extension(now_ns)
        packets = [
            self._build_packet(extension, now_ns, is_first=position == 0, is_last=position == count - 1)
            for position in range(count)
        ]
        if self._needs_keyframe and self.source is Source.CAMERA:
            self.keyframes += 1
        self._needs_keyframe = False
        self._timestamp += self.shape.ticks_per_frame
        self._picture_id += 1
        return packets

    def build_retransmission(self, sequence: int, now_ns: int) -> bytes | None:
        """Return packet `sequence` once more as RTX, or `None` when it is too old or RTX was not agreed."""
        original = self._ring.get(sequence)
        if original is None or self._rtx_ssrc is None or self._rtx_payload_type is None:
            return None
        packet = rtp.build_rtx(
            original,
            payload_type=self._rtx_payload_type,
            sequence=self._rtx_sequence,
            ssrc=self._rtx_ssrc,
            extension=self._build_extension(now_ns),
        )
        self._rtx_sequence += 1
        self.retransmitted += 1
        return packet

    def build_report(self, now_ns: int) -> bytes:
        """Return a sender report with the source's name (RFC 3550 sections 6.4.1 and 6.5.1)."""
        seconds, fraction = divmod(now_ns, 1_000_000_000)
        info = RtcpSenderInfo(
            ntp_timestamp=((seconds + _NTP_EPOCH_S) << 32) | ((fraction << 32) // 1_000_000_000),
            rtp_timestamp=self._timestamp & 0xFFFFFFFF,
            packet_count=self.next_index & 0xFFFFFFFF,
            octet_count=self._octets & 0xFFFFFFFF,
        )
        source = RtcpSourceInfo(ssrc=self.ssrc, items=[(_SDES_CNAME, self._cname.encode())])
        return bytes(RtcpSrPacket(ssrc=self.ssrc, sender_info=info)) + bytes(RtcpSdesPacket(chunks=[source]))

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe."""
        self._needs_keyframe = True

    def _build_extension(self, now_ns: int) -> bytes:
        values = {rtp.MID_URI: self._mid, rtp.AUDIO_LEVEL_URI: bytes((self.audio_level,)), rtp.ABS_SEND_TIME_URI: None}
        return rtp.build_extension(
            (self._extension_ids[uri], rtp.abs_send_time(now_ns / 1e9) if value is None else value)
            for uri, value in values.items()
            if uri in self._extension_ids
        )

    def _build_packet(self, extension: bytes, now_ns: int, *, is_first: bool, is_last: bool) -> bytes:
        if self.source is Source.CAMERA:
            start = build_payload_start(
                picture_id=self._picture_id, is_first_of_frame=is_first, is_keyframe=self._needs_keyframe
            )
        else:
            start = _OPUS_SILENCE
        overhead = rtp.HEADER.size + len(extension) + len(start) + rtp.STAMP_BYTES
        filler = bytes(max(0, self.shape.packet_bytes - overhead))
        packet = rtp.build_packet(
            payload_type=self._payload_type,
            sequence=self._sequence,
            timestamp=self._timestamp,
            ssrc=self.ssrc,
            payload=start + filler + rtp.build_stamp(self.next_index, now_ns),
            is_marked=is_last and self.source is Source.CAMERA,
            extension=extension,
        )
        self._ring[self._sequence & 0xFFFF] = packet
        self._ring.pop((self._sequence - _RING) & 0xFFFF, None)
        self._sequence += 1
        self.next_index += 1
        self._octets += len(packet) - rtp.HEADER.size
        return packet


class PacketSender(Protocol):
    """What a publisher sends over."""

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        ...

    def send_rtcp(self, data: bytes) -> None:
        """Protect and send one compound RTCP packet."""
        ...


class Publisher:
    """Sends its streams at their pace and answers feedback. Owns one task from `start` to `close`."""

    def __init__(self) -> None:
        self.lateness = Samples()
        """How long after its due time each frame left."""
        self.malformed = 0
        """RTCP that cannot be parsed, and media that nobody asked for."""
        self.streams: dict[int, SentStream] = {}
        """By SSRC."""
        self._loop = asyncio.get_running_loop()
        self._transport: PacketSender | None = None
        self._task: asyncio.Task[None] | None = None
        self._due: dict[int, float] = {}
        self._report_at = 0.0

    def start(self, transport: PacketSender, streams: Iterable[SentStream]) -> None:
        """Send `streams` over a connected transport from now on. Call once."""
        self._transport = transport
        self.streams = {stream.ssrc: stream for stream in streams}
        self._due = dict.fromkeys(self.streams, self._loop.time())
        self._task = self._loop.create_task(self._run(transport), name="publisher")

    async def close(self) -> None:
        """Stop sending. Idempotent; raises what made sending fail."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    def sift(self, headers: Sequence[int]) -> list[int]:
        """Open everything: there is no media to be expected."""
        return list(range(len(headers) // 3))

    def on_rtp(self, packet: bytes, arrived_at_ns: int) -> None:  # noqa: ARG002 - the handler's interface
        """Count media that nobody asked for."""
        self.malformed += 1

    def on_rtcp(self, data: bytes) -> None:
        """Answer NACK by retransmission, PLI and FIR by a keyframe."""
        try:
            packets = RtcpPacket.parse(data)
        except ValueError:
            self.malformed += 1
            return
        for packet in packets:
            if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                self._on_nack(packet)
            elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                self._on_keyframe_request(packet)

    def _on_nack(self, packet: RtcpRtpfbPacket) -> None:
        stream = self.streams.get(packet.media_ssrc)
        if stream is None or self._transport is None:
            return
        for sequence in packet.lost:
            if again := stream.build_retransmission(sequence & 0xFFFF, time.time_ns()):
                self._transport.send_rtp(again)

    def _on_keyframe_request(self, packet: RtcpPsfbPacket) -> None:
        # FIR names its target in the FCI (RFC 5104 section 4.3.1)
        ssrc = packet.media_ssrc if packet.fmt == RTCP_PSFB_PLI else int.from_bytes(packet.fci[:4], "big")
        if stream := self.streams.get(ssrc):
            stream.request_keyframe()

    async def _run(self, transport: PacketSender) -> None:
        while True:
            ssrc = min(self._due, key=self._due.__getitem__)
            due_at = self._due[ssrc]
            await asyncio.sleep(max(0.0, due_at - self._loop.time()))
            self.lateness.add(int((self._loop.time() - due_at) * 1e9))
            stream = self.streams[ssrc]
            self._due[ssrc] = due_at + 1 / stream.shape.frames_per_s
            now_ns = time.time_ns()
            for packet in stream.build_frame(now_ns):
                transport.send_rtp(packet)
            if due_at >= self._report_at:
                self._report_at = due_at + _REPORT_INTERVAL_S
                for sent in self.streams.values():
                    transport.send_rtcp(sent.build_report(now_ns))
