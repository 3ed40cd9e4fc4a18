"""What workers send each other, as bytes."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.pipe_records import (
    MESSAGE,
    PREAMBLE,
    KeyframeWanted,
    Message,
    SenderReported,
    Wanted,
    came_at,
    decode_message,
    encode_message,
    record,
    records,
)

uint32 = st.integers(0, (1 << 32) - 1)
all_records = st.lists(st.tuples(uint32, st.integers(0, MESSAGE), st.binary(max_size=1_500)), max_size=8)


@given(st.floats(0, 1e10), all_records)
def test_records_come_out_as_they_went_in(at: float, sent: list[tuple[int, int, bytes]]) -> None:
    datagram = memoryview(PREAMBLE.pack(at) + b"".join(record(*each) for each in sent))
    assert came_at(datagram) == at
    assert [each and (each[0], each[1], bytes(each[2])) for each in records(datagram)] == sent


@given(all_records, st.integers(1, 20))
def test_what_is_cut_off_is_the_last_one(sent: list[tuple[int, int, bytes]], missing: int) -> None:
    datagram = PREAMBLE.pack(0.0) + b"".join(record(*each) for each in sent)
    whole = list(records(memoryview(datagram)[:-missing]))
    assert whole.count(None) <= 1
    assert None not in whole[:-1]
    for each, (pipe, layer, data) in zip(whole, sent, strict=False):
        assert each is None or (each[0], each[1], bytes(each[2])) == (pipe, layer, data)


@given(st.binary(max_size=200))
def test_whatever_comes_nothing_is_raised(data: bytes) -> None:
    came_at(memoryview(data))
    for each in records(memoryview(data)):
        assert each is None or len(each[2]) <= len(data)
    decode_message(data)


@given(
    st.builds(SenderReported, st.integers(0, 2), st.integers(0, (1 << 64) - 1), uint32)
    | st.builds(KeyframeWanted, st.integers(0, 2))
    | st.builds(Wanted, st.integers(0, 3), st.lists(uint32, max_size=300))
)
def test_messages_come_out_as_they_went_in(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


def test_a_message_out_of_range_is_none() -> None:
    for wrong in (Wanted(9, []), Wanted(1, [-1]), SenderReported(0, -1, 0), SenderReported(0, 0, 1 << 32)):
        assert decode_message(encode_message(wrong)) is None


def test_a_record_says_how_long_it_is() -> None:
    assert record(7, 2, b"abc") == struct.pack("!IBH", 7, 2, 3) + b"abc"
