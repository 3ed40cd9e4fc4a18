"""Part of `hours`: how long the server's own heartbeats take while thousands of connections are inside."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from loadtest.bench.cores import CoreMeter, Cores
from loadtest.bench.metrics import read_metrics
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerError, ServerProcess
from loadtest.bots.swarm import MAX_JOINING
from loadtest.documents.page import BoardPage, sign_in

HEARTBEAT = Target(Comparison.BELOW, 50)
NOBODY = Target(Comparison.EXACTLY, 0)
ROOMS_EACH = 4
"""So many pages has each person, in rooms of their own: fewer people have to sign in."""
_MENTEES_EACH = 10
_READ_EVERY_S = 0.5
_HEARTBEAT_S = 5.0
_NAME = "roundup_presence_heartbeat_seconds"
_MS = 1_000


@dataclass(frozen=True, slots=True)
class HeartbeatPlan:
    """How many are inside, and how many heartbeats are looked at."""

    connections: int = 5_000
    heartbeats: int = 15
    warm_up: int = 1
    """Heartbeats that do not count: with the first one, who came in is still being written."""
    rooms: int = 80
    """Among those of the year."""


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """What was seen."""

    took_s: tuple[float, ...]
    lost: int
    """Connections that were to be there, and were not, at the worst moment."""
    core_percent: float
    """How busy the server's core was, with all that runs on it."""


async def measure_heartbeats(server: ServerProcess, plan: HeartbeatPlan, cores: Cores) -> Heartbeats:
    """Let everybody in, where there is a year of data, and look at the server's heartbeats."""
    pages: list[BoardPage] = []
    try:
        await _come_in(server, plan, pages)
        await HeartbeatReader().read(server.url, plan.warm_up)
        meter = CoreMeter(cores.server)
        took_s, inside = await HeartbeatReader().read(server.url, plan.heartbeats)
        return Heartbeats(tuple(took_s), plan.connections - inside, meter.percent())
    finally:
        for page in pages:
            page.close()


def judge_heartbeats(name: str, plan: HeartbeatPlan, found: Heartbeats) -> Report:
    """Make rows of them. With fewer connections than meant, the figure says nothing."""
    benchmark = f"hours {name}"
    why_not = f"{found.lost} of {plan.connections} connections were not there" if found.lost else ""
    count = f"{plan.connections:,} connections"
    rows = [
        Row(benchmark, f"heartbeat of {count} p50", median_of(found.took_s) * _MS, "ms", HEARTBEAT, why_not),
        Row(benchmark, f"heartbeat of {count}, slowest", max(found.took_s, default=math.nan) * _MS, "ms"),
        Row(benchmark, "connections lost meanwhile", found.lost, "", NOBODY),
        Row(benchmark, "server's core busy meanwhile", found.core_percent, "%"),
    ]
    note = (
        f"{benchmark}: {len(found.took_s)} heartbeats of the server as it runs, with {count} in {plan.rooms} rooms,"
        " without media; from asking who is still heard until that is written."
    )
    return Report(rows, [note])


class HeartbeatReader:
    """Tells heartbeats from one another: between two readings is one at most, and the sum has grown by it."""

    def __init__(self) -> None:
        self.took_s: list[float] = []
        self.inside = math.inf
        """The fewest connections in any reading."""
        self._before: tuple[float, float] | None = None

    def take(self, figures: Mapping[str, float]) -> None:
        """Take a reading of `/metrics`."""
        count, total = figures[f"{_NAME}_count"], figures[f"{_NAME}_sum"]
        if self._before is not None and count > self._before[0]:
            beats = count - self._before[0]
            # A reading that came late saw several: their mean, as often.
            self.took_s += [(total - self._before[1]) / beats] * round(beats)
        self._before = count, total
        self.inside = min(self.inside, figures["roundup_connections"])

    async def read(self, url: str, heartbeats: int) -> tuple[list[float], int]:
        """Read until so many heartbeats were seen. Return how long they took, and how many were inside at least."""
        readings = round(_HEARTBEAT_S * (2 * heartbeats + 4) / _READ_EVERY_S)
        for _ in range(readings if heartbeats else 0):
            self.take(await read_metrics(url))
            if len(self.took_s) >= heartbeats:
                return self.took_s, round(self.inside)
            await asyncio.sleep(_READ_EVERY_S)
        if heartbeats:
            raise ServerError(f"the server told of {len(self.took_s)} heartbeats, not of {heartbeats}")
        return [], 0


async def _come_in(server: ServerProcess, plan: HeartbeatPlan, pages: list[BoardPage]) -> None:
    """Sign people in, and let each open pages in several rooms; `pages` is added to."""
    people = math.ceil(plan.connections / ROOMS_EACH)
    links = await server.import_people([f"inside{number}@bench.example" for number in range(people)])
    gate = asyncio.Semaphore(MAX_JOINING)

    async def open_pages(http: aiohttp.ClientSession, number: int) -> None:
        async with gate:
            cookie = await sign_in(http, links[number])
            first = number * ROOMS_EACH
            for place in range(first, min(first + ROOMS_EACH, plan.connections)):
                page = BoardPage(server.url, _ignore)
                pages.append(page)
                await page.connect(cookie)
                await page.join(room_slug(place, plan.rooms))

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(people):
                    group.create_task(open_pages(http, number))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures


def room_slug(place: int, rooms: int) -> str:
    """Return in which room of the year a page is: neighbours are in different ones."""
    return f"round-up-{place % rooms + 1}"


def rooms_of(pairs: int) -> int:
    """Return how many rooms with a mentor of their own a year with so many pairs has at least."""
    return max(1, pairs * 4 // 5 // _MENTEES_EACH)


def _ignore(_name: str, _data: bytes) -> None:
    """Nobody looks."""
