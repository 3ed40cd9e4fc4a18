import struct

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker import rtcp

uint16, uint32, uint64 = (st.integers(0, 2**bits - 1) for bits in (16, 32, 64))


@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_as_far_as_they_go(data: bytes) -> None:
    rtcp.parse(data)


@given(
    st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207]),
    st.integers(0, 31),
    st.binary(max_size=120).map(lambda body: body + bytes(-len(body) % 4)),
)
def test_any_body_of_a_known_type_is_parsed_or_skipped(packet_type: int, count: int, body: bytes) -> None:
    packet = bytes((0x80 | count, packet_type)) + (len(body) // 4).to_bytes(2, "big") + body
    after = rtcp.picture_loss_indication(1, 4_711)
    assert rtcp.parse(packet + after)[-1] == rtcp.KeyframeRequest(4_711)


@given(uint32, uint64, uint32, uint32, uint32)
def test_sender_reports_of_another_library_are_read(ssrc: int, ntp: int, timestamp: int, count: int, size: int) -> None:
    info = RtcpSenderInfo(ntp_timestamp=ntp, rtp_timestamp=timestamp, packet_count=count, octet_count=size)
    compound = bytes(RtcpSrPacket(ssrc=ssrc, sender_info=info)) + bytes(RtcpSdesPacket(chunks=[]))
    assert rtcp.parse(compound) == [rtcp.SenderReport(ssrc, ntp, timestamp, count, size)]


@given(st.lists(st.tuples(uint32, st.integers(0, 255)), max_size=31), st.booleans())
def test_report_blocks_of_another_library_are_read(losses: list[tuple[int, int]], is_sender: bool) -> None:
    blocks = [
        RtcpReceiverInfo(ssrc=ssrc, fraction_lost=lost, packets_lost=1, highest_sequence=2, jitter=3, lsr=4, dlsr=5)
        for ssrc, lost in losses
    ]
    info = RtcpSenderInfo(ntp_timestamp=1, rtp_timestamp=2, packet_count=3, octet_count=4)
    packet = RtcpSrPacket(ssrc=9, sender_info=info, reports=blocks) if is_sender else RtcpRrPacket(9, blocks)
    read = [message for message in rtcp.parse(bytes(packet)) if isinstance(message, rtcp.ReportBlock)]
    assert [(block.ssrc, block.fraction_lost) for block in read] == losses


@given(uint32, uint64, uint32, uint32, uint32, st.text(max_size=20))
def test_another_library_reads_our_sender_reports(
    ssrc: int, ntp: int, timestamp: int, count: int, size: int, cname: str
) -> None:
    compound = rtcp.sender_report(rtcp.SenderReport(ssrc, ntp, timestamp, count, size), cname)
    report, description = RtcpPacket.parse(compound)
    assert isinstance(report, RtcpSrPacket)
    assert report.ssrc == ssrc
    assert report.sender_info == RtcpSenderInfo(ntp, timestamp, count, size)
    assert isinstance(description, RtcpSdesPacket)
    assert [(chunk.ssrc, chunk.items) for chunk in description.chunks] == [(ssrc, [(1, cname.encode())])]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True), uint16)
def test_another_library_reads_our_nacks(offsets: list[int], first: int) -> None:
    sequences = [(first + offset) & 0xFFFF for offset in sorted(offsets)]
    compound = rtcp.nack(1, 2, sequences)
    (packet,) = RtcpPacket.parse(compound)
    assert isinstance(packet, RtcpRtpfbPacket)
    assert (packet.ssrc, packet.media_ssrc) == (1, 2)
    assert [lost & 0xFFFF for lost in packet.lost] == sequences  # it does not wrap around
    assert rtcp.parse(compound) == [rtcp.Nack(2, tuple(sequences))]


def test_keyframe_requests_are_read_from_pli_and_fir() -> None:
    pli = bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=7))
    fir = bytes(RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=(8).to_bytes(4, "big") + b"\x01\0\0\0"))
    assert rtcp.parse(pli + fir) == [rtcp.KeyframeRequest(7), rtcp.KeyframeRequest(8)]
    assert rtcp.parse(rtcp.picture_loss_indication(1, 7)) == [rtcp.KeyframeRequest(7)]


@given(st.integers(0, 2**40), st.lists(uint32, max_size=5))
def test_another_library_reads_our_bandwidth_estimates(bitrate: int, ssrcs: list[int]) -> None:
    compound = rtcp.bandwidth_estimate(1, bitrate, ssrcs)
    (packet,) = RtcpPacket.parse(compound)
    assert isinstance(packet, RtcpPsfbPacket)
    read, read_ssrcs = unpack_remb_fci(packet.fci)
    assert read_ssrcs == ssrcs
    assert bitrate - (bitrate >> 17) <= read <= bitrate
    assert rtcp.parse(compound) == [rtcp.BandwidthEstimate(read)]


@given(st.integers(0, 2**18 - 1), st.integers(0, 63))
def test_any_bandwidth_estimate_fits_into_other_numbers(mantissa: int, exponent: int) -> None:
    body = struct.pack("!II4sI", 1, 0, b"REMB", exponent << 18 | mantissa)
    (estimate,) = rtcp.parse(b"\x8f\xce\0\x04" + body)
    assert isinstance(estimate, rtcp.BandwidthEstimate)
    assert estimate.bitrate == min(mantissa << exponent, 1 << 40)
    rtcp.bandwidth_estimate(1, estimate.bitrate, [2])


@given(st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), uint32, uint32, uint32, uint32)
def test_another_library_reads_our_receiver_reports(
    fraction: int, lost: int, highest: int, jitter: int, last: int, delay: int
) -> None:
    block = rtcp.ReportBlock(9, fraction, lost, highest, jitter, last, delay)
    (packet,) = RtcpPacket.parse(rtcp.receiver_report(3, [block]))
    assert isinstance(packet, RtcpRrPacket)
    assert packet.ssrc == 3
    assert packet.reports == [RtcpReceiverInfo(9, fraction, lost, highest, jitter, last, delay)]


blocks = st.lists(
    st.builds(
        rtcp.ReportBlock, uint32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), uint32, uint32, uint32, uint32
    ),
    max_size=31,
)


@given(blocks)
def test_receiver_reports_are_read(told: list[rtcp.ReportBlock]) -> None:
    assert rtcp.parse(rtcp.receiver_report(3, told)) == told


@given(blocks)
def test_what_a_sender_of_another_library_reports_of_others_is_read(told: list[rtcp.ReportBlock]) -> None:
    info = RtcpSenderInfo(ntp_timestamp=1, rtp_timestamp=2, packet_count=3, octet_count=4)
    compound = bytes(RtcpSrPacket(ssrc=7, sender_info=info, reports=[RtcpReceiverInfo(*block) for block in told]))
    assert rtcp.parse(compound) == [rtcp.SenderReport(7, 1, 2, 3, 4), *told]


def test_a_truncated_packet_ends_the_compound() -> None:
    pli = rtcp.picture_loss_indication(1, 7)
    assert rtcp.parse(pli + pli[:-1]) == [rtcp.KeyframeRequest(7)]


@pytest.mark.parametrize(
    ("compound", "is_nack"),
    [
        (rtcp.nack(1, 2, [3]), True),
        (rtcp.receiver_report(1, []) + rtcp.nack(1, 2, [3]), False),
        (rtcp.picture_loss_indication(1, 2), False),
        (b"\x8f" + rtcp.nack(1, 2, [3])[1:], False),  # transport-wide congestion control
    ],
)
def test_a_nack_is_told_by_the_first_header(compound: bytes, *, is_nack: bool) -> None:
    assert rtcp.begins_with_nack(compound) == is_nack
