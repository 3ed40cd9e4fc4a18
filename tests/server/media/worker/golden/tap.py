"""A media worker that writes down what comes in, after decryption: `python -m tests.server.media.worker.golden.tap`.

The first argument is the file to write, the others are the worker's. Each record is the instant in microseconds of the
monotonic clock, the size, and the bytes. Nobody is told of a slow line: all layers are to be in it, also when the
machine is too busy to carry them evenly.
"""

import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from server.media.worker import rtcp, rtp
from server.media.worker.__main__ import main

ENOUGH_BITS_PER_S = 4_000_000
_RECORD = struct.Struct("!QH")


def read(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield instants and packets."""
    data, at = file.read_bytes(), 0
    while at < len(data):
        instant, size = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        yield instant, data[at : at + size]
        at += size


def _listen(into: BinaryIO) -> None:
    parse_header, parse, bandwidth_estimate = rtp.parse_header, rtcp.parse, rtcp.bandwidth_estimate

    def note(packet: bytes) -> None:
        into.write(_RECORD.pack(time.monotonic_ns() // 1_000, len(packet)) + packet)

    def on_header(packet: bytes | bytearray | memoryview, size: int) -> rtp.RtpHeader | None:
        note(bytes(packet[:size]))
        return parse_header(packet, size)

    def on_compound(compound: bytes) -> list[rtcp.Message]:
        note(compound)
        return [message for message in parse(compound) if not isinstance(message, rtcp.BandwidthEstimate)]

    def allow_enough(ssrc: int, bitrate: int, ssrcs: list[int]) -> bytes:
        return bandwidth_estimate(ssrc, max(bitrate, ENOUGH_BITS_PER_S), ssrcs)

    rtp.parse_header, rtcp.parse, rtcp.bandwidth_estimate = on_header, on_compound, allow_enough


if __name__ == "__main__":
    with Path(sys.argv.pop(1)).open("wb") as output:
        _listen(output)
        main()
