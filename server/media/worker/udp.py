"""The worker's one UDP socket: IPv4 and IPv6, non-blocking, drained in turns.

An IPv4 peer appears as `::ffff:a.b.c.d`, except on a machine without IPv6. Answers leave from the address that the
question was sent to: on a machine with several, the kernel would choose another one, and ICE would not know it.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from server.media.worker.batch import PACKET_BYTES
from server.media.worker.path import Address, Path
from server.media.worker.srtp import Buffer

MAX_DATAGRAM_BYTES = 1_500
RECEIVE_AT = 64
"""Where datagrams are received: what is before leaves room for a longer RTP header."""

_TURN_PACKETS = 64
"""Datagrams taken in one turn of the loop, so that timers and commands get theirs."""
_SOCKET_BUFFER_BYTES = 4 << 20
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_IP_PKTINFO = 8
_SO_TIMESTAMPNS = 35
_ANCILLARY_BYTES = 128
_unpack_timespec = struct.Struct("@ll").unpack

_log = logging.getLogger(__name__)


def open_socket(port: int) -> socket.socket:
    """Bind a non-blocking dual-stack socket; port 0 takes a free one. Raises `OSError`."""
    try:
        sock = _bind(socket.AF_INET6, "::", port)
    except OSError as error:
        if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            raise
        sock = _bind(socket.AF_INET, "0.0.0.0", port)  # noqa: S104 - a server for other machines
    for option, force in ((socket.SO_RCVBUF, _SO_RCVBUFFORCE), (socket.SO_SNDBUF, _SO_SNDBUFFORCE)):
        sock.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
        with contextlib.suppress(OSError):  # only root may go beyond the system's limit
            sock.setsockopt(socket.SOL_SOCKET, force, _SOCKET_BUFFER_BYTES)
    return sock


def _bind(family: int, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def answer_path(remote: Address, ancillary: list[tuple[int, int, bytes]]) -> Path:
    """Return the way back to where a datagram came from: the kernel told with it where it was sent to."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return Path(remote, (level, kind, data[:16] + bytes(4)))  # from that address, by any interface
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            return Path(remote, (level, kind, bytes(4) + data[8:12] + bytes(4)))
    return Path(remote, None)


def arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Return when a datagram came, in seconds since 1970: the kernel noted it, however late we read it."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _unpack_timespec(data)
            return float(seconds + nanoseconds / 1e9)
    return time.time()


class UdpSocket:
    """Calls `on_datagram(size, address, ancillary)` for each datagram.

    During the call the datagram lies at `RECEIVE_AT` in `buffer`; `answer_path` reads the ancillary data. When there
    are no more for now, or there were many, it calls `on_turn_end()`.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_datagram: Callable[[int, Address, Any], None],
        on_turn_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.sock = sock
        self.buffer = Buffer(RECEIVE_AT + 2 * PACKET_BYTES)
        self.packets_in = self.bytes_in = self.packets_out = self.bytes_out = 0
        self.send_failures = self.failures = 0
        self.turn_came_at = 0.0
        """When the first packet of this turn came, in seconds since 1970; 0 between turns."""
        self._target = [self.buffer.view[RECEIVE_AT : RECEIVE_AT + MAX_DATAGRAM_BYTES]]
        self._on_datagram = on_datagram
        self._on_turn_end = on_turn_end

    def start(self) -> None:
        """Receive from now on, in the running loop."""
        asyncio.get_running_loop().add_reader(self.sock.fileno(), self._take_turn)

    def close(self) -> None:
        """Stop receiving and close the socket. Idempotent."""
        if self.sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.sock.fileno())
            self.sock.close()

    def send(self, data: bytes | memoryview, path: Path) -> None:
        """Send one datagram, or count that the kernel did not take it."""
        ancillary = () if path.source is None else (path.source,)
        try:
            self.sock.sendmsg((data,), ancillary, 0, path.remote)
        except OSError:
            self.send_failures += 1
        else:
            self.packets_out += 1
            self.bytes_out += len(data)

    def end_turn(self) -> None:
        """Tell that there are no more packets for now. Also when that fails for one of those who hold some back."""
        for _ in range(_TURN_PACKETS):
            try:
                self._on_turn_end()
            except Exception:  # noqa: BLE001 - as for one packet
                self.note_failure()
            else:
                return

    def note_failure(self) -> None:
        """Count a packet, or a tick, that raised: our fault. Say so once, or whoever causes them fills the disk."""
        self.failures += 1
        if self.failures == 1:
            _log.exception("a packet, or what is due every second, could not be handled")

    def _take_turn(self) -> None:
        self._drain()
        self.end_turn()
        self.turn_came_at = 0.0

    def _drain(self) -> None:
        receive, target, on_datagram = self.sock.recvmsg_into, self._target, self._on_datagram
        for _ in range(_TURN_PACKETS):
            try:
                size, ancillary, _, address = receive(target, _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error for a packet sent earlier
                continue
            if not self.turn_came_at:
                self.turn_came_at = arrival(ancillary)
            self.packets_in += 1
            self.bytes_in += size
            if size:
                try:
                    on_datagram(size, address, ancillary)
                except Exception:  # noqa: BLE001 - one bad packet is nobody else's loss
                    self.note_failure()
