"""Send many datagrams to many addresses with one system call: `sendmmsg(2)` with `UDP_SEGMENT`, Linux.

The one place where forwarded packets leave. A batch of 120 costs about two thirds of 120 `sendto` calls, and a datagram
that the kernel cuts into five packets little more than one packet.
"""

import ctypes
import errno
import socket
import struct
from typing import NamedTuple

from server.media.worker.arrangement import MAX_PACKETS
from server.media.worker.path import Address, Path
from server.media.worker.srtp import Buffer

BATCH = 32
"""Datagrams in one system call."""
PACKET_BYTES = 1_600
"""Room for one packet."""
_DATAGRAM_BYTES = MAX_PACKETS * PACKET_BYTES + 192
"""Room for one datagram. No multiple of a memory page: datagrams a page apart would share few lines of the cache."""
_MAX_REFUSALS = 64
"""In a row; then segmentation is not tried again for a while: it may have been one subscriber's route."""
_REST = 5_000
"""Questions how much a datagram may carry."""
_REFUSED = (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP)
_SOL_UDP, _UDP_SEGMENT = 17, 103

_FLAGS = socket.MSG_DONTWAIT

_libc = ctypes.CDLL(None, use_errno=True)
_sendmmsg = _libc.sendmmsg
_sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
_sendmmsg.restype = ctypes.c_int


class _IoVector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _MessageHeader(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    _fields_ = (("header", _MessageHeader), ("sent", ctypes.c_uint))


_MESSAGE_BYTES = ctypes.sizeof(_Message)
_CONTROL_AT = _MessageHeader.control.offset
_pack_pair = struct.Struct("@NN").pack
"""An address and a length, as two neighbouring fields of a message are."""
_PAIR_BYTES = struct.calcsize("@NN")


def can_segment(sock: socket.socket) -> bool:
    """Tell whether this kernel knows `UDP_SEGMENT` (Linux 4.18)."""
    try:
        sock.getsockopt(_SOL_UDP, _UDP_SEGMENT)
    except OSError:
        return False
    return True


class Segmentation:
    """Whether the kernel is to cut datagrams: not where it does not know how, or where it refuses again and again.

    It refuses on a route without checksum offload, or with a small MTU.
    """

    def __init__(self, *, is_known: bool = True) -> None:
        self.refused = 0
        """Datagrams so far that the kernel knew how to cut and would not."""
        self._is_known = is_known
        self._refusals = 0
        self._resting = 0

    def max_packets(self) -> int:
        """Tell how many packets one datagram may carry; ask each time."""
        if self._resting:
            self._resting -= 1
            return 1
        return MAX_PACKETS if self._is_known else 1

    @property
    def has_doubts(self) -> bool:
        """Whether the last one was refused: then `note_taken` matters."""
        return self._refusals > 0

    def note_taken(self) -> None:
        """Take note that the kernel took a datagram of several packets."""
        self._refusals = 0

    def note_refused(self) -> None:
        """Take note that it did not."""
        self.refused += 1
        self._refusals += 1
        if self._refusals >= _MAX_REFUSALS:
            self._refusals, self._resting = 0, _REST


class Route(NamedTuple):
    """A path as the kernel is told, but for what differs from datagram to datagram."""

    name: bytes
    """The first fields of a message: where the address lies in memory, and how long it is."""
    controls: "_Controls"
    memory: object
    """Kept as long as this is."""


class Batch:
    """Room for `BATCH` datagrams, each with a route of its own: fill their places from 0 on, `put` each, `send`."""

    def __init__(self, sock: socket.socket) -> None:
        self.segmentation = Segmentation(is_known=can_segment(sock))
        self._sock = sock
        self._buffer = Buffer(BATCH * _DATAGRAM_BYTES)
        self.length = self._buffer.length
        starts = range(0, BATCH * _DATAGRAM_BYTES, _DATAGRAM_BYTES)
        self.views = [self._buffer.view[start : start + _DATAGRAM_BYTES] for start in starts]
        self.pointers = [self._buffer.pointer_at(start) for start in starts]
        self._addresses = [self._buffer.address_at(start) for start in starts]
        self._vectors = (_IoVector * BATCH)()
        self._lengths = memoryview(self._vectors).cast("B").cast("L")[1::2]  # size_t, on Linux
        self._messages = (_Message * BATCH)()
        for vector, address, message in zip(self._vectors, self._addresses, self._messages, strict=True):
            vector.base = address
            message.header.vectors, message.header.vector_count = ctypes.addressof(vector), 1
        self._raw = memoryview(self._messages).cast("B")
        starts = range(0, BATCH * _MESSAGE_BYTES, _MESSAGE_BYTES)
        self._names = [slice(start, start + _PAIR_BYTES) for start in starts]
        self._ancillaries = [slice(start + _CONTROL_AT, start + _CONTROL_AT + _PAIR_BYTES) for start in starts]
        self._first = ctypes.addressof(self._messages)
        self._shapes: list[tuple[int, int, Route | None]] = [(0, 1, None)] * BATCH
        """What lies in the places: its size, how long the parts are, and what keeps alive where the message points."""
        self._controls: dict[tuple[int, int, bytes] | None, _Controls] = {}

    def route(self, path: Path) -> Route:
        """Prepare to send over `path`."""
        name = _memory(pack_address(self._sock.family, path.remote))
        controls = self._controls.get(path.source)
        if controls is None:
            controls = self._controls[path.source] = _Controls(pack_source(path.source))
        return Route(_pack_pair(ctypes.addressof(name), len(name)), controls, name)

    def put(self, at: int, route: Route, size: int, stride: int) -> None:
        """Send `size` bytes of the place `at` that way, cut every `stride` bytes."""
        segment = stride if size > stride else 0
        raw = self._raw
        raw[self._names[at]] = route.name
        raw[self._ancillaries[at]] = route.controls.known.get(segment) or route.controls.for_segment(segment)
        self._lengths[at] = size
        self._shapes[at] = (size, stride, route)

    def send(self, count: int) -> int:
        """Send the first `count` datagrams, without blocking; return how many packets the kernel did not take."""
        start = failures = 0
        while start < count:
            sent = _sendmmsg(self._sock.fileno(), self._first + start * _MESSAGE_BYTES, count - start, _FLAGS)
            if sent > 0:
                if self.segmentation.has_doubts and self._has_groups(start, start + sent):
                    self.segmentation.note_taken()
                start += sent
                continue
            error = ctypes.get_errno()
            if error in (errno.EAGAIN, errno.ENOBUFS):
                return failures + sum(-(-size // stride) for size, stride, _ in self._shapes[start:count])
            if error == errno.EINTR:
                continue
            size, stride, _ = self._shapes[start]
            packets = -(-size // stride)
            if packets > 1 and error in _REFUSED:
                self.segmentation.note_refused()
                failures += self._send_singly(start)
            else:
                failures += packets
            start += 1
        return failures

    def _has_groups(self, start: int, end: int) -> bool:
        return any(size > stride for size, stride, _ in self._shapes[start:end])

    def _send_singly(self, at: int) -> int:
        """Send the packets of one datagram as a datagram each; return how many the kernel did not take."""
        size, stride, _ = self._shapes[at]
        starts = range(0, size, stride)
        vectors, messages = (_IoVector * len(starts))(), (_Message * len(starts))()
        template = self._messages[at].header
        source_bytes = template.control_length - _SEGMENT_CONTROL_BYTES
        for number, start in enumerate(starts):
            vectors[number].base = self._addresses[at] + start
            vectors[number].length = min(stride, size - start)
            header = messages[number].header
            header.name, header.name_length = template.name, template.name_length
            header.vectors, header.vector_count = ctypes.addressof(vectors[number]), 1
            header.control, header.control_length = template.control, source_bytes
        sent = failures = 0
        while sent < len(starts):
            count = _sendmmsg(
                self._sock.fileno(),
                ctypes.addressof(messages) + sent * _MESSAGE_BYTES,
                len(starts) - sent,
                _FLAGS,
            )
            if count < 0 and ctypes.get_errno() == errno.EINTR:
                continue
            failures += count <= 0
            sent += max(1, count)
        return failures


class _Controls:
    """Ancillary data of datagrams with one source, for every length of a segment that has occurred."""

    def __init__(self, source: bytes) -> None:
        self.known: dict[int, bytes] = {}
        self._source = source
        self._memory: list[object] = []

    def for_segment(self, size: int) -> bytes:
        """Return where what has the kernel cut every `size` bytes, or not at all for 0, lies, and how long it is."""
        segment = _pack_control(_SOL_UDP, _UDP_SEGMENT, struct.pack("=H", size)) if size else b""
        memory = _memory(self._source + segment)
        self._memory.append(memory)
        self.known[size] = _pack_pair(ctypes.addressof(memory), len(memory))
        return self.known[size]


_SEGMENT_CONTROL_BYTES = socket.CMSG_SPACE(2)


def _memory(data: bytes) -> "ctypes.Array[ctypes.c_char]":
    return (ctypes.c_char * len(data)).from_buffer_copy(data)


def _pack_control(level: int, kind: int, data: bytes) -> bytes:
    """Return ancillary data as the kernel's `cmsghdr` with its data, padded to a machine word."""
    header = struct.pack("@Nii", struct.calcsize("@Nii") + len(data), level, kind)
    return header + data + bytes(-len(data) % struct.calcsize("@N"))


def pack_source(source: tuple[int, int, bytes] | None) -> bytes:
    """Return a path's source as ancillary data."""
    return b"" if source is None else _pack_control(*source)


def pack_address(family: int, address: Address) -> bytes:
    """Return `address` (as `recvmsg` gives it) as the kernel's `sockaddr_in` or `sockaddr_in6`."""
    host, port = str(address[0]).partition("%")[0], address[1]
    start = struct.pack("=H", family) + struct.pack("!H", port)
    if family == socket.AF_INET:
        return start + socket.inet_pton(family, host) + bytes(8)
    flow, scope = address[2], address[3]
    return start + struct.pack("!I", flow) + socket.inet_pton(family, host) + struct.pack("=I", scope)
