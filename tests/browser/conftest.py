"""A real server, a real Chromium, and one browser profile per person."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.server.media.endpoint import free_udp_port
from tests.support.chromium import chromium
from tests.support.server import RunningServer, running_server

expect.set_options(timeout=30_000)  # a timing never decides a test

Visit = Callable[..., Awaitable[Visitor]]
"""`await visit(email, room=..., may_use_devices=True, init_script=..., **context options)` opens a room's door.

Without a room it is the home page. `url` is the server's, as this person reaches it.
"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: Any) -> AsyncIterator[RunningServer]:
    data_dir: Path = tmp_path_factory.mktemp("browser")
    # Who closes a page is waited for a little, who lost the line for longer than any test here lasts.
    async with running_server(
        data_dir,
        is_demo=True,
        media_port=free_udp_port(),  # known, so that a bad line can be laid to it
        room_grace_s=0.5,
        reload_grace_s=10.0,
        reconnect_grace_s=120.0,
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, server: RunningServer) -> AsyncIterator[Visit]:
    async with visiting(browser, server) as visit:
        yield visit


@asynccontextmanager
async def visiting(browser: Browser, server: RunningServer) -> AsyncIterator[Visit]:
    """Let people visit; in the end they go, and their pages must have complained about nothing."""
    async with AsyncExitStack() as stack:
        visitors: list[Visitor] = []

        async def open_door(
            email: str,
            *,
            room: str | None = "morning-round-up",
            may_use_devices: bool = True,
            init_script: str = "",
            url: str = server.url,
            **options: Any,
        ) -> Visitor:
            context = await browser.new_context(**{"locale": "en-GB", **options})
            stack.push_async_callback(context.close)
            await context.add_init_script(init_script)
            if may_use_devices:
                await context.grant_permissions(["camera", "microphone"], origin=url)
            visitor = Visitor(await context.new_page())
            visitors.append(visitor)
            link = (await server.link(email, room=room)).replace(server.url, url)
            if room is None:
                await visitor.go_home(link)
            else:
                await visitor.open(link)
            return visitor

        yield open_door
        complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    assert complaints == [], "the pages' consoles must stay clean"
