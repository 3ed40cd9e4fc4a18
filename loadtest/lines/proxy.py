"""A UDP proxy with a bad line in it: what clients send reaches the server over one `Line`, answers come over another.

Only time and sockets are here; what happens to a packet is the line's decision.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from loadtest.lines.line import Impairment, Line

Address = tuple[str, int]

MAX_CLIENTS = 256
"""Source addresses served at the same time; packets of further ones are dropped."""
IDLE_S = 40.0
"""A client that sent nothing for so long is forgotten; consent is asked for every 5 s (RFC 7675)."""
_IDLE_CHECK_S = 5.0
_TURN_PACKETS = 64
_MAX_DATAGRAM = 2_048
_BUFFER_BYTES = 1 << 20


@asynccontextmanager
async def running_line(
    server: Address, up: Impairment, down: Impairment, *, seed: int = 1, idle_s: float = IDLE_S
) -> AsyncIterator["LineProxy"]:
    """Run a proxy on a free port of 127.0.0.1 until the block ends. `up` is towards `server`; raises `OSError`."""
    proxy = LineProxy(server, up, down, seed=seed, idle_s=idle_s)
    try:
        yield proxy
    finally:
        proxy.close()


class LineProxy:
    """One bad line, shared by all sockets of its clients. Made within a running loop; `close` is idempotent."""

    def __init__(self, server: Address, up: Impairment, down: Impairment, *, seed: int, idle_s: float) -> None:
        chance = Random(seed)  # noqa: S311 - makes runs alike, hides nothing
        self.refused = 0
        """Packets of clients beyond `MAX_CLIENTS`."""
        self._loop = asyncio.get_running_loop()
        self._up = _Direction(Line(up, Random(chance.getrandbits(64))), self._loop)  # noqa: S311
        self._down = _Direction(Line(down, Random(chance.getrandbits(64))), self._loop)  # noqa: S311
        self._server = server
        self._idle_s = idle_s
        self._clients: dict[Address, _Client] = {}
        self._abandoned: set[Address] = set()
        self._front = _Port(self._on_client_packet, self._loop)
        self.address = self._front.address
        """Where clients send to."""
        self._idle_timer = self._loop.call_later(min(_IDLE_CHECK_S, idle_s), self._drop_idle)

    @property
    def up(self) -> "Line[_Delivery]":
        """What is on its way to the server."""
        return self._up.line

    @property
    def down(self) -> "Line[_Delivery]":
        """What is on its way to clients."""
        return self._down.line

    @property
    def client_count(self) -> int:
        """How many source addresses have a socket towards the server."""
        return len(self._clients)

    def change(self, up: Impairment, down: Impairment) -> None:
        """Be another line from now on."""
        self.up.change(up)
        self.down.change(down)

    def abandon_clients(self) -> None:
        """Lose all packets from and to the addresses that clients have now, and serve only those that come anew.

        So it is for a page whose network is gone while another takes its place: its sockets of before lead nowhere.
        """
        self._abandoned.update(self._clients)
        for client in self._clients.values():
            client.port.close()
        self._clients.clear()

    def close(self) -> None:
        """Drop what is under way and free all sockets."""
        self._idle_timer.cancel()
        self._up.close()
        self._down.close()
        for client in self._clients.values():
            client.port.close()
        self._clients.clear()
        self._front.close()

    def _on_client_packet(self, data: bytes, source: Address) -> None:
        if source in self._abandoned:
            return
        client = self._clients.get(source)
        if client is None:
            if len(self._clients) >= MAX_CLIENTS:
                self.refused += 1
                return
            client = self._clients[source] = self._create_client(source)
        client.heard_at = self._loop.time()
        self._up.put(_Delivery(client.port, data, self._server))

    def _create_client(self, source: Address) -> "_Client":
        def on_answer(data: bytes, sender: Address) -> None:
            if sender == self._server:
                self._down.put(_Delivery(self._front, data, source))

        return _Client(_Port(on_answer, self._loop), self._loop.time())

    def _drop_idle(self) -> None:
        oldest = self._loop.time() - self._idle_s
        for source, client in list(self._clients.items()):
            if client.heard_at < oldest:
                del self._clients[source]
                client.port.close()
        self._idle_timer = self._loop.call_later(min(_IDLE_CHECK_S, self._idle_s), self._drop_idle)


class _Port:
    """A non-blocking UDP socket on a free port of 127.0.0.1."""

    def __init__(self, on_packet: Callable[[bytes, Address], None], loop: asyncio.AbstractEventLoop) -> None:
        self._on_packet = on_packet
        self._loop = loop
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        self._socket.bind(("127.0.0.1", 0))
        self.address: Address = self._socket.getsockname()
        loop.add_reader(self._socket.fileno(), self._on_readable)

    def send(self, data: bytes, address: Address) -> None:
        """Send, if the socket is open and the kernel takes it: a line may lose packets."""
        if self._socket.fileno() >= 0:
            try:
                self._socket.sendto(data, address)
            except OSError:
                return

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _on_readable(self) -> None:
        for _ in range(_TURN_PACKETS):
            try:
                data, source = self._socket.recvfrom(_MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:  # the other side's port is closed just now (ICMP)
                continue
            self._on_packet(data, source)


@dataclass(slots=True)
class _Client:
    """A source address, and the socket that the server knows it by."""

    port: _Port
    heard_at: float


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A packet under way, and how it goes on when it comes out."""

    port: _Port
    data: bytes
    to: Address


class _Direction:
    """A line with a timer: sends on what comes out."""

    def __init__(self, line: Line[_Delivery], loop: asyncio.AbstractEventLoop) -> None:
        self.line = line
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def put(self, delivery: _Delivery) -> None:
        self.line.put(delivery, len(delivery.data), self._loop.time())
        self._on_time()

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self.line.clear()

    def _on_time(self) -> None:
        for delivery in self.line.due(self._loop.time()):
            delivery.port.send(delivery.data, delivery.to)
        if self._timer:
            self._timer.cancel()
        next_at = self.line.next_at
        self._timer = None if next_at is None else self._loop.call_at(next_at, self._on_time)
