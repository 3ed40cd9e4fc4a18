"""The server's side of one transport, for tests: ICE-lite, DTLS server and SRTP on one UDP socket."""

import asyncio
from typing import Any, cast

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from protocol.rtp import (
    DtlsFingerprint,
    DtlsParameters,
    IceCandidate,
    IceParameters,
    TransportOptions,
)

SOL_UDP, UDP_SEGMENT = 17, 103
FRAGMENT, PASSWORD = "liteliteli", "0123456789abcdef01234567"


class LitePeer(asyncio.DatagramProtocol):
    """Answers checks, shakes hands, and hands over what it decrypts by `next_rtp`."""

    role = "controlled"

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        self.nominations = 0
        self.dtls = RTCDtlsTransport(cast(Any, self), [self.certificate])
        self.dtls._set_role("server")
        self._dtls_packets: asyncio.Queue[bytes] = asyncio.Queue()
        self._rtp: asyncio.Queue[bytes] = asyncio.Queue()
        self._client: Any = None
        self._udp: asyncio.DatagramTransport | None = None

    async def open(self) -> TransportOptions:
        udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._udp = udp
        port = udp.get_extra_info("sockname")[1]
        value = self.certificate.getFingerprints()[0].value
        return TransportOptions(
            id="transport",
            ice_parameters=IceParameters(username_fragment=FRAGMENT, password=PASSWORD, ice_lite=True),
            ice_candidates=[candidate("127.0.0.1", port)],
            dtls_parameters=DtlsParameters(fingerprints=[DtlsFingerprint(algorithm="sha-256", value=value)]),
        )

    async def accept(self, client: RTCCertificate) -> None:
        fingerprints = [RTCDtlsFingerprint(f.algorithm, f.value) for f in client.getFingerprints()]
        await self.dtls.start(RTCDtlsParameters(fingerprints=fingerprints))

    async def next_rtp(self) -> bytes:
        return await asyncio.wait_for(self._rtp.get(), 5)

    def protect(self, packet: bytes) -> bytes:
        return bytes(self.dtls._tx_srtp.protect(packet))

    def send_datagram(self, data: bytes) -> None:
        assert self._udp
        self._udp.sendto(data, self._client)

    def send_uncut(self, packets: list[bytes]) -> None:
        """Send packets of one length, the last one perhaps shorter, as one datagram that somebody has to cut."""
        assert self._udp
        option = self._udp.get_extra_info("socket").setsockopt
        option(SOL_UDP, UDP_SEGMENT, len(packets[0]))
        self.send_datagram(b"".join(packets))
        option(SOL_UDP, UDP_SEGMENT, 0)

    async def close(self) -> None:
        await self.dtls.stop()
        if self._udp:
            self._udp.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data[0] <= 3:
            self._answer_check(data, addr)
        elif 20 <= data[0] <= 63:
            self._dtls_packets.put_nowait(data)
        else:
            self._rtp.put_nowait(bytes(self.dtls._rx_srtp.unprotect(data)))

    def _answer_check(self, data: bytes, address: Any) -> None:
        request = stun.parse_message(data)
        assert request.check_message_integrity(PASSWORD.encode())
        assert request.attributes["USERNAME"].startswith(f"{FRAGMENT}:")
        assert "ICE-CONTROLLING" in request.attributes
        if "USE-CANDIDATE" in request.attributes:
            self.nominations += 1
            self._client = address
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = address
        answer.add_message_integrity(PASSWORD.encode())
        assert self._udp
        self._udp.sendto(bytes(answer), address)

    async def _recv(self) -> bytes:
        return await self._dtls_packets.get()

    async def _send(self, data: bytes) -> None:
        self.send_datagram(data)


def candidate(ip: str, port: int, *, priority: int = 100) -> IceCandidate:
    return IceCandidate(foundation="1", priority=priority, ip=ip, address=ip, protocol="udp", port=port, type="host")
