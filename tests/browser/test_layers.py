"""A camera in three layers, as browsers send and receive it."""

import asyncio
from typing import Any, cast

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
DEADLINE_S = 60

KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...options) { super(...options); window.connections.push(this); }
};
"""
VIDEO_STATS = """
async (type) => {
  const found = [];
  for (const connection of window.connections) {
    if (connection.connectionState === 'closed') continue;
    for (const stat of (await connection.getStats()).values()) {
      if (stat.type === type && stat.kind === 'video') found.push(stat);
    }
  }
  return found;
}
"""


async def stats(page: Page, kind: str) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], await page.evaluate(VIDEO_STATS, kind))


async def layers_sent(visitor: Visitor) -> int:
    """Count the layers that are being encoded."""
    return sum(bool(stat.get("active")) for stat in await stats(visitor.page, "outbound-rtp"))


async def lines_received(visitor: Visitor) -> int:
    """Return the height of the picture that comes, in pixels."""
    return max((stat.get("frameHeight", 0) for stat in await stats(visitor.page, "inbound-rtp")), default=0)


async def eventually(look: Any, wanted: Any) -> None:
    """Look until it is as wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while not wanted(seen := await look()):  # noqa: ASYNC110 - statistics announce nothing
            await asyncio.sleep(0.2)
    assert wanted(seen)


async def test_a_tile_gets_the_layer_that_suits_it(visit: Visit, server: RunningServer) -> None:
    maya = await visit(MAYA, init_script=KEEP_CONNECTIONS)
    omar = await visit(OMAR, init_script=KEEP_CONNECTIONS)
    await maya.join()
    await eventually(lambda: layers_sent(maya), lambda layers: layers == 0)  # nobody is there to look
    await omar.page.set_viewport_size({"width": 1280, "height": 800})
    await omar.join()
    name = await server.name_of(MAYA)
    await omar.sees(name)
    await eventually(lambda: layers_sent(maya), lambda layers: layers == 3)
    await eventually(lambda: lines_received(omar), lambda lines: lines >= 400)
    await omar.page.set_viewport_size({"width": 400, "height": 600})
    await eventually(lambda: lines_received(omar), lambda lines: lines == 270)
    await eventually(lambda: layers_sent(maya), lambda layers: layers == 2)
    await omar.sees(name)
    await omar.page.set_viewport_size({"width": 1280, "height": 800})
    await eventually(lambda: lines_received(omar), lambda lines: lines >= 400)
    await omar.sees(name)
    (video,) = await stats(omar.page, "inbound-rtp")
    assert video["framesDropped"] < video["framesReceived"] / 2
    await expect(omar.tile(name)).to_have_count(1)
