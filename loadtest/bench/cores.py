"""Which cores the server and the bots run on, and how busy processes and cores were."""

import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Cores:
    """Who runs where."""

    server: frozenset[int]
    """The gateway and its media worker."""
    bots: frozenset[int]
    waiting_browser: frozenset[int]
    """The browser that is in the room already: a browser has many processes, it gets all cores but the bots'."""
    joining_browser: frozenset[int]
    """The browser that is measured: all cores but the server's."""
    lone_browser: frozenset[int]
    """A browser that is measured while the server has all but nothing to do: all cores."""

    @property
    def is_shared(self) -> bool:
        """Tell whether server and bots have to share the only core."""
        return self.server == self.bots


def plan_cores(available: Iterable[int]) -> Cores:
    """Give the server the first core and the bots the last one; with one core, everybody that one."""
    cores = sorted(available)
    first, last = cores[:1], cores[-1:]
    return Cores(*(frozenset(group) for group in (first, last, cores[:-1] or first, cores[1:] or last, cores)))


@contextmanager
def pinned(cores: Collection[int]) -> Iterator[None]:
    """Run the block, and all processes started in it for good, on `cores` only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class ProcessMeter:
    """CPU time of a process over wall time, since it was made or reset."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._wall, self._cpu = time.monotonic(), self._cpu_s()

    def percent(self) -> float:
        """Return the percentage of one core."""
        return 100 * (self._cpu_s() - self._cpu) / (time.monotonic() - self._wall)

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


class CoreMeter:
    """How busy cores were with anything at all, since it was made or reset."""

    def __init__(self, cores: Collection[int]) -> None:
        self._cores = tuple(cores)
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._before = self._read()

    def percent(self) -> float:
        """Return the percentage of time in which the busiest of the cores was not idle."""
        return max(self._percents())

    def mean_percent(self) -> float:
        """Return the percentage of time in which the cores were not idle, on average."""
        percents = self._percents()
        return sum(percents) / len(percents)

    def _percents(self) -> list[float]:
        shares = []
        for (busy, total), (busy_before, total_before) in zip(self._read(), self._before, strict=True):
            passed = total - total_before
            shares.append(100 * (busy - busy_before) / passed if passed > 0 else 0.0)
        return shares

    def _read(self) -> list[tuple[float, float]]:
        every = psutil.cpu_times(percpu=True)
        readings = []
        for core in self._cores:
            times = every[core]._asdict()
            # guest time is contained in user time already
            total = sum(value for name, value in times.items() if not name.startswith("guest"))
            readings.append((total - times["idle"] - times.get("iowait", 0.0), total))
        return readings
