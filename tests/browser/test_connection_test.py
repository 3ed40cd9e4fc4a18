"""The connection test, from the link to the copied details, on open and on shut networks."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.visitor import Visitor
from tests.support.chromium import chromium
from tests.support.coturn import SECRET, Coturn, running_coturn
from tests.support.server import RunningServer, running_server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
WITHOUT_UDP = "--webrtc-ip-handling-policy=disable_non_proxied_udp"
"""As on a network that drops UDP: Chromium sends none, unless a proxy takes it."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def coturn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with running_coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(coturn: Coturn, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server with a relay."""
    folder = tmp_path_factory.mktemp("connection_test")
    urls = (coturn.udp_url, coturn.tcp_url)
    async with running_server(folder, is_demo=True, turn_urls=urls, turn_secret_file=coturn.secret_file) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def sign_in(
    browser: Browser, server: RunningServer, stack: AsyncExitStack, *, may_use_devices: bool = True, **options: object
) -> Visitor:
    """Open the home page, signed in."""
    context = await browser.new_context(**{"locale": "en-GB", **options})  # type: ignore[arg-type]
    stack.push_async_callback(context.close)
    may = ["camera", "microphone"] if may_use_devices else []
    await context.grant_permissions([*may, "clipboard-read", "clipboard-write"], origin=server.url)
    visitor = Visitor(await context.new_page())
    await visitor.page.goto(await server.link(MAYA))
    return visitor


async def begin(visitor: Visitor) -> None:
    await visitor.page.get_by_role("link", name="Test your connection").click()
    await visitor.button("Start the test").click()


async def verdict(page: Page) -> str:
    """Wait for the end of the test, and return what it came to."""
    shown = page.locator("[data-verdict]")
    await expect(shown).to_be_visible(timeout=90_000)
    return await shown.get_attribute("data-verdict") or ""


def line(page: Page, name: str) -> Locator:
    return page.locator(f"[data-check={name}]")


async def marks(page: Page) -> dict[str, str]:
    names = ("microphone", "camera", "udp", "tcp", "relay", "speed")
    return {name: await line(page, name).get_attribute("data-mark") or "" for name in names}


async def test_on_an_open_network_everything_works(
    browser: Browser, site: RunningServer, coturn: Coturn, stack: AsyncExitStack
) -> None:
    maya = await sign_in(browser, site, stack)
    await begin(maya)
    page = maya.page
    assert await verdict(page) == "ready"
    found = await marks(page)
    assert {mark for name, mark in found.items() if name != "speed"} == {"good"}
    await expect(line(page, "roundTrip")).to_contain_text(re.compile(r"\d+ ms"))
    await expect(line(page, "speed")).to_contain_text(re.compile(r"\d Mbit/s to you, .*\d Mbit/s from you"))

    await maya.button("Play a sound").click()
    await maya.button("No").click()
    await expect(line(page, "speaker")).to_have_attribute("data-mark", "bad")
    await maya.button("Copy details").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    details = await page.evaluate("() => navigator.clipboard.readText()")
    assert "UDP to the media server: works (direct over UDP to 127.0.0.1:" in details
    assert re.search(r"^Delay: \d+ ms there and back$", details, re.MULTILINE)
    assert "TCP to the media server: works" in details
    assert "Relay (TURN): works" in details
    assert "Sound output: not heard" in details
    for url in (coturn.udp_url, coturn.tcp_url):
        assert f"  {url}: works\n" in details
    for private in (SECRET, MAYA, "credential", "password"):
        assert private not in details
    assert maya.complaints == []


async def test_where_udp_is_shut_it_says_what_to_ask_for_and_that_meetings_work(
    site: RunningServer, stack: AsyncExitStack
) -> None:
    shut = await stack.enter_async_context(chromium(WITHOUT_UDP))
    maya = await sign_in(shut, site, stack)
    await begin(maya)
    page = maya.page
    assert await verdict(page) == "limited"
    found = await marks(page)
    assert (found["udp"], found["tcp"], found["relay"]) == ("shut", "good", "good")
    await expect(line(page, "udp")).to_contain_text("Direct way (UDP): blocked, another way works")
    await expect(line(page, "udp")).to_contain_text(re.compile(r"allow UDP to 127\.0\.0\.1, port \d+\..*another way"))
    await expect(line(page, "tcp")).to_contain_text("Sound and pictures take this way")
    await expect(line(page, "relay")).to_contain_text("in case everything else is shut (over TCP)")
    await expect(line(page, "relay")).to_contain_text(
        re.compile(r"cannot be reached from here: 127\.0\.0\.1:\d+ \(UDP\)")
    )
    assert await maya.accessibility_violations() == []


async def test_where_nothing_gets_through_it_says_so(
    stack: AsyncExitStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # An address of documentation (RFC 5737): nobody answers there.
    folder = tmp_path_factory.mktemp("unreachable")
    unreachable = await stack.enter_async_context(running_server(folder, is_demo=True, announce_ips=("192.0.2.1",)))
    shut = await stack.enter_async_context(chromium(WITHOUT_UDP))
    maya = await sign_in(shut, unreachable, stack)
    await begin(maya)
    assert await verdict(maya.page) == "no_media"
    found = await marks(maya.page)
    assert (found["udp"], found["tcp"], found["relay"]) == ("bad", "bad", "none")
    await expect(maya.page.get_by_role("status").first).to_contain_text("You can still join and chat")
    for protocol in ("UDP", "TCP"):
        asked_for = f"Ask your IT team to allow {protocol} to 192.0.2.1, port "
        await expect(line(maya.page, protocol.lower())).to_contain_text(asked_for)
    await maya.button("Copy details").click()
    details = await maya.page.evaluate("() => navigator.clipboard.readText()")
    assert "UDP to the media server: does not get through" in details
    assert "TCP to the media server: does not get through" in details
    assert "192.0.2.1" in details
    assert not re.search(r"\b(connecting|new|checking|prflx)\b", details)


async def test_every_address_of_the_relay_is_tried(
    browser: Browser, coturn: Coturn, stack: AsyncExitStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Nobody vouches for the relay's certificate, so that TLS alone does not work.
    urls = (coturn.udp_url, coturn.tcp_url, coturn.tls_url)
    folder = tmp_path_factory.mktemp("three_addresses")
    server = await stack.enter_async_context(
        running_server(folder, is_demo=True, turn_urls=urls, turn_secret_file=coturn.secret_file)
    )
    maya = await sign_in(browser, server, stack)
    await begin(maya)
    assert await verdict(maya.page) == "ready"
    await expect(line(maya.page, "relay")).to_contain_text(f"from here: 127.0.0.1:{coturn.tls_port} (TLS)")
    await maya.button("Copy details").click()
    details = await maya.page.evaluate("() => navigator.clipboard.readText()")
    for url, outcome in zip(urls, ("works", "works", "no answer"), strict=True):
        assert f"  {url}: {outcome}\n" in details


async def test_without_permission_the_rest_is_tested_all_the_same(
    browser: Browser, site: RunningServer, stack: AsyncExitStack
) -> None:
    maya = await sign_in(browser, site, stack, may_use_devices=False)
    await begin(maya)
    assert await verdict(maya.page) == "limited"
    found = await marks(maya.page)
    assert (found["microphone"], found["camera"], found["udp"]) == ("bad", "bad", "good")
    await expect(line(maya.page, "camera")).to_contain_text("then click “Test again”")


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
async def test_no_accessibility_violations(
    browser: Browser,
    site: RunningServer,
    stack: AsyncExitStack,
    size: tuple[int, int],
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    maya = await sign_in(browser, site, stack, viewport=viewport)
    await maya.page.get_by_role("link", name="Test your connection").click()
    await expect(maya.button("Start the test")).to_be_visible()
    assert await maya.violations_in_any_scheme() == []
    await maya.button("Start the test").click()
    await verdict(maya.page)
    await maya.page.get_by_text("Show the details").click()
    assert await maya.violations_in_any_scheme() == []
    overflow = await maya.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    assert not overflow


async def test_a_test_that_cannot_be_made_says_why_and_can_be_repeated(
    browser: Browser, site: RunningServer, stack: AsyncExitStack
) -> None:
    maya = await sign_in(browser, site, stack)
    await begin(maya)
    assert await verdict(maya.page) == "ready"
    await maya.button("Play a sound").click()
    question = maya.page.get_by_text("Did you hear it?")
    await expect(question).to_be_visible()
    await maya.page.route("**/api/connection-test", lambda route: route.abort())
    await maya.button("Test again").click()
    await expect(maya.page.get_by_role("status").first).to_contain_text("The server could not be reached")
    assert await verdict(maya.page) == "failed"
    await expect(question).to_have_count(0)
    await maya.button("Copy details").click()
    details = await maya.page.evaluate("() => navigator.clipboard.readText()")
    assert "Verdict: not finished, the server could not be reached" in details
    assert await maya.accessibility_violations() == []
    await maya.page.unroute("**/api/connection-test")
    await maya.button("Test again").click()
    await expect(maya.page.locator("[data-verdict=ready]")).to_be_visible(timeout=90_000)


async def test_who_is_not_signed_in_is_sent_to_their_link(
    browser: Browser, site: RunningServer, stack: AsyncExitStack
) -> None:
    context = await browser.new_context(locale="en-GB")
    stack.push_async_callback(context.close)
    page = await context.new_page()
    await page.goto(f"{site.url}/connection-test")
    await expect(page.get_by_role("heading", name="Welcome to Roundup")).to_be_visible()


async def test_the_door_and_the_pages_of_trouble_lead_there(
    browser: Browser, site: RunningServer, stack: AsyncExitStack
) -> None:
    maya = await sign_in(browser, site, stack)
    link = maya.page.get_by_role("link", name="Test your connection")
    await maya.page.goto(f"{site.url}/r/morning-round-up")
    await expect(maya.button("Join")).to_be_enabled()
    await expect(link).to_be_visible()
    await maya.page.route("**/api/session", lambda route: route.abort())
    await maya.page.goto(f"{site.url}/")
    await expect(maya.page.get_by_role("heading", name="We cannot reach Roundup")).to_be_visible()
    await expect(link).to_be_visible()


async def test_it_leads_back_to_where_one_came_from(
    browser: Browser, site: RunningServer, stack: AsyncExitStack
) -> None:
    maya = await sign_in(browser, site, stack)
    await maya.page.get_by_role("link", name="Test your connection").click()
    await maya.page.get_by_role("link", name="To the start page").click()
    await maya.page.goto(f"{site.url}/r/morning-round-up")
    await maya.page.get_by_role("link", name="Test your connection").click()
    assert await maya.accessibility_violations() == []
    await maya.page.get_by_role("link", name="Back to the room").click()
    await expect(maya.button("Join")).to_be_visible()


async def test_who_is_not_signed_in_is_told_how_to_come_to_it(
    browser: Browser, site: RunningServer, stack: AsyncExitStack
) -> None:
    context = await browser.new_context(locale="en-GB")
    stack.push_async_callback(context.close)
    page = await context.new_page()
    await page.goto(f"{site.url}/connection-test")
    await expect(page.get_by_text("For the connection test, open your personal link first")).to_be_visible()
