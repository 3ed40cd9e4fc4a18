import asyncio
import random
import struct

import msgspec
import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)

from loadtest.bots.delay import Samples
from loadtest.bots.receiver import REMB_BITS_PER_S, ReceivedStream, Receiver
from loadtest.bots.rtp import build_packet, build_rtx, build_stamp
from loadtest.bots.vp8 import build_payload_start
from protocol.rtp import (
    ConsumerOptions,
    MediaKind,
    RtcpFeedback,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpParameters,
    RtxParameters,
)

SENT_NS = 1_700_000_000_000_000_000


def options(kind: MediaKind = MediaKind.VIDEO) -> ConsumerOptions:
    feedback = [RtcpFeedback(type="nack")] if kind is MediaKind.VIDEO else []
    return ConsumerOptions(
        id="consumer",
        producer_id="producer",
        kind=kind,
        rtp_parameters=RtpParameters(
            codecs=[RtpCodecParameters(mime_type="x/y", payload_type=101, clock_rate=90_000, rtcp_feedback=feedback)],
            encodings=[RtpEncodingParameters(ssrc=7, rtx=RtxParameters(ssrc=8))],
        ),
        producer_paused=False,
    )


def packet(index: int, *, ssrc: int = 7, payload_type: int = 101, is_keyframe: bool = True) -> bytes:
    start = build_payload_start(picture_id=index, is_first_of_frame=True, is_keyframe=is_keyframe)
    return build_packet(
        payload_type=payload_type,
        sequence=65_530 + index,
        timestamp=index * 3_000,
        ssrc=ssrc,
        payload=start + build_stamp(index, SENT_NS),
    )


class Lab:
    def __init__(self, kind: MediaKind = MediaKind.VIDEO, *, open_every: int = 1) -> None:
        self.delays = Samples()
        self.receiver = Receiver(self.delays, random.Random(1), open_every=open_every)
        self.stream: ReceivedStream = self.receiver.add(options(kind))
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()

    def take(self, *packets: bytes) -> None:
        for one in packets:
            self.receiver.on_rtp(one, SENT_NS + 2_000_000)

    def take_or_count(self, *packets: bytes) -> int:
        """Take packets as a transport does that reads in batches; return how many had to be opened."""
        opened = 0
        for start in range(0, len(packets), 5):
            batch = packets[start : start + 5]
            headers = [struct.unpack_from("!HH4xI", one) for one in batch]
            positions = self.receiver.sift(tuple(field for header in headers for field in header))
            self.take(*(batch[position] for position in positions))
            opened += len(positions)
        return opened

    async def feedback(self) -> list[AnyRtcpPacket]:
        return RtcpPacket.parse(await asyncio.wait_for(self.sent.get(), 5))


async def test_packets_are_counted_with_their_delay() -> None:
    lab = Lab()
    lab.take(*(packet(index) for index in range(20)))
    assert (lab.stream.log.received, lab.stream.delivery.count_missing(0, 20)) == (20, 0)
    assert lab.delays.quantile_ms(0.5) == 2
    assert lab.receiver.has_media.is_set()


async def test_strangers_are_not_counted_as_media() -> None:
    lab = Lab()
    lab.take(packet(0, ssrc=9), packet(0, payload_type=96), packet(0)[:-1])
    assert (lab.receiver.unknown, lab.stream.foreign, lab.stream.log.received) == (1, 2, 0)


async def test_a_duplicate_counts_once() -> None:
    lab = Lab()
    lab.take(packet(0), packet(1), packet(1))
    assert (lab.stream.log.duplicates, len(lab.delays)) == (1, 2)


async def test_a_gap_is_asked_for_and_the_retransmission_completes_the_delivery() -> None:
    lab = Lab()
    lab.receiver.start(lab.sent.put_nowait)
    try:
        lab.take(packet(0), packet(7))
        (nack,) = await lab.feedback()
        assert isinstance(nack, RtcpRtpfbPacket)
        assert nack.media_ssrc == 7
        assert [number & 0xFFFF for number in nack.lost] == [65_531, 65_532, 65_533, 65_534, 65_535, 0]
        for index in range(1, 7):
            lab.take(build_rtx(packet(index), payload_type=102, sequence=index, ssrc=8, extension=b""))
        assert lab.stream.delivery.count_missing(0, 8) == 0
        assert (lab.stream.log.raw_lost, lab.stream.log.recovered) == (6, 6)
    finally:
        lab.receiver.close()


async def test_audio_without_nack_is_not_asked_for() -> None:
    lab = Lab(MediaKind.AUDIO)
    lab.receiver.start(lab.sent.put_nowait)
    try:
        lab.take(packet(0), packet(2))
        first = (await lab.feedback())[0]
        assert isinstance(first, RtcpRrPacket)  # the report, and no NACK before it
        assert first.reports[0].packets_lost == 1
    finally:
        lab.receiver.close()


async def test_a_keyframe_is_asked_for_once_when_video_starts_without() -> None:
    lab = Lab()
    lab.receiver.start(lab.sent.put_nowait)
    try:
        lab.take(packet(0, is_keyframe=False), packet(1, is_keyframe=False))
        (request,) = await lab.feedback()
        assert isinstance(request, RtcpPsfbPacket)
        assert (request.fmt, request.media_ssrc) == (RTCP_PSFB_PLI, 7)
        assert lab.sent.empty()
        lab.take(packet(2))
        assert (lab.stream.has_keyframe, lab.stream.keyframes) == (True, 1)
    finally:
        lab.receiver.close()


async def test_reports_answer_the_sender_report_and_estimate_the_bandwidth() -> None:
    lab = Lab()
    info = RtcpSenderInfo(ntp_timestamp=0x1111_2222_3333_4444, rtp_timestamp=0, packet_count=0, octet_count=0)
    lab.receiver.on_rtcp(bytes(RtcpSrPacket(ssrc=7, sender_info=info)))
    lab.take(*(packet(index) for index in range(10)))
    lab.receiver.start(lab.sent.put_nowait)
    try:
        report, estimate = await lab.feedback()
        assert isinstance(report, RtcpRrPacket)
        (block,) = report.reports
        assert (block.ssrc, block.lsr, block.fraction_lost) == (7, 0x2222_3333, 0)
        assert block.highest_sequence == 65_539  # one wrap: 1 << 16 | 3
        assert 0 < block.dlsr < 5 * 65_536
        assert isinstance(estimate, RtcpPsfbPacket)
        assert estimate.fmt == RTCP_PSFB_APP
        bitrate, ssrcs = unpack_remb_fci(estimate.fci)
        assert ssrcs == [7]
        assert bitrate == pytest.approx(REMB_BITS_PER_S, rel=0.01)
    finally:
        lab.receiver.close()


async def test_a_removed_consumer_is_a_stranger() -> None:
    lab = Lab()
    lab.receiver.remove("consumer")
    lab.receiver.remove("consumer")
    lab.take(packet(0), build_rtx(packet(0), payload_type=102, sequence=1, ssrc=8, extension=b""))
    assert lab.receiver.unknown == 2


async def test_malformed_rtcp_is_counted() -> None:
    lab = Lab()
    lab.receiver.on_rtcp(b"\x80\xc8\xff\xff")
    assert lab.receiver.malformed == 1


async def test_an_unbroken_stream_is_counted_by_its_headers_and_opened_now_and_then() -> None:
    lab = Lab(open_every=8)
    opened = lab.take_or_count(*(packet(index) for index in range(800)))
    assert 100 <= opened <= 106
    assert (lab.stream.log.received, lab.stream.delivery.count_missing(0, 800)) == (800, 0)
    assert len(lab.delays) == opened


async def test_every_packet_is_opened_where_that_was_asked_for() -> None:
    lab = Lab()
    assert lab.take_or_count(*(packet(index) for index in range(50))) == 50


async def test_nothing_is_counted_unopened_before_a_keyframe() -> None:
    lab = Lab(open_every=8)
    assert lab.take_or_count(*(packet(index, is_keyframe=False) for index in range(30))) == 30


async def test_packets_of_strangers_are_opened() -> None:
    lab = Lab(open_every=8)
    lab.take_or_count(*(packet(index) for index in range(10)))
    assert lab.take_or_count(packet(10, ssrc=9), packet(10, payload_type=96)) == 2
    assert (lab.receiver.unknown, lab.stream.foreign) == (1, 1)


async def test_a_gap_between_opened_packets_is_missing_until_it_is_repaired() -> None:
    lab = Lab(open_every=8)
    lab.take_or_count(*(packet(index) for index in range(100) if index not in (43, 44)))
    assert (lab.stream.log.raw_lost, lab.stream.delivery.count_missing(0, 100)) == (2, 2)
    for index in (43, 44):
        sequence = (65_530 + index) & 0xFFFF
        lab.take(build_rtx(packet(index), payload_type=102, sequence=sequence, ssrc=8, extension=b""))
    assert lab.stream.delivery.count_missing(0, 100) == 0
    lab.take_or_count(packet(44), packet(99))
    assert lab.stream.log.duplicates == 2


@pytest.mark.parametrize("hidden", range(41, 57))
async def test_a_server_that_hides_a_loss_by_its_numbers_is_found_out(hidden: int) -> None:
    """Its sequence numbers go on without a gap; the stamps of the packets that are opened do not."""
    lab = Lab(open_every=8)
    kept = [index for index in range(100) if index != hidden]
    lab.take_or_count(*(renumbered(packet(index), 65_530 + place) for place, index in enumerate(kept)))
    assert (lab.stream.log.raw_lost, lab.stream.delivery.count_missing(0, 96)) == (0, 1)


def renumbered(one: bytes, sequence: int) -> bytes:
    return one[:2] + (sequence & 0xFFFF).to_bytes(2, "big") + one[4:]


async def test_many_streams_are_reported_in_as_many_blocks_as_it_takes() -> None:
    lab = Lab()
    for number in range(40):
        parameters = options().rtp_parameters
        encoding = RtpEncodingParameters(ssrc=100 + number)
        lab.receiver.add(
            msgspec.structs.replace(
                options(), id=str(number), rtp_parameters=msgspec.structs.replace(parameters, encodings=[encoding])
            )
        )
        lab.take(packet(0, ssrc=100 + number))
    lab.receiver.start(lab.sent.put_nowait)
    try:
        sent = [await lab.feedback(), await lab.feedback()]
        assert [len(packets[0].reports) for packets in sent if isinstance(packets[0], RtcpRrPacket)] == [31, 9]
    finally:
        lab.receiver.close()


async def test_what_is_asked_for_fits_a_datagram() -> None:
    lab = Lab()
    lab.receiver.start(lab.sent.put_nowait)
    try:
        lab.take(packet(0), *(packet(index) for index in range(1, 20_000, 40)))
        asked = 0
        while asked < 499 * 39:
            (nack,) = RtcpPacket.parse(data := await asyncio.wait_for(lab.sent.get(), 5))
            assert isinstance(nack, RtcpRtpfbPacket)
            asked += len(nack.lost)
            assert len(data) < 1_200
    finally:
        lab.receiver.close()
