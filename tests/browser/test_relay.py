"""Meetings through a real coturn alone, as from a network that lets nothing else through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.visitor import Visitor
from tests.support.chromium import chromium
from tests.support.coturn import Coturn, running_coturn
from tests.support.server import RunningServer, running_server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"

KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...rest) { super(...rest); window.connections.push(this); }
};
"""
PATHS = """
async () => {
  const paths = [];
  for (const connection of window.connections) {
    const reports = [...(await connection.getStats()).values()];
    const selected = reports.find(report => report.type === 'transport')?.selectedCandidatePairId;
    const pair = reports.find(report => report.id === selected);
    const local = reports.find(report => report.id === pair?.localCandidateId);
    if (local) paths.push([local.candidateType, local.relayProtocol ?? null]);
  }
  return paths;
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def coturn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with running_coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def trusting_browser() -> AsyncIterator[Browser]:
    # The relay's certificate is one that nobody but a test trusts.
    async with chromium("--ignore-certificate-errors") as running:
        yield running


async def enter(browser: Browser, server: RunningServer, email: str, stack: AsyncExitStack, query: str) -> Visitor:
    """Go into the room by an address with `query`."""
    context = await browser.new_context(locale="en-GB")
    stack.push_async_callback(context.close)
    await context.add_init_script(KEEP_CONNECTIONS)
    await context.grant_permissions(["camera", "microphone"], origin=server.url)
    visitor = Visitor(await context.new_page())
    await context.request.get(await server.link(email))
    await visitor.open(f"{server.url}/r/morning-round-up{query}")
    await visitor.join()
    return visitor


async def paths(visitor: Visitor) -> list[tuple[str, str | None]]:
    """Tell the kind of path, and how the relay is spoken to, of both transports."""
    async with asyncio.timeout(30):
        while len(found := cast(list[Any], await visitor.page.evaluate(PATHS))) < 2:
            pass
    return [(kind, protocol) for kind, protocol in found]


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_two_people_meet_through_the_relay_alone(
    trusting_browser: Browser, coturn: Coturn, tmp_path: Path, way: str
) -> None:
    url = {"udp": coturn.udp_url, "tcp": coturn.tcp_url, "tls": coturn.tls_url}[way]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_server(tmp_path, is_demo=True, turn_urls=(url,), turn_secret_file=coturn.secret_file)
        )
        maya = await enter(trusting_browser, server, MAYA, stack, "?relay=only")
        omar = await enter(trusting_browser, server, OMAR, stack, "?relay=only")
        await maya.sees(await server.name_of(OMAR))
        await omar.sees(await server.name_of(MAYA))
        await maya.hears_somebody()
        assert await paths(maya) == [("relay", way)] * 2
        assert await paths(omar) == [("relay", way)] * 2
        assert maya.complaints + omar.complaints == []


async def test_nobody_goes_through_the_relay_who_need_not(
    trusting_browser: Browser, coturn: Coturn, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_server(tmp_path, is_demo=True, turn_urls=(coturn.udp_url,), turn_secret_file=coturn.secret_file)
        )
        maya = await enter(trusting_browser, server, MAYA, stack, "")
        omar = await enter(trusting_browser, server, OMAR, stack, "")
        await maya.sees(await server.name_of(OMAR))
        assert "relay" not in {kind for kind, _ in await paths(maya) + await paths(omar)}
