"""RTP packets as bytes: parse them, look into their header extensions, write the header that subscribers get.

RFC 3550 (header), RFC 8285 (extensions), RFC 4588 (retransmission), RFC 5761 (telling RTP from RTCP). Pure functions;
for whatever bytes they return `None` rather than raise.

Every packet to a subscriber has the same 28-byte header, so that one layout fits all subscribers of a producer:

    0        1        2        4          8      12        16    17   20  21    22        25       26     27    28
    V=2,X=1  M, PT    sequence timestamp  SSRC   BEDE 0003  1|3  MID      4|2   send time 10|0 or  value  0     payload
                                                                                          11|0
"""

import struct
from typing import NamedTuple

from server.media.messages import ABS_SEND_TIME_ID, MID_ID

HEADER_BYTES = 28
"""Header of every packet to a subscriber."""
PREFIX_AT = 8
PREFIX_BYTES = 13
"""SSRC, extension header and MID: all that differs between subscribers besides the sequence number."""
RTX_OVERHEAD_BYTES = 2

_SEND_TIME_AT = PREFIX_AT + PREFIX_BYTES + 1
_EXTENSION_AT = _SEND_TIME_AT + 3
_FIXED_BYTES = 12
_MAX_EXTENSION_WORDS = 16
"""MID, RID and repaired RID of 16 bytes each, send time and orientation are 62 bytes; a browser's are 12."""
_ONE_BYTE_PROFILE = 0xBEDE
_TWO_BYTE_PROFILE = 0x1000
_TWO_BYTE_MASK = 0xFFF0
_unpack_fixed = struct.Struct("!BBHII").unpack_from
_unpack_extension = struct.Struct("!HH").unpack_from
_pack_header = struct.Struct("!BBHI13xIBBx").pack_into
_pack_sequence = struct.Struct("!H").pack


class RtpHeader(NamedTuple):
    """A parsed header; `..._at` and `..._end` are offsets into the packet. CSRCs and padding are left out."""

    payload_type: int
    is_marked: bool
    sequence: int
    timestamp: int
    ssrc: int
    extension_profile: int
    extensions_at: int
    extensions_end: int
    payload_at: int
    payload_end: int


def is_rtcp(second_byte: int) -> bool:
    """Tell RTCP from RTP by a packet's second byte (RFC 5761 section 4)."""
    return 192 <= second_byte <= 223


def parse_header(packet: bytes | bytearray | memoryview, size: int) -> RtpHeader | None:
    """Parse the RTP header of the first `size` bytes of `packet`, or return `None` when it is none."""
    if size < _FIXED_BYTES:
        return None
    first, second, sequence, timestamp, ssrc = _unpack_fixed(packet)
    if first & 0xC0 != 0x80:
        return None
    payload_at = _FIXED_BYTES + 4 * (first & 0x0F)
    profile = extensions_at = extensions_end = 0
    if first & 0x10:
        if payload_at + 4 > size:
            return None
        profile, words = _unpack_extension(packet, payload_at)
        if words > _MAX_EXTENSION_WORDS:  # they are walked through one by one
            return None
        extensions_at = payload_at + 4
        extensions_end = payload_at = extensions_at + 4 * words
    payload_end = size - packet[size - 1] if first & 0x20 else size
    if payload_at > payload_end:
        return None
    return RtpHeader(
        second & 0x7F,
        second > 0x7F,
        sequence,
        timestamp,
        ssrc,
        profile,
        extensions_at,
        extensions_end,
        payload_at,
        payload_end,
    )


def read_extension(packet: bytes | bytearray | memoryview, header: RtpHeader, extension_id: int) -> bytes | None:
    """Return the data of the header extension `extension_id`, or `None` when the packet has none."""
    at, end = header.extensions_at, header.extensions_end
    is_one_byte = header.extension_profile == _ONE_BYTE_PROFILE
    if not is_one_byte and header.extension_profile & _TWO_BYTE_MASK != _TWO_BYTE_PROFILE:
        return None
    while at < end:
        first = packet[at]
        if first == 0:
            at += 1
            continue
        if is_one_byte:
            element_id, length = first >> 4, (first & 0x0F) + 1
            if element_id == 15:
                return None
            at += 1
        else:
            if at + 2 > end:
                return None
            element_id, length = first, packet[at + 1]
            at += 2
        if at + length > end:
            return None
        if element_id == extension_id:
            return bytes(packet[at : at + length])
        at += length
    return None


def abs_send_time(now_s: float) -> int:
    """Return `now_s` as 24 bits of 6.18 fixed point seconds, as in the abs-send-time extension."""
    return int(now_s * (1 << 18)) & 0xFFFFFF


def write_header(
    buffer: bytearray | memoryview,
    at: int,
    *,
    payload_type: int,
    is_marked: bool,
    sequence: int,
    timestamp: int,
    send_time: int,
    extension_id: int,
    extension_value: int,
) -> None:
    """Write the 28-byte header at `at`, with SSRC and MID left zero: they are each subscriber's `prefix`.

    `extension_id` is `AUDIO_LEVEL_ID` or `ORIENTATION_ID` with its one byte, or 0 for neither.
    """
    _pack_header(
        buffer,
        at,
        0x90,
        payload_type | (0x80 if is_marked else 0),
        sequence,
        timestamp,
        ABS_SEND_TIME_ID << 28 | 2 << 24 | send_time,
        extension_id << 4,
        extension_value,
    )


def forwarded_extension(packet: bytes) -> tuple[int, int]:
    """Return id and value of what `write_header` was given as a one-byte extension; id 0 for none."""
    return packet[_EXTENSION_AT] >> 4, packet[_EXTENSION_AT + 1]


def restamped(packet: bytes, *, is_marked: bool, send_time: int) -> bytes:
    """Return a packet with a header as above, sent at `send_time`, and marked if it was or `is_marked`."""
    return b"".join(
        (
            packet[:1],
            bytes((packet[1] | (0x80 if is_marked else 0),)),
            packet[2:_SEND_TIME_AT],
            send_time.to_bytes(3, "big"),
            packet[_EXTENSION_AT:],
        )
    )


def subscriber_prefix(ssrc: int, mid: str) -> bytes:
    """Return the 13 bytes at `PREFIX_AT` that make a header a subscriber's own. `mid` has exactly 4 characters."""
    return struct.pack("!IHHB4s", ssrc, _ONE_BYTE_PROFILE, 3, MID_ID << 4 | 3, mid.encode("ascii"))


def addressed(packet: bytes, *, sequence: int, timestamp: int, prefix: bytes) -> bytes:
    """Return a stored packet (28-byte header and payload) as one subscriber gets it."""
    return b"".join(
        (
            packet[:2],
            _pack_sequence(sequence & 0xFFFF),
            (timestamp & 0xFFFFFFFF).to_bytes(4, "big"),
            prefix,
            packet[PREFIX_AT + PREFIX_BYTES :],
        )
    )


def retransmission(
    packet: bytes, *, original_sequence: int, payload_type: int, sequence: int, prefix: bytes, send_time: int
) -> bytes:
    """Wrap a stored packet (28-byte header and payload) as RTX (RFC 4588 section 4), sent at `send_time`."""
    return b"".join(
        (
            packet[:1],
            bytes((packet[1] & 0x80 | payload_type,)),
            _pack_sequence(sequence),
            packet[4:PREFIX_AT],
            prefix,
            packet[PREFIX_AT + PREFIX_BYTES : _SEND_TIME_AT],
            send_time.to_bytes(3, "big"),
            packet[_SEND_TIME_AT + 3 : HEADER_BYTES],
            _pack_sequence(original_sequence),
            packet[HEADER_BYTES:],
        )
    )


def original_sequence(packet: bytes | bytearray | memoryview, header: RtpHeader) -> int | None:
    """Return the sequence number of the packet inside an RTX packet, or `None` for a probe without one."""
    if header.payload_end - header.payload_at < RTX_OVERHEAD_BYTES:
        return None
    return packet[header.payload_at] << 8 | packet[header.payload_at + 1]


def unwrap_sequence(sequence: int, highest: int) -> int:
    """Return the 16-bit `sequence` as the number nearest to the unbounded `highest`."""
    return highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
