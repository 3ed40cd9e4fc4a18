from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.framing import LENGTH_BYTES, FrameReader, FrameTooLongError, framed

MAX_BYTES = 40
PACKETS = st.lists(st.binary(max_size=MAX_BYTES))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut `data` at some places."""
    at = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(at)]


def read(reader: FrameReader, data: bytes) -> list[bytes]:
    return [bytes(packet) for packet in reader.feed(data)]


@given(PACKETS, st.lists(st.integers(0, 10_000)))
def test_however_a_stream_is_split_the_same_packets_come_out(packets: list[bytes], cuts: list[int]) -> None:
    reader = FrameReader(MAX_BYTES)
    stream = b"".join(framed(packets))
    assert [packet for piece in pieces(stream, cuts) for packet in read(reader, piece)] == packets


def test_a_packet_comes_with_its_last_byte_and_not_before() -> None:
    reader = FrameReader(MAX_BYTES)
    *halves, last = (bytes((byte,)) for byte in b"\x00\x03abc")
    assert [read(reader, half) for half in halves] == [[], [], [], []]
    assert read(reader, last) == [b"abc"]


@given(PACKETS, st.integers(MAX_BYTES + 1, 0xFFFF), st.binary(), st.lists(st.integers(0, 10_000)))
def test_a_length_beyond_the_limit_ends_it_after_what_was_before(
    packets: list[bytes], length: int, rest: bytes, cuts: list[int]
) -> None:
    reader = FrameReader(MAX_BYTES)
    stream = b"".join([*framed(packets), length.to_bytes(LENGTH_BYTES, "big"), rest])
    received: list[bytes] = []

    def read_on() -> None:
        for piece in pieces(stream, cuts):
            received.extend(map(bytes, reader.feed(piece)))

    with pytest.raises(FrameTooLongError):
        read_on()
    assert received == packets


@given(st.lists(st.binary(max_size=500)))
def test_whatever_comes_no_more_is_kept_than_one_packet(noise: list[bytes]) -> None:
    reader = FrameReader(MAX_BYTES)
    for piece in noise:
        try:
            for packet in reader.feed(piece):
                assert len(packet) <= MAX_BYTES
        except FrameTooLongError:
            return
        assert len(reader._rest) < LENGTH_BYTES + MAX_BYTES


def test_a_packet_is_sent_after_its_length() -> None:
    assert b"".join(framed([b"ab", b"", bytes(1_500)])) == b"\0\2ab" + b"\0\0" + b"\x05\xdc" + bytes(1_500)
