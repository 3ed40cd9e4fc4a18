"""`soak`: people join, talk and leave for minutes; the server has to hold afterwards what it held before."""

import asyncio
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtest.bench.cores import Cores, pinned
from loadtest.bench.metrics import read_metrics
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess, running_server
from loadtest.bots.bot import Bot
from loadtest.bots.publisher import SHAPES
from loadtest.bots.swarm import Swarm

GROWN = Target(Comparison.BELOW, 5)
"""Percent of the memory: what an allocator needs to find its size, and less than a leak takes in some minutes."""
NOTHING_LEFT = Target(Comparison.AT_MOST, 0)
_ROOM = "bench"
_SETTLE_TIMEOUT_S = 40.0
"""Longer than the server waits for somebody whose connection was lost, and the worker for consent."""
_SETTLE_POLL_S = 0.25
_FILE_READINGS = 8
_MEGABYTE = 1_000_000
_OBJECTS = (
    "roundup_participants",
    "roundup_connections",
    "roundup_media_transports",
    "roundup_media_producers",
    "roundup_media_consumers",
)
_TASKS = ("roundup_tasks", "roundup_media_tasks")


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How long, and how many at a time."""

    readings: int = 12
    warm_up: int = 3
    """Readings that do not count: caches fill, allocators find their size."""
    round_s: float = 20.0
    """Of coming and going before each reading."""
    seats: int = 8
    """Taken all the time by one after the other."""
    stay_s: float = 1.0
    vanish_every: int = 4
    """One in so many goes without a word, as when a laptop is closed; 0: nobody does."""
    judges_memory: bool = True
    """After some hundred joins a process has found its size; before, its memory is information."""


QUICK = SoakPlan(readings=6, warm_up=2, round_s=4.0, seats=4, stay_s=0.5, vanish_every=0, judges_memory=False)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a server holds while nobody but the one who stays is in the room."""

    joins: int
    """So far."""
    gateway_mb: float
    worker_mb: float
    """Memory that is the process's own (USS)."""
    files: int
    """Open in both processes."""
    objects: float
    """Participants, connections, transports, producers and consumers."""
    tasks: float
    """Of both event loops; NaN when the server does not say."""


async def measure_soak(plan: SoakPlan, cores: Cores) -> Report:
    """Run the plan with a server of its own."""
    with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder, pinned(cores.bots):
        async with running_server(Path(folder) / "data", cores.server, announce_ip="127.0.0.1") as server:
            await server.add_room(_ROOM)
            links = await server.import_people([f"bot{number}@bench.example" for number in range(plan.seats + 1)])
            async with Swarm(server.url) as swarm:
                crowd = _Crowd(plan, server, swarm, links)
                await crowd.begin()
                holdings = [await crowd.read_after_round() for _ in range(plan.readings)]
    return judge_soak(plan, holdings)


def judge_soak(plan: SoakPlan, holdings: list[Holding]) -> Report:
    """Compare the readings after the warm-up: memory by the first and last third, everything else by first and last."""
    counted = holdings[plan.warm_up :]
    third = max(1, len(counted) // 3)
    first, last = counted[0], counted[-1]
    growth = GROWN if plan.judges_memory else None

    def memory(name: str, values: list[float]) -> list[Row]:
        start, end = median_of(values[:third]), median_of(values[-third:])
        joins = max(1, last.joins - first.joins)
        return [
            Row("soak", f"{name} memory in the end (USS)", end, "MB"),
            Row("soak", f"{name} memory grown", 100 * (end - start) / start, "%", growth),
            Row("soak", f"{name} memory grown, each join", 1_000 * (end - start) / joins, "kB"),
        ]

    tasks = last.tasks - first.tasks
    rows = [
        Row("soak", "joins and leaves", last.joins, ""),
        *memory("gateway", [holding.gateway_mb for holding in counted]),
        *memory("worker", [holding.worker_mb for holding in counted]),
        Row("soak", "open files left over", last.files - first.files, "", NOTHING_LEFT),
        Row("soak", "people and media left over", last.objects - first.objects, "", NOTHING_LEFT),
        Row("soak", "tasks left over", tasks, "", None if math.isnan(tasks) else NOTHING_LEFT),
    ]
    note = (
        f"soak: {plan.readings} rounds of {plan.round_s:g} s, {plan.seats} seats; {plan.warm_up} rounds to warm up"
        " do not count; read while only the one who stays is in the room."
    )
    return Report(rows, [note])


class _Crowd:
    """People who come and go, and one who stays."""

    def __init__(self, plan: SoakPlan, server: ServerProcess, swarm: Swarm, links: list[str]) -> None:
        self._plan = plan
        self._server = server
        self._swarm = swarm
        self._staying, *self._links = links
        self._processes = [psutil.Process(pid) for pid in (server.pid, server.worker_pid())]
        self._joins = 0
        self._empty: float = math.nan
        """How many objects the server holds of the one who stays."""

    async def begin(self) -> None:
        """Let the one come in who stays, and wait until the workers' reports, one a second, tell of it."""
        await self._come_in(self._staying)
        async with asyncio.timeout(_SETTLE_TIMEOUT_S):
            while (await self._settled(math.inf))["roundup_media_producers"] < len(SHAPES):
                pass
        self._empty = _total(await self._settled(math.inf), _OBJECTS)

    async def read_after_round(self) -> Holding:
        """Let people come and go for a round; when all have gone, read what the server holds."""
        loop = asyncio.get_running_loop()
        end_at = loop.time() + self._plan.round_s
        try:
            async with asyncio.TaskGroup() as group:
                for link in self._links:
                    group.create_task(self._come_and_go(link, end_at))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        figures = await self._settled(self._empty)
        memory = [process.memory_full_info().uss / _MEGABYTE for process in self._processes]
        return Holding(
            joins=self._joins,
            gateway_mb=memory[0],
            worker_mb=memory[1],
            files=await self._open_files(),
            objects=_total(figures, _OBJECTS),
            tasks=_total(figures, _TASKS) if figures.keys() >= set(_TASKS) else math.nan,
        )

    async def _open_files(self) -> int:
        """Return the fewest of some readings: a connection that is just being closed is nothing left over."""
        readings = []
        for _ in range(_FILE_READINGS):
            readings.append(sum(process.num_fds() for process in self._processes))
            await asyncio.sleep(_SETTLE_POLL_S)
        return min(readings)

    async def _come_and_go(self, link: str, end_at: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < end_at:
            bot = await self._come_in(link)
            await asyncio.sleep(self._plan.stay_s)
            bot.raise_failure()
            self._joins += 1
            if not self._plan.vanish_every or self._joins % self._plan.vanish_every:
                await bot.leave()
            await self._swarm.close_bot(bot)

    async def _come_in(self, link: str) -> Bot:
        bot = self._swarm.create_bot()
        await bot.open_link(link)
        await bot.join(_ROOM)
        await bot.publish(*SHAPES)
        await bot.subscribe()
        return bot

    async def _settled(self, at_most: float) -> Mapping[str, float]:
        """Return the figures once two in a row agree and not more than `at_most` is held, or when it takes too long."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _SETTLE_TIMEOUT_S
        before = math.nan
        while True:
            await asyncio.sleep(_SETTLE_POLL_S)
            figures = await read_metrics(self._server.url)
            held = _total(figures, _OBJECTS)
            if (held == before and held <= at_most) or loop.time() > give_up_at:
                return figures
            before = held


def _total(figures: Mapping[str, float], names: tuple[str, ...]) -> float:
    return sum(figures.get(name, 0.0) for name in names)
