import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from loadtest.bench.server_process import ROOT, ServerError, running_server, server_environment
from loadtest.bots.swarm import Swarm
from tests.support.waiting import until
from tests.support.web_client import find_web_client

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def web_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, so that the server starts also where the web client is not built."""
    monkeypatch.setenv("ROUNDUP_WEB_DIR", str(find_web_client(tmp_path / "web")))


async def gone(pids: list[int]) -> bool:
    """Wait until none of the processes runs; a zombie runs no more."""

    def is_running(pid: int) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
        return False

    await until(lambda: not any(is_running(pid) for pid in pids))
    return True


async def test_people_and_rooms_can_be_added_while_it_runs_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    async with running_server(tmp_path / "data") as server:
        pids = server.pids()
        assert server.worker_pid() in pids
        assert 0 < server.ready_s < PATIENCE_S
        await server.add_room("bench")
        links = await server.import_people(["one@bench.example", "two@bench.example"])
        assert [link.startswith(f"{server.url}/s/") for link in links] == [True, True]
        async with Swarm(server.url) as swarm:
            bot = swarm.create_bot()
            await bot.open_link(links[1])
            await bot.join("bench")
            assert [person.name for person in bot.view.participants.values()] == ["two"]
    assert await gone(pids)


async def test_it_is_ended_when_the_block_fails(tmp_path: Path) -> None:
    pids: list[int] = []

    async def fail_inside() -> None:
        async with running_server(tmp_path / "data") as server:
            pids.extend(server.pids())
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail_inside()
    assert len(pids) >= 2
    assert await gone(pids)


async def test_why_it_did_not_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder", encoding="utf-8")
    with pytest.raises(ServerError, match="ended with 2") as failure:
        async with running_server(tmp_path / "data"):
            pass
    assert str(tmp_path / "data") in failure.value.__notes__[0]


async def test_a_refused_command_is_told(tmp_path: Path) -> None:
    async with running_server(tmp_path / "data") as server:
        with pytest.raises(ServerError, match="people import"):
            await server.import_people(["no address"])


def test_settings_of_the_shell_do_not_leak_into_a_benchmark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROUNDUP_PORT", "80")
    environment = server_environment(tmp_path)
    assert "ROUNDUP_PORT" not in environment
    assert environment["ROUNDUP_DATA_DIR"] == str(tmp_path)
    assert environment["PATH"] == os.environ["PATH"]


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Have processes that are started end by Ctrl+C, also where a shell has all of this run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_benchmark_ends_its_server(ending: signal.Signals) -> None:
    bench = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest", "bench", "startup", cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    try:
        started = psutil.Process(bench.pid)
        await until(lambda: len(started.children(recursive=True)) >= 2)
        children = started.children(recursive=True)
        bench.send_signal(ending)
        _, errors = await asyncio.wait_for(bench.communicate(), PATIENCE_S)
    finally:
        if bench.returncode is None:
            bench.kill()
            await bench.wait()
    assert bench.returncode == 130
    assert b"interrupted" in errors
    assert b"Traceback" not in errors
    assert await gone([child.pid for child in children])
