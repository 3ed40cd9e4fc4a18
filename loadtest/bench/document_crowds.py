"""Part of `documents`: fifty people who draw on one board, and two hundred who follow one presenter's."""

import asyncio
import json
from dataclasses import dataclass
from functools import partial

from loadtest.bench.cores import CoreMeter, Cores, ProcessMeter
from loadtest.bench.document_room import Invitation, open_board, read_board
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess
from loadtest.bots.delay import Samples
from loadtest.bots.signalling import random_id
from loadtest.documents.copy import BoardCopy
from loadtest.documents.crowd import UPDATES_PER_S, Crowd, OnUpdate, wait_until
from loadtest.documents.page import UPDATED, BoardPage
from loadtest.documents.stamps import StampFinder, author_code, now_us, write_stamp
from protocol.document_requests import DocumentPresent
from protocol.wire import Empty

STROKE_P99 = Target(Comparison.BELOW, 100)
SERVER_CPU = Target(Comparison.BELOW, 50)
NOTHING_LOST = Target(Comparison.EXACTLY, 0)
MAX_BOTS_CORE_PERCENT = 85.0
MIN_DRAWN_SHARE = 0.98
PRESENCES_PER_S = 15.0
"""Of one page: every 66 ms, as `PRESENCE_MS` of the page's `documentLink.ts` says."""
_SETTLE_S = 1.5
_SEE_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class CrowdPlan:
    """Who draws before whom, and for how long."""

    drawers: int
    watchers: int = 0
    """Who only look."""
    windows: int = 3
    window_s: float = 8.0

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return f"1 → {self.watchers}" if self.watchers else f"{self.drawers} drawing"

    @property
    def people(self) -> int:
        """All of them."""
        return self.drawers + self.watchers


DRAWING = CrowdPlan(drawers=50)
FOLLOWING = CrowdPlan(drawers=1, watchers=200)


@dataclass(frozen=True, slots=True)
class CrowdWindow:
    """What was measured in one window."""

    drawn_per_s: float
    seen_per_s: float
    p50_ms: float
    p99_ms: float
    applied_p99_ms: float
    """Until a page had it in its copy of the document."""
    view_p99_ms: float
    """From a presenter's change of view to its receipt; NaN where nobody presents."""
    kept_p50_ms: float
    kept_p99_ms: float
    server_percent: float
    """Gateway and media worker."""
    server_core_percent: float
    bots_core_percent: float
    late_p99_ms: float


@dataclass(frozen=True, slots=True)
class CrowdOutcome:
    """What was found after all windows."""

    windows: tuple[CrowdWindow, ...]
    unseen: int
    """Updates that somebody was not told, or told twice."""
    differing: int
    """Copies that are not what the server has."""
    lost: int
    """Connections."""


async def measure_crowd(server: ServerProcess, invitation: Invitation, plan: CrowdPlan, cores: Cores) -> CrowdOutcome:
    """Let everybody in, let them draw, and compare what they see in the end."""
    crowd = _ObservedCrowd(server, invitation, plan)
    try:
        await crowd.begin()
        windows = [await crowd.take_window(cores) for _ in range(plan.windows)]
        return await crowd.end(windows)
    finally:
        crowd.close()


def judge_crowd(plan: CrowdPlan, outcome: CrowdOutcome, *, is_shared: bool) -> Report:
    """Make rows of the medians."""
    windows = outcome.windows

    def middle(field: str) -> float:
        return median_of([getattr(window, field) for window in windows])

    def row(name: str, value: float, unit: str, target: Target | None = None) -> Row:
        is_missed = target is not None and not target.is_met(value)
        why_not = why_invalid(plan, windows, is_missed=is_missed, is_shared=is_shared) if target else ""
        return Row(f"documents {plan.name}", name, value, unit, target, why_not)

    is_crowd = plan.drawers > 1
    rows = [
        row("stroke to screen p50", middle("p50_ms"), "ms"),
        row("stroke to screen p99", middle("p99_ms"), "ms", STROKE_P99),
        row("the same until a copy has it, p99", middle("applied_p99_ms"), "ms", STROKE_P99),
        *([] if is_crowd else [row("view of the presenter p99", middle("view_p99_ms"), "ms", STROKE_P99)]),
        row("server CPU", middle("server_percent"), "% of a core", SERVER_CPU if is_crowd else None),
        row("kept and acknowledged p50", middle("kept_p50_ms"), "ms"),
        row("kept and acknowledged p99", middle("kept_p99_ms"), "ms"),
        row("updates drawn", middle("drawn_per_s"), "/s"),
        row("updates seen by others", middle("seen_per_s"), "/s"),
        Row(f"documents {plan.name}", "updates not seen, or twice", outcome.unseen, "", NOTHING_LOST),
        Row(f"documents {plan.name}", "copies that differ in the end", outcome.differing, "", NOTHING_LOST),
        Row(f"documents {plan.name}", "connections lost", outcome.lost, "", NOTHING_LOST),
        row("server's core busy, worst", max(window.server_core_percent for window in windows), "%"),
        row("bots' core busy, worst", max(window.bots_core_percent for window in windows), "%"),
        row("bots late p99, worst", max(window.late_p99_ms for window in windows), "ms"),
    ]
    note = f"documents {plan.name}: medians of {len(windows)} windows of {plan.window_s:g} s."
    return Report(rows, [note])


def why_invalid(plan: CrowdPlan, windows: tuple[CrowdWindow, ...], *, is_missed: bool, is_shared: bool) -> str:
    """Say why a figure says nothing about the server; empty when it does.

    A target that is met although the bots were busy is met.
    """
    drawn = min(window.drawn_per_s for window in windows) / (plan.drawers * UPDATES_PER_S)
    if drawn < MIN_DRAWN_SHARE:
        return f"the bots drew only {100 * drawn:.0f} % of the updates"
    busiest = max(window.bots_core_percent for window in windows)
    if is_missed and busiest > MAX_BOTS_CORE_PERCENT and not is_shared:
        return f"the bots' core was {busiest:.0f} % busy"
    return ""


class _ObservedCrowd:
    """The crowd of a plan, the two among them who keep a copy, and all that is measured of them."""

    def __init__(self, server: ServerProcess, invitation: Invitation, plan: CrowdPlan) -> None:
        self._server = server
        self._invitation = invitation
        self._plan = plan
        self._crowd = Crowd(self._enter)
        self._pages: dict[int, BoardPage] = {}
        """By number of the person."""
        self._observer: BoardPage | None = None
        self._copy = BoardCopy()
        self._applied, self._views = Samples(), Samples()
        self._strokes = StampFinder()
        self._view_stamps = StampFinder()

    async def begin(self) -> None:
        """Let everybody in, and begin to draw."""
        plan, crowd = self._plan, self._crowd
        await crowd.grow(plan.people)
        # One more, who does all that a page does with what it is told.
        self._observer, opened = await open_board(self._server, self._invitation, plan.people, self._on_told)
        self._copy.begin(opened.seq, await self._observer.read(opened.update))
        if plan.watchers:
            present = DocumentPresent(request_id=random_id(), document_id=self._invitation.document_id)
            await self._pages[0].request(present, Empty)
        crowd.start(plan.drawers)
        for number in range(plan.drawers):
            point = partial(_point, self._pages[number], number)
            crowd.repeat(PRESENCES_PER_S, point, phase=number / plan.drawers)
        await asyncio.sleep(_SETTLE_S)

    async def take_window(self, cores: Cores) -> CrowdWindow:
        """Measure for a while."""
        crowd = self._crowd
        for samples in (self._applied, self._views):
            samples.clear()
        crowd.forget()
        processes = [ProcessMeter(pid) for pid in self._server.pids()]
        server_core, bots_core = CoreMeter(cores.server), CoreMeter(cores.bots)
        loop = asyncio.get_running_loop()
        began_at, drawn = loop.time(), crowd.drawn
        await asyncio.sleep(self._plan.window_s)
        took_s = loop.time() - began_at
        percents = [meter.percent() for meter in processes]
        kept = crowd.kept()
        return CrowdWindow(
            drawn_per_s=(crowd.drawn - drawn) / took_s,
            seen_per_s=len(crowd.ages) / took_s,
            p50_ms=crowd.ages.quantile_ms(0.5),
            p99_ms=crowd.ages.quantile_ms(0.99),
            applied_p99_ms=self._applied.quantile_ms(0.99),
            view_p99_ms=self._views.quantile_ms(0.99),
            kept_p50_ms=kept.quantile_ms(0.5),
            kept_p99_ms=kept.quantile_ms(0.99),
            server_percent=sum(percents),
            server_core_percent=server_core.percent(),
            bots_core_percent=bots_core.percent(),
            late_p99_ms=crowd.lateness.quantile_ms(0.99),
        )

    async def end(self, windows: list[CrowdWindow]) -> CrowdOutcome:
        """Wait until everybody has seen everything, or for some seconds, and compare."""
        crowd = self._crowd
        crowd.stop()
        await wait_until(lambda: crowd.unseen == 0 and self._strokes.found == crowd.drawn, _SEE_TIMEOUT_S)
        stored = BoardCopy()
        stored.begin(0, await read_board(self._server, self._invitation))
        differing = int(stored.contents() != self._copy.contents())
        return CrowdOutcome(tuple(windows), abs(crowd.unseen) + self._copy.gaps, differing, crowd.lost)

    def close(self) -> None:
        """Let everybody go."""
        self._crowd.close()
        if self._observer is not None:
            self._observer.close()

    async def _enter(self, number: int, on_update: OnUpdate) -> BoardPage:
        def on_told(name: str, data: bytes) -> None:
            if name == UPDATED:
                on_update(data)
            elif self._plan.watchers:
                self._view_stamps.find(data, self._views)

        page, _ = await open_board(self._server, self._invitation, number, on_told)
        self._pages[number] = page
        return page

    def _on_told(self, name: str, data: bytes) -> None:
        if name == UPDATED:
            self._copy.take(data)
            self._strokes.find(data, self._applied)


def _point(page: BoardPage, number: int) -> None:
    """Tell where the pen is, and what is in view, as the page does."""
    at_us = now_us()
    view = {"x": at_us % 1_000 / 8, "y": at_us % 700 / 8, "zoom": 1}
    pointer = {"x": at_us % 9_000 / 8, "y": at_us % 5_000 / 8, "tool": "pointer", "button": "down"}
    state = {"pointer": pointer, "view": view, "at": write_stamp(author_code(number), at_us)}
    page.point(number + 1, json.dumps({"clock": at_us, "state": state}).encode())
