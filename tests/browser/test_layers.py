"""A camera in three layers, as browsers send and receive it."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.statistics import KEEP_CONNECTIONS, receives_lines, sends_layers, video_stats
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"

BE = """
(state) => {
  Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}
"""


async def test_a_tile_gets_the_layer_that_suits_it(visit: Visit, server: RunningServer) -> None:
    maya = await visit(MAYA, init_script=KEEP_CONNECTIONS)
    omar = await visit(OMAR, init_script=KEEP_CONNECTIONS)
    await maya.join()
    await sends_layers(maya, 0)  # nobody is there to look
    await omar.page.set_viewport_size({"width": 1280, "height": 800})
    await omar.join()
    name = await server.name_of(MAYA)
    await omar.sees(name)
    await sends_layers(maya, 3)
    await receives_lines(omar, 400)
    await omar.page.set_viewport_size({"width": 400, "height": 600})
    await receives_lines(omar, 270, 270)
    await sends_layers(maya, 2)
    await omar.sees(name)
    await omar.page.set_viewport_size({"width": 1280, "height": 800})
    await receives_lines(omar, 400)
    await omar.sees(name)
    (video,) = await video_stats(omar.page, "inbound-rtp")
    assert video["framesDropped"] < video["framesReceived"] / 2
    await expect(omar.tile(name)).to_have_count(1)


async def test_what_nobody_looks_at_is_not_encoded_until_somebody_looks_again(
    visit: Visit, server: RunningServer
) -> None:
    maya, omar = [await visit(email, init_script=KEEP_CONNECTIONS) for email in (MAYA, OMAR)]
    for visitor in (maya, omar):
        await visitor.join()
    name = await server.name_of(MAYA)
    await omar.sees(name)
    await sends_layers(maya, 3)
    await omar.page.evaluate(BE, "hidden")
    await sends_layers(maya, 0)
    await omar.page.evaluate(BE, "visible")
    await omar.sees(name)
    await sends_layers(maya, 3)
    assert len(await video_stats(omar.page, "inbound-rtp")) == 1
