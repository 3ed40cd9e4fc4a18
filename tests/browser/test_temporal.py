"""A picture over a line that does not carry all of its frames."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import running_line
from tests.browser.conftest import Visit
from tests.browser.statistics import DEADLINE_S, KEEP_CONNECTIONS, receives_lines, wait_in_page
from tests.browser.visitor import Visitor
from tests.support.chromium import chromium
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
CLEAN = Impairment()
SLOW = Impairment(rate_bits_per_s=115_000, queue_bytes=8_000)
"""Carries sound, and the smallest picture, but not all of its frames."""
MAX_FRAMES_PER_S = 8
"""The base is a fourth of what a camera gives, and that is at most 30 a second."""
CAMERA_FRAMES_PER_S = 20
LOOKS = 4
LOOK_EVERY_SECOND = """
most => {
  window.looks = [];
  setInterval(async () => {
    for (const connection of window.connections) {
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type !== 'inbound-rtp' || stat.kind !== 'video') continue;
        window.looks = [...window.looks, stat].slice(-most);
      }
    }
  }, 1000);
}
"""
"""Statistics announce nothing."""
IS_SLOW = """
({looks, maxFramesPerSecond}) => window.looks.length === looks && window.looks.slice(1).every((after, index) => {
  const before = window.looks[index];
  const seconds = Math.max(1, (after.timestamp - before.timestamp) / 1000);
  const frames = after.framesDecoded - before.framesDecoded;
  return after.frameHeight === 135 && frames >= 2 && frames <= maxFramesPerSecond * seconds
    && after.packetsLost === before.packetsLost;
})
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A browser whose camera gives far more frames than what comes over a slow line."""
    async with chromium(camera_frames_per_s=CAMERA_FRAMES_PER_S) as running:
        yield running


async def moves_slowly(visitor: Visitor) -> None:
    """Wait until the smallest picture comes with the base's frames for some seconds, and with nothing lost."""
    await visitor.page.evaluate(LOOK_EVERY_SECOND, LOOKS)
    await wait_in_page(
        visitor, IS_SLOW, {"looks": LOOKS, "maxFramesPerSecond": MAX_FRAMES_PER_S}, deadline_s=4 * DEADLINE_S
    )


async def test_a_slow_line_shows_a_picture_with_fewer_frames(visit: Visit, server: RunningServer) -> None:
    async with running_line(("127.0.0.1", server.config.media_port), CLEAN, CLEAN) as line:
        maya = await visit(MAYA)
        omar = await visit(OMAR, init_script=detour_script(line.address) + KEEP_CONNECTIONS)
        await maya.join()
        await omar.join()
        name = await server.name_of(MAYA)
        await omar.sees(name)
        line.change(CLEAN, SLOW)
        await moves_slowly(omar)
        line.change(CLEAN, CLEAN)
        await receives_lines(omar, 270)
        await omar.sees(name)
