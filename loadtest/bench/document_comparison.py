"""Part of `documents`: how many updates a second this server and Hocuspocus bear, with the same people in turn."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench.cores import CoreMeter, Cores, ProcessMeter
from loadtest.bench.document_room import entrance, invite
from loadtest.bench.hocuspocus import HocuspocusError, Installation, Setting, install, running_hocuspocus
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import running_server
from loadtest.documents.crowd import UPDATES_PER_S, Crowd, DrawingPage, Enter, OnUpdate, wait_until
from loadtest.documents.hocuspocus_page import HocuspocusPage
from loadtest.documents.stamps import now_us

AHEAD = Target(Comparison.BELOW, 1)
"""Theirs over ours."""
MAX_P99_MS = 50.0
EYES = 10
"""People whose pages look at what they are told. Those of the others only receive it: more of them fit on a core."""
MAX_BOTS_CORE_PERCENT = 85.0
SERVER_FULL_PERCENT = 95.0
"""Of its core: such a server has come to its end, however busy the bots are with what it sends them."""
SETTINGS = (
    Setting("Hocuspocus as it comes"),
    Setting("Hocuspocus, told every 25 ms", flush_ms=25),
    Setting("Hocuspocus, stored after every change", store_ms=0),
)
"""Its default is to tell once in every turn of its loop, and to store 2 s after the last change, at most 10 s later."""
OURS = "Roundup"
_MIN_SHARE = 0.95
"""Of what was drawn: who shows less has fallen behind, whatever the delay of what it shows."""
_SETTLE_S = 1.0
_DRAIN_TIMEOUT_S = 5.0
_TRIES = 3


@dataclass(frozen=True, slots=True)
class RampPlan:
    """How many people draw at once, one step after the other, until it is too many."""

    steps: tuple[int, ...] = (5, 10, 25, 50, 75, 100, 120, 140, 160, 180, 200, 220, 240)
    window_s: float = 2.5
    runs: int = 2


RAMP = RampPlan()


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured with so many people."""

    people: int
    drawn_per_s: float
    seen_share: float
    """Of what the others should have seen."""
    p99_ms: float
    kept_p99_ms: float
    server_percent: float
    bots_core_percent: float

    @property
    def is_borne(self) -> bool:
        """Tell whether the server kept up."""
        return self.p99_ms < MAX_P99_MS and self.seen_share >= _MIN_SHARE


@dataclass(frozen=True, slots=True)
class Ramp:
    """What one server bore in one run."""

    best: Step | None
    failed: Step | None
    """The step after it; `None`: there was none to fail at."""

    @property
    def updates_per_s(self) -> float:
        """The highest rate that it bore."""
        return 0.0 if self.best is None else self.best.drawn_per_s

    @property
    def is_bots_fault(self) -> bool:
        """Tell whether it may have been the bots who could no more."""
        failed = self.failed
        return (
            failed is not None
            and failed.bots_core_percent > MAX_BOTS_CORE_PERCENT
            and failed.server_percent < SERVER_FULL_PERCENT
        )


Ramps = dict[str, list[Ramp]]
"""By server, one of each run."""


async def measure_comparison(folder: Path, cores: Cores, plan: RampPlan) -> tuple[Ramps, str]:
    """Run all servers in turn, `plan.runs` times. Return what they bore, and why a server is missing."""
    try:
        installation: Installation | None = await install()
        missing = ""
    except HocuspocusError as error:
        installation, missing = None, str(error)
    ramps: Ramps = {}
    for run in range(plan.runs):
        ramps.setdefault(OURS, []).append(await _ramp_ours(folder / f"data{run}", cores, plan))
        for number, setting in enumerate(SETTINGS if installation is not None else ()):
            if installation is not None:
                data = folder / f"hocuspocus{run}-{number}.sqlite3"
                ramps.setdefault(setting.name, []).append(await _ramp_theirs(installation, data, setting, cores, plan))
    return ramps, missing


def judge_comparison(ramps: Ramps, missing: str, plan: RampPlan) -> Report:
    """Make rows of the medians, and compare ours with the best of theirs."""
    benchmark = "documents compared"
    rows = []
    rates = {name: median_of([ramp.updates_per_s for ramp in runs]) for name, runs in ramps.items()}
    for name, runs in ramps.items():
        best = [ramp.best for ramp in runs if ramp.best is not None]
        rows += [
            Row(benchmark, f"{name}: updates at p99 < {MAX_P99_MS:g} ms", rates[name], "/s"),
            Row(benchmark, f"{name}: p99 at that", median_of([step.p99_ms for step in best]), "ms"),
            Row(benchmark, f"{name}: CPU at that", median_of([step.server_percent for step in best]), "% of a core"),
            Row(benchmark, f"{name}: acknowledged p99", median_of([step.kept_p99_ms for step in best]), "ms"),
        ]
    theirs = {name: rate for name, rate in rates.items() if name != OURS}
    notes = [
        f"documents compared: medians of {plan.runs} ramps in turn, up to {max(plan.steps)} people who draw"
        f" {UPDATES_PER_S:g} updates/s each and see everybody's; {plan.window_s:g} s a step.",
    ]
    if theirs:
        strongest = max(theirs, key=lambda name: theirs[name])
        is_bots_fault = any(ramp.is_bots_fault for ramp in ramps[strongest])
        why_not = "the bots could no more while Hocuspocus could" if is_bots_fault else ""
        ratio = theirs[strongest] / rates[OURS] if rates[OURS] else float("inf")
        rows.append(Row(benchmark, "the best of theirs over ours", ratio, "", AHEAD, why_not))
    if missing:
        notes.append(f"documents compared: without Hocuspocus: {missing}")
    return Report(rows, notes)


async def climb(enter: Enter, pid: int, cores: Cores, plan: RampPlan) -> Ramp:
    """Let more and more people draw until the server does not keep up, three times in a row."""
    crowd = Crowd(enter, eyes=EYES)
    best: Step | None = None
    try:
        for people in plan.steps:
            await crowd.grow(people)
            for _ in range(_TRIES):
                step = await _take_step(crowd, people, pid, cores, plan)
                if step.is_borne:
                    best = step
                    break
            else:
                return Ramp(best, step)
        return Ramp(best, None)
    finally:
        crowd.close()


async def _take_step(crowd: Crowd, people: int, pid: int, cores: Cores, plan: RampPlan) -> Step:
    crowd.start(people)
    await asyncio.sleep(_SETTLE_S)
    crowd.forget()
    server, bots_core = ProcessMeter(pid), CoreMeter(cores.bots)
    began_us, drawn = now_us(), crowd.drawn
    await asyncio.sleep(plan.window_s)
    drawn = crowd.drawn - drawn
    step = Step(
        people=people,
        drawn_per_s=drawn / ((now_us() - began_us) / 1e6),
        seen_share=len(crowd.ages) / (crowd.looking * drawn * (people - 1) / people) if drawn else 0.0,
        p99_ms=crowd.ages.quantile_ms(0.99),
        kept_p99_ms=crowd.kept().quantile_ms(0.99),
        server_percent=server.percent(),
        bots_core_percent=bots_core.percent(),
    )
    crowd.stop()
    await wait_until(lambda: crowd.unseen <= 0, _DRAIN_TIMEOUT_S)
    return step


async def _ramp_ours(data: Path, cores: Cores, plan: RampPlan) -> Ramp:
    async with running_server(data, cores.server, announce_ip="127.0.0.1") as server:
        invitation = await invite(server, max(plan.steps))
        return await climb(entrance(server, invitation), server.pid, cores, plan)


async def _ramp_theirs(installation: Installation, data: Path, setting: Setting, cores: Cores, plan: RampPlan) -> Ramp:
    async with running_hocuspocus(installation, data, setting, cores.server) as server:

        async def enter(_number: int, on_update: OnUpdate) -> DrawingPage:
            page = HocuspocusPage(server.url, "bench", on_update)
            await page.open()
            return page

        return await climb(enter, server.pid, cores, plan)
