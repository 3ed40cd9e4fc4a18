from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.group import MAX_PACKETS, MAX_PADDING, Group, Packet, group
from server.media.worker.rtp import HEADER_BYTES, parse_header

HEADER = b"\x80" + bytes(11)
TAG_BYTES = 16


def packet(size: int, sequence: int = 0) -> Packet:
    """Return a packet of `size` bytes whose payload tells one from another."""
    return Packet(HEADER + bytes((sequence % 251,)) * (size - len(HEADER)), sequence, 90 * sequence, may_be_padded=True)


def grouped(sizes: Sequence[int], streams: Sequence[int] | None = None, limit: int = MAX_PACKETS) -> list[Group]:
    """Group packets of these sizes, numbered in the order in which they came, each of the stream beside it."""
    by_stream: dict[int, list[Packet]] = {}
    for number, (size, stream) in enumerate(zip(sizes, streams or [0] * len(sizes), strict=True)):
        by_stream.setdefault(stream, []).append(packet(size, number))
    return group(list(by_stream.values()), TAG_BYTES, limit)


def numbers(groups: list[Group]) -> list[list[int]]:
    return [[part.sequence for part in each.parts] for each in groups]


def test_packets_that_differ_by_a_byte_are_made_equal() -> None:
    (one,) = grouped([1_000, 999, 1_000, 999])
    assert one.stride == 1_000 + TAG_BYTES
    assert [part.size for part in one.parts] == [1_000, 1_000, 1_000, 999], "the last may be shorter"
    assert one.size == 3 * one.stride + 999 + TAG_BYTES
    second = one.image[one.stride : one.stride + 1_000]
    header = parse_header(second, 1_000)
    assert header is not None
    assert header.payload_end == 999, "the padding is no payload"


def test_a_longer_packet_makes_those_before_it_longer() -> None:
    (one,) = grouped([1_000, 1_008])
    assert [part.size for part in one.parts] == [1_008, 1_008]


def test_only_the_last_may_be_much_shorter() -> None:
    assert numbers(grouped([1_000, 1_000, 300, 300, 300])) == [[0, 1, 2], [3, 4]]


def test_a_longer_packet_of_the_stream_begins_a_new_datagram() -> None:
    assert numbers(grouped([300, 1_000])) == [[0], [1]], "or it would overtake"


def test_packets_of_many_streams_share_a_datagram() -> None:
    assert numbers(grouped([1_000, 1_000, 1_000, 1_000], [1, 2, 3, 1])) == [[0, 3, 1, 2]]


def test_a_packet_of_sound_ends_a_datagram_of_pictures_whichever_came_first() -> None:
    assert numbers(grouped([120, 1_000, 1_000], [1, 2, 2])) == [[1, 2, 0]]
    assert numbers(grouped([1_000, 1_000, 120], [2, 2, 1])) == [[0, 1, 2]]
    assert numbers(grouped([120, 1_000, 120, 1_000, 120], [1, 2, 3, 2, 4])) == [[0, 2, 4], [1, 3]]


@given(st.lists(st.tuples(st.integers(90, 110), st.booleans(), st.integers(0, 2)), min_size=1, max_size=20))
def test_what_may_not_be_padded_leaves_as_it_came(packets: list[tuple[int, bool, int]]) -> None:
    given_ = [
        packet(size, number)._replace(may_be_padded=may_be_padded)
        for number, (size, may_be_padded, _) in enumerate(packets)
    ]
    streams = [[each for each, (_, _, of) in zip(given_, packets, strict=True) if of == stream] for stream in range(3)]
    groups = group([stream for stream in streams if stream], TAG_BYTES)
    left = {part.sequence: each.image[part.at : part.at + part.size] for each in groups for part in each.parts}
    assert sorted(left) == list(range(len(packets)))
    for each in given_:
        assert each.may_be_padded or left[each.sequence] == each.data


def test_a_group_has_a_limit() -> None:
    assert [len(s.parts) for s in grouped([500] * (2 * MAX_PACKETS + 1))] == [MAX_PACKETS, MAX_PACKETS, 1]
    assert [len(s.parts) for s in grouped([500] * 3, limit=1)] == [1, 1, 1]
    assert [len(s.parts) for s in grouped([500, 100], [1, 2], limit=1)] == [1, 1]


sizes_and_streams = st.lists(
    st.tuples(st.one_of(st.integers(HEADER_BYTES, 1_300), st.integers(1_190, 1_200)), st.integers(0, 4)),
    min_size=1,
    max_size=60,
)


@given(sizes_and_streams, st.integers(1, MAX_PACKETS))
def test_nothing_is_lost_and_every_datagram_can_be_cut(packets: list[tuple[int, int]], limit: int) -> None:
    sizes, streams = [size for size, _ in packets], [stream for _, stream in packets]
    groups = grouped(sizes, streams, limit)
    parts = [part for each in groups for part in each.parts]
    assert sorted(part.sequence for part in parts) == list(range(len(sizes)))
    for stream in set(streams):
        own = [part.sequence for part in parts if streams[part.sequence] == stream]
        assert own == sorted(own), "in order"
    for each in groups:
        assert len(each.parts) <= limit
        assert each.size == len(each.image) + TAG_BYTES == each.parts[-1].at + each.parts[-1].size + TAG_BYTES
        for at, part in enumerate(each.parts):
            is_last = at == len(each.parts) - 1
            assert part.at == at * each.stride
            assert part.size + TAG_BYTES <= each.stride if is_last else part.size + TAG_BYTES == each.stride
            assert sizes[part.sequence] <= part.size <= sizes[part.sequence] + MAX_PADDING
            data = each.image[part.at : part.at + part.size]
            header = parse_header(data, part.size)
            assert header is not None
            original = packet(sizes[part.sequence], part.sequence)
            assert streams[part.sequence] == list(dict.fromkeys(streams))[part.stream]
            assert data[1 : header.payload_end] == original.data[1:]
            assert (part.sequence, part.timestamp) == (original.sequence, original.timestamp)
