"""The worker as a process of its own, under fire from strangers and slow readers on its TCP port."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator

import psutil
import pytest

from server.media import messages as m
from server.media.worker.framing import framed
from server.media.worker_process import LogOptions, WorkerProcess
from tests.server.media.endpoint import TcpEndpoint
from tests.server.media.worker.rig import rtp_packet
from tests.server.media.worker.test_process import (
    DEADLINE_S,
    MAX_GROWTH_BYTES,
    connect,
    forwarding_pair,
    look_alikes,
    next_report,
)
from tests.server.media.worker.test_producer import payload

ROUNDS = 20
STRANGERS_A_ROUND = 100


@pytest.fixture
async def process() -> AsyncIterator[WorkerProcess]:
    worker = await WorkerProcess.start(0, 0, LogOptions())
    yield worker
    await worker.stop()


def attack(port: int, data: bytes, *, is_reset: bool) -> None:
    """Connect, write and go."""
    with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=30) as stranger:
        if is_reset:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stranger.sendall(data)


async def test_strangers_leave_nothing_behind_and_disturb_nobody(process: WorkerProcess) -> None:
    publisher, subscriber = await forwarding_pair(process)
    worker = psutil.Process(process.pid)
    descriptors = worker.num_fds()
    rng = random.Random(4)
    resident = []
    for number in range(ROUNDS):
        for _ in range(STRANGERS_A_ROUND):
            whole = b"".join(framed(look_alikes(rng)))
            data = rng.choice(
                (whole, whole[: rng.randrange(len(whole))], rng.randbytes(200), b"\xff\xff" + bytes(65_535))
            )
            attack(process.port, data, is_reset=rng.random() < 0.5)
        publisher.send_rtp(rtp_packet(number, f"round {number}".encode()))
        assert payload(await subscriber.next_rtp()) == f"round {number}".encode()
        resident.append(worker.memory_info().rss)
    async with asyncio.timeout(DEADLINE_S):
        while (await next_report(process)).tcp_connections:
            pass
    assert worker.num_fds() == descriptors
    assert resident[-1] - resident[4] < MAX_GROWTH_BYTES
    for endpoint in (publisher, subscriber):
        await endpoint.close()


async def test_the_silent_and_the_slow_cannot_keep_others_out(process: WorkerProcess) -> None:
    """The bounds themselves are tried in `test_tcp`; here are more of them than a worker takes, for real."""
    strangers = []
    for number in range(700):
        stranger = socket.socket(socket.AF_INET)
        stranger.bind((f"127.0.{number // 60 + 1}.1", 0))
        with contextlib.suppress(ConnectionError):
            stranger.connect(("127.0.0.1", process.port))
            stranger.send(b"\x00")
        strangers.append(stranger)
    publisher = await connect(process, "pub", TcpEndpoint)
    assert (await next_report(process)).tcp_connections <= 513
    for stranger in strangers:
        stranger.close()
    await publisher.close()


async def test_one_who_does_not_read_costs_little_memory_and_the_others_nothing(process: WorkerProcess) -> None:
    publisher, subscriber = await forwarding_pair(process)
    slow = await connect(process, "slow", TcpEndpoint)
    assert isinstance(slow, TcpEndpoint)
    stream = m.ConsumerStream(ssrc=600_000, rtx_ssrc=600_001, mid="m001", cname="publisher")
    await process.call(
        m.Consume(transport_id="slow", consumer_id="d", producer_transport_id="pub", producer_id="p", stream=stream)
    )
    await process.call(m.PauseConsumer(transport_id="slow", consumer_id="d", is_paused=False))
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
    memory = psutil.Process(process.pid).memory_info
    before = (await next_report(process)).drops["not_sent"]
    resident: list[int] = []
    number = 0
    async with asyncio.timeout(DEADLINE_S):
        while len(resident) < 6:
            for _ in range(500):  # below what is taken of one stream in a second
                publisher.send_rtp(rtp_packet(number, bytes(1_150), marker=True))
                assert len(await subscriber.next_rtp()) > 1_150
                number += 1
            if (await next_report(process)).drops["not_sent"] > before:
                resident.append(memory().rss)
    assert resident[-1] - resident[0] < MAX_GROWTH_BYTES
    for endpoint in (publisher, subscriber, slow):
        await endpoint.close()
