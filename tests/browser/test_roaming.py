"""Somebody's network is gone and another takes its place: from wifi to phone, in the middle of a meeting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import pytest

from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import LineProxy, running_line
from loadtest.lines.wire import Wire, running_wire
from tests.browser.conftest import Visit
from tests.browser.statistics import KEEP_CONNECTIONS
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
CLEAN = Impairment()
DEADLINE_S = 60

WATCH_WHO_LEAVES = """
() => {
  window.hasLeft = false;
  const look = () => {
    window.hasLeft ||= document.querySelector('[data-participant-id]:not([data-self])') === null;
  };
  new MutationObserver(look).observe(document, {childList: true, subtree: true});
}
"""
USABLE_CONNECTIONS = "() => window.connections.map(connection => connection.connectionState !== 'closed')"


@dataclass(frozen=True, slots=True)
class Network:
    """All that somebody's page reaches the server by: media and signalling."""

    line: LineProxy
    wire: Wire

    @property
    def url(self) -> str:
        host, port = self.wire.address
        return f"http://{host}:{port}"


@asynccontextmanager
async def running_network(server: RunningServer) -> AsyncIterator[Network]:
    host, port = server.url.removeprefix("http://").split(":")
    worker = ("127.0.0.1", server.config.media_port)
    async with running_line(worker, CLEAN, CLEAN) as line, running_wire((host, int(port))) as wire:
        yield Network(line, wire)


async def usable_connections(visitor: Visitor) -> list[bool]:
    return cast(list[bool], await visitor.page.evaluate(USABLE_CONNECTIONS))


@pytest.mark.parametrize("with_signalling", [False, True], ids=["media", "everything"])
async def test_who_changes_the_network_stays_in_the_meeting(
    visit: Visit, server: RunningServer, with_signalling: bool
) -> None:
    async with running_network(server) as network:
        maya = await visit(MAYA)
        omar = await visit(OMAR, init_script=KEEP_CONNECTIONS + detour_script(network.line.address), url=network.url)
        await maya.join()
        await omar.join()
        names = await server.name_of(MAYA), await server.name_of(OMAR)
        await omar.sees(names[0])
        await maya.sees(names[1])
        await maya.page.evaluate(WATCH_WHO_LEAVES)
        before = await usable_connections(omar)
        network.line.abandon_clients()
        if with_signalling:
            network.wire.abandon_connections()
        await until(lambda: network.line.client_count >= 2, timeout_s=DEADLINE_S)  # one way for each transport
        await omar.sees(names[0], deadline_s=DEADLINE_S)
        await maya.sees(names[1], deadline_s=DEADLINE_S)
        assert await usable_connections(omar) == before, "the same transports go on"
        assert not await maya.page.evaluate("window.hasLeft")
