"""RTP packets as a browser sends them, and what a bot reads of those it receives.

Byte layouts only; which packet is due when is the publisher's affair.
"""

import struct
from collections.abc import Iterable

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

HEADER = struct.Struct("!BBHII")
"""Version and flags, marker and payload type, sequence number, timestamp, SSRC (RFC 3550 section 5.1)."""
_WORD = struct.Struct("!HH")
_ONE_BYTE_PROFILE = 0xBEDE
_SEQUENCE = struct.Struct("!H")
RTX_HEADER_BYTES = 2

_STAMP = struct.Struct("!4sIQ")
_STAMP_MAGIC = b"RdUp"
STAMP_BYTES = _STAMP.size
"""Every synthetic payload ends in a stamp: magic, index of the packet in its stream, send time in ns since epoch."""


def build_extension(elements: Iterable[tuple[int, bytes]]) -> bytes:
    """Return a whole one-byte header extension block (RFC 8285 section 4.2) of `(id, value)` elements."""
    body = b"".join(bytes(((identifier << 4) | (len(value) - 1),)) + value for identifier, value in elements)
    if not body:
        return b""
    body += bytes(-len(body) % 4)
    return _WORD.pack(_ONE_BYTE_PROFILE, len(body) // 4) + body


def build_packet(
    *,
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    is_marked: bool = False,
    extension: bytes = b"",
) -> bytes:
    """Return an RTP packet. `sequence` and `timestamp` are taken modulo their widths."""
    flags = 0x90 if extension else 0x80
    second = payload_type | (0x80 if is_marked else 0)
    header = HEADER.pack(flags, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return header + extension + payload


def build_rtx(original: bytes, *, payload_type: int, sequence: int, ssrc: int, extension: bytes) -> bytes:
    """Wrap a packet that was sent before as its retransmission (RFC 4588 section 4)."""
    _, second, original_sequence, timestamp, _ = HEADER.unpack_from(original)
    payload = _SEQUENCE.pack(original_sequence) + original[header_bytes(original) :]
    return build_packet(
        payload_type=payload_type,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=payload,
        is_marked=bool(second & 0x80),
        extension=extension,
    )


def header_bytes(packet: bytes) -> int:
    """Return how long the header is, with its CSRCs and extension; may exceed a truncated packet."""
    length = HEADER.size + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10 and len(packet) >= length + 4:
        length += 4 + 4 * _WORD.unpack_from(packet, length)[1]
    return length


def payload_end(packet: bytes) -> int:
    """Return where the payload ends and padding begins (RFC 3550 section 5.1)."""
    return len(packet) - packet[-1] if packet[0] & 0x20 else len(packet)


def rtx_original_sequence(packet: bytes) -> int | None:
    """Return which packet a retransmission repeats, or `None` when it carries nothing (a padding probe)."""
    start = header_bytes(packet)
    if payload_end(packet) - start < RTX_HEADER_BYTES:
        return None
    sequence: int = _SEQUENCE.unpack_from(packet, start)[0]
    return sequence


def build_stamp(index: int, sent_at_ns: int) -> bytes:
    """Return the last bytes of a synthetic payload: which packet of its stream this is, and when it left."""
    return _STAMP.pack(_STAMP_MAGIC, index, sent_at_ns)


def read_stamp(packet: bytes) -> tuple[int, int] | None:
    """Return `(index, sent_at_ns)` from the end of a packet's payload, or `None` when no bot made it."""
    start = payload_end(packet) - STAMP_BYTES
    if start < HEADER.size:
        return None
    magic, index, sent_at_ns = _STAMP.unpack_from(packet, start)
    return (index, sent_at_ns) if magic == _STAMP_MAGIC else None


def abs_send_time(now_s: float) -> bytes:
    """Return the value of the abs-send-time extension: seconds modulo 64 as 6.18 fixed point."""
    return (int(now_s * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")
