"""Where a picture begins that needs no other, in H.264 over RTP (RFC 6184). Pure functions."""

import struct

_TYPE = 0x1F
_SEQUENCE_PARAMETERS = 7
"""Browsers send them right before every picture that needs no other, and without them none can be decoded."""
_STAP_A = 24
_MAX_UNITS = 8
"""Looked at in one packet. The parameters stand before the picture, after a delimiter at most."""
_unpack_size = struct.Struct("!H").unpack_from


def begins_keyframe(payload: bytes | bytearray | memoryview) -> bool:
    """Tell whether a packet with this payload is the first one of a keyframe."""
    if not payload:
        return False
    kind = payload[0] & _TYPE
    return kind == _SEQUENCE_PARAMETERS or (kind == _STAP_A and _SEQUENCE_PARAMETERS in _aggregated(payload))


def _aggregated(payload: bytes | bytearray | memoryview) -> list[int]:
    """Return the types of the first NAL units in an aggregation packet (section 5.7.1), as far as they are whole."""
    kinds: list[int] = []
    at = 1
    while at + 2 < len(payload) and len(kinds) < _MAX_UNITS:
        size: int = _unpack_size(payload, at)[0]
        if not size:
            break
        kinds.append(payload[at + 2] & _TYPE)
        at += 2 + size
    return kinds
