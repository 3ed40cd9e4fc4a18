"""One browser is signed in as one person: what becomes of its other tabs."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
MENTOR = "mentor@demo.example"
ROOM = "morning-round-up"


async def test_a_tab_says_that_somebody_else_has_signed_in(visit: Visit, server: RunningServer) -> None:
    maya, mentor = await visit(MAYA), await visit(MENTOR)
    await maya.join()
    await mentor.join()
    tile = mentor.tile(await server.name_of(MAYA))
    await expect(tile).to_have_count(1)
    omar = await maya.another_tab(await server.link(OMAR, room=ROOM))
    await expect(maya.page.get_by_role("heading", level=1)).to_have_text("Somebody else signed in in this browser")
    await expect(maya.page.get_by_text("open your own link again")).to_be_visible()
    await expect(tile).to_have_count(0)
    await omar.join()
    await expect(omar.own_tile).to_contain_text(await server.name_of(OMAR))


async def test_ones_own_link_in_another_tab_changes_nothing(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    await omar.sees(await server.name_of(MAYA))
    tile = await omar.tile(await server.name_of(MAYA)).element_handle()
    again = await maya.another_tab(await server.link(MAYA, room=ROOM))
    await expect(again.page.get_by_text("Only you", exact=False)).to_have_count(0)
    await expect(again.page.get_by_text(f"{await server.name_of(OMAR)} is inside", exact=True)).to_be_visible()
    await again.join()
    await maya.write("still the first tab")
    await omar.reads("still the first tab")
    assert await tile.evaluate("tile => tile.isConnected")


async def test_signing_out_asks_and_ends_presence_at_once(visit: Visit, server: RunningServer) -> None:
    maya, omar = await visit(MAYA), await visit(OMAR)
    await maya.join()
    await omar.join()
    names = {email: await server.name_of(email) for email in (MAYA, OMAR)}
    tile = omar.tile(names[MAYA])
    await expect(tile).to_have_count(1)
    home = await maya.another_tab(server.url)
    card = home.page.get_by_role("link").filter(has_text="Morning Round-up")
    await expect(card).to_contain_text("You are inside")
    await expect(card).to_contain_text(names[OMAR])
    await expect(card).not_to_contain_text(names[MAYA])
    await home.button("Sign out").click()
    question = home.page.get_by_role("dialog")
    await expect(question).to_contain_text("Morning Round-up")
    assert await home.accessibility_violations() == []
    await question.get_by_role("button", name="Stay signed in").click()
    await expect(tile).to_have_count(1)
    await home.button("Sign out").click()
    await question.get_by_role("button", name="Sign out").click()
    await expect(home.page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await expect(tile).to_have_count(0)
    await expect(maya.page.get_by_text("You are not signed in any more")).to_be_visible()
