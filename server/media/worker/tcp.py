"""ICE-TCP (RFC 6544), the passive side: pages whose network lets no datagram through connect to the worker's TCP port.

What comes are the same packets as by UDP, as frames. Nobody is trusted before ICE knows the address, and nobody slow is
waited for: what does not fit into a short queue is dropped, as on any line.
"""

import asyncio
import contextlib
import resource
import socket
import struct
from collections.abc import Callable, Sequence

from server.media.worker.check_limits import source_of
from server.media.worker.framing import FrameReader, FrameTooLongError, framed
from server.media.worker.newcomers import Newcomers
from server.media.worker.path import Address, Path
from server.media.worker.udp import MAX_DATAGRAM_BYTES

MAX_CONNECTIONS = 4_096
OTHER_FILES = 256
"""Descriptors that are left for everything else, where the process may have few."""
MAX_FRAMES_BEFORE_CHECK = 16
"""Of somebody who has not passed a check: a browser's first one does."""
MEDIA_QUEUE_BYTES = 128 << 10
"""When so much waits for a slow connection, pictures are dropped until half of it has gone: a gap, not a sieve."""
QUEUE_BYTES = 192 << 10
"""What is urgent (STUN, DTLS, RTCP, audio) is dropped only then."""
STALL_S = 10.0
"""A connection that takes nothing for so long is closed."""

_READ_BYTES = 16 << 10
"""Taken from one connection in one turn of the loop."""
_ACCEPTS_A_TURN = 16
_RETRY_S = 0.05
"""After descriptors or memory ran out. Those who waited meanwhile may be gone, and are cleared away as fast."""
_BACKLOG = 256
_KERNEL_QUEUE_BYTES = 32 << 10
"""Not yet sent, in the kernel: what waits there can be neither dropped nor overtaken."""
_ABORT = struct.pack("ii", 1, 0)
"""`SO_LINGER`: with this, closing resets the connection and leaves nothing behind."""


def open_listener(port: int, family: int) -> socket.socket:
    """Listen on a TCP port, non-blocking; as `AF_INET6` for IPv4, too. Raises `OSError`."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Those that are accepted have these, too.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _KERNEL_QUEUE_BYTES)
        sock.setblocking(False)
        sock.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))  # noqa: S104 - for other machines
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def most_connections(open_files: int) -> int:
    """Return how many connections a process may have that may open so many files, or `RLIM_INFINITY`."""
    if open_files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(open_files - OTHER_FILES, open_files // 2))


class TcpListener:
    """Accepts connections and calls `on_frame(data, path)` for each packet, then `on_turn_end()`.

    A connection may stay if `is_known(address)` is so before its time is up. When one is closed, by whomever,
    `on_lost(path)` is called.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        on_frame: Callable[[memoryview, Path], None],
        on_turn_end: Callable[[], None],
        is_known: Callable[[Address], bool],
        on_lost: Callable[[Path], None],
        on_failure: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.sock = sock
        self.connections: set[TcpConnection] = set()
        self.newcomers: Newcomers[TcpConnection] = Newcomers()
        self.buffer = memoryview(bytearray(_READ_BYTES))
        self._retry: asyncio.TimerHandle | None = None
        """Set while there is nothing to accept with."""
        self._most = most_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self.clock = clock
        self.on_lost = on_lost
        self._on_frame = on_frame
        self._on_turn_end = on_turn_end
        self._is_known = is_known
        self._on_failure = on_failure

    def start(self) -> None:
        """Accept from now on, in the running loop."""
        self._retry = None
        asyncio.get_running_loop().add_reader(self.sock.fileno(), self._accept)

    def close(self) -> None:
        """Close every connection, and the port. Idempotent."""
        if self._retry is not None:
            self._retry.cancel()
        for connection in list(self.connections):
            connection.close()
        if self.sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.sock.fileno())
            self.sock.close()

    def tick(self, now: float) -> None:
        """Do what is due every second: end what has had its time, or takes nothing any more."""
        hopeless = [connection for connection in self.connections if connection.has_stalled(now)]
        for connection in self.newcomers.overdue(now) + hopeless:
            connection.close()

    def receive(self, connection: "TcpConnection", data: memoryview) -> None:
        """Take what has come over a connection."""
        try:
            for frame in connection.reader.feed(data):
                self._take(connection, frame)
                if connection.is_closed:
                    break
        except FrameTooLongError:
            connection.close()
        self._on_turn_end()

    def _take(self, connection: "TcpConnection", frame: memoryview) -> None:
        if len(frame):
            try:
                self._on_frame(frame, connection.path)
            except Exception:  # noqa: BLE001 - one bad packet is nobody else's loss
                self._on_failure()
        if connection not in self.newcomers:
            return
        if self._is_known(connection.path.remote):
            self.newcomers.remove(connection)
            return
        connection.strange_frames += 1
        if connection.strange_frames >= MAX_FRAMES_BEFORE_CHECK:
            connection.close()

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            try:
                sock, remote = self.sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:  # gone before it was accepted
                continue
            except OSError:  # no file descriptors or memory left; the loop must not spin meanwhile
                loop = asyncio.get_running_loop()
                loop.remove_reader(self.sock.fileno())
                self._retry = loop.call_later(_RETRY_S, self.start)
                return
            self._admit(sock, remote)

    def _admit(self, sock: socket.socket, remote: Address) -> None:
        if len(self.connections) >= self._most:
            _abort(sock)
            return
        sock.setblocking(False)
        connection = TcpConnection(self, sock, remote)
        self.connections.add(connection)
        leaving = self.newcomers.add(connection, source_of(str(remote[0])), self.clock())
        if leaving is not None:
            leaving.close()


class TcpConnection:
    """One page's, in its way from `accept` to `close`. A `Connection` of a `Path`."""

    def __init__(self, listener: TcpListener, sock: socket.socket, remote: Address) -> None:
        self.path = Path((*remote, "tcp"), None, self)
        self.reader = FrameReader(MAX_DATAGRAM_BYTES)
        self.strange_frames = 0
        self.is_closed = False
        self._listener = listener
        self._sock = sock
        self._queue = bytearray()
        self._taken_at = 0.0
        """When the kernel last took something of the queue."""
        self._is_jammed = self._is_broken = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._on_readable)

    @property
    def queued_bytes(self) -> int:
        """What waits until the other side takes it."""
        return len(self._queue)

    def has_stalled(self, now: float) -> bool:
        """Whether the other side takes nothing any more."""
        return bool(self._queue) and now - self._taken_at > STALL_S

    def send(self, packets: Sequence[bytes | memoryview], *, is_urgent: bool) -> int:
        """Send packets, whole or not at all; return how many were dropped. Closes nothing while its caller works."""
        if not packets or not self._has_room(is_urgent=is_urgent):
            return len(packets)
        parts = framed(packets)
        if self._queue:
            self._queue += b"".join(parts)
            return 0
        try:
            sent = self._sock.sendmsg(parts)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._is_broken = True
            self._loop.call_soon(self.close)
            return len(packets)
        if sent < sum(map(len, parts)):
            self._queue += b"".join(parts)[sent:]
            self._taken_at = self._listener.clock()
            self._loop.add_writer(self._sock.fileno(), self._on_writable)
        return 0

    def close(self) -> None:
        """End it; what waits is lost, what the kernel has is still sent. Idempotent."""
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        if self._queue or self in self._listener.newcomers:
            _abort(self._sock)
        else:
            self._sock.close()
        self._queue.clear()
        self._listener.connections.discard(self)
        self._listener.newcomers.remove(self)
        self._listener.on_lost(self.path)

    def _has_room(self, *, is_urgent: bool) -> bool:
        if self.is_closed or self._is_broken:
            return False
        if is_urgent:
            return len(self._queue) < QUEUE_BYTES
        self._is_jammed = self._is_jammed or len(self._queue) >= MEDIA_QUEUE_BYTES
        return not self._is_jammed

    def _on_readable(self) -> None:
        buffer = self._listener.buffer
        try:
            size = self._sock.recv_into(buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # reset by the other side
            size = 0
        if size:
            self._listener.receive(self, buffer[:size])
        else:
            self.close()

    def _on_writable(self) -> None:
        try:
            sent = self._sock.send(self._queue)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        del self._queue[:sent]
        self._taken_at = self._listener.clock()
        if len(self._queue) <= MEDIA_QUEUE_BYTES // 2:
            self._is_jammed = False
        if not self._queue:
            self._loop.remove_writer(self._sock.fileno())


def _abort(sock: socket.socket) -> None:
    """Close with a reset: neither unsent data nor the kernel's memory of the connection stays."""
    with contextlib.suppress(OSError):  # it was reset already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    sock.close()
