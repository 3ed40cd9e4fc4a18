"""Generic NACK (RFC 4585 section 6.2.1), built here because aiortc's cannot span the wrap of the sequence numbers."""

import struct
from collections.abc import Sequence

_HEADER = struct.Struct("!BBHII")
_ITEM = struct.Struct("!HH")
_VERSION_AND_FORMAT = 0x81
_PACKET_TYPE = 205
_MASK_BITS = 16


def build_nack(sender_ssrc: int, media_ssrc: int, lost: Sequence[int]) -> bytes:
    """Return the request for packets `lost`: 16-bit sequence numbers in the order in which they were sent."""
    items: list[tuple[int, int]] = []
    for sequence in lost:
        if items:
            first, mask = items[-1]
            distance = (sequence - first) & 0xFFFF
            if 1 <= distance <= _MASK_BITS:
                items[-1] = (first, mask | 1 << (distance - 1))
                continue
        items.append((sequence, 0))
    body = b"".join(_ITEM.pack(*item) for item in items)
    return _HEADER.pack(_VERSION_AND_FORMAT, _PACKET_TYPE, 2 + len(items), sender_ssrc, media_ssrc) + body
