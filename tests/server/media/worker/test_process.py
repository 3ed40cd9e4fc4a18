"""The worker as a process of its own, under fire from strangers on its UDP port."""

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator

import psutil
import pytest

from server.media import messages as m
from server.media.worker_process import LogOptions, WorkerProcess
from tests.server.media.endpoint import Endpoint, binding_request
from tests.server.media.worker.rig import SUBSCRIBED, VIDEO, rtp_packet
from tests.server.media.worker.test_producer import payload
from tests.support.waiting import until

DEADLINE_S = 30.0
ROUNDS = 30
PACKETS_A_ROUND = 1_000
MAX_GROWTH_BYTES = 2 << 20


@pytest.fixture
async def process() -> AsyncIterator[WorkerProcess]:
    worker = await WorkerProcess.start(0, 0, LogOptions())
    yield worker
    await worker.stop()


async def connect(worker: WorkerProcess, transport_id: str, kind: type[Endpoint] = Endpoint) -> Endpoint:
    created = await worker.call(m.CreateTransport(router_id="router", transport_id=transport_id, group="g"))
    assert isinstance(created, m.TransportCreated)
    endpoint = await kind.open("127.0.0.1", worker.port)
    await worker.call(
        m.ConnectTransport(transport_id=transport_id, fingerprints=endpoint.fingerprints, remote_role="client")
    )
    await endpoint.check(created.username_fragment, created.password)
    await endpoint.shake_hands(worker.fingerprint)
    return endpoint


async def forwarding_pair(worker: WorkerProcess) -> tuple[Endpoint, Endpoint]:
    publisher, subscriber = await connect(worker, "pub"), await connect(worker, "sub")
    await worker.call(m.Produce(transport_id="pub", producer_id="p", stream=VIDEO, is_paused=False))
    await worker.call(
        m.Consume(transport_id="sub", consumer_id="c", producer_transport_id="pub", producer_id="p", stream=SUBSCRIBED)
    )
    await worker.call(m.PauseConsumer(transport_id="sub", consumer_id="c", is_paused=False))
    return publisher, subscriber


def look_alikes(rng: random.Random) -> list[bytes]:
    """Return datagrams as a scanner, a confused browser or an attacker without a password sends them."""
    noise = rng.randbytes(rng.randrange(1, 1_400))
    return [
        noise,
        b"\x00\x01" + noise,
        binding_request(rng.randbytes(6).hex(), rng.randbytes(16).hex()),
        binding_request("x" * 200, "y", nominate=True),
        b"\x01\x01\x00\x00\x21\x12\xa4\x42" + rng.randbytes(12),
        bytes((22, 254, 253)) + noise,
        bytes((20 + rng.randrange(44),)) + noise,
        b"\x80\x60" + noise,
        b"\x80\xc8\x00\x06" + noise,
        bytes((rng.randrange(256),)),
        b"",
    ]


def dropped(report: m.Report) -> int:
    return sum(report.drops.values())


async def next_report(worker: WorkerProcess) -> m.Report:
    reports = worker.reports
    await until(lambda: worker.reports != reports)
    return worker.report


async def test_strangers_get_no_answer_cost_no_memory_and_disturb_nobody(process: WorkerProcess) -> None:
    publisher, subscriber = await forwarding_pair(process)
    memory = psutil.Process(process.pid).memory_info
    rng = random.Random(4)
    resident = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        before = await next_report(process)
        for number in range(ROUNDS):
            sent = 0
            while sent < PACKETS_A_ROUND:
                for datagram in look_alikes(rng):
                    stranger.sendto(datagram, ("127.0.0.1", process.port))
                    sent += 1
            publisher.send_rtp(rtp_packet(number, f"round {number}".encode()))
            assert payload(await subscriber.next_rtp()) == f"round {number}".encode()
            resident.append(memory().rss)
        after = await next_report(process)
        with pytest.raises(BlockingIOError):
            stranger.recv(2_000)
    assert dropped(after) - dropped(before) > ROUNDS * PACKETS_A_ROUND * 0.8
    assert resident[-1] - resident[4] < MAX_GROWTH_BYTES
    for endpoint in (publisher, subscriber):
        await endpoint.close()


async def test_many_sources_cost_no_memory(process: WorkerProcess) -> None:
    endpoint = await connect(process, "pub")
    report = await next_report(process)
    memory = psutil.Process(process.pid).memory_info
    before = memory().rss
    for number in range(2_000):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind((f"127.{number % 250 + 1}.{number // 250}.7", 0))
            stranger.sendto(binding_request("nobody", "nothing"), ("127.0.0.1", process.port))
            stranger.sendto(b"\x80\x60" + os.urandom(40), ("127.0.0.1", process.port))
    async with asyncio.timeout(DEADLINE_S):
        while dropped(await next_report(process)) - dropped(report) < 4_000 * 0.8:
            pass
    assert memory().rss - before < MAX_GROWTH_BYTES
    await endpoint.close()


async def test_pages_that_come_and_go_leave_no_memory_behind(process: WorkerProcess) -> None:
    memory = psutil.Process(process.pid).memory_info
    resident = []
    for _ in range(6):
        for _ in range(12):
            publisher, subscriber = await forwarding_pair(process)
            publisher.send_rtp(rtp_packet(1, bytes(1_000)))
            await subscriber.next_rtp()
            await process.call(m.CloseRouter(router_id="router"))
            for endpoint in (publisher, subscriber):
                await endpoint.close()
        resident.append(memory().rss)
    report = await next_report(process)
    assert (report.transports, report.producers, report.consumers) == (0, 0, 0)
    assert resident[-1] - resident[2] < MAX_GROWTH_BYTES


async def test_no_codecs_are_in_the_process(process: WorkerProcess) -> None:
    libraries = {os.path.basename(entry.path) for entry in psutil.Process(process.pid).memory_maps()}  # noqa: PTH119
    assert any("_binding" in name for name in libraries), "libsrtp, to know that libraries are listed"
    assert not {name for name in libraries if "avcodec" in name}
