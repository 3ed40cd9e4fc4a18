"""Part of `documents`: how soon one can draw, in a browser, on a board that has 5,000 elements already."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random

from playwright.async_api import Browser, Page

from loadtest.bench.browsers import click_join, open_page, running_browser
from loadtest.bench.cores import CoreMeter, Cores
from loadtest.bench.document_load import ELEMENTS, BoardFiller, fill_board
from loadtest.bench.document_room import ROOM, invite
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess, running_server

INTERACTIVE = Target(Comparison.BELOW, 1.5)
MAX_CORE_PERCENT = 85.0
_SETTLE_S = 1.5
"""For what a page does by itself after joining."""

_STOPWATCH = """
(() => {
  const times = { clicked: null, drawn: null, ready: null, whole: null };
  window.roundupBoard = times;
  const IN_TIME_MS = 50;
  const IN_TIME = 3;
  const STILL_MS = 500;
  const probe = document.createElement("canvas");
  probe.width = probe.height = 64;
  const brush = probe.getContext("2d", { willReadFrequently: true });
  const picture = () => {
    const canvas = document.querySelector("canvas.static");
    if (!canvas?.width || !document.querySelector("canvas.interactive")) return null;
    brush.clearRect(0, 0, probe.width, probe.height);
    brush.drawImage(canvas, 0, 0, probe.width, probe.height);
    return new Uint32Array(brush.getImageData(0, 0, probe.width, probe.height).data.buffer);
  };
  const isDrawn = (seen) => seen !== null && seen.some((pixel) => pixel !== seen[0]);
  const isSame = (one, other) => one?.every((pixel, at) => pixel === other?.[at]) ?? other === null;
  let before = 0;
  let inTime = 0;
  let last = null;
  let changed = 0;
  const look = (now) => {
    // Looking takes long itself: not while it is a matter of time.
    const seen = times.drawn !== null && times.ready === null ? last : picture();
    const at = performance.now();
    if (!isSame(seen, last)) changed = at;
    last = seen;
    if (times.drawn === null && isDrawn(seen)) times.drawn = at;
    else if (times.drawn !== null) inTime = now - before < IN_TIME_MS ? inTime + 1 : 0;
    if (inTime === IN_TIME && times.ready === null) times.ready = changed = at;
    before = now;
    if (times.ready !== null && at - changed > STILL_MS) times.whole = changed;
    else requestAnimationFrame(look);
  };
  window.roundupBoardIsAwaited = () =>
    addEventListener("click", (event) => {
      times.clicked = event.timeStamp;
      requestAnimationFrame(look);
    }, { capture: true, once: true });
})();
"""
"""Notes when the board was asked for, when something was drawn on it, when three frames in a row came in time after
that, so that a pen leaves its line, and when the last of the picture was drawn. In ms of the page."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of the board in a new browser profile, in seconds after the click."""

    drawn_s: float
    interactive_s: float
    whole_s: float
    """Until the last of what is in view was drawn."""


@dataclass(frozen=True, slots=True)
class Openings:
    """All of them, and how busy the machine was."""

    each: tuple[Opening, ...]
    core_percent: float
    """The cores on average, until one could draw: without a rest, somebody had to wait for one."""


async def measure_openings(folder: Path, cores: Cores, *, repeats: int) -> Openings:
    """Fill a board, and open it in `repeats` new browser profiles, one after the other."""
    filler = BoardFiller(Random(1))  # noqa: S311 - makes runs alike, hides nothing
    openings, busy = list[Opening](), list[float]()
    async with (
        running_server(folder / "data", cores.server) as server,
        running_browser(cores.lone_browser) as browser,
    ):
        invitation = await invite(server, 1)
        await fill_board(server, invitation, filler, ELEMENTS)
        for link in await server.import_people([f"page{number}@bench.example" for number in range(repeats)]):
            opening, percent = await _open(browser, server, link, cores)
            openings.append(opening)
            busy.append(percent)
    return Openings(tuple(openings), median_of(busy))


def judge_openings(openings: Openings) -> Report:
    """Make rows of the medians. A browser on cores that were never free says little about one on a laptop."""
    benchmark = f"documents {ELEMENTS:,} elements"
    interactive_s = median_of([opening.interactive_s for opening in openings.each])
    is_crowded = openings.core_percent > MAX_CORE_PERCENT
    why_invalid = ""
    if is_crowded and not INTERACTIVE.is_met(interactive_s):
        why_invalid = f"the cores were {openings.core_percent:.0f} % busy"
    rows = [
        Row(benchmark, "click to a pen that draws, in a browser p50", interactive_s, "s", INTERACTIVE, why_invalid),
        Row(benchmark, "click to the first of the picture p50", median_of([one.drawn_s for one in openings.each]), "s"),
        Row(benchmark, "click to the last of it p50", median_of([one.whole_s for one in openings.each]), "s"),
        Row(benchmark, "slowest", max(opening.interactive_s for opening in openings.each), "s"),
        Row(benchmark, "cores busy, on average", openings.core_percent, "%"),
    ]
    note = f"{benchmark}: {len(openings.each)} openings in a browser, each with nothing of the page in its cache."
    return Report(rows, [note])


async def _open(browser: Browser, server: ServerProcess, link: str, cores: Cores) -> tuple[Opening, float]:
    page = await open_page(browser, _STOPWATCH)
    try:
        await page.goto(link)
        await page.goto(f"{server.url}/r/{ROOM}")
        await page.get_by_text("Listen only", exact=True).click(force=True)  # the radio button itself is below
        await click_join(page)
        await page.locator("[data-participant-id]").first.wait_for()
        await asyncio.sleep(_SETTLE_S)
        await page.evaluate("() => window.roundupBoardIsAwaited()")
        meter = CoreMeter(cores.lone_browser)
        await page.get_by_role("button", name="Board", exact=True).click()
        await page.wait_for_function("() => window.roundupBoard.ready !== null")
        percent = meter.mean_percent()
        return await _wait(page), percent
    finally:
        await page.context.close()


async def _wait(page: Page) -> Opening:
    await page.wait_for_function("() => window.roundupBoard.whole !== null")
    times: dict[str, float] = await page.evaluate("() => window.roundupBoard")
    drawn_s, interactive_s, whole_s = ((times[name] - times["clicked"]) / 1_000 for name in ("drawn", "ready", "whole"))
    return Opening(drawn_s, interactive_s, whole_s)
