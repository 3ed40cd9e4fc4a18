"""A subscriber's stream goes on without a seam when its source changes to another simulcast layer. Pure.

Layers are streams of their own: each with its sequence numbers, its timestamps and its picture ids. A `Shift` is what
is subtracted from a layer's numbers to get the subscriber's; it changes only at a keyframe.
"""

from typing import NamedTuple

from server.media.worker.rtcp import SenderReport
from server.media.worker.vp8 import Vp8Descriptor, write_picture_id

_HALF = 1 << 31
_NTP_FRACTION = 1 << 32


class Position(NamedTuple):
    """Where in a stream a packet is. The sequence number is unbounded, the timestamp has 32 bits."""

    sequence: int
    timestamp: int
    picture_id: int = 0
    tl0_index: int = 0


class Shift(NamedTuple):
    """Subtracted from a layer's numbers; all but the sequence modulo what the field holds."""

    sequence: int
    timestamp: int = 0
    picture_id: int = 0
    tl0_index: int = 0

    @property
    def has_pictures(self) -> bool:
        """Whether the codec's own numbers change, too."""
        return bool(self.picture_id or self.tl0_index)

    def applied(self, position: Position) -> Position:
        """Return where `position` is in the subscriber's stream."""
        return Position(
            position.sequence - self.sequence,
            (position.timestamp - self.timestamp) & 0xFFFFFFFF,
            (position.picture_id - self.picture_id) & 0x7FFF,
            (position.tl0_index - self.tl0_index) & 0xFF,
        )


def follow(last: Position, first: Position, timestamp: int) -> Shift:
    """Return the shift with which `first` follows `last`, the subscriber's newest packet.

    `timestamp` is what `first` should get by the clock; when that is not after `last`, it comes one tick after.
    """
    if not 0 < (timestamp - last.timestamp) & 0xFFFFFFFF < _HALF:
        timestamp = last.timestamp + 1
    return Shift(
        first.sequence - last.sequence - 1,
        (first.timestamp - timestamp) & 0xFFFFFFFF,
        (first.picture_id - last.picture_id - 1) & 0x7FFF,
        (first.tl0_index - last.tl0_index - 1) & 0xFF,
    )


def same_instant(timestamp: int, ours: SenderReport, theirs: SenderReport, clock_rate: int) -> int:
    """Return which timestamp of the stream that `theirs` reports on belongs to the instant of `timestamp` in `ours`."""
    elapsed = (theirs.ntp - ours.ntp) * clock_rate // _NTP_FRACTION
    return (timestamp - ours.timestamp + theirs.timestamp - elapsed) & 0xFFFFFFFF


def shift_pictures(packet: bytearray | memoryview, at: int, descriptor: Vp8Descriptor, shift: Shift) -> None:
    """Rewrite the codec's numbers in a packet whose payload is at `at`."""
    if descriptor.picture_id_at:
        picture_id = descriptor.picture_id - shift.picture_id
        write_picture_id(packet, at + descriptor.picture_id_at, picture_id, descriptor.picture_id_mask)
    if descriptor.tl0_index_at:
        packet[at + descriptor.tl0_index_at] = (descriptor.tl0_index - shift.tl0_index) & 0xFF
