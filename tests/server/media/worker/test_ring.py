from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.arrangement import Packet
from server.media.worker.ring import PacketRing

SIZE = 128


@given(st.lists(st.integers(65_000, 67_500), min_size=1, max_size=300, unique=True))
def test_the_newest_packets_are_found_in_whatever_order_they_came(sequences: list[int]) -> None:
    ring = PacketRing(SIZE)
    for sequence in sequences:
        ring.put(Packet(b"", sequence, 0))
    for sequence in sequences:
        newest = max(other for other in sequences if other % SIZE == sequence % SIZE)
        assert ring.get(sequence) == (Packet(b"", sequence, 0) if sequence == newest else None)


def test_what_never_came_is_not_found() -> None:
    ring = PacketRing(SIZE)
    ring.put(Packet(b"", 70_000, 0))
    assert ring.get(70_000 - SIZE) is None
    assert ring.get(70_001) is None
