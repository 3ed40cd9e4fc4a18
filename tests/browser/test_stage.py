"""A room with more people than fit on a page: pages, pins, and only what can be seen is sent."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.statistics import KEEP_CONNECTIONS, sends_layers
from tests.support.page import Page
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROOM = "teachers-lounge"
MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
SILENT = 11


async def fill(server: RunningServer, stack: AsyncExitStack, names: Sequence[str]) -> None:
    """Let people join who send nothing."""
    for name in names:
        email = f"{name.replace(' ', '.').lower()}@demo.example"
        await server.add_person(email, name)
        page = Page(await server.sign_in(email))
        await page.connect(server.url)
        stack.push_async_callback(page.close)
        await page.join(ROOM)
        stack.push_async_callback(page.request, "room_leave")


async def test_only_the_page_that_is_looked_at_is_received(visit: Visit, server: RunningServer) -> None:
    async with AsyncExitStack() as stack:
        maya = await visit(MAYA, room=ROOM, init_script=KEEP_CONNECTIONS)
        await maya.join()
        await maya.button("Mute microphone").click()
        await fill(server, stack, [f"Silent {number}" for number in range(SILENT)])
        omar = await visit(OMAR, room=ROOM, viewport={"width": 1280, "height": 800})
        await omar.join()
        name = await server.name_of(MAYA)
        tiles = omar.page.locator("[data-participant-id]")
        await expect(tiles).to_have_count(9)
        await expect(omar.page.get_by_text("1 of 2")).to_be_visible()
        await omar.sees(name)
        await omar.button("Next page").click()
        await expect(tiles).to_have_count(SILENT + 1 - 8 + 1)
        await expect(omar.own_tile).to_be_visible()
        await expect(omar.tile(name)).to_have_count(0)
        await sends_layers(maya, 0)
        await omar.button("Previous page").click()
        await omar.sees(name)
        await expect(omar.page.get_by_text("1 of 2")).to_be_visible()
        assert await omar.accessibility_violations() == []


async def test_a_tile_is_pinned_by_a_click_or_by_key(visit: Visit, server: RunningServer) -> None:
    async with AsyncExitStack() as stack:
        await fill(server, stack, ["Ada One", "Bea Two", "Cleo Three"])
        omar = await visit(OMAR, room=ROOM, viewport={"width": 1280, "height": 800})
        await omar.join()
        large = omar.page.locator("[data-large]")
        await omar.button("Show Bea Two large").click()
        await expect(large).to_have_count(1)
        await expect(large).to_contain_text("Bea Two")
        await omar.button("Show Ada One large").focus()
        await omar.page.keyboard.press("Enter")
        await expect(large).to_contain_text("Ada One")
        await omar.button("Ada One: show no longer large").focus()
        await omar.page.keyboard.press("Space")
        await expect(large).to_have_count(0)
