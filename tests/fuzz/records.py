"""Several datagrams as one input: each is a byte that says what it is, its length in two bytes, and itself."""

import struct
from collections.abc import Iterable, Iterator

_HEAD = struct.Struct("!BH")


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and datagram; whatever the input, there is a way to read it."""
    at = 0
    while at + _HEAD.size <= len(data):
        kind, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        yield kind, data[at : at + size]
        at += size


def join(records: Iterable[tuple[int, bytes]]) -> bytes:
    """Write what `split` reads."""
    return b"".join(_HEAD.pack(kind, len(datagram)) + datagram for kind, datagram in records)
