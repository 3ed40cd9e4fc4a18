"""A network that lets signalling through and neither sound nor pictures: the people on both sides are told."""

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
CLEAN = Impairment()
SHUT = Impairment(loss=1.0)
DEADLINE_S = 60


async def test_where_nothing_gets_through_it_is_said_until_it_does(visit: Visit, server: RunningServer) -> None:
    async with running_line(("127.0.0.1", server.config.media_port), SHUT, SHUT) as line:
        maya = await visit(MAYA)
        omar = await visit(OMAR, init_script=detour_script(line.address))
        await maya.join()
        await omar.join()
        names = await server.name_of(MAYA), await server.name_of(OMAR)
        blocked = omar.page.get_by_text("Sound and pictures do not get through from here")
        await expect(blocked).to_be_visible(timeout=DEADLINE_S * 1_000)
        await expect(blocked.get_by_role("link", name="Test your connection")).to_be_visible()
        missing = maya.tile(names[1]).get_by_text("No picture comes through")
        await expect(missing).to_be_visible()
        assert await omar.accessibility_violations() == []
        line.change(CLEAN, CLEAN)
        await omar.sees(names[0], deadline_s=DEADLINE_S)
        await maya.sees(names[1], deadline_s=DEADLINE_S)
        await expect(blocked).to_be_hidden()
        await expect(missing).to_be_hidden()
