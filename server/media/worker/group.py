"""Packets for one subscriber that leave together, as datagrams that the kernel cuts into packets (`UDP_SEGMENT`).

All parts of such a datagram are equally long, but for the last one, which may be shorter. A browser cuts a frame into
packets that differ by a byte, so those are made equal with RTP padding (RFC 3550 section 5.1); what is much shorter,
the end of a frame or a packet of sound, goes last. Packets of one stream keep their order.
"""

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
    may_be_padded: bool = False
    """Not what is sent again under its own number: that must be the same bytes, or SRTP's key is lost."""


class Part(NamedTuple):
    """One packet of a group: where it begins, and how long header and payload are."""

    at: int
    size: int
    stream: int
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
    """Packets that will be one datagram, with the numbers of their streams."""

    def __init__(self, stream: int, packet: Packet) -> None:
        self.packets = [(stream, packet)]
        self.shortest = self.longest = len(packet.data)
        self._padding = MAX_PADDING if packet.may_be_padded else 0
        self.is_closed = False
        """Whether its last packet is shorter than what the others will be."""

    def takes(self, packet: Packet, limit: int) -> bool:
        """Whether a packet may be the next, all of them being made equally long."""
        if self.is_closed or len(self.packets) >= limit:
            return False
        size = len(packet.data)
        padding = self._padding if packet.may_be_padded else 0
        return max(self.longest, size) - min(self.shortest, size) <= padding

    def takes_last(self, size: int, limit: int) -> bool:
        """Whether a much shorter packet may be the last one."""
        return not self.is_closed and len(self.packets) < limit and size < self.shortest

    def add(self, stream: int, packet: Packet) -> None:
        """Put a packet at the end."""
        size = len(packet.data)
        self.packets.append((stream, packet))
        if not packet.may_be_padded:
            self._padding = 0
        self.shortest, self.longest = min(self.shortest, size), max(self.longest, size)

    def add_last(self, stream: int, packet: Packet) -> None:
        """Put a shorter packet at the end; then there is no room for more."""
        self.packets.append((stream, packet))
        self.is_closed = True


def group(streams: Sequence[Sequence[Packet]], tag_bytes: int, limit: int = MAX_PACKETS) -> list[Group]:
    """Put the packets of some streams into as few datagrams as their sizes allow, at most `limit` in one.

    `tag_bytes` is how much longer SRTP makes a packet.
    """
    chains: list[_Chain] = []
    for number, packets in enumerate(streams):
        _chain(chains, number, packets, limit)
    if len(chains) > 1:
        _join_single_ones(chains, streams, limit)
    return [_pack(chain, tag_bytes) for chain in chains]


def _chain(chains: list[_Chain], stream: int, packets: Sequence[Packet], limit: int) -> None:
    """Chain the packets of a stream with others of about the same size, none before an earlier one of the stream."""
    first = 0
    for packet in packets:
        size = len(packet.data)
        for at in range(first, len(chains)):
            if chains[at].takes(packet, limit):
                chains[at].add(stream, packet)
                break
        else:
            if packet is not packets[0] and chains[first].takes_last(size, limit):
                at = first
                chains[at].add_last(stream, packet)
            else:
                at = len(chains)
                chains.append(_Chain(stream, packet))
        first = at


def _join_single_ones(chains: list[_Chain], streams: Sequence[Sequence[Packet]], limit: int) -> None:
    """Let packets that would leave alone, the only ones of their streams, end a datagram of longer ones."""
    for chain in chains[:]:
        (stream, packet), *others = chain.packets
        if others or len(streams[stream]) > 1:
            continue
        for other in chains:
            if other.takes_last(len(packet.data), limit):
                other.add_last(stream, packet)
                chains.remove(chain)
                break


def _pack(chain: _Chain, tag_bytes: int) -> Group:
    *firsts, (_, last) = chain.packets
    datas = [_padded(packet.data, chain.longest) for _, packet in firsts]
    datas.append(last.data)
    stride = (chain.longest if firsts else len(last.data)) + tag_bytes
    parts = tuple(
        Part(at * stride, len(data), stream, packet.sequence, packet.timestamp, packet.descriptor)
        for at, (data, (stream, packet)) in enumerate(zip(datas, chain.packets, strict=True))
    )
    image = bytes(tag_bytes).join(datas)
    return Group(image, parts, len(image) + tag_bytes, stride)


def _padded(data: bytes, size: int) -> bytes:
    missing = size - len(data)
    if not missing:
        return data
    return bytes((data[0] | _HAS_PADDING,)) + data[1:] + bytes(missing - 1) + bytes((missing,))
