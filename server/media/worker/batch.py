"""Send many datagrams to many addresses with one system call: `sendmmsg(2)` with `UDP_SEGMENT`, Linux.

The one place where forwarded packets leave. A batch of 120 costs about two thirds of 120 `sendto` calls, and a datagram
that the kernel cuts into five packets little more than one packet.
"""

import ctypes
import errno
import socket
import struct
from array import array
from collections.abc import Sequence

from server.media.worker.group import MAX_PACKETS
from server.media.worker.path import Address, Path
from server.media.worker.srtp import Buffer

BATCH = 32
"""Datagrams in one system call."""
PACKET_BYTES = 1_600
"""Room for one packet."""
_SLOT_BYTES = MAX_PACKETS * PACKET_BYTES + 192
"""Room for one datagram. No multiple of a memory page: slots a page apart would share few lines of the cache."""
_MAX_REFUSALS = 64
"""In a row; then segmentation is not tried again for a while: it may have been one subscriber's route."""
_REST_PACKETS = 20_000
_REFUSED = (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP)
_SOL_UDP, _UDP_SEGMENT = 17, 103

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
        self._is_known = is_known
        self._refusals = 0
        self._resting = 0

    def max_packets(self) -> int:
        """Tell, for each packet, how many one datagram may carry."""
        if self._resting:
            self._resting -= 1
            return 1
        return MAX_PACKETS if self._is_known else 1

    def note_taken(self) -> None:
        """Take note that the kernel took a datagram of several packets."""
        self._refusals = 0

    def note_refused(self) -> None:
        """Take note that it did not."""
        self._refusals += 1
        if self._refusals >= _MAX_REFUSALS:
            self._refusals, self._resting = 0, _REST_PACKETS


class Slots:
    """Memory for one batch, shared by all batches of a worker: a batch is filled and sent in one go."""

    def __init__(self, segmentation: Segmentation) -> None:
        self.segmentation = segmentation
        self._buffer = Buffer(BATCH * _SLOT_BYTES)
        self.length = self._buffer.length
        starts = range(0, BATCH * _SLOT_BYTES, _SLOT_BYTES)
        self.views = [self._buffer.view[start : start + _SLOT_BYTES] for start in starts]
        self.pointers = [self._buffer.pointer_at(start) for start in starts]
        self.addresses = [self._buffer.address_at(start) for start in starts]


class Batch:
    """One datagram over each of at most `BATCH` paths: slot n takes path n."""

    def __init__(self, sock: socket.socket, slots: Slots, paths: Sequence[Path]) -> None:
        count = len(paths)
        self._fd = sock.fileno()
        self._slots = slots
        self._names = [_memory(pack_address(sock.family, path.remote)) for path in paths]
        sources = {path.source: pack_source(path.source) for path in paths}
        self._source_bytes = [len(sources[path.source]) for path in paths]
        self._controls = {source: _Control(packed) for source, packed in sources.items()}
        memory = bytearray(count * ctypes.sizeof(_IoVector))
        self._vectors = (_IoVector * count).from_buffer(memory)
        self._lengths = memoryview(memory).cast("L")[1::2]  # size_t, on Linux
        self._messages = (_Message * count)()
        for at, (name, path) in enumerate(zip(self._names, paths, strict=True)):
            self._vectors[at].base = slots.addresses[at]
            header = self._messages[at].header
            header.name, header.name_length = ctypes.addressof(name), len(name)
            header.vectors, header.vector_count = ctypes.addressof(self._vectors[at]), 1
            control = self._controls[path.source]
            header.control, header.control_length = control.address, control.bytes
        self._first = ctypes.addressof(self._messages)
        self._size = self._segment = 0

    def shape(self, size: int, segment: int) -> None:
        """Send `size` bytes of each slot from now on, cut every `segment` bytes."""
        if (size, segment) == (self._size, self._segment):
            return
        self._size, self._segment = size, segment
        self._lengths[:] = array("L", (size,)) * len(self._lengths)
        for control in self._controls.values():
            control.set_segment(segment if size > segment else 0)

    def send(self, start: int, end: int) -> int:
        """Send slots `start` to `end`, without blocking; return how many packets the kernel did not take."""
        packets = -(-self._size // self._segment)
        failures = 0
        while start < end:
            sent = _sendmmsg(self._fd, self._first + start * _MESSAGE_BYTES, end - start, socket.MSG_DONTWAIT)
            if sent > 0:
                start += sent
                if packets > 1:
                    self._slots.segmentation.note_taken()
                continue
            error = ctypes.get_errno()
            if error in (errno.EAGAIN, errno.ENOBUFS):
                return failures + (end - start) * packets
            if error == errno.EINTR:
                continue
            if packets > 1 and error in _REFUSED:
                self._slots.segmentation.note_refused()
                failures += self._send_singly(start)
            else:
                failures += packets
            start += 1
        return failures

    def _send_singly(self, at: int) -> int:
        """Send the packets of one slot as a datagram each; return how many the kernel did not take."""
        starts = range(0, self._size, self._segment)
        vectors, messages = (_IoVector * len(starts))(), (_Message * len(starts))()
        template = self._messages[at].header
        for number, start in enumerate(starts):
            vectors[number].base = self._slots.addresses[at] + start
            vectors[number].length = min(self._segment, self._size - start)
            header = messages[number].header
            header.name, header.name_length = template.name, template.name_length
            header.vectors, header.vector_count = ctypes.addressof(vectors[number]), 1
            header.control, header.control_length = template.control, self._source_bytes[at]
        sent = failures = 0
        while sent < len(starts):
            count = _sendmmsg(
                self._fd, ctypes.addressof(messages) + sent * _MESSAGE_BYTES, len(starts) - sent, socket.MSG_DONTWAIT
            )
            if count < 0 and ctypes.get_errno() == errno.EINTR:
                continue
            failures += count <= 0
            sent += max(1, count)
        return failures


class _Control:
    """Ancillary data of all datagrams with one source: that source, then how long a segment is."""

    def __init__(self, source: bytes) -> None:
        self._memory = _memory(source + _pack_control(_SOL_UDP, _UDP_SEGMENT, bytes(2)))
        self._segment_at = len(source) + struct.calcsize("@Nii")
        self.address = ctypes.addressof(self._memory)
        self.bytes = len(self._memory)

    def set_segment(self, size: int) -> None:
        """Have the kernel cut every `size` bytes; 0 to leave datagrams alone."""
        struct.pack_into("=H", self._memory, self._segment_at, size)


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
