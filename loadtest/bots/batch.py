"""Many datagrams of one socket by one system call (`recvmmsg`), with the instants at which they arrived."""

import ctypes
import errno
import socket
import struct

SLOTS = 64
"""Datagrams by one call at most."""
SLOT_BYTES = 2_048

SO_TIMESTAMPNS = 35
"""Linux: the kernel says when a datagram arrived, so that a busy bot does not make the server look slow."""
TIMESPEC = struct.Struct("@ll")
CONTROL_BYTES = socket.CMSG_SPACE(TIMESPEC.size)
_HEADERS = tuple(struct.Struct("!" + f"HH4xI{SLOT_BYTES - 12}x" * count) for count in range(SLOTS + 1))
"""For each count of datagrams: all their RTP headers (RFC 3550 section 5.1) at once."""
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


_STRIDE = ctypes.sizeof(_Message)


class Batch:
    """Room for what one call brings; datagram n lies at `n * SLOT_BYTES` of `buffer` until the next call."""

    def __init__(self) -> None:
        self.buffer = bytearray(SLOTS * SLOT_BYTES)
        self._control = bytearray(SLOTS * CONTROL_BYTES)
        self._vectors = (_Vector * SLOTS)()
        self._messages = (_Message * SLOTS)()
        data, control = _address(self.buffer), _address(self._control)
        for number, (vector, message) in enumerate(zip(self._vectors, self._messages, strict=True)):
            vector.base, vector.length = data + number * SLOT_BYTES, SLOT_BYTES
            message.vectors, message.vector_count = ctypes.addressof(vector), 1
            message.control, message.control_length = control + number * CONTROL_BYTES, CONTROL_BYTES
        self._raw = memoryview(self._messages).cast("B")
        self._fresh = bytes(self._raw)
        self._words = self._raw.cast("I")
        self._used = 0
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        self._pointer = ctypes.addressof(self._messages)

    def receive(self, fd: int) -> list[int]:
        """Take what waits at a non-blocking socket; return the sizes of the datagrams. Raises `OSError`.

        Datagrams longer than a slot are cut off.
        """
        if self._used:  # the kernel wrote how much of the room for ancillary data it used
            used = self._used * _STRIDE
            self._raw[:used] = self._fresh[:used]
        count: int = self._call(fd, self._pointer, SLOTS, socket.MSG_DONTWAIT, None)
        self._used = max(count, 0)
        if count < 0:
            number = ctypes.get_errno()
            if number in (errno.EAGAIN, errno.EINTR):
                return []
            raise OSError(number, "recvmmsg")
        lengths = self._words[_Message.length.offset // 4 : count * _STRIDE // 4 : _STRIDE // 4]
        return lengths.tolist()

    def headers(self, count: int) -> tuple[int, ...]:
        """Return of the first `count` datagrams what RTP has there: two bytes of flags, sequence number, SSRC, in turn.

        Of datagrams shorter than 12 bytes it is nonsense.
        """
        return _HEADERS[count].unpack_from(self.buffer)

    def arrived_at_ns(self, number: int) -> int:
        """Return when datagram `number` reached this machine, in ns since epoch; the socket has `SO_TIMESTAMPNS`."""
        at = number * CONTROL_BYTES + socket.CMSG_LEN(0)
        seconds, nanoseconds = TIMESPEC.unpack_from(self._control, at)
        return int(seconds * 1_000_000_000 + nanoseconds)


def count_kernel_drops(sock: socket.socket) -> int:
    """Return how many datagrams the kernel dropped because the socket's buffer was full."""
    drops: int = _MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[8]
    return drops


def _address(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
