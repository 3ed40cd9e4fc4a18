"""What workers send each other, as bytes. Pure.

A datagram is the time at which its first packet came from a page (seconds since 1970, or 0), and records:

    0     4      5       7
    pipe  layer  length  RTP packet, decrypted, or a message (`layer` is `MESSAGE`)
"""

import struct
from collections.abc import Iterator
from typing import Annotated

import msgspec

from protocol.rtp import MAX_LAYERS, Uint32

MESSAGE = 0xFF
"""In the place of a layer's number."""
PREAMBLE = struct.Struct("!d")
HEAD = struct.Struct("!IBH")


class SenderReported(msgspec.Struct, frozen=True, tag="sender_reported"):
    """Downstream: the publisher told the clock of a layer, in an RTCP sender report."""

    layer: int
    ntp: Annotated[int, msgspec.Meta(ge=0)]
    timestamp: Uint32


class KeyframeWanted(msgspec.Struct, frozen=True, tag="keyframe_wanted"):
    """Upstream: somebody needs a keyframe of a layer."""

    layer: int


class Wanted(msgspec.Struct, frozen=True, tag="wanted"):
    """Upstream, once a second and at once when more is wanted."""

    layers: Annotated[int, msgspec.Meta(ge=0, le=MAX_LAYERS)]
    """How many of them somebody wants."""
    shares: list[Annotated[int, msgspec.Meta(ge=0)]] = []
    """What subscribers can take of video without layers, in bits a second."""
    loss: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    """What listeners lose, in 1/256."""
    listeners: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Of how many that is."""


Message = SenderReported | KeyframeWanted | Wanted

encode_message = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def decode_message(data: bytes | memoryview) -> Message | None:
    """Return the message, or `None` when it is none."""
    try:
        message: Message = _decode(data)
    except msgspec.DecodeError:
        return None
    return message


def record(pipe: int, layer: int, data: bytes) -> bytes:
    """Return a record of `data`, at most 65,535 bytes."""
    return HEAD.pack(pipe, layer, len(data)) + data


def came_at(datagram: memoryview) -> float:
    """Return when the first packet of a datagram came from a page; 0 when that is unknown."""
    return float(PREAMBLE.unpack_from(datagram)[0]) if len(datagram) >= PREAMBLE.size else 0.0


def records(datagram: memoryview) -> Iterator[tuple[int, int, memoryview] | None]:
    """Return pipe, layer and data of each record in turn; `None`, as the last one, for what is none."""
    at = PREAMBLE.size
    while at < len(datagram):
        if at + HEAD.size > len(datagram):
            yield None
            return
        pipe, layer, length = HEAD.unpack_from(datagram, at)
        at += HEAD.size
        if at + length > len(datagram):
            yield None
            return
        yield pipe, layer, datagram[at : at + length]
        at += length
