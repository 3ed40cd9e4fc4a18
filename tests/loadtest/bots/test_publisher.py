import asyncio
import random
import time

import pytest
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    RtpPacket,
    unwrap_rtx,
)

from loadtest.bots.publisher import Publisher, SentStream
from loadtest.bots.rtp import MID_URI, header_bytes, read_stamp
from loadtest.bots.vp8 import starts_keyframe
from protocol.room import Source
from protocol.rtp import (
    RtcpParameters,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)

NOW_NS = 1_700_000_000_500_000_000


def create_stream(source: Source, *, has_rtx: bool = True, seed: int = 1) -> SentStream:
    codecs = [RtpCodecParameters(mime_type="x/y", payload_type=96, clock_rate=90_000)]
    if has_rtx:
        codecs.append(RtpCodecParameters(mime_type="x/rtx", payload_type=97, clock_rate=90_000))
    parameters = RtpParameters(
        codecs=codecs,
        mid="1",
        header_extensions=[RtpHeaderExtensionParameters(uri=MID_URI, id=4)],
        encodings=[RtpEncodingParameters(ssrc=7, rtx=RtxParameters(ssrc=8) if has_rtx else None)],
        rtcp=RtcpParameters(cname="bot"),
    )
    return SentStream(source, parameters, random.Random(seed))


def is_keyframe(packet: bytes) -> bool:
    return starts_keyframe(packet[header_bytes(packet) :])


def test_a_frame_of_video_is_two_packets_of_eleven_hundred_bytes() -> None:
    stream = create_stream(Source.CAMERA)
    frames = [[RtpPacket.parse(packet) for packet in stream.build_frame(NOW_NS)] for _ in range(3)]
    assert all(len(packet) == 1_100 for packet in stream.build_frame(NOW_NS))
    flat = [packet for frame in frames for packet in frame]
    first = flat[0]
    assert [(p.sequence_number - first.sequence_number) % 65_536 for p in flat] == [0, 1, 2, 3, 4, 5]
    assert [(p.timestamp - first.timestamp) % (1 << 32) for p in flat] == [0, 0, 3_000, 3_000, 6_000, 6_000]
    assert [p.marker for p in flat] == [0, 1, 0, 1, 0, 1]


def test_every_packet_is_stamped_with_its_index_and_time() -> None:
    stream = create_stream(Source.CAMERA)
    packets = [*stream.build_frame(NOW_NS), *stream.build_frame(NOW_NS + 5)]
    assert [read_stamp(packet) for packet in packets] == [(0, NOW_NS), (1, NOW_NS), (2, NOW_NS + 5), (3, NOW_NS + 5)]
    assert stream.next_index == 4


def test_only_the_first_frame_is_a_keyframe_until_one_is_asked_for() -> None:
    stream = create_stream(Source.CAMERA)
    frames = [stream.build_frame(NOW_NS) for _ in range(2)]
    stream.request_keyframe()
    frames += [stream.build_frame(NOW_NS) for _ in range(2)]
    assert [is_keyframe(frame[0]) for frame in frames] == [True, False, True, False]
    assert stream.keyframes == 2


def test_audio_is_one_small_unmarked_packet_of_twenty_milliseconds() -> None:
    stream = create_stream(Source.MICROPHONE, has_rtx=False)
    (first,), (second,) = stream.build_frame(NOW_NS), stream.build_frame(NOW_NS)
    assert len(first) == 120
    a, b = RtpPacket.parse(first), RtpPacket.parse(second)
    assert (b.timestamp - a.timestamp) % (1 << 32) == 960
    assert (a.marker, b.marker) == (0, 0)


def test_a_retransmission_carries_the_packet_that_was_asked_for() -> None:
    stream = create_stream(Source.CAMERA)
    originals = [packet for _ in range(10) for packet in stream.build_frame(NOW_NS)]
    asked = RtpPacket.parse(originals[7])
    again = stream.build_retransmission(asked.sequence_number, NOW_NS)
    assert again is not None
    parsed = RtpPacket.parse(again)
    assert (parsed.ssrc, parsed.payload_type) == (8, 97)
    unwrapped = unwrap_rtx(parsed, payload_type=96, ssrc=7)
    assert (unwrapped.sequence_number, unwrapped.payload) == (asked.sequence_number, asked.payload)
    assert stream.retransmitted == 1


def test_what_is_too_old_or_was_never_sent_is_not_retransmitted() -> None:
    stream = create_stream(Source.CAMERA)
    first = RtpPacket.parse(stream.build_frame(NOW_NS)[0])
    assert stream.build_retransmission((first.sequence_number - 1) & 0xFFFF, NOW_NS) is None
    assert stream.build_retransmission(first.sequence_number, NOW_NS) is not None
    for _ in range(600):
        stream.build_frame(NOW_NS)
    assert stream.build_retransmission(first.sequence_number, NOW_NS) is None


def test_without_rtx_nothing_is_retransmitted() -> None:
    stream = create_stream(Source.MICROPHONE, has_rtx=False)
    (packet,) = stream.build_frame(NOW_NS)
    assert stream.build_retransmission(RtpPacket.parse(packet).sequence_number, NOW_NS) is None


def test_the_sender_report_relates_wall_clock_and_timestamp() -> None:
    stream = create_stream(Source.CAMERA)
    last = RtpPacket.parse(stream.build_frame(NOW_NS)[1])
    report, source = RtcpPacket.parse(stream.build_report(NOW_NS))
    assert isinstance(report, RtcpSrPacket)
    assert report.sender_info.ntp_timestamp == (1_700_000_000 + 2_208_988_800 << 32) | 1 << 31
    assert report.sender_info.rtp_timestamp == (last.timestamp + 3_000) % (1 << 32)
    assert report.sender_info.packet_count == 2
    assert isinstance(source, RtcpSdesPacket)
    assert source.chunks[0].items == [(1, b"bot")]


class Wire:
    """Collects what a publisher sends."""

    def __init__(self) -> None:
        self.rtp: asyncio.Queue[bytes] = asyncio.Queue()
        self.rtcp: asyncio.Queue[bytes] = asyncio.Queue()

    def send_rtp(self, packet: bytes) -> None:
        self.rtp.put_nowait(packet)

    def send_rtcp(self, data: bytes) -> None:
        self.rtcp.put_nowait(data)

    async def next(self) -> bytes:
        return await asyncio.wait_for(self.rtp.get(), 5)


async def test_frames_leave_in_time_and_feedback_is_answered() -> None:
    wire, publisher, stream = Wire(), Publisher(), create_stream(Source.CAMERA)
    publisher.start(wire, [stream])
    try:
        assert is_keyframe(await wire.next())
        second = RtpPacket.parse(await wire.next())
        nack = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=[second.sequence_number])
        publisher.on_rtcp(bytes(nack))
        again = RtpPacket.parse(await wire.next())
        assert unwrap_rtx(again, payload_type=96, ssrc=7).sequence_number == second.sequence_number
        assert not is_keyframe(await wire.next())
        await asyncio.wait_for(wire.rtcp.get(), 5)
        assert 0 <= publisher.lateness.quantile_ms(0.5) < 1_000
    finally:
        await publisher.close()
        await publisher.close()
    assert wire.rtp.qsize() < 10  # it has stopped


@pytest.mark.parametrize("fmt", [RTCP_PSFB_PLI, RTCP_PSFB_FIR])
async def test_pli_and_fir_make_the_next_frame_a_keyframe(fmt: int) -> None:
    publisher, stream = Publisher(), create_stream(Source.CAMERA)
    publisher.streams[stream.ssrc] = stream
    stream.build_frame(NOW_NS)
    fci = (7).to_bytes(4, "big") + b"\x01\x00\x00\x00" if fmt == RTCP_PSFB_FIR else b""
    publisher.on_rtcp(bytes(RtcpPsfbPacket(fmt=fmt, ssrc=1, media_ssrc=0 if fci else 7, fci=fci)))
    assert is_keyframe(stream.build_frame(NOW_NS)[0])


async def test_malformed_feedback_is_counted() -> None:
    publisher = Publisher()
    publisher.on_rtcp(b"\x80\xcd\xff\xff")
    publisher.on_rtp(b"", time.time_ns())
    assert publisher.malformed == 2
