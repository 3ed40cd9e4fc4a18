"""Packets that leave together, in the order in which they fill datagrams that the kernel cuts (`UDP_SEGMENT`).

All parts of such a datagram are equally long, but for the last one, which may be shorter. A browser cuts a frame into
packets that differ by a byte, so those are made equal with RTP padding (RFC 3550 section 5.1). Longer packets come
before shorter ones, so that the end of a frame, or a packet of sound, can end a datagram; but packets of one stream
keep their order. One order serves all subscribers: each leaves out the streams that it does not get.
"""

from collections.abc import Sequence
from math import inf
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
    is_late: bool = False
    """Whether it came after a later one."""


class Entry(NamedTuple):
    """One packet as it leaves, but for what is the subscriber's own."""

    data: bytes
    """Padded to the size of its row."""
    sequence: int
    timestamp: int
    descriptor: Vp8Descriptor | None


class Row(NamedTuple):
    """Neighbouring packets of equal size, stream by stream."""

    size: int
    streams: list[tuple[int, list[Entry]]]
    """With the stream's number."""


class _Run:
    """Neighbouring packets of one stream that can be made equally long."""

    def __init__(self, stream: int, packet: Packet, level: int, most: float) -> None:
        self.stream = stream
        self.packets = [packet]
        self.shortest = self.longest = len(packet.data)
        self.may_be_padded = packet.may_be_padded
        self.level = level
        """What has a lower one comes before: in the same stream it came before, and is shorter."""
        self._most = most
        """Of the same level, what comes before is so long."""

    def takes(self, packet: Packet) -> bool:
        """Add the next packet of the stream, if it is of about the same size; else return false."""
        size = len(packet.data)
        shortest, longest = min(self.shortest, size), max(self.longest, size)
        if longest != shortest and (
            longest - shortest > MAX_PADDING
            or longest > self._most
            or not (self.may_be_padded and packet.may_be_padded)
        ):
            return False
        self.packets.append(packet)
        self.shortest, self.longest = shortest, longest
        self.may_be_padded = self.may_be_padded and packet.may_be_padded
        return True

    def fits(self, size: int) -> bool:
        """Whether all of it can be made `size` bytes long, which is not less than it has."""
        return self.shortest == size or (self.may_be_padded and size - self.shortest <= MAX_PADDING)


def arrange(streams: Sequence[Sequence[Packet]]) -> list[Row]:
    """Put the packets of all streams, each in its order, into rows of equal size."""
    runs = [run for number, packets in enumerate(streams) for run in _runs(number, packets)]
    runs.sort(key=lambda run: (run.level, -run.longest))
    rows: list[Row] = []
    level = 0
    for run in runs:
        if not rows or run.level != level or not run.fits(rows[-1].size):
            rows.append(Row(run.longest, []))
            level = run.level
        size = rows[-1].size
        entries = [Entry(_padded(each.data, size), *each[1:4]) for each in run.packets]
        rows[-1].streams.append((run.stream, entries))
    return rows


def _runs(stream: int, packets: Sequence[Packet]) -> list[_Run]:
    runs: list[_Run] = []
    for packet in packets:
        if not runs:
            runs.append(_Run(stream, packet, 0, inf))
        elif not (last := runs[-1]).takes(packet):
            is_longer = len(packet.data) > last.longest
            runs.append(_Run(stream, packet, last.level + is_longer, inf if is_longer else last.longest))
    return runs


def _padded(data: bytes, size: int) -> bytes:
    missing = size - len(data)
    if not missing:
        return data
    return bytes((data[0] | _HAS_PADDING,)) + data[1:] + bytes(missing - 1) + bytes((missing,))
