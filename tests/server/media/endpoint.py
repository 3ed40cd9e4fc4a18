"""A WebRTC endpoint for tests: real ICE checks, aiortc's own DTLS and SRTP, RTP and RTCP in the clear for the test."""

import asyncio
import contextlib
import socket
from typing import Any, Self

from aioice import stun
from aiortc import RTCCertificate, RTCDtlsParameters
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsTransport

from protocol.rtp import DtlsFingerprint

DEADLINE_S = 30.0


def binding_request(
    username_fragment: str,
    password: str,
    *,
    nominate: bool = False,
    attributes: dict[str, Any] | None = None,
) -> bytes:
    """Return an authentic ICE check as a controlling agent sends it."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{username_fragment}:test"
    request.attributes["PRIORITY"] = 1_853_824_767
    if attributes is None:
        request.attributes["ICE-CONTROLLING"] = 1
    else:
        request.attributes.update(attributes)
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(password.encode())
    return bytes(request)


class Endpoint(asyncio.DatagramProtocol):
    """One page's transport, over one UDP socket."""

    role = "controlling"

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.stun_answers: asyncio.Queue[stun.Message] = asyncio.Queue()
        self.sources: set[tuple[str | Any, int]] = set()
        """Where datagrams came from."""
        self.rtp: asyncio.Queue[bytes] = asyncio.Queue()
        self.rtcp: asyncio.Queue[bytes] = asyncio.Queue()
        self._incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._certificate = RTCCertificate.generateCertificate()
        self.dtls = RTCDtlsTransport(self, [self._certificate])  # type: ignore[arg-type]
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Bind to a free port of the loopback address that reaches the server."""
        endpoint = cls((host, port))
        local = "::1" if ":" in host else "127.0.0.1"
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: endpoint, local_addr=(local, 0))
        return endpoint

    @property
    def fingerprints(self) -> list[DtlsFingerprint]:
        """This side's certificate."""
        value = self._certificate.getFingerprints()[0]
        return [DtlsFingerprint(algorithm="sha-256", value=value.value)]

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.sources.add(addr)
        self.receive(data)

    def receive(self, data: bytes) -> None:
        if data[0] < 4:
            self.stun_answers.put_nowait(stun.parse_message(data))
        elif 20 <= data[0] <= 63:
            self._incoming.put_nowait(data)
        elif 192 <= data[1] <= 223:
            self.rtcp.put_nowait(self.dtls._rx_srtp.unprotect_rtcp(data))
        else:
            self.rtp.put_nowait(self.dtls._rx_srtp.unprotect(data))

    def send_raw(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data, self.server)

    async def check(self, username_fragment: str, password: str, *, nominate: bool = True) -> stun.Message:
        """Send an ICE check and return the answer."""
        self.send_raw(binding_request(username_fragment, password, nominate=nominate))
        return await asyncio.wait_for(self.stun_answers.get(), DEADLINE_S)

    async def shake_hands(self, fingerprint: DtlsFingerprint, *, as_role: str = "client") -> None:
        """Do DTLS with the server, which must have been told this side's parameters."""
        self.dtls._set_role(as_role)
        remote = RTCDtlsParameters([RTCDtlsFingerprint(fingerprint.algorithm, fingerprint.value)])
        await asyncio.wait_for(self.dtls.start(remote), DEADLINE_S)
        assert self.dtls.state == "connected", self.dtls.state

    def send_rtp(self, packet: bytes) -> None:
        self.send_raw(self.dtls._tx_srtp.protect(packet))

    def send_rtcp(self, compound: bytes) -> None:
        self.send_raw(self.dtls._tx_srtp.protect_rtcp(compound))

    async def next_rtp(self) -> bytes:
        return await asyncio.wait_for(self.rtp.get(), DEADLINE_S)

    async def next_rtcp(self) -> bytes:
        return await asyncio.wait_for(self.rtcp.get(), DEADLINE_S)

    async def close(self) -> None:
        """Close without a word."""
        self._incoming.put_nowait(None)
        if self.dtls._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([self.dtls._task], timeout=DEADLINE_S)
        if self._transport is not None:
            self._transport.close()

    async def _recv(self) -> bytes:
        data = await self._incoming.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.send_raw(data)


class TcpEndpoint(Endpoint):
    """One page's transport, over one TCP connection: each packet after its length (RFC 4571)."""

    def __init__(self, server: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(server)
        self.reader, self.writer = reader, writer
        self.reading = asyncio.create_task(self._read())
        """Ends when the server has ended the connection."""

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect to the server."""
        return cls((host, port), *await asyncio.open_connection(host, port))

    def send_raw(self, data: bytes) -> None:
        self.writer.write(len(data).to_bytes(2, "big") + data)

    async def closed_by_server(self) -> None:
        """Wait until the server has closed or reset the connection."""
        await asyncio.wait_for(asyncio.shield(self.reading), DEADLINE_S)

    async def close(self) -> None:
        """Close without a word."""
        self.reading.cancel()
        await asyncio.wait([self.reading])
        self.writer.close()
        await super().close()

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
                self.receive(await self.reader.readexactly(size))


def free_udp_port() -> int:
    """Return a port that nobody has just now, for IPv4 and IPv6, nor the TCP port of that number."""
    while True:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET6) as tcp:
            udp.bind(("::", 0))
            port: int = udp.getsockname()[1]
            with contextlib.suppress(OSError):
                tcp.bind(("::", port))
                return port
