from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.group import MAX_PACKETS, MAX_PADDING, Packet, PacketGroup, Segments
from server.media.worker.rtp import HEADER_BYTES, parse_header

HEADER = b"\x80" + bytes(11)


def packet(size: int, sequence: int = 0) -> Packet:
    """Return a packet of `size` bytes whose payload tells one from another."""
    return Packet(HEADER + bytes((sequence % 251,)) * (size - len(HEADER)), sequence, 90 * sequence)


def grouped(sizes: list[int], limit: int = MAX_PACKETS) -> list[Segments]:
    group, taken = PacketGroup(), []
    for sequence, size in enumerate(sizes):
        if not group.takes(size, limit):
            taken.append(group.take())
        group.add(packet(size, sequence))
    return [*taken, group.take()]


def test_packets_that_differ_by_a_byte_are_made_equal() -> None:
    (segments,) = grouped([1_000, 999, 1_000, 999])
    assert segments.size == 1_000
    assert [len(data) for data in segments.datas] == [1_000, 1_000, 1_000, 999], "the last may be shorter"
    header = parse_header(segments.datas[1], 1_000)
    assert header is not None
    assert header.payload_end == 999, "the padding is no payload"


def test_a_longer_packet_makes_those_before_it_longer() -> None:
    (segments,) = grouped([1_000, 1_008])
    assert [len(data) for data in segments.datas] == [1_008, 1_008]


def test_only_the_last_may_be_much_shorter() -> None:
    assert [len(s.datas) for s in grouped([1_000, 1_000, 300, 300, 300])] == [3, 2]


def test_a_much_longer_packet_begins_a_new_group() -> None:
    assert [len(s.datas) for s in grouped([300, 1_000])] == [1, 1]


def test_a_group_has_a_limit() -> None:
    assert [len(s.datas) for s in grouped([500] * (2 * MAX_PACKETS + 1))] == [MAX_PACKETS, MAX_PACKETS, 1]
    assert [len(s.datas) for s in grouped([500] * 3, limit=1)] == [1, 1, 1]


@given(st.lists(st.one_of(st.integers(HEADER_BYTES, 1_300), st.integers(1_190, 1_200)), min_size=1, max_size=60))
def test_nothing_is_lost_and_every_group_can_be_cut(sizes: list[int]) -> None:
    groups = grouped(sizes)
    parts = [part for segments in groups for part in segments.parts]
    assert [(part.sequence, part.timestamp) for part in parts] == [(n, 90 * n) for n in range(len(sizes))]
    for segments in groups:
        assert {len(data) for data in segments.datas[:-1]} <= {segments.size}
        assert len(segments.datas[-1]) <= segments.size
        for data, (size, sequence, _, _) in zip(segments.datas, segments.parts, strict=True):
            assert len(data) == size <= sizes[sequence] + MAX_PADDING
            header = parse_header(data, size)
            assert header is not None
            original = packet(sizes[sequence], sequence).data
            assert data[1 : header.payload_end] == original[1:]
