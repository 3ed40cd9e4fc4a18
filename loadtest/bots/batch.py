"""Many datagrams of one socket by one system call (`recvmmsg`), with the instants at which they arrived.

A datagram may hold several packets of one length, the last one shorter: a sender may leave it to the kernel to cut it
(`UDP_SEGMENT`), and a socket with `UDP_GRO` gets it uncut, or put together again. Positions count packets.
"""

import ctypes
import errno
import socket
import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache

from loadtest.bots.ancillary import CONTROL_BYTES, are_single, read_arrival_ns, read_strides

SLOTS = 32
"""Datagrams by one call at most."""
SLOT_BYTES = 16 * 1_500 + 192
"""Room for a datagram of 16 packets. No multiple of a memory page: slots a page apart would share few cache lines."""

_HEADER_BYTES = 12
_HEADERS = tuple(struct.Struct("!" + f"HH4xI{SLOT_BYTES - 12}x" * count) for count in range(SLOTS + 1))
"""For each count of datagrams that are one packet each: all their RTP headers (RFC 3550 section 5.1) at once."""
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("@9I")


class _Vector(ctypes.Structure):
    """`struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """`struct mmsghdr`, flat, as on 64-bit machines."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_uint32),
        ("length", ctypes.c_uint32),
        ("more_padding", ctypes.c_uint32),
    )


_MESSAGE_BYTES = ctypes.sizeof(_Message)


class Batch:
    """What one call brings, until the next one."""

    def __init__(self) -> None:
        self.headers: Sequence[int] = ()
        """Of all packets what RTP has there: two bytes of flags, sequence number, SSRC, in turn.

        Zeros stand for a packet shorter than 12 bytes.
        """
        self._buffer = bytearray(SLOTS * SLOT_BYTES)
        self._control = bytearray(SLOTS * CONTROL_BYTES)
        self._vectors = (_Vector * SLOTS)()
        self._messages = (_Message * SLOTS)()
        data, control = _address(self._buffer), _address(self._control)
        for number, (vector, message) in enumerate(zip(self._vectors, self._messages, strict=True)):
            vector.base, vector.length = data + number * SLOT_BYTES, SLOT_BYTES
            message.vectors, message.vector_count = ctypes.addressof(vector), 1
            message.control, message.control_length = control + number * CONTROL_BYTES, CONTROL_BYTES
        self._raw = memoryview(self._messages).cast("B")
        self._fresh = bytes(self._raw)
        self._lengths = self._raw.cast("I")[_Message.length.offset // 4 :: _MESSAGE_BYTES // 4]
        self._control_lengths = self._raw.cast("L")[_Message.control_length.offset // 8 :: _MESSAGE_BYTES // 8]
        self._used = 0
        self._sizes: list[int] = []
        self._strides: list[int] = []
        """For each datagram how far apart its packets are."""
        self._firsts: Sequence[int] = ()
        """For each datagram the position of its first packet."""
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        self._pointer = ctypes.addressof(self._messages)

    def receive(self, fd: int) -> int:
        """Take what waits at a non-blocking socket; return how many datagrams that were. Raises `OSError`.

        Datagrams longer than a slot are cut off.
        """
        if self._used:  # the kernel wrote how much of the room for ancillary data it used
            used = self._used * _MESSAGE_BYTES
            self._raw[:used] = self._fresh[:used]
        count: int = self._call(fd, self._pointer, SLOTS, socket.MSG_DONTWAIT, None)
        self._used = max(count, 0)
        self._locate()
        if count < 0 and (number := ctypes.get_errno()) not in (errno.EAGAIN, errno.EINTR):
            raise OSError(number, "recvmmsg")
        return self._used

    def packet(self, position: int) -> tuple[bytes, int]:
        """Return a packet and when it reached this machine, in ns since epoch."""
        number = bisect_right(self._firsts, position) - 1
        stride = self._strides[number]
        start = (position - self._firsts[number]) * stride
        end = min(start + stride, self._sizes[number])
        slot = number * SLOT_BYTES
        arrived_at_ns = read_arrival_ns(self._control, number, self._control_lengths[number])
        return bytes(self._buffer[slot + start : slot + end]), arrived_at_ns

    def _locate(self) -> None:
        """Find the packets within the datagrams, and their headers."""
        used, buffer = self._used, self._buffer
        self._sizes = sizes = self._lengths[:used].tolist()
        controls = self._control_lengths[:used].tolist()
        if are_single(controls) and min(sizes, default=0) >= _HEADER_BYTES:
            self._strides, self._firsts = sizes, range(used)
            self.headers = _HEADERS[used].unpack_from(buffer)
            return
        self._strides = read_strides(self._control, controls, sizes)
        self._firsts, self.headers = firsts, headers = list[int](), list[int]()
        for size, stride, start in zip(sizes, self._strides, range(0, used * SLOT_BYTES, SLOT_BYTES), strict=True):
            firsts.append(len(headers) // 3)
            headers += _header_reader(size, stride)(buffer, start)


@lru_cache(maxsize=4_096)
def _header_reader(size: int, stride: int) -> Callable[[bytearray, int], tuple[int, ...]]:
    """Return what reads all headers of a datagram of `size` bytes, with a packet every `stride`, from where it lies."""
    lengths = [min(stride, size - start) for start in range(0, size, stride or 1)] or [0]
    count = sum(length >= _HEADER_BYTES for length in lengths)
    read = struct.Struct("!" + f"{stride - _HEADER_BYTES}x".join(["HH4xI"] * count)).unpack_from
    short = (0, 0, 0) * (len(lengths) - count)
    return (lambda buffer, start: read(buffer, start) + short) if short else read


def count_kernel_drops(sock: socket.socket) -> int:
    """Return how many datagrams the kernel dropped because the socket's buffer was full."""
    drops: int = _MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[8]
    return drops


def _address(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
