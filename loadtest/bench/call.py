"""A call of two browsers, each at a line of its own."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page
from playwright.async_api import TimeoutError as BrowserTimeoutError

from loadtest.bench.browsers import click_join, first_frame_ms, open_page, running_browser
from loadtest.bench.call_stats import STATS_SCRIPT, Moves, Reading
from loadtest.bench.cores import CoreMeter, Cores
from loadtest.bench.server_process import ServerProcess
from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import LineProxy, running_line

ROOM = "bench"
PEOPLE = ("near", "far")
"""The one at the line that a condition is named after, and the other one."""
_EMAILS = ("line@bench.example", "elsewhere@bench.example")
_POLL_S = 0.1

Lines = tuple[Impairment, Impairment]
"""What the line of each page does, each way."""


class Call:
    """A running call, and what goes wrong in it."""

    def __init__(self, server: ServerProcess, ways: tuple[LineProxy, LineProxy], core: CoreMeter) -> None:
        self.pages: tuple[Page, ...] = ()
        """The near one and the far one."""
        self.first_frame_s = float("nan")
        """From the near one's click on Join, while the far one is there, to the first picture; infinite without one."""
        self.core = core
        self._server = server
        self._ways = ways
        self._worker_pid = server.worker_pid()
        self._crashes: list[str] = []

    async def begin(self, near: Page, far: Page, links: list[str]) -> None:
        """Let first the far one come in, then the near one, until both see each other."""
        self.pages = (near, far)
        for page, link in zip((far, near), reversed(links), strict=True):
            page.on("crash", lambda _: self._crashes.append("a page crashed"))
            page.on("pageerror", lambda error: self._crashes.append(f"an error in a page: {error}"))
            await page.goto(link)
            await page.goto(f"{self._server.url}/r/{ROOM}")
            await click_join(page)
        self.first_frame_s = await _first_frame_s(near)
        await _first_frame_s(far)

    def change(self, lines: Lines) -> None:
        """Let the lines do something else."""
        for way, impairment in zip(self._ways, lines, strict=True):
            way.change(impairment, impairment)

    def change_network(self) -> None:
        """Lose the near page's addresses: its sockets lead nowhere, those that it opens now do."""
        self._ways[0].abandon_clients()

    async def read(self) -> list[Reading]:
        """Return what each page knows of its media."""
        return [Reading.parse(await page.evaluate("() => window.roundupStats()")) for page in self.pages]

    async def read_moves(self) -> list[Moves]:
        """Return when each page showed and played something."""
        return [Moves.parse(await page.evaluate("() => window.roundupMoves()")) for page in self.pages]

    async def hide(self) -> bool:
        """Let the near page be hidden; tell whether the far one then stops to encode what nobody sees."""
        near, far = self.pages
        await near.evaluate(_BE, "hidden")
        try:
            await far.wait_for_function("() => window.roundupLayersSent() === 0", polling=1_000 * _POLL_S)
        except BrowserTimeoutError:
            return False
        return True

    async def show(self) -> float:
        """Let the near page be seen again; return the instant, in ms of `Moves`."""
        shown_at: float = await self.pages[0].evaluate(_BE, "visible")
        return shown_at

    def take_crashes(self) -> tuple[str, ...]:
        """Return what went wrong since the last time."""
        if (pid := self._server.worker_pid()) != self._worker_pid:
            self._worker_pid = pid
            self._crashes.append("the media worker was replaced")
        crashes, self._crashes = tuple(self._crashes), []
        return crashes


_BE = """
(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  return Date.now();
}
"""


@asynccontextmanager
async def running_call(server: ServerProcess, cores: Cores, links: list[str], lines: Lines) -> AsyncIterator[Call]:
    """Let two people, each with a browser and a line of their own, talk until the block ends."""
    worker = server.media_address
    every_core = cores.server | cores.bots
    async with (
        running_line(worker, lines[0], lines[0], seed=1) as line,
        running_line(worker, lines[1], lines[1], seed=2) as other_line,
        running_browser(every_core) as browser,
        running_browser(every_core) as other_browser,
    ):
        ways = (line, other_line)
        call = Call(server, ways, CoreMeter(every_core))
        near, far = [
            await open_page(own, detour_script(way.address), STATS_SCRIPT)
            for way, own in zip(ways, (browser, other_browser), strict=True)
        ]
        await call.begin(near, far, links)
        yield call


async def _first_frame_s(page: Page) -> float:
    try:
        return await first_frame_ms(page) / 1_000
    except BrowserTimeoutError:
        return math.inf


async def invite(server: ServerProcess) -> list[str]:
    """Make the room and both people's links; raises `ServerError`."""
    await server.add_room(ROOM)
    return await server.import_people(_EMAILS)
