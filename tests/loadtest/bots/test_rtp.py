import pytest
from aiortc.rtp import RtpPacket, unwrap_rtx
from hypothesis import given
from hypothesis import strategies as st

from loadtest.bots.rtp import (
    STAMP_BYTES,
    abs_send_time,
    build_extension,
    build_packet,
    build_rtx,
    build_stamp,
    header_bytes,
    payload_end,
    read_stamp,
    rtx_original_sequence,
)

EXTENSIONS = st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=4)


@given(
    sequence=st.integers(0, 1 << 20),
    timestamp=st.integers(0, 1 << 40),
    ssrc=st.integers(0, (1 << 32) - 1),
    is_marked=st.booleans(),
    elements=EXTENSIONS,
    payload=st.binary(min_size=1, max_size=1_200),
)
def test_packets_read_by_another_library_say_what_was_meant(
    sequence: int,
    timestamp: int,
    ssrc: int,
    is_marked: bool,
    elements: list[tuple[int, bytes]],
    payload: bytes,
) -> None:
    packet = build_packet(
        payload_type=96,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=payload,
        is_marked=is_marked,
        extension=build_extension(elements),
    )
    parsed = RtpPacket.parse(packet)
    assert parsed.sequence_number == sequence % (1 << 16)
    assert parsed.timestamp == timestamp % (1 << 32)
    assert (parsed.ssrc, parsed.payload_type, bool(parsed.marker)) == (ssrc, 96, is_marked)
    assert parsed.payload == payload
    assert packet[header_bytes(packet) : payload_end(packet)] == payload


def test_extension_is_a_one_byte_block_padded_to_words() -> None:
    assert build_extension([(4, b"0"), (2, b"\x01\x02\x03")]) == bytes.fromhex("bede0002 40 30 22 010203 0000")
    assert build_extension([]) == b""


def test_a_retransmission_unwraps_to_its_original() -> None:
    extension = build_extension([(4, b"1")])
    original = build_packet(
        payload_type=96, sequence=65_535, timestamp=5, ssrc=1, payload=b"picture", is_marked=True, extension=extension
    )
    again = build_rtx(original, payload_type=97, sequence=3, ssrc=2, extension=extension)
    assert rtx_original_sequence(again) == 65_535
    parsed = RtpPacket.parse(again)
    assert (parsed.payload_type, parsed.sequence_number, parsed.ssrc) == (97, 3, 2)
    unwrapped = unwrap_rtx(parsed, payload_type=96, ssrc=1)
    assert (unwrapped.sequence_number, unwrapped.payload, unwrapped.marker) == (65_535, b"picture", 1)


def test_a_padding_probe_repeats_nothing() -> None:
    probe = bytearray(build_packet(payload_type=97, sequence=1, timestamp=0, ssrc=2, payload=bytes(223) + b"\xe0"))
    probe[0] |= 0x20
    assert rtx_original_sequence(bytes(probe)) is None


@given(index=st.integers(0, (1 << 32) - 1), sent_at_ns=st.integers(0, (1 << 64) - 1), padding=st.integers(0, 4))
def test_a_stamp_is_found_at_the_end_whatever_the_padding(index: int, sent_at_ns: int, padding: int) -> None:
    payload = b"anything" + build_stamp(index, sent_at_ns)
    packet = bytearray(build_packet(payload_type=96, sequence=1, timestamp=0, ssrc=2, payload=payload))
    if padding:
        packet[0] |= 0x20
        packet += bytes(padding - 1) + bytes((padding,))
    assert read_stamp(bytes(packet)) == (index, sent_at_ns)


@pytest.mark.parametrize("payload", [b"", b"x", b"x" * STAMP_BYTES, b"x" * 200])
def test_packets_of_others_have_no_stamp(payload: bytes) -> None:
    packet = build_packet(payload_type=96, sequence=1, timestamp=0, ssrc=2, payload=payload)
    assert read_stamp(packet) is None


def test_abs_send_time_wraps_after_64_seconds() -> None:
    assert abs_send_time(1.5) == (3 << 17).to_bytes(3, "big")
    assert abs_send_time(65.5) == abs_send_time(1.5)
