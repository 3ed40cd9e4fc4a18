"""A stream without its upper temporal layers: fewer frames a second of the same picture, for a slow line.

Frames of a temporal layer need none of a higher one, so those can be left out without a keyframe. What is left is
renumbered, so that nobody waits for what was left out: a `Thinning` maps a layer's sequence numbers and picture ids to
*reduced* ones. TL0PICIDX counts frames of the base and stays.

A packet that is missing when a later one comes keeps its number, because nobody knows what is in it. When it turns out
to be of a layer that is left out, an empty packet is sent in its place. Pure.
"""

from bisect import bisect_right
from typing import NamedTuple

from server.media.worker.arrangement import Packet
from server.media.worker.continuity import Position
from server.media.worker.rtp import HEADER_BYTES
from server.media.worker.vp8 import Vp8Descriptor, write_picture_id

BASE = 0
WHOLE = 3
"""As a limit: all temporal layers. Their numbers have two bits."""
SPAN = 512
"""Packets that are looked back at: as many as are kept for retransmission."""


def limit_at(current: int, wanted: int, top: int, frame: Vp8Descriptor) -> int:
    """Return the highest temporal layer to forward from `frame` on, where `top` is the highest that there is.

    Less at any frame. More only by one layer at a time, with a frame of it that needs nothing but the base, because all
    others may need what was left out (RFC 7741 section 4.2, Y); or with a keyframe.
    """
    if wanted <= current or frame.is_keyframe:
        return wanted
    if not frame.is_sync or frame.temporal_layer != current + 1:
        return current
    return wanted if frame.temporal_layer >= top else frame.temporal_layer


class Offset(NamedTuple):
    """How many packets and pictures were left out before a packet."""

    packets: int = 0
    pictures: int = 0


class Thinning:
    """One layer's packets up to the temporal layer `limit`. Packets are put in as they come."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.forwarded_packets = self.forwarded_octets = 0
        self._next = 0
        """One after the highest sequence number so far."""
        self._starts = [0]
        """Where the offset changes: after every packet that was left out."""
        self._offsets = [Offset()]
        self._reduced_starts = [0]
        self._left_out: int | None = None
        """The picture id of the newest packet, if that was left out."""

    def put(self, packet: Packet) -> Packet | None:
        """Take note of a packet; return it as it is to be sent, or `None` when it is left out."""
        if packet.sequence < self._next:
            reduced = self.reduce(packet)
            if reduced is None:
                return None
        else:
            self._next = packet.sequence + 1
            if packet.descriptor is not None and packet.descriptor.temporal_layer > self.limit:
                self._leave_out(packet.sequence, packet.descriptor.picture_id)
                return None
            self._left_out = None
            reduced = _reduced(packet, self._offsets[-1])
        self.forwarded_packets += 1
        self.forwarded_octets += len(reduced.data) - HEADER_BYTES
        return reduced

    def reduce(self, packet: Packet) -> Packet | None:
        """Return a packet that has a number as it was, or is, to be sent; `None` when it is too old."""
        offset = self.offset(packet.sequence)
        if offset is None:
            return None
        if packet.descriptor is not None and packet.descriptor.temporal_layer > self.limit:
            return _emptied(packet, offset)
        return _reduced(packet, offset)

    def offset(self, sequence: int) -> Offset | None:
        """Return what was left out before the packet `sequence`, or `None` when that is too long ago."""
        at = bisect_right(self._starts, sequence) - 1
        return self._offsets[at] if at >= 0 else None

    def original(self, reduced: int) -> int | None:
        """Return the sequence number of the packet that got the number `reduced`, or `None` when that is too old."""
        at = bisect_right(self._reduced_starts, reduced) - 1
        return reduced + self._offsets[at].packets if at >= 0 else None

    def end(self, newest: Position) -> Position:
        """Return the last numbers that were given, where `newest` is where the stream is."""
        return reduced_position(newest, self._offsets[-1])

    def _leave_out(self, sequence: int, picture_id: int) -> None:
        packets, pictures = self._offsets[-1]
        offset = Offset(packets + 1, pictures if picture_id == self._left_out else pictures + 1)
        self._left_out = picture_id
        start = sequence + 1
        self._starts.append(start)
        self._offsets.append(offset)
        self._reduced_starts.append(start - offset.packets)
        if len(self._starts) > SPAN:
            forgotten = max(0, bisect_right(self._starts, sequence - SPAN) - 1)
            del self._starts[:forgotten], self._offsets[:forgotten], self._reduced_starts[:forgotten]


def reduced_position(position: Position, offset: Offset) -> Position:
    """Return where a packet is when so much was left out before it."""
    return position._replace(
        sequence=position.sequence - offset.packets, picture_id=(position.picture_id - offset.pictures) & 0x7FFF
    )


def _reduced(packet: Packet, offset: Offset) -> Packet:
    data, descriptor = packet.data, packet.descriptor
    if descriptor is not None and descriptor.picture_id_at and offset.pictures:
        picture_id = (descriptor.picture_id - offset.pictures) & descriptor.picture_id_mask
        copy = bytearray(data)
        write_picture_id(copy, HEADER_BYTES + descriptor.picture_id_at, picture_id, descriptor.picture_id_mask)
        data, descriptor = bytes(copy), descriptor._replace(picture_id=picture_id)
    return packet._replace(data=data, sequence=packet.sequence - offset.packets, descriptor=descriptor)


def _emptied(packet: Packet, offset: Offset) -> Packet:
    """Return a packet that fills a number and carries nothing, not even the end of a frame."""
    head = packet.data[:1] + bytes((packet.data[1] & 0x7F,)) + packet.data[2:HEADER_BYTES]
    return packet._replace(data=head, sequence=packet.sequence - offset.packets, descriptor=None)
