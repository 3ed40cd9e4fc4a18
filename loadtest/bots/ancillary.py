"""What the kernel tells beside a datagram: when it came, and of several packets in it how long they are.

Byte layouts of Linux on 64-bit machines. Each may be missing, and either may come first.
"""

import contextlib
import socket
import struct
import sys
import time
from collections.abc import Sequence
from functools import lru_cache

SO_TIMESTAMPNS = 35
"""The kernel says when a datagram arrived, so that a busy bot does not make the server look slow."""
SOL_UDP, UDP_GRO = 17, 104
TIMESPEC = struct.Struct("@ll")

_STAMP_SPACE, _STRIDE_SPACE = socket.CMSG_SPACE(TIMESPEC.size), socket.CMSG_SPACE(4)
CONTROL_BYTES = _STAMP_SPACE + _STRIDE_SPACE
"""Room for both."""
_WITH_STRIDE = frozenset((_STRIDE_SPACE, CONTROL_BYTES))
_DATA_AT = socket.CMSG_LEN(0)
_KIND = struct.Struct("=8xQ")
"""Level and type, read as one number; before them is the length."""
_IS_STAMP = int.from_bytes(struct.pack("=ii", socket.SOL_SOCKET, SO_TIMESTAMPNS), sys.byteorder)
_IS_STRIDE = int.from_bytes(struct.pack("=ii", SOL_UDP, UDP_GRO), sys.byteorder)


def accept_uncut(sock: socket.socket) -> None:
    """Have datagrams of several packets handed over uncut, where the kernel knows how (Linux 5.0)."""
    with contextlib.suppress(OSError):
        sock.setsockopt(SOL_UDP, UDP_GRO, 1)


def are_single(lengths: Sequence[int]) -> bool:
    """Tell whether all datagrams are one packet each, by the lengths of what was told beside them."""
    return _WITH_STRIDE.isdisjoint(lengths)


def read_strides(control: bytearray, lengths: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Return how far apart the packets of each datagram are: its size, where it is one packet.

    What was told beside datagram n lies at `n * CONTROL_BYTES` and has the length `lengths[n]`.
    """
    fields = iter(_stride_fields(len(sizes)).unpack_from(control))
    return [
        size if length not in _WITH_STRIDE else first if kind == _IS_STRIDE else second
        for size, length, kind, first, second in zip(sizes, lengths, fields, fields, fields, strict=True)
    ]


def read_arrival_ns(control: bytearray, number: int, length: int) -> int:
    """Return when datagram `number` came, in ns since epoch: now, if that was not told."""
    if length < _STAMP_SPACE:
        return time.time_ns()
    at = number * CONTROL_BYTES
    if _KIND.unpack_from(control, at)[0] != _IS_STAMP:
        at += _STRIDE_SPACE
    seconds, nanoseconds = TIMESPEC.unpack_from(control, at + _DATA_AT)
    return int(seconds * 1_000_000_000 + nanoseconds)


@lru_cache(maxsize=256)
def _stride_fields(count: int) -> struct.Struct:
    """Return what reads of each datagram which kind comes first, the stride if it is that, the stride if it is next."""
    return struct.Struct("=" + f"8xQi{_STAMP_SPACE - 4}xi4x" * count)
