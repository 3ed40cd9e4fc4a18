"""Chromium for benchmarks: where it is, how it is started, and the stopwatch in the page."""

import os
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

from loadtest.bench.cores import pinned

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PAGE_TIMEOUT_S = 15.0

_STOPWATCH = """
(() => {
  const times = { clicked: null, frame: null };
  window.roundupStopwatch = times;
  addEventListener("click", (event) => { times.clicked ??= event.timeStamp; }, { capture: true });
  const watched = new WeakSet();
  const isRemote = (tile) => tile.dataset.self === undefined || tile.dataset.self === "false";
  const look = () => {
    for (const tile of document.querySelectorAll("[data-participant-id]")) {
      const video = tile.querySelector("video");
      if (!video || watched.has(video) || !isRemote(tile)) continue;
      watched.add(video);
      video.requestVideoFrameCallback(() => { times.frame ??= performance.now(); });
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
})();
"""
"""Notes when the first click happened and when a remote tile presented its first decoded frame, in ms of the page."""


@asynccontextmanager
async def running_browser(cores: Collection[int]) -> AsyncIterator[Browser]:
    """Run a Chromium with a new profile and fake camera and microphone on the given cores until the block ends.

    The system's is preferred; without one, Playwright's own is used.
    """
    executable = next((path for name in _NAMES if (path := shutil.which(name))), None)
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]  # Chromium's sandbox refuses to run as root
    driver = async_playwright()
    with pinned(cores):
        playwright = await driver.__aenter__()
    try:
        browser = await playwright.chromium.launch(executable_path=executable, args=flags)
        try:
            yield browser
        finally:
            await browser.close()
    finally:
        await driver.__aexit__()


async def open_page(browser: Browser, *scripts: str) -> Page:
    """Open a page of a new person, with the stopwatch and the given scripts in every document that it loads."""
    context = await browser.new_context(locale="en")
    context.set_default_timeout(PAGE_TIMEOUT_S * 1_000)
    page = await context.new_page()
    for script in (_STOPWATCH, *scripts):
        await page.add_init_script(script)
    return page


async def click_join(page: Page) -> None:
    """Click Join once it can be clicked."""
    await page.get_by_role("button", name="Join", exact=True).click()


async def first_frame_ms(page: Page) -> float:
    """Wait for the first decoded remote frame; return how long after the first click it was presented."""
    await page.wait_for_function("() => window.roundupStopwatch.frame !== null")
    times: dict[str, float] = await page.evaluate("() => window.roundupStopwatch")
    return times["frame"] - times["clicked"]


async def leave(page: Page) -> None:
    """Click Leave and wait until the room is gone."""
    await page.get_by_role("button", name="Leave", exact=True).click()
    await page.locator("[data-participant-id]").first.wait_for(state="detached")
