"""A picture over a line that does not carry all of its frames."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from loadtest.lines.detour import detour_script
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import running_line
from tests.browser.conftest import Visit
from tests.browser.test_layers import DEADLINE_S, KEEP_CONNECTIONS, eventually, lines_received, stats
from tests.browser.visitor import Visitor
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAYA = "teacher@demo.example"
OMAR = "teacher2@demo.example"
CLEAN = Impairment()
SLOW = Impairment(rate_bits_per_s=100_000, queue_bytes=8_000)
"""Carries sound, and the smallest picture, but not all of its frames."""
MAX_FRAMES_PER_S = 8
"""The base is a fourth of what a camera gives, and that is at most 30 a second."""
LOOKS = 4


async def moves_slowly(visitor: Visitor) -> None:
    """Wait until the smallest picture comes with the base's frames for some seconds, and with nothing lost."""
    looks: list[dict[str, Any]] = []
    async with asyncio.timeout(2 * DEADLINE_S):
        while True:
            (look,) = await stats(visitor.page, "inbound-rtp")
            looks = [*looks, look][-LOOKS:]
            if len(looks) == LOOKS and all(is_slow(before, after) for before, after in pairwise(looks)):
                return
            await asyncio.sleep(1)


def is_slow(before: dict[str, Any], after: dict[str, Any]) -> bool:
    elapsed_s = (after["timestamp"] - before["timestamp"]) / 1_000
    frames = after["framesDecoded"] - before["framesDecoded"]
    return bool(
        after["frameHeight"] == 135
        and 2 <= frames <= MAX_FRAMES_PER_S * max(1.0, elapsed_s)
        and after["packetsLost"] == before["packetsLost"]
    )


async def test_a_slow_line_shows_a_picture_with_fewer_frames(visit: Visit, server: RunningServer) -> None:
    async with running_line(("127.0.0.1", server.config.media_port), CLEAN, CLEAN) as line:
        maya = await visit(MAYA)
        omar = await visit(OMAR, init_script=detour_script(line.address) + KEEP_CONNECTIONS)
        await maya.join()
        await omar.join()
        name = await server.name_of(MAYA)
        await omar.sees(name)
        line.change(CLEAN, SLOW)
        await moves_slowly(omar)
        line.change(CLEAN, CLEAN)
        await eventually(lambda: lines_received(omar), lambda lines: lines >= 270)
        await omar.sees(name)
