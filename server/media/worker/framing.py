"""Packets in a byte stream: each after its length, two bytes in network order (RFC 4571)."""

import struct
from collections.abc import Iterator, Sequence

LENGTH_BYTES = 2
_LENGTH = struct.Struct("!H")


class FrameTooLongError(Exception):
    """A length that no packet of ours has: from here on nothing in the stream makes sense."""


class FrameReader:
    """Cuts what arrives into packets of at most `max_bytes`, however it was split on its way."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""

    def feed(self, data: bytes | memoryview) -> Iterator[memoryview]:
        """Yield each packet that is complete; use it before the next. Take all of them, or feed nothing more.

        Raises `FrameTooLongError` as soon as a length says so. A packet may be empty, and then means nothing.
        """
        view = memoryview(self._rest + bytes(data)) if self._rest else memoryview(data)
        at, end = 0, len(view)
        while at + LENGTH_BYTES <= end:
            (size,) = _LENGTH.unpack_from(view, at)
            if size > self._max_bytes:
                raise FrameTooLongError
            start = at + LENGTH_BYTES
            if start + size > end:
                break
            at = start + size
            yield view[start:at]
        self._rest = bytes(view[at:])


def framed(packets: Sequence[bytes | memoryview]) -> list[bytes | memoryview]:
    """Return what goes down the stream for `packets`: each one's length, and the packet itself."""
    parts: list[bytes | memoryview] = []
    for packet in packets:
        parts += (_LENGTH.pack(len(packet)), packet)
    return parts
