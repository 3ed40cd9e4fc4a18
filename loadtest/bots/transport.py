"""One WebRTC transport of a bot: a UDP socket with ICE, DTLS and SRTP on it.

Every transport has a socket of its own, because a server tells transports apart by the sender's address. What the
packets mean is the handler's affair.
"""

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import Sequence
from typing import Protocol

import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate

from loadtest.bots.ancillary import CONTROL_BYTES, SO_TIMESTAMPNS, TIMESPEC, accept_uncut
from loadtest.bots.batch import Batch, count_kernel_drops
from loadtest.bots.dtls import DtlsSession, SrtpKeys
from loadtest.bots.errors import TransportError
from loadtest.bots.ice import Address, Credentials, IceAgent, IceState
from loadtest.bots.intake import Intake
from protocol.rtp import TransportOptions

_MAX_BATCH = 64
"""Packets taken from one socket before the others get their turn."""
_MAX_DATAGRAM = 2_048
_SO_RCVBUFFORCE = 33
_RECEIVE_BUFFER_BYTES = 1 << 20
_CONNECT_TIMEOUT_S = 15.0


class PacketHandler(Protocol):
    """Takes what a transport has authenticated and decrypted."""

    def sift(self, headers: Sequence[int]) -> list[int]:
        """Count packets by their clear headers; return the positions of those that have to be opened nevertheless.

        `headers` are those of a `Batch`. Only asked when packets are read in batches.
        """
        ...

    def on_rtp(self, packet: bytes, arrived_at_ns: int) -> None:
        """Take an RTP packet that reached this machine at `arrived_at_ns` (ns since epoch)."""
        ...

    def on_rtcp(self, data: bytes) -> None:
        """Take a compound RTCP packet."""
        ...


class MediaTransport:
    """A transport's client side. Made within a running event loop; `close` is idempotent."""

    def __init__(
        self,
        options: TransportOptions,
        certificate: RTCCertificate,
        handler: PacketHandler,
        intake: Intake | None = None,
    ) -> None:
        self.options = options
        self.received = 0
        """SRTP and SRTCP packets that passed authentication."""
        self.rejected = 0
        """SRTP and SRTCP packets that failed authentication or repeated one."""
        self.unexpected = 0
        """Packets that are none of STUN, DTLS, SRTP, or SRTP before there were keys."""
        self.send_failures = 0
        self.profile = ""
        """The SRTP profile in use."""
        self._loop = asyncio.get_running_loop()
        self._handler = handler
        self._intake = intake
        """Reads the socket once the transport is connected; without one, the event loop says when it is readable."""
        self._agent = IceAgent(
            remote=options.ice_parameters,
            candidates=options.ice_candidates,
            local=Credentials.random(),
            now=self._loop.time(),
            chance=random.Random(),  # noqa: S311 - spreads consent checks, hides nothing
        )
        self._dtls = DtlsSession(certificate, self._send)
        self._keys: SrtpKeys | None = None
        self._ice_done: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._socket = _open_socket(options)
        self._loop.add_reader(self._socket.fileno(), self._on_readable)

    @property
    def has_consent(self) -> bool:
        """Tell whether the server answered lately."""
        return self._agent.state is IceState.CONNECTED

    async def connect(self) -> None:
        """Find the way by ICE, shake hands by DTLS; raises `TransportError`. Call once."""
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                self._on_timer()
                await self._ice_done
                self._keys = await self._dtls.connect(self.options.dtls_parameters)
        except TimeoutError as error:
            raise TransportError(f"no DTLS handshake within {_CONNECT_TIMEOUT_S:g} s") from error
        self.profile = self._keys.profile
        if self._intake:
            self._loop.remove_reader(self._socket.fileno())
            accept_uncut(self._socket)
            self._intake.add(self._socket.fileno(), self._on_batch)

    @property
    def kernel_drops(self) -> int:
        """How many datagrams were lost here because we did not read them in time."""
        return 0 if self._is_closed else count_kernel_drops(self._socket)

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet; dropped and counted when there are no keys or no room."""
        if self._keys is None:
            self.send_failures += 1
        else:
            self._send(self._keys.sending.protect(packet))

    def send_rtcp(self, data: bytes) -> None:
        """Protect and send one compound RTCP packet; dropped and counted when there are no keys or no room."""
        if self._keys is None:
            self.send_failures += 1
        else:
            self._send(self._keys.sending.protect_rtcp(data))

    async def close(self) -> None:
        """Say goodbye by DTLS and free the socket."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._timer:
            self._timer.cancel()
        self._ice_done.cancel()
        try:
            await self._dtls.close()
        finally:
            if self._intake:
                self._intake.remove(self._socket.fileno())
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _on_batch(self, batch: Batch) -> None:
        source = self._agent.selected  # the socket is connected: nothing comes from anywhere else
        if source is None:
            return
        for position in self._handler.sift(batch.headers):
            data, arrived_at_ns = batch.packet(position)
            self._on_packet(data, source, arrived_at_ns)

    def _on_readable(self) -> None:
        receive = self._socket.recvmsg
        for _ in range(_MAX_BATCH):
            try:
                data, ancillary, _, source = receive(_MAX_DATAGRAM, CONTROL_BYTES)
            except BlockingIOError:
                return
            except OSError:  # the server's port is closed just now (ICMP); ICE decides when that is final
                self.unexpected += 1
                return
            if ancillary:
                seconds, nanoseconds = TIMESPEC.unpack(ancillary[0][2])
                arrived_at_ns = seconds * 1_000_000_000 + nanoseconds
            else:
                arrived_at_ns = time.time_ns()
            self._on_packet(data, source, arrived_at_ns)

    def _on_packet(self, data: bytes, source: Address, arrived_at_ns: int) -> None:
        """Tell SRTP, STUN and DTLS apart by the first byte (RFC 7983)."""
        first = data[0] if data else 0xFF
        if 128 <= first <= 191 and self._keys and len(data) >= 12:
            try:
                if 192 <= data[1] <= 223:
                    self._handler.on_rtcp(self._keys.receiving.unprotect_rtcp(data))
                else:
                    self._handler.on_rtp(self._keys.receiving.unprotect(data), arrived_at_ns)
            except pylibsrtp.Error:
                self.rejected += 1
            else:
                self.received += 1
        elif first <= 3:
            self._agent.on_datagram(data, source[:2], self._loop.time())
            self._on_timer()
        elif 20 <= first <= 63:
            self._dtls.on_datagram(data)
        else:
            self.unexpected += 1

    def _on_timer(self) -> None:
        """Let the agent do what is due, and come back when it says so."""
        if self._is_closed:
            return
        if self._timer:
            self._timer.cancel()
        was_connected = self._agent.selected is not None and self._ice_done.done()
        for data, address in self._agent.poll(self._loop.time()):
            self._send_to(data, address)
        if self._agent.state is IceState.FAILED:
            if not self._ice_done.done():
                self._ice_done.set_exception(TransportError("no ICE candidate of the server answered"))
            return
        if self._agent.selected and not was_connected:
            self._socket.connect(self._agent.selected)
            if not self._ice_done.done():
                self._ice_done.set_result(None)
        self._timer = self._loop.call_at(self._agent.next_poll_at, self._on_timer)

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except OSError:
            self.send_failures += 1

    def _send_to(self, data: bytes, address: Address) -> None:
        try:
            self._socket.sendto(data, address)
        except OSError:
            self.send_failures += 1


def _open_socket(options: TransportOptions) -> socket.socket:
    """Open a non-blocking UDP socket of the best candidate's family."""
    candidates = [candidate for candidate in options.ice_candidates if candidate.protocol == "udp"]
    if not candidates:
        raise TransportError("the server offers no UDP candidate")
    best = max(candidates, key=lambda candidate: candidate.priority)
    family = socket.AF_INET6 if ":" in best.ip else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    with contextlib.suppress(OSError):  # only root may go beyond the system's limit
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
    return sock
