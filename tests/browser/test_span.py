"""A room on two media workers, one page on each, and what becomes of them when one of the workers dies."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import psutil
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.browser.conftest import Visit
from tests.browser.statistics import DEADLINE_S
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer, running_server
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: Any) -> AsyncIterator[RunningServer]:
    """Two media workers, each of which one page fills."""
    async with running_server(
        tmp_path_factory.mktemp("span"),
        is_demo=True,
        media_workers=2,
        room_span_transports=2,
        room_grace_s=0.5,
        reconnect_grace_s=120.0,
    ) as running:
        yield running


async def figures(server: RunningServer, name: str, **labels: str) -> dict[str, float]:
    """Return a figure of each media worker, by its port."""
    async with aiohttp.ClientSession() as client, client.get(f"{server.url}/metrics") as response:
        families = text_string_to_metric_families(await response.text())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {s.labels["worker"]: s.value for s in samples if labels.items() <= s.labels.items()}


async def have_transports(server: RunningServer, *counts: int) -> None:
    """Wait until the workers have told of so many transports each."""
    async with asyncio.timeout(DEADLINE_S):
        while [*(await figures(server, "roundup_media_transports")).values()] != [*counts]:
            pass


async def see_and_hear_each_other(maya: Visitor, omar: Visitor, server: RunningServer) -> None:
    for visitor, other in ((maya, OMAR), (omar, MAYA)):
        await visitor.sees(await server.name_of(other))
        await visitor.hears_somebody()


@pytest.mark.parametrize("killed", [0, 1], ids=["one", "the other"])
async def test_two_pages_on_two_workers_see_and_hear_each_other_even_after_a_worker_has_died(
    visit: Visit, server: RunningServer, killed: int
) -> None:
    await have_transports(server, 0, 0)
    maya, omar = await visit(MAYA), await visit(OMAR)
    for visitor in (maya, omar):
        await visitor.join()
    await see_and_hear_each_other(maya, omar, server)
    await have_transports(server, 2, 2)
    for direction in ("in", "out"):
        piped = await figures(server, "roundup_media_piped_packets_total", direction=direction)
        assert all(piped.values())
    pid = server.worker_pids()[killed]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not psutil.pid_exists(pid))
    await see_and_hear_each_other(maya, omar, server)
    transports = await figures(server, "roundup_media_transports")
    assert sum(transports.values()) == 4
