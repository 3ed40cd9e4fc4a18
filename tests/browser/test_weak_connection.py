"""Somebody at a bad line, as the others and they themselves see it."""

import pytest
from playwright.async_api import expect

from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import running_line
from tests.browser.conftest import Visit
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
BAD = Impairment(loss=0.3, delay_s=0.3, jitter_s=0.1)
DEADLINE_MS = 60_000


async def test_a_bad_line_shows_on_the_tile_of_who_is_at_it(visit: Visit, server: RunningServer) -> None:
    worker = ("127.0.0.1", server.config.media_port)
    async with running_line(worker, BAD, BAD) as line:
        maya = await visit(MAYA)
        omar = await visit(OMAR, init_script=detour_script(line.address))
        await maya.join()
        await omar.join()
        weak = maya.tile(await server.name_of(OMAR)).get_by_role("img", name="Very weak connection")
        await expect(weak).to_be_visible(timeout=DEADLINE_MS)
        await expect(omar.own_tile.get_by_role("img", name="Your connection is very weak")).to_be_visible()
        late = await maya.another_tab(maya.page.url)
        await late.join()
        await expect(late.tile(await server.name_of(OMAR)).get_by_role("img", name="Very weak")).to_be_visible()
        assert await maya.accessibility_violations() == []
