from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from server.media.worker.arrangement import MAX_PADDING, Packet, Row, arrange
from server.media.worker.rtp import HEADER_BYTES, parse_header

HEADER = b"\x80" + bytes(11)


def packet(size: int, sequence: int = 0, *, may_be_padded: bool = True) -> Packet:
    """Return a packet of `size` bytes whose payload tells one from another."""
    data = HEADER + bytes((sequence % 251,)) * (size - len(HEADER))
    return Packet(data, sequence, 90 * sequence, may_be_padded=may_be_padded)


def arranged(sizes: Sequence[int], streams: Sequence[int] | None = None) -> list[Row]:
    """Arrange packets of these sizes, numbered in the order in which they came, each of the stream beside it."""
    by_stream: dict[int, list[Packet]] = {}
    for number, (size, stream) in enumerate(zip(sizes, streams or [0] * len(sizes), strict=True)):
        by_stream.setdefault(stream, []).append(packet(size, number))
    return arrange(list(by_stream.values()))


def numbers(rows: Sequence[Row]) -> list[list[int]]:
    return [[entry.sequence for _, entries in row.streams for entry in entries] for row in rows]


def test_packets_that_differ_by_a_byte_are_made_equal() -> None:
    (row,) = arranged([1_000, 999, 1_000, 999])
    ((_, entries),) = row.streams
    assert row.size == 1_000
    assert [len(entry.data) for entry in entries] == [1_000] * 4
    header = parse_header(entries[1].data, 1_000)
    assert header is not None
    assert header.payload_end == 999, "the padding is no payload"


def test_a_longer_packet_makes_those_before_it_longer() -> None:
    (row,) = arranged([1_000, 1_008])
    assert row.size == 1_008


def test_what_is_shorter_comes_after() -> None:
    assert numbers(arranged([1_000, 1_000, 300, 300, 300])) == [[0, 1], [2, 3, 4]]


def test_a_longer_packet_of_the_stream_does_not_overtake() -> None:
    assert numbers(arranged([300, 1_000])) == [[0], [1]]
    assert numbers(arranged([300, 1_000, 200], [1, 1, 2])) == [[0], [2], [1]]


def test_packets_of_many_streams_share_a_row() -> None:
    assert numbers(arranged([1_000, 1_000, 1_000, 1_000], [1, 2, 3, 1])) == [[0, 3, 1, 2]]


def test_sound_comes_after_pictures_whichever_came_first() -> None:
    assert numbers(arranged([120, 1_000, 1_000], [1, 2, 2])) == [[1, 2], [0]]
    assert numbers(arranged([120, 1_000, 120, 1_000, 120], [1, 2, 3, 2, 4])) == [[1, 3], [0, 2, 4]]


sized = st.one_of(st.integers(HEADER_BYTES, 1_300), st.integers(1_190, 1_200), st.integers(100, 110))


@example([(29, 0, False), (28, 0, True), (30, 0, True)])
@given(st.lists(st.tuples(sized, st.integers(0, 4), st.booleans()), min_size=1, max_size=60))
def test_every_packet_is_there_once_in_order_and_as_it_was_but_for_padding(
    packets: list[tuple[int, int, bool]],
) -> None:
    streams: list[list[Packet]] = [[] for _ in range(5)]
    for number, (size, stream, may_be_padded) in enumerate(packets):
        streams[stream].append(packet(size, number, may_be_padded=may_be_padded))
    rows = arrange(streams)
    assert sorted(number for row in numbers(rows) for number in row) == list(range(len(packets)))
    for at, sent in enumerate(streams):
        own = [entry for row in rows for of, entries in row.streams if of == at for entry in entries]
        assert [(entry.sequence, entry.timestamp) for entry in own] == [(p.sequence, p.timestamp) for p in sent]
        for entry, original in zip(own, sent, strict=True):
            header = parse_header(entry.data, len(entry.data))
            assert header is not None
            assert entry.data[1 : header.payload_end] == original.data[1:]
            assert len(entry.data) - len(original.data) <= (MAX_PADDING if original.may_be_padded else 0)
    assert all(len(entry.data) == row.size for row in rows for _, entries in row.streams for entry in entries)
