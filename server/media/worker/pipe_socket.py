"""The way from worker to worker: a Unix datagram socket each, non-blocking, drained in turns.

What one turn of the loop has for another worker leaves as one datagram, as far as it fits. That is not only cheap: a
Unix socket may be set to hold as few as ten datagrams (`net.unix.max_dgram_qlen`). What it does not take waits.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable

from server.media.worker.pipe_records import MESSAGE, PREAMBLE, Message, came_at, encode_message, record, records
from server.media.worker.plumbing import Plumbing

DATAGRAM_BYTES = 32_768
"""At most, but for what is longer by itself: some thirty packets."""
MAX_HELD_BYTES = 512 << 10
"""Waiting for one worker: a tenth of a second of 40 Mbit/s. A worker that is later than that would not catch up."""
RETRY_S = 0.002
TURN_DATAGRAMS = 8
"""Taken in one turn of the loop, so that the pages get theirs."""
_RECEIVE_BYTES = 1 << 16
_SOCKET_BUFFER_BYTES = 4 << 20
_SO_SNDBUFFORCE = 32

OnRecord = Callable[[int, int, memoryview], None]


class Link:
    """What goes to one other worker."""

    def __init__(self, sock: socket.socket, address: str, plumbing: Plumbing) -> None:
        self._sock = sock
        self._address = address
        self._plumbing = plumbing
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._came_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, pipe: int, layer: int, packet: bytes) -> None:
        """Have a packet sent at the end of the turn, or count that too many wait already."""
        if self._held_bytes + len(packet) > MAX_HELD_BYTES:
            self._plumbing.counters.not_piped += 1
            return
        if not self._held:
            self._came_at = self._plumbing.udp.turn_came_at
        held = record(pipe, layer, packet)
        self._held.append(held)
        self._held_bytes += len(held)

    def tell(self, pipe: int, message: Message) -> None:
        """Send a message at once. One that is lost is no great loss: all are sent again."""
        datagram = PREAMBLE.pack(0.0) + record(pipe, MESSAGE, encode_message(message))
        with contextlib.suppress(OSError):
            self._sock.sendto(datagram, self._address)

    def flush(self) -> None:
        """Send what is held, as far as the other worker takes it; the rest in a moment."""
        while self._held:
            count, size = self._next_datagram()
            datagram = PREAMBLE.pack(self._came_at) + b"".join(self._held[at] for at in range(count))
            try:
                self._sock.sendto(datagram, self._address)
            except BlockingIOError:
                self._retry_later()
                return
            except OSError:  # that worker is gone
                self._plumbing.counters.not_piped += len(self._held)
                self._forget()
                return
            self._plumbing.counters.piped_out += count
            self._held_bytes -= size
            for _ in range(count):
                self._held.popleft()

    def close(self) -> None:
        """Send no more. Idempotent."""
        self._forget()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next_datagram(self) -> tuple[int, int]:
        """Return how many packets the next datagram has, and their bytes."""
        count = size = 0
        for held in self._held:
            if count and size + len(held) > DATAGRAM_BYTES:
                break
            count += 1
            size += len(held)
        return count, size

    def _retry_later(self) -> None:
        if self._timer is None:
            self._timer = self._plumbing.call_later(RETRY_S, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.flush()

    def _forget(self) -> None:
        self._held.clear()
        self._held_bytes = 0


class PipeSocket:
    """Calls `on_record(pipe, layer, data)` for each record that comes, then `on_turn_end()`."""

    def __init__(
        self, sock: socket.socket, plumbing: Plumbing, on_record: OnRecord, on_turn_end: Callable[[], None]
    ) -> None:
        self.sock = sock
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
        with contextlib.suppress(OSError):  # only root may go beyond the system's limit
            sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _SOCKET_BUFFER_BYTES)
        self._buffer = memoryview(bytearray(_RECEIVE_BYTES))
        self._plumbing = plumbing
        self._on_record = on_record
        self._on_turn_end = on_turn_end

    def start(self) -> None:
        """Receive from now on, in the running loop."""
        asyncio.get_running_loop().add_reader(self.sock.fileno(), self._take_turn)

    def close(self) -> None:
        """Stop receiving and close the socket. Idempotent."""
        if self.sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.sock.fileno())
            self.sock.close()

    def link(self, address: str) -> Link:
        """Make the way to another worker's socket."""
        return Link(self.sock, address, self._plumbing)

    def _take_turn(self) -> None:
        udp = self._plumbing.udp
        for _ in range(TURN_DATAGRAMS):
            try:
                size = self.sock.recv_into(self._buffer)
            except OSError:  # there is no more
                break
            datagram = self._buffer[:size]
            if not udp.turn_came_at:
                udp.turn_came_at = came_at(datagram)
            self._take(datagram)
        self._on_turn_end()
        udp.turn_came_at = 0.0

    def _take(self, datagram: memoryview) -> None:
        for each in records(datagram):
            if each is None:
                self._plumbing.counters.drops["malformed"] += 1
                return
            try:
                self._on_record(*each)
            except Exception:  # noqa: BLE001 - one bad packet is nobody else's loss
                self._plumbing.udp.note_failure()
