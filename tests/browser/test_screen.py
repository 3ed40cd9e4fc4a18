"""Shared screens: seen large by the others, ended by one click or by the browser, several at a time."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.chromium import chromium
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
MENTOR = "mentor@demo.example"
DEADLINE_MS = 90_000

KEEP_SCREENS = """
window.screens = [];
const ask = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getDisplayMedia = async options => {
  const stream = await ask(options);
  window.screens.push(stream.getVideoTracks()[0]);
  return stream;
};
"""
END_BY_BROWSER = """
() => {
  const track = window.screens.at(-1);
  track.stop();
  track.dispatchEvent(new Event('ended'));
}
"""
"""What a click on the browser's own "Stop sharing" comes to."""
HIDE = """
() => {
  Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}
"""
FRAMES = """
() => document.querySelector("[data-screen][data-large] video")?.getVideoPlaybackQuality().totalVideoFrames ?? 0
"""
SCREEN_MOVES = """
({name, frames}) => [...document.querySelectorAll('[data-screen][data-large]')]
  .filter(tile => tile.textContent.includes(name))
  .some(tile => (tile.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0) >= frames)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A browser that chooses something to share by itself."""
    async with chromium("--use-fake-ui-for-media-stream") as running:
        yield running


async def sees_screen(visitor: Visitor, name: str) -> None:
    """Wait until somebody's screen stands large and brings at least 3 further frames."""
    await expect(visitor.screen(name).and_(visitor.page.locator("[data-large]"))).to_have_count(1)
    frames = await visitor.page.evaluate(FRAMES)
    wanted = {"name": name, "frames": frames + 3}
    await visitor.page.wait_for_function(SCREEN_MOVES, arg=wanted, timeout=DEADLINE_MS, polling=100)


async def share(visitor: Visitor) -> None:
    await visitor.button("Share your screen").click()
    await expect(visitor.page.get_by_role("region", name="Your shared screen")).to_be_visible()


async def test_a_shared_screen_is_seen_large_and_ended_by_one_click(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    name = await server.name_of(MAYA)
    await share(maya)
    await sees_screen(omar, name)
    large, small = await omar.screen(name).bounding_box(), await omar.tile(name).bounding_box()
    assert large is not None
    assert small is not None
    assert large["width"] * large["height"] > 4 * small["width"] * small["height"]
    assert await maya.page.locator("[data-screen]").count() == 0, "nobody looks into their own mirror"
    assert await maya.accessibility_violations() == []
    assert await omar.accessibility_violations() == []
    await maya.button("Stop").click()
    await expect(omar.screen(name)).to_have_count(0)
    await expect(maya.page.get_by_role("region", name="Your shared screen")).to_have_count(0)
    await expect(maya.button("Share your screen")).to_be_visible()
    await omar.sees(name)


async def test_a_share_that_the_browser_ends_is_over_and_another_may_begin(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA, init_script=KEEP_SCREENS), await visit(OMAR)
    await maya.join()
    await omar.join()
    name = await server.name_of(MAYA)
    await maya.page.keyboard.press("d")
    await sees_screen(omar, name)
    await maya.page.evaluate(END_BY_BROWSER)
    await expect(omar.screen(name)).to_have_count(0)
    await expect(maya.page.get_by_role("region", name="Your shared screen")).to_have_count(0)
    await share(maya)
    await sees_screen(omar, name)


async def test_a_share_outlives_a_hidden_page_and_the_media_worker(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    name = await server.name_of(MAYA)
    await share(maya)
    await sees_screen(omar, name)
    await maya.page.evaluate(HIDE)
    await sees_screen(omar, name)
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    await expect(omar.screen(name)).to_have_count(0)
    await sees_screen(omar, name)
    await expect(maya.button("Stop")).to_be_visible()


async def test_of_several_screens_the_newest_is_large_and_any_other_by_a_click(
    visit: Visit, server: RunningServer
) -> None:
    maya, omar, mentor = await visit(MAYA), await visit(OMAR), await visit(MENTOR)
    for visitor in (maya, omar, mentor):
        await visitor.join()
        await visitor.button("Turn camera off").click()  # nobody looks at a camera here, and they cost the most
    first, second = await server.name_of(MAYA), await server.name_of(OMAR)
    await share(maya)
    await sees_screen(mentor, first)
    await sees_screen(omar, first)
    await share(omar)
    await sees_screen(mentor, second)
    await sees_screen(maya, second)
    await expect(mentor.screen(first)).to_contain_text(f"Screen: {first}")
    await mentor.page.get_by_role("button", name=f"Show {first}’s screen large").focus()
    await mentor.page.keyboard.press("Enter")
    await sees_screen(mentor, first)
    await maya.button("Stop").click()
    await expect(mentor.screen(first)).to_have_count(0)
    await sees_screen(mentor, second)
