"""Packets for one subscriber that leave together, as datagrams that the kernel cuts into packets (`UDP_SEGMENT`).

All parts of such a datagram are equally long, but for the last one, which may be shorter. A browser cuts a frame into
packets that differ by a byte, so those are made equal with RTP padding (RFC 3550 section 5.1); what is much shorter,
the end of a frame or a packet of sound, goes last. Packets of one stream keep their order.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from server.media.worker.vp8 import Vp8Descriptor

MAX_PACKETS = 16
"""In one datagram. More save little."""
MAX_PADDING = 8
"""Bytes that are added to a packet to make it as long as the others."""
_HAS_PADDING = 0x20


class Packet(NamedTuple):
    """As every subscriber gets it, but for SSRC, MID and sequence number. `sequence` is unbounded."""

    data: bytes
    sequence: int
    timestamp: int
    descriptor: Vp8Descriptor | None = None
    """Of layered video: what is to be renumbered in the payload."""


class Part(NamedTuple):
    """One packet of a group: where it begins, and how long header and payload are."""

    at: int
    size: int
    number: int
    """Which one it is of those that were grouped."""
    sequence: int
    timestamp: int
    descriptor: Vp8Descriptor | None


class Group(NamedTuple):
    """One datagram. Every part is followed by room for SRTP's tag."""

    image: bytes
    """Without the room after the last part."""
    parts: tuple[Part, ...]
    size: int
    """Of the whole."""
    stride: int
    """What the kernel is to cut it into."""


class _Chain:
    """Packets that will be one datagram, by their numbers."""

    def __init__(self, number: int, size: int) -> None:
        self.numbers = [number]
        self.shortest = self.longest = size
        self.is_closed = False
        """Whether its last packet is shorter than what the others will be."""

    def takes(self, size: int, limit: int) -> bool:
        """Whether a packet of `size` bytes may be the next, all of them being made equally long."""
        if self.is_closed or len(self.numbers) >= limit:
            return False
        return max(self.longest, size) - min(self.shortest, size) <= MAX_PADDING

    def takes_last(self, size: int, limit: int) -> bool:
        """Whether a much shorter packet may be the last one."""
        return not self.is_closed and len(self.numbers) < limit and size < self.shortest

    def add(self, number: int, size: int) -> None:
        """Put a packet at the end."""
        self.numbers.append(number)
        self.shortest, self.longest = min(self.shortest, size), max(self.longest, size)

    def add_last(self, number: int) -> None:
        """Put a shorter packet at the end; then there is no room for more."""
        self.numbers.append(number)
        self.is_closed = True


def group(packets: Sequence[Packet], streams: Sequence[int], tag_bytes: int, limit: int = MAX_PACKETS) -> list[Group]:
    """Put packets, each of the stream with the number beside it, into as few datagrams as their sizes allow.

    At most `limit` in one; `tag_bytes` is how long SRTP makes a packet.
    """
    sizes = [len(packet.data) for packet in packets]
    chains = _chain(sizes, streams, limit)
    _join_single_ones(chains, sizes, streams, limit)
    return [_pack(chain, packets, tag_bytes) for chain in chains]


def _chain(sizes: Sequence[int], streams: Sequence[int], limit: int) -> list[_Chain]:
    """Chain packets of about the same size, no packet before an earlier one of its stream."""
    chains: list[_Chain] = []
    last_of: dict[int, int] = {}
    for number, (size, stream) in enumerate(zip(sizes, streams, strict=True)):
        first = last_of.get(stream, 0)
        for at in range(first, len(chains)):
            if chains[at].takes(size, limit):
                chains[at].add(number, size)
                break
        else:
            at = first if stream in last_of else len(chains)
            if at < len(chains) and chains[at].takes_last(size, limit):
                chains[at].add_last(number)
            else:
                at = len(chains)
                chains.append(_Chain(number, size))
        last_of[stream] = at
    return chains


def _join_single_ones(chains: list[_Chain], sizes: Sequence[int], streams: Sequence[int], limit: int) -> None:
    """Let packets that would leave alone, the only ones of their streams, end a datagram of longer ones."""
    counts = Counter(streams)
    for chain in [chain for chain in chains if len(chain.numbers) == 1 and counts[streams[chain.numbers[0]]] == 1]:
        number = chain.numbers[0]
        for other in chains:
            if other is not chain and other.takes_last(sizes[number], limit):
                other.add_last(number)
                chains.remove(chain)
                break


def _pack(chain: _Chain, packets: Sequence[Packet], tag_bytes: int) -> Group:
    *numbers, last = chain.numbers
    datas = [_padded(packets[number].data, chain.longest) for number in numbers]
    datas.append(packets[last].data)
    stride = (chain.longest if numbers else len(datas[0])) + tag_bytes
    parts = tuple(
        Part(at * stride, len(data), number, *packets[number][1:])
        for at, (number, data) in enumerate(zip(chain.numbers, datas, strict=True))
    )
    image = bytes(tag_bytes).join(datas)
    return Group(image, parts, len(image) + tag_bytes, stride)


def _padded(data: bytes, size: int) -> bytes:
    missing = size - len(data)
    if not missing:
        return data
    return bytes((data[0] | _HAS_PADDING,)) + data[1:] + bytes(missing - 1) + bytes((missing,))
