"""RTCP packets as bytes: parse compounds, write our own.

RFC 3550 (SR, RR, SDES), RFC 4585 (NACK, PLI), RFC 5104 (FIR), draft-alvestrand-rmcat-remb. Pure functions. A compound
is read up to its first malformed packet, and what we have no use for is skipped; nothing raises.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

_SENDER_REPORT = 200
_RECEIVER_REPORT = 201
_SOURCE_DESCRIPTION = 202
_TRANSPORT_FEEDBACK = 205
_PAYLOAD_FEEDBACK = 206
_FORMAT_NACK = 1
_FORMAT_PLI = 1
_FORMAT_FIR = 4
_FORMAT_REMB = 15
_REMB_MANTISSA_BITS = 18
_MAX_BITRATE = 1 << 40
"""As good as any: a REMB has room for 2 ** 81, which is more than other numbers in this program do."""

_unpack_header = struct.Struct("!BBH").unpack_from
_unpack_block = struct.Struct("!6I").unpack_from
_unpack_sender_info = struct.Struct("!IQIII").unpack_from


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a sender tells of its clock. `ntp` is 64-bit NTP time, `timestamp` the same moment in RTP units."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class Nack:
    """Sequence numbers of `media_ssrc` that a receiver misses."""

    media_ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """A receiver cannot decode `media_ssrc` without a keyframe (PLI or FIR)."""

    media_ssrc: int


@dataclass(frozen=True, slots=True)
class BandwidthEstimate:
    """What a receiver believes it can take, over all streams of the transport, in bits a second (REMB)."""

    bitrate: int


class ReportBlock(NamedTuple):
    """One stream's reception as RFC 3550 section 6.4.1 reports it; `jitter` in RTP units, `delay` in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sender_report: int
    delay: int


Message = SenderReport | ReportBlock | Nack | KeyframeRequest | BandwidthEstimate


def sender_ssrc(packet: bytes | bytearray | memoryview) -> int:
    """Return the SSRC in the first header of a compound of at least 8 bytes; it is not encrypted by SRTCP."""
    ssrc: int = struct.unpack_from("!I", packet, 4)[0]
    return ssrc


def begins_with_nack(packet: bytes | bytearray | memoryview) -> bool:
    """Tell whether the first header of a compound, which SRTCP does not encrypt, is that of a generic NACK.

    Where reduced-size RTCP (RFC 5506) is agreed upon, browsers send NACKs alone.
    """
    return packet[1] == _TRANSPORT_FEEDBACK and packet[0] & 0x1F == _FORMAT_NACK


def parse(compound: bytes) -> list[Message]:
    """Return the messages of a decrypted compound that an SFU acts on."""
    messages: list[Message] = []
    at = 0
    while at + 4 <= len(compound):
        first, packet_type, words = _unpack_header(compound, at)
        end = at + 4 + 4 * words
        if first & 0xC0 != 0x80 or end > len(compound):
            break
        body = compound[at + 4 : end]
        if packet_type == _SENDER_REPORT and len(body) >= 24:
            messages.append(SenderReport(*_unpack_sender_info(body)))
            messages.extend(_parse_blocks(first & 0x1F, body[24:]))
        elif packet_type == _RECEIVER_REPORT:
            messages.extend(_parse_blocks(first & 0x1F, body[4:]))
        elif packet_type == _TRANSPORT_FEEDBACK and first & 0x1F == _FORMAT_NACK and len(body) >= 8:
            messages.append(_parse_nack(body))
        elif packet_type == _PAYLOAD_FEEDBACK and len(body) >= 8:
            messages.extend(_parse_payload_feedback(first & 0x1F, body))
        at = end
    return messages


def _parse_blocks(count: int, body: bytes) -> Iterable[ReportBlock]:
    for at in range(0, min(24 * count, len(body) - 23), 24):
        ssrc, loss, highest, jitter, last, delay = _unpack_block(body, at)
        lost = loss & 0xFFFFFF
        yield ReportBlock(ssrc, loss >> 24, lost - (lost >> 23 << 24), highest, jitter, last, delay)


def _parse_nack(body: bytes) -> Nack:
    sequences = []
    for at in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, at)
        sequences.append(first)
        sequences.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return Nack(int.from_bytes(body[4:8], "big"), tuple(sequences))


def _parse_payload_feedback(message_format: int, body: bytes) -> Iterable[Message]:
    if message_format == _FORMAT_PLI:
        yield KeyframeRequest(int.from_bytes(body[4:8], "big"))
    elif message_format == _FORMAT_FIR:
        for at in range(8, len(body) - 7, 8):
            yield KeyframeRequest(int.from_bytes(body[at : at + 4], "big"))
    elif message_format == _FORMAT_REMB and body[8:12] == b"REMB" and len(body) >= 16:
        word = int.from_bytes(body[13:16], "big")
        yield BandwidthEstimate(min(_MAX_BITRATE, (word & 0x3FFFF) << (word >> _REMB_MANTISSA_BITS)))


def sender_report(report: SenderReport, cname: str) -> bytes:
    """Write an SR with an SDES CNAME, the smallest legal compound of a sender."""
    text = cname.encode()[:255]
    item = struct.pack("!IBB", report.ssrc, 1, len(text)) + text
    item += bytes(4 - len(item) % 4)
    info = struct.pack(
        "!IQIII",
        report.ssrc,
        report.ntp,
        report.timestamp,
        report.packets & 0xFFFFFFFF,
        report.octets & 0xFFFFFFFF,
    )
    return _packet(0, _SENDER_REPORT, info) + _packet(1, _SOURCE_DESCRIPTION, item)


def receiver_report(ssrc: int, blocks: list[ReportBlock]) -> bytes:
    """Write an RR with at most 31 blocks."""
    body = b"".join(
        struct.pack(
            "!IB3sIIII",
            block.ssrc,
            block.fraction_lost,
            (max(-0x800000, min(0x7FFFFF, block.packets_lost)) & 0xFFFFFF).to_bytes(3, "big"),
            block.highest_sequence & 0xFFFFFFFF,
            block.jitter,
            block.last_sender_report,
            block.delay,
        )
        for block in blocks[:31]
    )
    return _packet(len(blocks[:31]), _RECEIVER_REPORT, struct.pack("!I", ssrc) + body)


def nack(ssrc: int, media_ssrc: int, sequences: Iterable[int]) -> bytes:
    """Write a generic NACK for 16-bit `sequences`, given in order of sending."""
    entries = bytearray()
    first = mask = None
    for sequence in sequences:
        distance = (sequence - first - 1) & 0xFFFF if first is not None else 16
        if first is not None and mask is not None and distance < 16:
            mask |= 1 << distance
            continue
        if first is not None:
            entries += struct.pack("!HH", first, mask)
        first, mask = sequence, 0
    if first is not None:
        entries += struct.pack("!HH", first, mask)
    return _packet(_FORMAT_NACK, _TRANSPORT_FEEDBACK, struct.pack("!II", ssrc, media_ssrc) + entries)


def picture_loss_indication(ssrc: int, media_ssrc: int) -> bytes:
    """Write a PLI."""
    return _packet(_FORMAT_PLI, _PAYLOAD_FEEDBACK, struct.pack("!II", ssrc, media_ssrc))


def bandwidth_estimate(ssrc: int, bitrate: int, ssrcs: list[int]) -> bytes:
    """Write a REMB that lets the sender of `ssrcs` send `bitrate` bits a second altogether."""
    exponent = max(0, bitrate.bit_length() - _REMB_MANTISSA_BITS)
    word = len(ssrcs) << 24 | exponent << _REMB_MANTISSA_BITS | bitrate >> exponent
    body = struct.pack(f"!II4sI{len(ssrcs)}I", ssrc, 0, b"REMB", word, *ssrcs)
    return _packet(_FORMAT_REMB, _PAYLOAD_FEEDBACK, body)


def _packet(count_or_format: int, packet_type: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count_or_format, packet_type, len(body) // 4) + body
