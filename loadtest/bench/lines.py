"""`lines`: a call of two browsers, one of them at a bad line; what each sees and hears of the other."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

from loadtest.bench.browsers import click_join, first_frame_ms, open_page, running_browser
from loadtest.bench.call_stats import STATS_SCRIPT, CallQuality, Reading, compare_readings
from loadtest.bench.cores import CoreMeter, Cores
from loadtest.bench.report import Comparison, Report, Row, Target
from loadtest.bench.server_process import ServerProcess, running_server
from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import LineProxy, running_line

CONCEALED = Target(Comparison.BELOW, 5)
FROZEN = Target(Comparison.BELOW, 2)
CRASHES = Target(Comparison.EXACTLY, 0)

CLEAN = Impairment()
BAD = Impairment(loss=0.2, delay_s=0.1, jitter_s=0.03)
BURSTY = Impairment(loss=0.1, burst_packets=4, delay_s=0.1, jitter_s=0.03)
NARROW = Impairment(rate_bits_per_s=600_000, delay_s=0.04)

_ROOM = "bench"
_PEOPLE = ("near", "far")
"""The one at the line, and the other one."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A while of the call."""

    name: str
    line: Impairment
    """Each way, between the first page and the server."""
    other_line: Impairment
    """The same for the second page."""
    window_s: float
    is_judged: bool = False


@dataclass(frozen=True, slots=True)
class LinesPlan:
    """What the lines do, one after the other in the same call. The first is the one to compare with."""

    conditions: tuple[Condition, ...] = (
        Condition("clean", CLEAN, CLEAN, 30),
        Condition("bad", BAD, CLEAN, 60, is_judged=True),
        Condition("both bad", BAD, BAD, 30),
        Condition("bursts", BURSTY, CLEAN, 30),
        Condition("narrow", NARROW, CLEAN, 30),
    )
    settle_s: float = 8.0
    """Before each window, so that the browsers know their line."""


QUICK = LinesPlan(
    (Condition("clean", CLEAN, CLEAN, 5), Condition("bad", BAD, CLEAN, 15, is_judged=True)),
    settle_s=3,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What both people got under one condition."""

    condition: Condition
    qualities: tuple[CallQuality, ...]
    """Of the one at the line, then of the other one."""
    core_percent: float
    crashes: tuple[str, ...] = ()


async def measure_lines(plan: LinesPlan, cores: Cores) -> Report:
    """Run the plan with a server of its own and two browsers."""
    with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder:
        async with running_server(Path(folder) / "data", cores.server, announce_ip="127.0.0.1") as server:
            await server.add_room(_ROOM)
            async with _running_call(server, cores) as call:
                return judge_lines([await call.take(condition, plan.settle_s) for condition in plan.conditions])


def judge_lines(stretches: list[Stretch]) -> Report:
    """Make rows of what each person got.

    Two browsers that encode and decode in software share this machine: what it cannot do over a clean line it cannot
    be blamed for over a bad one. A figure that is good enough nevertheless stands.
    """
    rows: list[Row] = []
    for stretch in stretches:
        for person, quality, control in zip(_PEOPLE, stretch.qualities, stretches[0].qualities, strict=True):
            rows += _rows(stretch.condition, person, quality, control)
    crashes = [crash for stretch in stretches for crash in stretch.crashes]
    rows.append(Row("lines", "crashes", len(crashes), "", CRASHES))
    busy = ", ".join(f"{stretch.condition.name} {stretch.core_percent:.0f} %" for stretch in stretches)
    windows = ", ".join(f"{stretch.condition.name} {stretch.condition.window_s:g} s" for stretch in stretches)
    notes = [
        f"lines: two browsers in one call, the near one at the line named; {windows}. Busiest core: {busy}.",
        *(f"lines: crash: {crash}" for crash in crashes),
    ]
    return Report(rows, notes)


def _rows(condition: Condition, person: str, quality: CallQuality, control: CallQuality) -> list[Row]:
    def row(name: str, value: float, unit: str, target: Target | None = None, control: float = 0.0) -> Row:
        judged = target if condition.is_judged else None
        is_excused = judged is not None and not judged.is_met(value) and not judged.is_met(control)
        why = f"{name} was {control:.1f} {unit} over a clean line already" if is_excused else ""
        return Row(f"lines {condition.name}", f"{person}: {name}", value, unit, judged, why)

    return [
        row("audio concealed", quality.concealed_percent, "%", CONCEALED, control.concealed_percent),
        row("video frozen", quality.frozen_percent, "% of the time", FROZEN, control.frozen_percent),
        row("freezes", quality.freezes, ""),
        row("pictures", quality.frames_per_s, "/s"),
        row("round trip", quality.round_trip_ms, "ms"),
        row("audio packets lost", quality.lost_audio_percent, "%"),
        row("sound waits to be played", quality.playout_delay_ms, "ms"),
        row("NACK", quality.nacks, ""),
        row("PLI", quality.plis, ""),
        row("retransmissions received", quality.retransmitted, "packets"),
    ]


@asynccontextmanager
async def _running_call(server: ServerProcess, cores: Cores) -> AsyncIterator["_Call"]:
    """Let two people, each with a browser and a line of their own, talk until the block ends."""
    links = await server.import_people(["line@bench.example", "elsewhere@bench.example"])
    worker = server.media_address
    every_core = cores.server | cores.bots
    async with (
        running_line(worker, CLEAN, CLEAN, seed=1) as line,
        running_line(worker, CLEAN, CLEAN, seed=2) as other_line,
        running_browser(every_core) as browser,
        running_browser(every_core) as other_browser,
    ):
        call = _Call(server, (line, other_line), CoreMeter(every_core))
        for link, way, own in zip(links, (line, other_line), (browser, other_browser), strict=True):
            page = await open_page(own, detour_script(way.address), STATS_SCRIPT)
            call.add(page)
            await page.goto(link)
            await page.goto(f"{server.url}/r/{_ROOM}")
            await click_join(page)
        for page in call.pages:
            await first_frame_ms(page)
        yield call


class _Call:
    """A running call, and what goes wrong in it."""

    def __init__(self, server: ServerProcess, lines: tuple[LineProxy, LineProxy], core: CoreMeter) -> None:
        self.pages: list[Page] = []
        self._server = server
        self._lines = lines
        self._core = core
        self._worker_pid = server.worker_pid()
        self._crashes: list[str] = []

    def add(self, page: Page) -> None:
        """Watch a page."""
        self.pages.append(page)
        page.on("crash", lambda _: self._crashes.append("a page crashed"))
        page.on("pageerror", lambda error: self._crashes.append(f"an error in a page: {error}"))

    async def take(self, condition: Condition, settle_s: float) -> Stretch:
        """Let the lines be what the condition says, and look at the call through its window."""
        for line, impairment in zip(self._lines, (condition.line, condition.other_line), strict=True):
            line.change(impairment, impairment)
        await asyncio.sleep(settle_s)
        self._core.reset()
        before = [await _read(page) for page in self.pages]
        await asyncio.sleep(condition.window_s)
        after = [await _read(page) for page in self.pages]
        core_percent = self._core.percent()
        if (pid := self._server.worker_pid()) != self._worker_pid:
            self._worker_pid = pid
            self._crashes.append("the media worker was replaced")
        crashes, self._crashes = tuple(self._crashes), []
        qualities = tuple(compare_readings(*pair) for pair in zip(before, after, strict=True))
        return Stretch(condition, qualities, core_percent, crashes)


async def _read(page: Page) -> Reading:
    return Reading.parse(await page.evaluate("() => window.roundupStats()"))
