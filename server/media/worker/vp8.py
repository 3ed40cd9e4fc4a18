"""What a VP8 packet tells by its payload descriptor (RFC 7741 section 4.2). Pure functions."""

import struct
from typing import NamedTuple

_IS_EXTENDED, _IS_START, _PARTITION = 0x80, 0x10, 0x07
_HAS_PICTURE_ID, _HAS_TL0_INDEX, _HAS_TEMPORAL_LAYER, _HAS_KEY_INDEX = 0x80, 0x40, 0x20, 0x10
_IS_LONG = 0x80
_IS_SYNC = 0x20
_IS_INTER_FRAME = 0x01

_pack_long = struct.Struct("!H").pack_into


class Vp8Descriptor(NamedTuple):
    """Offsets (`..._at`) are into the payload; 0 where the packet has no such field."""

    is_keyframe: bool
    """This packet begins a frame that needs no other."""
    picture_id: int
    picture_id_at: int
    picture_id_mask: int
    """All ones, of 7 or 15 bits."""
    tl0_index: int
    tl0_index_at: int
    temporal_layer: int
    """0 is the base: frames of a layer need none of a higher one."""
    is_sync: bool
    """Of a temporal layer above the base: the frame needs nothing but the base (the Y bit)."""
    begins_frame: bool


def parse_descriptor(payload: bytes | bytearray | memoryview) -> Vp8Descriptor | None:
    """Parse the descriptor at the start of `payload`, or return `None` when there is none."""
    try:
        return _parse(payload)
    except IndexError:
        return None


def write_picture_id(buffer: bytearray | memoryview, at: int, picture_id: int, mask: int) -> None:
    """Write a picture id of 7 or 15 bits over the one at `at`."""
    if mask > 0x7F:
        _pack_long(buffer, at, _IS_LONG << 8 | picture_id & mask)
    else:
        buffer[at] = picture_id & mask


def _parse(payload: bytes | bytearray | memoryview) -> Vp8Descriptor:
    first, at = payload[0], 1
    is_sync = False
    picture_id = picture_id_at = mask = tl0_index = tl0_index_at = temporal_layer = 0
    if first & _IS_EXTENDED:
        fields, at = payload[1], 2
        if fields & _HAS_PICTURE_ID:
            picture_id_at, picture_id, mask = at, payload[at], 0x7F
            at += 1
            if picture_id & _IS_LONG:
                picture_id, mask = (picture_id & 0x7F) << 8 | payload[at], 0x7FFF
                at += 1
        if fields & _HAS_TL0_INDEX:
            tl0_index_at, tl0_index = at, payload[at]
            at += 1
        if fields & (_HAS_TEMPORAL_LAYER | _HAS_KEY_INDEX):
            if fields & _HAS_TEMPORAL_LAYER:
                temporal_layer = payload[at] >> 6
                is_sync = bool(payload[at] & _IS_SYNC)
            at += 1
    begins_frame = first & (_IS_START | _PARTITION) == _IS_START
    is_keyframe = begins_frame and not payload[at] & _IS_INTER_FRAME
    return Vp8Descriptor(
        is_keyframe,
        picture_id,
        picture_id_at,
        mask,
        tl0_index,
        tl0_index_at,
        temporal_layer,
        is_sync,
        begins_frame,
    )
