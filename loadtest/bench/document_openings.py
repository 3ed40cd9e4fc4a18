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
MAX_BROWSER_CORE_PERCENT = 85.0
_SETTLE_S = 1.5
"""For what a page does by itself after joining."""

_STOPWATCH = """
(() => {
  const times = { clicked: null, drawn: null, ready: null };
  window.roundupBoard = times;
  const QUIET_MS = 50;
  const probe = document.createElement("canvas");
  probe.width = probe.height = 64;
  const brush = probe.getContext("2d", { willReadFrequently: true });
  const isDrawn = () => {
    const canvas = document.querySelector("canvas.static");
    if (!canvas?.width || !document.querySelector("canvas.interactive")) return false;
    brush.drawImage(canvas, 0, 0, probe.width, probe.height);
    const { data } = brush.getImageData(0, 0, probe.width, probe.height);
    const isBackground = (at) => [0, 1, 2, 3].every((part) => data[at + part] === data[part]);
    for (let at = 4; at < data.length; at += 4) if (!isBackground(at)) return true;
    return false;
  };
  let before = 0;
  const look = (now) => {
    if (times.drawn === null && isDrawn()) times.drawn = performance.now();
    else if (times.drawn !== null && now - before < QUIET_MS) times.ready = performance.now();
    before = now;
    if (times.ready === null) requestAnimationFrame(look);
  };
  window.roundupBoardIsAwaited = () =>
    addEventListener("click", (event) => {
      times.clicked = event.timeStamp;
      requestAnimationFrame(look);
    }, { capture: true, once: true });
})();
"""
"""Notes when the board was asked for, when something was drawn on it, and when frames came in time again after that:
then a pen leaves its line. In ms of the page."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of the board in a new browser profile, in seconds after the click."""

    drawn_s: float
    interactive_s: float


@dataclass(frozen=True, slots=True)
class Openings:
    """All of them, and how busy the machine was."""

    each: tuple[Opening, ...]
    browser_core_percent: float
    """Until one could draw: a core that was never free."""


async def measure_openings(folder: Path, cores: Cores, *, repeats: int) -> Openings:
    """Fill a board, and open it in `repeats` new browser profiles, one after the other."""
    filler = BoardFiller(Random(1))  # noqa: S311 - makes runs alike, hides nothing
    openings, busy = list[Opening](), list[float]()
    async with (
        running_server(folder / "data", cores.server) as server,
        running_browser(cores.joining_browser) as browser,
    ):
        invitation = await invite(server, 1)
        await fill_board(server, invitation, filler, ELEMENTS)
        for link in await server.import_people([f"page{number}@bench.example" for number in range(repeats)]):
            opening, percent = await _open(browser, server, link, cores)
            openings.append(opening)
            busy.append(percent)
    return Openings(tuple(openings), median_of(busy))


def judge_openings(openings: Openings) -> Report:
    """Make rows of the medians. A browser whose core was never free says little about one on a laptop."""
    benchmark = f"documents {ELEMENTS:,} elements"
    interactive_s = median_of([opening.interactive_s for opening in openings.each])
    is_crowded = openings.browser_core_percent > MAX_BROWSER_CORE_PERCENT
    why_invalid = ""
    if is_crowded and not INTERACTIVE.is_met(interactive_s):
        why_invalid = f"the browser's core was {openings.browser_core_percent:.0f} % busy"
    rows = [
        Row(benchmark, "click to a pen that draws, in a browser p50", interactive_s, "s", INTERACTIVE, why_invalid),
        Row(benchmark, "click to the picture p50", median_of([opening.drawn_s for opening in openings.each]), "s"),
        Row(benchmark, "slowest", max(opening.interactive_s for opening in openings.each), "s"),
        Row(benchmark, "browser's core busy", openings.browser_core_percent, "%"),
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
        meter = CoreMeter(cores.joining_browser)
        await page.get_by_role("button", name="Board", exact=True).click()
        return await _wait(page), meter.percent()
    finally:
        await page.context.close()


async def _wait(page: Page) -> Opening:
    await page.wait_for_function("() => window.roundupBoard.ready !== null")
    times: dict[str, float] = await page.evaluate("() => window.roundupBoard")
    return Opening(
        drawn_s=(times["drawn"] - times["clicked"]) / 1_000, interactive_s=(times["ready"] - times["clicked"]) / 1_000
    )
