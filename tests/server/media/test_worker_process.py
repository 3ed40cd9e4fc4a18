"""A worker process seen from the control side."""

import asyncio

import pytest

from server.media.worker_process import LogOptions, WorkerProcess


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
