"""Real worker processes, killed and stopped."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import psutil
import pytest

from server.errors import StartupError
from server.media import messages as m
from server.media import supervisor as supervisor_module
from server.media.service import MediaService
from server.media.silence import Silence
from server.media.supervisor import Supervisor, start_timeout_s
from server.media.worker.udp import open_socket
from server.media.worker_process import LogOptions, WorkerProcess
from tests.server.media.meeting import DEADLINE_S, RecordingMeeting, live_feature, running_service
from tests.support.waiting import until


async def test_a_port_in_use_stops_the_start_with_a_sentence() -> None:
    before = _worker_children()
    with open_socket(0) as taken:
        port = taken.getsockname()[1]
        supervisor = Supervisor(count=1, first_port=port)
        with pytest.raises(StartupError, match=f"^UDP port {port} for media is in use"):
            await supervisor.start()
        assert not supervisor.workers
    assert _worker_children() <= before


async def test_ports_beyond_the_last_one_stop_the_start_with_a_sentence() -> None:
    with pytest.raises(StartupError, match=r"^2 media workers need the ports from 65535 on[^.]*\.$"):
        await Supervisor(count=2, first_port=65_535).start()


async def test_a_start_that_is_cancelled_leaves_no_worker_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    has_first = asyncio.Event()

    class SecondIsSlow(WorkerProcess):
        @classmethod
        async def start(cls, number: int, port: int, logs: LogOptions, timeout_s: float = DEADLINE_S) -> Self:
            if number == 1:
                await asyncio.Event().wait()
            worker = await super().start(number, port, logs, timeout_s)
            has_first.set()
            return worker

    monkeypatch.setattr(supervisor_module, "WorkerProcess", SecondIsSlow)
    before = _worker_children()
    starting = asyncio.create_task(Supervisor(count=2, first_port=0).start())
    await asyncio.wait_for(has_first.wait(), DEADLINE_S)
    starting.cancel()
    await asyncio.wait([starting], timeout=DEADLINE_S)
    assert starting.cancelled()
    left = _worker_children() - before
    for process in left:
        process.kill()
    assert not left


async def test_a_keeper_survives_what_nobody_expected(service: MediaService, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []

    class FailsOnce(WorkerProcess):
        @classmethod
        async def start(cls, number: int, port: int, logs: LogOptions, timeout_s: float = DEADLINE_S) -> Self:
            attempts.append(number)
            if len(attempts) == 1:
                raise ValueError("unexpected")
            return await super().start(number, port, logs, timeout_s)

    monkeypatch.setattr(supervisor_module, "WorkerProcess", FailsOnce)
    monkeypatch.setattr(supervisor_module, "RESTART_DELAYS_S", (0.0,))
    meeting = RecordingMeeting()
    async with live_feature(service, meeting):
        os.kill(service.stats()[0].pid, signal.SIGKILL)
        await meeting.wait_for_reset(2)
    assert attempts == [0, 0]


def test_the_next_start_may_take_longer_each_time_one_fails() -> None:
    assert [start_timeout_s(failed) for failed in (0, 1, 2, 3, 4, 5_000)] == [10, 20, 40, 80, 120, 120]


async def test_the_first_start_has_all_the_time_that_any_has(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts = []

    class Noted(WorkerProcess):
        @classmethod
        async def start(cls, number: int, port: int, logs: LogOptions, timeout_s: float = 0.0) -> Self:
            timeouts.append(timeout_s)
            return await super().start(number, port, logs, timeout_s)

    monkeypatch.setattr(supervisor_module, "WorkerProcess", Noted)
    async with running_service():
        assert timeouts == [120]


async def test_a_worker_that_starts_slowly_is_given_more_time_until_it_serves(
    service: MediaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "START_TIMEOUT_S", 0.05)
    monkeypatch.setattr(supervisor_module, "RESTART_DELAYS_S", (0.0,))
    os.kill(service.stats()[0].pid, signal.SIGKILL)
    await until(lambda: any(stats.deaths == 1 for stats in service.stats()), timeout_s=4 * DEADLINE_S)
    assert service.stats()[0].failed_starts > 0, "no process loads its modules in 50 ms"


async def test_workers_log_as_the_gateway_does() -> None:
    async with running_service(log_level="warning", log_json=True) as service:
        assert psutil.Process(service.stats()[0].pid).cmdline()[-3:] == ["--log-level", "warning", "--log-json"]


async def test_workers_have_ports_in_a_row() -> None:
    with open_socket(0) as free:
        first = free.getsockname()[1]
    if first > 65_000:
        first -= 1_000
    async with running_service(workers=2, media_port=first) as service:
        assert [stats.port for stats in service.stats()] == [first, first + 1]


async def test_rooms_go_to_the_least_loaded_worker() -> None:
    async with running_service(workers=2) as service:
        meetings = [RecordingMeeting(f"meeting_{number}") for number in range(4)]
        features = [service.create_feature(meeting) for meeting in meetings]
        for feature in features:
            await feature.on_meeting_opened(0)
        assert [len(worker.routers) for worker in service._supervisor.workers] == [2, 2]
        for feature in features:
            await feature.on_meeting_closed(0)
        assert [len(worker.routers) for worker in service._supervisor.workers] == [0, 0]


async def test_a_room_moves_to_another_worker_when_its_own_dies() -> None:
    async with running_service(workers=2) as service:
        here, there = RecordingMeeting("meeting_1"), RecordingMeeting("meeting_2")
        async with live_feature(service, here), live_feature(service, there):
            os.kill(service._supervisor.workers[0].pid, signal.SIGKILL)
            await here.wait_for_reset(2)
            assert there.events == [], "a room on another worker does not notice"


async def test_a_hung_worker_is_killed_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "HANG_S", 2.0)
    meeting = RecordingMeeting()
    async with running_service() as service, live_feature(service, meeting):
        (before,) = service.stats()
        os.kill(before.pid, signal.SIGSTOP)
        await meeting.wait_for_reset(2)
        assert service.stats()[0].pid != before.pid
        assert not psutil.pid_exists(before.pid)


async def test_a_worker_is_not_taken_for_hung_while_the_gateway_is_late_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[tuple[float, float]] = []

    class NotedSilence(Silence):
        def wait_ended(self, asked_s: float, took_s: float, heard_at: float) -> None:
            super().wait_ended(asked_s, took_s, heard_at)
            waits.append((took_s, self.listened_s))

    monkeypatch.setattr(supervisor_module, "HANG_S", 2.0)
    monkeypatch.setattr(supervisor_module, "Silence", NotedSilence)
    async with running_service() as service:
        (worker,) = service._supervisor.workers
        os.kill(worker.pid, signal.SIGSTOP)
        await until(lambda: bool(waits) and waits[-1][1] > 0)
        time.sleep(2 * supervisor_module.HANG_S)  # noqa: ASYNC251 - the loop is to get no time
        await until(lambda: waits[-1][0] > supervisor_module.HANG_S)
        os.kill(worker.pid, signal.SIGCONT)
        reports = worker.reports
        await until(lambda: worker.reports > reports or worker.exit_code is not None)
        assert worker.exit_code is None


async def test_a_worker_that_stays_silent_is_given_up_however_late_the_gateway_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor_module, "HANG_S", 10 * DEADLINE_S)
    monkeypatch.setattr(supervisor_module, "HANG_AT_MOST_S", 2.0)
    meeting = RecordingMeeting()
    async with running_service() as service, live_feature(service, meeting):
        os.kill(service.stats()[0].pid, signal.SIGSTOP)
        await meeting.wait_for_reset(2)


async def test_a_worker_ends_when_its_gateway_is_gone(service: MediaService) -> None:
    """As the kernel closes the sockets of a process that was killed."""
    (worker,) = service._supervisor.workers
    process = psutil.Process(worker.pid)
    await asyncio.wait([asyncio.create_task(service.close())], timeout=DEADLINE_S)
    assert not process.is_running()


async def test_a_worker_that_was_slow_to_start_is_not_taken_for_hung(monkeypatch: pytest.MonkeyPatch) -> None:
    class TookLong(WorkerProcess):
        def __init__(self, number: int, sock: socket.socket) -> None:
            super().__init__(number, sock)
            self.heard_at -= 10 * DEADLINE_S

    monkeypatch.setattr(supervisor_module, "WorkerProcess", TookLong)
    monkeypatch.setattr(supervisor_module, "HANG_S", 5 * DEADLINE_S)
    async with running_service() as service:
        (worker,) = service._supervisor.workers
        await until(lambda: worker.reports > 0)
        assert service.stats()[0].deaths == 0


@pytest.mark.parametrize("is_stopped", [False, True], ids=["running", "stopped"])
async def test_a_gateway_that_is_killed_takes_its_workers_along(tmp_path: Path, *, is_stopped: bool) -> None:
    script = tmp_path / "gateway.py"
    script.write_text(
        "import asyncio\n"
        "from server.media.supervisor import Supervisor\n"
        "async def main():\n"
        "    supervisor = Supervisor(count=1, first_port=0)\n"
        "    await supervisor.start()\n"
        "    print(supervisor.workers[0].pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(supervisor_module.__file__).parents[2])}
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert gateway.stdout is not None
    worker = psutil.Process(int(await asyncio.wait_for(gateway.stdout.readline(), DEADLINE_S)))
    if is_stopped:
        worker.suspend()
    gateway.kill()
    await gateway.wait()
    await asyncio.to_thread(worker.wait, DEADLINE_S)


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "systemd"])
async def test_what_is_sent_to_all_processes_is_left_to_the_gateway(
    service: MediaService, asked: signal.Signals
) -> None:
    (worker,) = service._supervisor.workers
    os.kill(worker.pid, asked)
    answer = await worker.call(m.CreateTransport(router_id="r", transport_id="t", group="g"))
    assert isinstance(answer, m.TransportCreated)


async def test_restarts_are_spaced_out(service: MediaService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_DELAYS_S", (0.0, 30.0))
    meeting = RecordingMeeting()
    async with live_feature(service, meeting):
        os.kill(service.stats()[0].pid, signal.SIGKILL)
        await meeting.wait_for_reset(2)
        assert service.is_ready
        os.kill(service.stats()[0].pid, signal.SIGKILL)
        await until(lambda: not service.is_ready)
        assert service.stats() == []


def test_the_gateway_does_not_load_what_only_workers_need() -> None:
    code = (
        "import server.media.service, sys;"
        "loaded = {'aiortc', 'aioice', 'av', 'pylibsrtp', 'OpenSSL', 'cryptography'} & set(sys.modules);"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_worker_never_loads_codecs_or_the_rest_of_the_server() -> None:
    code = (
        "from server.media.worker.lean import leave_out_codecs; leave_out_codecs();"
        "import server.media.worker.process, sys;"
        "ours = {name for name in sys.modules if name.startswith('server.')};"
        "known = ('server.media.worker', 'server.media.rpc', 'server.media.messages');"
        "alien = {name for name in ours if not name.startswith(known) and name != 'server.media'};"
        "sys.exit(f'loaded: {alien}' if alien else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _worker_children() -> set[psutil.Process]:
    """Return the workers of this process, those of other tests' servers among them."""
    return {child for child in psutil.Process().children() if "server.media.worker" in child.cmdline()}
