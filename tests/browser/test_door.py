"""The pre-join page and the ways in: denied devices, listen only, no sign-in, no markup, no barriers."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.chromium import chromium
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""As people's browsers name themselves; one without a window has a name of its own."""
OLD_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"


async def test_denied_permission_is_said_in_words_and_the_person_gets_in(visit: Visit, server: RunningServer) -> None:
    maya = await visit(MAYA, may_use_devices=False)
    await expect(maya.page.get_by_text(re.compile("blocks camera and microphone", re.IGNORECASE)).first).to_be_visible()
    await maya.join()
    omar = await visit(OMAR)
    await omar.join()
    await maya.sees(await server.name_of(OMAR))
    await maya.hears_somebody()


async def test_the_door_says_who_is_inside(visit: Visit, server: RunningServer) -> None:
    maya = await visit(MAYA)
    await maya.join()
    omar = await visit(OMAR)
    await expect(omar.page.get_by_text(await server.name_of(MAYA)).first).to_be_visible()


async def test_a_stranger_gets_a_friendly_page(browser: Browser, server: RunningServer) -> None:
    context = await browser.new_context(locale="en-GB")
    stranger = Visitor(await context.new_page())
    await stranger.page.goto(f"{server.url}/r/morning-round-up")
    await expect(
        stranger.page.get_by_text(re.compile("personal link|sign-in link", re.IGNORECASE)).first
    ).to_be_visible()
    await expect(stranger.button("Join")).to_have_count(0)
    assert await stranger.accessibility_violations() == []
    assert stranger.complaints == []
    await context.close()


async def test_a_name_with_markup_stays_text(visit: Visit, server: RunningServer) -> None:
    name = "<img src=x onerror=alert(1)> & <b>Bo</b>"
    await server.add_person("bo@demo.example", name)
    bo, maya = await visit("bo@demo.example"), await visit(MAYA)
    await bo.join()
    await maya.join()
    await expect(maya.tile("<b>Bo</b>")).to_have_count(1)
    await bo.write("<script>alert(1)</script> *stars*")
    await maya.reads("<script>alert(1)</script> *stars*")


async def test_somebody_elses_link_in_the_same_tab_leads_to_the_door(visit: Visit, server: RunningServer) -> None:
    maya = await visit(MAYA)
    await maya.join()
    omar = await server.name_of(OMAR)
    await maya.open(await server.link(OMAR, room="morning-round-up"))
    await expect(maya.page.get_by_text(f"Joining as {omar}")).to_be_visible()
    await maya.join()
    await expect(maya.own_tile).to_contain_text(omar)


@asynccontextmanager
async def visit_without_tls(server: RunningServer, user_agent: str) -> AsyncIterator[Visitor]:
    """Open Maya's page as from another computer, by a name that the browser has no reason to trust."""
    async with chromium("--host-resolver-rules=MAP rooms.test 127.0.0.1") as browser:
        maya = Visitor(await browser.new_page(locale="en-GB", user_agent=user_agent))
        link = await server.link(MAYA, room="morning-round-up")
        await maya.open(re.sub("//[^:]+:", "//rooms.test:", link))
        yield maya


async def test_a_page_without_tls_says_why_there_is_no_camera_and_still_plays(
    visit: Visit, server: RunningServer
) -> None:
    omar = await visit(OMAR)
    await omar.join()
    async with visit_without_tls(server, CHROME) as maya:
        said = maya.page.get_by_text(re.compile("https|browser", re.IGNORECASE))
        await expect(said).to_have_count(1)
        await expect(said).to_contain_text("Ask whoever runs Roundup for an https address")
        await maya.join()
        await maya.sees(await server.name_of(OMAR))
        await maya.hears_somebody()


async def test_a_browser_that_is_too_old_is_told_so_and_can_still_chat(server: RunningServer) -> None:
    # Without TLS, because with it a Chromium says what it is whatever name it is given.
    async with visit_without_tls(server, OLD_FIREFOX) as maya:
        await expect(maya.page.get_by_text("This browser cannot play sound and pictures")).to_be_visible()
        await maya.join()
        await maya.write("no pictures here")
        await maya.reads("no pictures here")


async def test_the_page_talks_to_no_other_host(visit: Visit, server: RunningServer) -> None:
    maya = await visit(MAYA)
    hosts: set[str] = set()
    maya.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    await maya.page.reload()
    await expect(maya.button("Join")).to_be_enabled()
    await maya.join()
    assert hosts == {server.url.split("/")[2]}


async def test_the_page_speaks_spanish(browser: Browser, server: RunningServer) -> None:
    context = await browser.new_context(locale="es-MX")
    page = await context.new_page()
    await page.goto(await server.link(MAYA, room="morning-round-up"))
    await expect(page.get_by_role("button", name="Entrar", exact=True)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await context.close()


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
async def test_no_accessibility_violations(visit: Visit, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    maya = await visit(MAYA, viewport=viewport)
    omar = await visit(OMAR, viewport=viewport)
    assert await maya.violations_in_any_scheme() == []
    await maya.join()
    await omar.join()
    greeting = f"Hello on {size[0]} pixels"
    await omar.write(greeting)
    await maya.reads(greeting)
    assert await maya.violations_in_any_scheme() == []
    assert await omar.violations_in_any_scheme() == []
