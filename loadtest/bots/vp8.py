"""As much of VP8's RTP payload (RFC 7741) as an SFU looks at: where frames start and which are keyframes.

What follows the headers is no picture; nobody decodes it.
"""

import struct

_X, _S = 0x80, 0x10
_I, _L, _T, _K = 0x80, 0x40, 0x20, 0x10
_LONG_PICTURE_ID = 0x8000
_START_CODE = b"\x9d\x01\x2a"
_SIZE = struct.Struct("<HH")


def build_payload_start(*, picture_id: int, is_first_of_frame: bool, is_keyframe: bool) -> bytes:
    """Return the payload descriptor with a 15-bit picture id as Chromium writes it and, at a frame's start, its header.

    A keyframe's header names a picture of 640 × 480 (RFC 6386 section 9.1).
    """
    flags = _X | (_S if is_first_of_frame else 0)
    descriptor = bytes((flags, _I)) + (_LONG_PICTURE_ID | (picture_id & 0x7FFF)).to_bytes(2, "big")
    if not is_first_of_frame:
        return descriptor
    show_frame, interframe = 0x10, 0x01
    frame_tag = bytes((show_frame | (0 if is_keyframe else interframe), 0, 0))
    return descriptor + frame_tag + (_START_CODE + _SIZE.pack(640, 480) if is_keyframe else b"")


def starts_keyframe(payload: bytes) -> bool:
    """Tell whether this RTP payload is the first of a keyframe."""
    if not payload or payload[0] & (_S | 0x0F) != _S:
        return False
    offset = _descriptor_bytes(payload)
    return len(payload) > offset and not payload[offset] & 0x01


def _descriptor_bytes(payload: bytes) -> int:
    """Return how long the payload descriptor is (RFC 7741 section 4.2)."""
    if not payload[0] & _X or len(payload) < 3:
        return 1
    flags, length = payload[1], 2
    if flags & _I:
        length += 2 if payload[2] & 0x80 else 1
    if flags & _L:
        length += 1
    if flags & (_T | _K):
        length += 1
    return length
