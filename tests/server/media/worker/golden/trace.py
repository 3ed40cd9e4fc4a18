"""What a real browser sent of its camera, as the worker had it after decryption.

A trace is compressed MessagePack. Of a packet it has the header with its extensions, the first bytes of the payload,
which is all that an SFU looks at, and how long the whole was.
"""

import zlib
from pathlib import Path

import msgspec

from server.media.messages import ProducerStream
from server.media.worker import rtp

_HAS_PADDING = 0x20
FOLDER = Path(__file__).parent
PAYLOAD_BYTES = 24
"""Enough for the number of a retransmitted packet, a VP8 descriptor and frame header, or a NAL unit's types."""


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """A packet or an RTCP compound."""

    at_us: int
    """Since the first one."""
    size: int
    """Before it was cut, without padding."""
    data: bytes

    @property
    def is_rtcp(self) -> bool:
        """Whether it is a compound; those are whole."""
        return rtp.is_rtcp(self.data[1])


class Trace(msgspec.Struct, frozen=True):
    """One camera, in the order of arrival."""

    browser: str
    stream: ProducerStream
    arrivals: list[Arrival]


def arrival(at_us: int, data: bytes) -> Arrival:
    """Keep of a packet what matters; RTCP is kept whole."""
    header = rtp.parse_header(data, len(data))
    if header is None or rtp.is_rtcp(data[1]):
        return Arrival(at_us, len(data), data)
    kept = data[: min(header.payload_at + PAYLOAD_BYTES, header.payload_end)]
    return Arrival(at_us, header.payload_end, bytes((kept[0] & ~_HAS_PADDING,)) + kept[1:])


def load(codec: str) -> Trace:
    """Read the trace of a codec."""
    return msgspec.msgpack.decode(zlib.decompress(_path(codec).read_bytes()), type=Trace)


def save(trace: Trace) -> Path:
    """Write a trace over the one of its codec."""
    path = _path(trace.stream.codec)
    path.write_bytes(zlib.compress(msgspec.msgpack.encode(trace), 9))
    return path


def _path(codec: str) -> Path:
    return FOLDER / f"{codec}.trace"
