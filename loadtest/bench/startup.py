"""`startup`: how soon `roundup serve` is ready, and how much memory gateway and one worker take while idle."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtest.bench.cores import ProcessMeter
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess, running_server

READY = Target(Comparison.BELOW, 2)
MEMORY = Target(Comparison.BELOW, 150)
_IDLE_PERCENT = 5.0
_IDLE_CHECK_S = 0.5
_MAX_IDLE_CHECKS = 10
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the server."""

    ready_s: float
    pss_mb: float
    """Proportional set size of gateway and worker, summed: a page that both share counts once."""
    rss_mb: float


async def measure_startup(*, repeats: int) -> Report:
    """Start the server on fresh data and then again on the same data, `repeats` times."""
    fresh: list[Start] = []
    existing: list[Start] = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder:
            data_dir = Path(folder) / "data"
            fresh.append(await _start_once(data_dir))
            existing.append(await _start_once(data_dir))
    return judge_starts(fresh, existing)


def judge_starts(fresh: list[Start], existing: list[Start]) -> Report:
    """Make rows of the medians. The memory that is judged is the PSS."""
    every = fresh + existing
    return Report(
        [
            Row("startup", "ready, fresh data", median_of([s.ready_s for s in fresh]), "s", READY),
            Row("startup", "ready, existing data", median_of([s.ready_s for s in existing]), "s", READY),
            Row(
                "startup",
                "memory of gateway and one worker, idle (PSS)",
                median_of([s.pss_mb for s in every]),
                "MB",
                MEMORY,
            ),
            Row("startup", "the same as RSS, shared pages twice", median_of([s.rss_mb for s in every]), "MB"),
        ],
        [f"startup: medians of {len(fresh)} starts on fresh data and {len(existing)} on existing data, not pinned."],
    )


async def _start_once(data_dir: Path) -> Start:
    async with running_server(data_dir) as server:
        server.worker_pid()  # there must be exactly one
        await _wait_idle(server)
        memory = [psutil.Process(pid).memory_full_info() for pid in server.pids()]
        return Start(
            ready_s=server.ready_s,
            pss_mb=sum(info.pss for info in memory) / _MEGABYTE,
            rss_mb=sum(info.rss for info in memory) / _MEGABYTE,
        )


async def _wait_idle(server: ServerProcess) -> None:
    """Wait until the start's own work is over."""
    meters = [ProcessMeter(pid) for pid in server.pids()]
    for _ in range(_MAX_IDLE_CHECKS):
        for meter in meters:
            meter.reset()
        await asyncio.sleep(_IDLE_CHECK_S)
        if all(meter.percent() < _IDLE_PERCENT for meter in meters):
            return
