import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from aiortc.rtcdtlstransport import RTCCertificate

from loadtest.bots.ancillary import SOL_UDP, UDP_GRO
from loadtest.bots.dtls import create_certificate, local_parameters
from loadtest.bots.errors import TransportError
from loadtest.bots.intake import BatchHandler, Intake
from loadtest.bots.rtp import build_packet
from loadtest.bots.transport import MediaTransport
from protocol.rtp import TransportOptions
from tests.loadtest.lite_peer import LitePeer
from tests.support.waiting import until


class Recorder:
    def __init__(self) -> None:
        self.rtp: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue()
        self.headers: list[tuple[int, int, int]] = []
        self.rtcp: asyncio.Queue[bytes] = asyncio.Queue()

    def sift(self, headers: Sequence[int]) -> list[int]:
        self.headers += zip(headers[::3], headers[1::3], headers[2::3], strict=True)
        return [position for position, sequence in enumerate(headers[1::3]) if not sequence % 2]

    def on_rtp(self, packet: bytes, arrived_at_ns: int) -> None:
        self.rtp.put_nowait((packet, arrived_at_ns))

    def on_rtcp(self, data: bytes) -> None:
        self.rtcp.put_nowait(data)


class ListedIntake(Intake):
    def add(self, fd: int, on_batch: BatchHandler) -> None:
        self.fd = fd
        super().add(fd, on_batch)


@pytest.fixture
async def peer() -> AsyncIterator[LitePeer]:
    peer = LitePeer()
    try:
        yield peer
    finally:
        await peer.close()


async def connect(
    peer: LitePeer, options: TransportOptions, client: RTCCertificate, intake: Intake | None = None
) -> tuple[MediaTransport, Recorder]:
    recorder = Recorder()
    transport = MediaTransport(options, client, recorder, intake)
    try:
        await asyncio.wait_for(asyncio.gather(transport.connect(), peer.accept(client)), 10)
    except BaseException:
        await transport.close()
        raise
    return transport, recorder


def rtp(sequence: int) -> bytes:
    return build_packet(payload_type=96, sequence=sequence, timestamp=0, ssrc=7, payload=b"x" * 50)


def forged(protected: bytes) -> bytes:
    """With a bit of its tag turned: another value always, where a fixed last byte is the right one in 1 of 256."""
    return protected[:-1] + bytes((protected[-1] ^ 1,))


async def test_packets_pass_both_ways_under_the_best_profile(peer: LitePeer) -> None:
    transport, recorder = await connect(peer, await peer.open(), create_certificate())
    try:
        assert transport.profile == "SRTP_AEAD_AES_128_GCM"
        assert transport.has_consent
        transport.send_rtp(rtp(1))
        assert await peer.next_rtp() == rtp(1)
        peer.send_datagram(peer.protect(rtp(2)))
        packet, arrived_at_ns = await asyncio.wait_for(recorder.rtp.get(), 5)
        assert packet == rtp(2)
        assert arrived_at_ns > 1_600_000_000_000_000_000  # the kernel's wall clock
    finally:
        await transport.close()


async def test_read_in_batches_only_what_the_handler_does_not_count_is_opened(peer: LitePeer) -> None:
    transport, recorder = await connect(peer, await peer.open(), create_certificate(), Intake())
    try:
        for sequence in range(6):
            peer.send_datagram(peer.protect(rtp(sequence)))
        opened = [await asyncio.wait_for(recorder.rtp.get(), 5) for _ in range(3)]
        assert [packet for packet, _ in opened] == [rtp(0), rtp(2), rtp(4)]
        assert opened[0][1] > 1_600_000_000_000_000_000
        assert recorder.headers == [(0x8000 | 96, sequence, 7) for sequence in range(6)]
        assert (transport.received, transport.rejected, transport.kernel_drops) == (3, 0, 0)
        peer.send_datagram(forged(peer.protect(rtp(6))))
        peer.send_datagram(peer.protect(rtp(8)))
        assert (await asyncio.wait_for(recorder.rtp.get(), 5))[0] == rtp(8)
        assert transport.rejected == 1
        peer.send_datagram(peer.protect(rtp(9)))
        await until(lambda: recorder.headers[-1][1] == 9)
        peer.send_datagram(b"\x80")  # shorter than a header: that of the packet before must not stand in for it
        await until(lambda: transport.unexpected == 1)
    finally:
        await transport.close()
    assert transport.kernel_drops == 0


async def test_packets_that_nobody_cut_are_told_apart(peer: LitePeer) -> None:
    intake = ListedIntake()
    transport, recorder = await connect(peer, await peer.open(), create_certificate(), intake)
    try:
        with socket.socket(fileno=os.dup(intake.fd)) as read:
            assert read.getsockopt(SOL_UDP, UDP_GRO) == 1
        peer.send_uncut([peer.protect(rtp(sequence)) for sequence in range(5)] + [peer.protect(rtp(6))[:-1]])
        peer.send_datagram(peer.protect(rtp(8)))
        opened = [await asyncio.wait_for(recorder.rtp.get(), 5) for _ in range(4)]
        assert [packet for packet, _ in opened] == [rtp(0), rtp(2), rtp(4), rtp(8)]
        stamps = [arrived_at_ns for _, arrived_at_ns in opened]
        assert 1_600_000_000_000_000_000 < stamps[0] == stamps[1] == stamps[2] < stamps[3]
        assert recorder.headers == [(0x8000 | 96, sequence, 7) for sequence in (0, 1, 2, 3, 4, 6, 8)]
        assert (transport.received, transport.rejected, transport.unexpected) == (4, 1, 0)
    finally:
        await transport.close()


async def test_repeated_and_forged_packets_are_rejected(peer: LitePeer) -> None:
    transport, recorder = await connect(peer, await peer.open(), create_certificate())
    try:
        protected = peer.protect(rtp(1))
        peer.send_datagram(protected)
        peer.send_datagram(protected)
        peer.send_datagram(forged(peer.protect(rtp(2))))
        peer.send_datagram(b"\xff nonsense")
        peer.send_datagram(peer.protect(rtp(3)))
        await asyncio.wait_for(recorder.rtp.get(), 5)
        assert (await asyncio.wait_for(recorder.rtp.get(), 5))[0] == rtp(3)
        assert (transport.received, transport.rejected, transport.unexpected) == (2, 2, 1)
    finally:
        await transport.close()


async def test_the_pair_is_nominated_after_it_answered(peer: LitePeer) -> None:
    transport, _ = await connect(peer, await peer.open(), create_certificate())
    try:
        assert peer.nominations == 1
    finally:
        await transport.close()


async def test_another_certificate_than_announced_is_refused(peer: LitePeer) -> None:
    options = await peer.open()
    other = create_certificate()
    options = msgspec.structs.replace(options, dtls_parameters=local_parameters(other))
    with pytest.raises(TransportError, match="failed"):
        await connect(peer, options, create_certificate())


async def test_nothing_is_sent_before_there_are_keys(peer: LitePeer) -> None:
    transport = MediaTransport(await peer.open(), create_certificate(), Recorder())
    try:
        transport.send_rtp(rtp(1))
        assert transport.send_failures == 1
    finally:
        await transport.close()
        await transport.close()


async def test_a_server_without_udp_is_refused(peer: LitePeer) -> None:
    options = msgspec.structs.replace(await peer.open(), ice_candidates=[])
    with pytest.raises(TransportError, match="no UDP candidate"):
        MediaTransport(options, create_certificate(), Recorder())
