"""A worker process seen from the control side."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.room import Quality
from server.media import messages as m
from server.media.worker_process import LogOptions, WorkerProcess
from tests.support.waiting import until


async def test_a_hung_worker_may_end_just_before_it_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = await WorkerProcess.start(0, 0, LogOptions())
    process = worker._process
    assert isinstance(process, asyncio.subprocess.Process)
    kill = process.kill

    def find_nobody() -> None:
        kill()
        raise ProcessLookupError

    monkeypatch.setattr(process, "kill", find_nobody)
    await worker.stop(is_hung=True)
    assert worker.exit_code is not None


async def test_a_worker_whose_end_nobody_waits_for_is_killed() -> None:
    worker = await WorkerProcess.start(0, 0, LogOptions())
    folder = Path(worker.pipe_address).parent
    os.kill(worker.pid, signal.SIGSTOP)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)  # it begins to wait
    stopping.cancel()
    await asyncio.wait([stopping])
    await until(lambda: worker.exit_code == -signal.SIGKILL)
    assert not folder.exists()
    await worker.stop()


class _Owner:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_transport_connected(self, transport_id: str) -> None:
        self.told.append((transport_id, "connected"))

    def on_transport_closed(self, transport_id: str, reason: m.CloseReason) -> None:
        self.told.append((transport_id, reason))

    def on_layers_wanted(self, producer_id: str, layers: int) -> None:
        self.told.append((producer_id, layers))

    def on_consumer_dark(self, transport_id: str, consumer_id: str, *, is_dark: bool) -> None:
        self.told.append((transport_id, consumer_id, is_dark))

    def on_speakers_changed(self, worker: WorkerProcess, speakers: m.SpeakersChanged) -> None:
        self.told.append((worker, speakers))

    def on_transport_quality(self, transport_id: str, quality: Quality) -> None:
        self.told.append((transport_id, quality))

    def on_worker_lost(self) -> None:
        self.told.append("lost")

    def on_worker_available(self) -> None:
        self.told.append("available")


async def test_what_a_worker_tells_reaches_the_router_that_it_is_about() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker, owner, other = WorkerProcess(0, ours), _Owner(), _Owner()
        worker.routers = {"r": owner, "other": other}
        events: list[m.AnyEvent] = [
            m.TransportConnected(router_id="r", transport_id="t"),
            m.TransportClosed(router_id="r", transport_id="t", reason="dtls_closed"),
            m.LayersWanted(router_id="r", producer_id="p", layers=2),
            m.TransportQuality(router_id="r", transport_id="t", quality=Quality.POOR),
            m.ConsumerDark(router_id="r", transport_id="t", consumer_id="c", is_dark=True),
            (speakers := m.SpeakersChanged(router_id="r", slots=["p", None], talking=["p"], dominant=None)),
            m.ConsumerDark(router_id="gone", transport_id="t", consumer_id="c", is_dark=True),
        ]
        for event in events:
            worker._on_event(msgspec.msgpack.encode(event))
    assert owner.told == [
        ("t", "connected"),
        ("t", "dtls_closed"),
        ("p", 2),
        ("t", Quality.POOR),
        ("t", "c", True),
        (worker, speakers),
    ]
    assert other.told == []
