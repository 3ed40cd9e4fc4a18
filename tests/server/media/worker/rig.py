"""A worker in this process with a clock under the test's control, and real endpoints that talk to it over loopback."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pylibsrtp._binding import lib

from protocol.rtp import MediaKind
from server.media import messages as m
from server.media.worker.dtls import WorkerCertificate, create_certificate
from server.media.worker.port import open_port
from server.media.worker.srtp import SrtpSession
from server.media.worker.worker import TURNS, Worker
from tests.server.media.endpoint import DEADLINE_S, Endpoint, TcpEndpoint

VIDEO = m.ProducerStream(
    kind=MediaKind.VIDEO,
    codec="vp8",
    clock_rate=90_000,
    payload_type=96,
    forwarded_payload_type=101,
    encodings=[m.Encoding(ssrc=1_111, rtx_ssrc=1_112)],
    rtx_payload_type=97,
    forwarded_rtx_payload_type=102,
    mid="0",
    mid_extension=4,
    orientation_extension=6,
)
AUDIO = m.ProducerStream(
    kind=MediaKind.AUDIO,
    codec="opus",
    clock_rate=48_000,
    payload_type=111,
    forwarded_payload_type=100,
    encodings=[m.Encoding(ssrc=2_222)],
    mid="1",
    mid_extension=4,
    audio_level_extension=2,
)
SUBSCRIBED = m.ConsumerStream(ssrc=500_001, rtx_ssrc=500_002, mid="m000", cname="publisher")
SUBSCRIBED_AUDIO = m.ConsumerStream(ssrc=500_003, mid="m001", cname="publisher")


def rtp_packet(
    sequence: int,
    payload: bytes,
    *,
    timestamp: int = 0,
    payload_type: int = 96,
    ssrc: int = 1_111,
    marker: bool = False,
    extensions: bytes = b"",
) -> bytes:
    """Return an RTP packet; `extensions` are one-byte-header elements."""
    padded = extensions + bytes(-len(extensions) % 4)
    head = struct.pack(
        "!BBHII", 0x90 if padded else 0x80, payload_type | marker << 7, sequence & 0xFFFF, timestamp, ssrc
    )
    extension = struct.pack("!HH", 0xBEDE, len(padded) // 4) + padded if padded else b""
    return head + extension + payload


def lets_go(session: SrtpSession | None, ssrc: int) -> bool:
    """Have SRTP forget a stream; tell whether there was one to forget."""
    assert session is not None
    return bool(lib.srtp_remove_stream(session.context, socket.htonl(ssrc)) == 0)


class ManualTime:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Rig:
    """The worker, and what it told the control side."""

    worker: Worker
    certificate: WorkerCertificate
    time: ManualTime
    events: list[m.AnyEvent] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self.worker.udp.sock.getsockname()[1]
        return port

    def create(self, transport_id: str, router_id: str = "router", group: str | None = None) -> m.TransportCreated:
        created = self.worker.do(
            m.CreateTransport(router_id=router_id, transport_id=transport_id, group=group or transport_id)
        )
        assert isinstance(created, m.TransportCreated)
        return created

    async def open(self, host: str = "127.0.0.1") -> Endpoint:
        endpoint = await Endpoint.open(host, self.port)
        self.endpoints.append(endpoint)
        return endpoint

    async def open_tcp(self, host: str = "127.0.0.1") -> TcpEndpoint:
        endpoint = await TcpEndpoint.open(host, self.port)
        self.endpoints.append(endpoint)
        return endpoint

    async def connect(
        self,
        transport_id: str,
        *,
        host: str = "127.0.0.1",
        role: str = "client",
        router_id: str = "router",
        group: str | None = None,
    ) -> Endpoint:
        """Make a transport and connect an endpoint to it that is DTLS `role`."""
        endpoint = await self.open(host)
        await self.introduce(endpoint, transport_id, role=role, router_id=router_id, group=group)
        return endpoint

    async def connect_tcp(self, transport_id: str, *, host: str = "127.0.0.1", role: str = "client") -> TcpEndpoint:
        """Do the same over TCP."""
        endpoint = await self.open_tcp(host)
        await self.introduce(endpoint, transport_id, role=role)
        return endpoint

    async def introduce(
        self,
        endpoint: Endpoint,
        transport_id: str,
        *,
        role: str = "client",
        router_id: str = "router",
        group: str | None = None,
    ) -> None:
        """Make a transport for an endpoint and connect it."""
        created = self.create(transport_id, router_id, group)
        self.announce(transport_id, endpoint, role)
        await endpoint.check(created.username_fragment, created.password)
        await endpoint.shake_hands(self.certificate.fingerprint, as_role=role)
        await self.until(lambda: self.worker.transports[transport_id].is_connected)

    def announce(self, transport_id: str, endpoint: Endpoint, role: str = "client") -> None:
        self.worker.do(
            m.ConnectTransport(
                transport_id=transport_id,
                fingerprints=endpoint.fingerprints,
                remote_role="client" if role == "client" else "server",
            )
        )

    def produce(self, stream: m.ProducerStream = VIDEO, *, on: str = "pub", producer_id: str = "video") -> None:
        self.worker.do(m.Produce(transport_id=on, producer_id=producer_id, stream=stream, is_paused=False))

    def consume(
        self,
        stream: m.ConsumerStream = SUBSCRIBED,
        *,
        on: str = "sub",
        of: str = "pub",
        producer_id: str = "video",
        consumer_id: str = "consumer",
        is_paused: bool = False,
    ) -> None:
        self.worker.do(
            m.Consume(
                transport_id=on,
                consumer_id=consumer_id,
                producer_transport_id=of,
                producer_id=producer_id,
                stream=stream,
            )
        )
        if not is_paused:
            self.pause(is_paused=False, on=on, consumer_id=consumer_id)

    def tick(self) -> None:
        """Do at once what the worker does in a second."""
        for _ in range(TURNS):
            self.worker.take_turn()

    def pause(self, *, is_paused: bool, on: str = "sub", consumer_id: str = "consumer") -> None:
        self.worker.do(m.PauseConsumer(transport_id=on, consumer_id=consumer_id, is_paused=is_paused))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until `condition` holds."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - nothing in the worker announces what is waited for
                await asyncio.sleep(0)

    async def drained(self) -> None:
        """Wait until everything that was sent to the worker so far has been handled: a check is answered in order."""
        endpoint = await self.open()
        created = self.create("drain")
        await endpoint.check(created.username_fragment, created.password)
        self.worker.do(m.CloseTransport(transport_id="drain"))


@asynccontextmanager
async def running_worker() -> AsyncIterator[Rig]:
    """Run a worker on a free port."""
    (sock, listening), certificate, time = open_port(0), create_certificate(), ManualTime()
    events: list[m.AnyEvent] = []
    piping = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    piping.bind("")  # the kernel finds a name
    worker = Worker(sock, listening, piping, certificate, events.append, time)
    rig = Rig(worker, certificate, time, events)
    raised: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    worker.udp.start()
    worker.tcp.start()
    worker.pipes.start()
    try:
        yield rig
    finally:
        for endpoint in rig.endpoints:
            await endpoint.close()
        await worker.close()
    assert not raised, "out of a timer or a task"
    assert worker.udp.failures == 0, "out of the receive path"
