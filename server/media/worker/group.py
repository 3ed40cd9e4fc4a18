"""Packets of one producer that leave together, one datagram to the kernel for each subscriber (`UDP_SEGMENT`).

The kernel cuts such a datagram into equal parts, of which only the last may be shorter. A browser cuts a frame into
packets that differ by a byte, so those are made equal with RTP padding (RFC 3550 section 5.1).
"""

from typing import NamedTuple

from server.media.worker.vp8 import Vp8Descriptor

MAX_PACKETS = 10
"""In one group. More save little, and keep the first ones waiting."""
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


class PacketGroup:
    """Ask `takes` before `add`, and send what is there when it says no."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._shortest = self._longest = 0

    def takes(self, size: int, limit: int = MAX_PACKETS) -> bool:
        """Whether a packet of `size` bytes may be the next. Those before it must then all become equally long."""
        count = len(self.packets)
        return not count or (count < limit and max(self._longest, size) - self._shortest <= MAX_PADDING)

    def add(self, packet: Packet) -> None:
        """Put a packet at the end."""
        size = len(packet.data)
        self._shortest = min(self._shortest, size) if self.packets else size
        self._longest = max(self._longest, size)
        self.packets.append(packet)

    def take(self) -> "Segments":
        """Return what there is, and begin anew."""
        segments = Segments.of(self.packets, self._longest)
        self.packets = []
        self._shortest = self._longest = 0
        return segments


class Part(NamedTuple):
    """One packet of a group, with `size` bytes of header and payload."""

    size: int
    sequence: int
    timestamp: int
    descriptor: Vp8Descriptor | None


class Segments(NamedTuple):
    """Packets that are equally long, but for the last one, which may be shorter. Sizes without SRTP's tag."""

    datas: list[bytes]
    parts: list[Part]
    size: int
    """Of every packet but the last."""
    octets: int
    """Of all of them together, without padding."""

    @classmethod
    def of(cls, packets: list[Packet], longest: int) -> "Segments":
        """Pad what has to be."""
        datas = [_padded(packet.data, longest) for packet in packets[:-1]]
        datas.append(packets[-1].data)
        parts = [
            Part(len(data), packet.sequence, packet.timestamp, packet.descriptor)
            for data, packet in zip(datas, packets, strict=True)
        ]
        return cls(datas, parts, longest, sum(len(packet.data) for packet in packets))


def _padded(data: bytes, size: int) -> bytes:
    missing = size - len(data)
    if not missing:
        return data
    return bytes((data[0] | _HAS_PADDING,)) + data[1:] + bytes(missing - 1) + bytes((missing,))
