"""`join`: how long it takes from the click on Join to the first decoded picture of somebody else; and what bots see."""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from loadtest.bench.browsers import click_join, first_frame_ms, leave, open_page, running_browser
from loadtest.bench.cores import CoreMeter, Cores, pinned
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess, running_server
from loadtest.bots.bot import Bot
from loadtest.bots.errors import TransportError
from loadtest.bots.publisher import SHAPES
from loadtest.bots.swarm import Swarm

FIRST_FRAME = Target(Comparison.BELOW, 1)
MAX_BROWSER_CORE_PERCENT = 85.0
_ROOM = "bench"
_FIRST_PACKET_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """How often to join."""

    browser_joins: int = 15
    bot_joins: int = 30


QUICK = JoinPlan(browser_joins=3, bot_joins=8)


@dataclass(slots=True)
class JoinTimes:
    """What was measured, in seconds."""

    first_frames: list[float] = field(default_factory=list)
    """Browsers: from the click to the first decoded remote frame."""
    acknowledged: list[float] = field(default_factory=list)
    """Bots: from opening the WebSocket to the answer of `room_join`."""
    first_packets: list[float] = field(default_factory=list)
    """Bots: from opening the WebSocket to the first media packet."""
    browser_core_percent: float = 0.0


async def measure_join(plan: JoinPlan, cores: Cores) -> Report:
    """Run the plan with a server of its own: bots first, then browsers."""
    times = JoinTimes()
    with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder:
        async with running_server(Path(folder) / "data", cores.server) as server:
            await server.add_room(_ROOM)
            links = await server.import_people(["inside@bench.example", "joining@bench.example"])
            with pinned(cores.bots):
                await _join_bots(server, links, plan.bot_joins, times)
            await _join_browsers(server, links, plan.browser_joins, cores, times)
    return judge_join(times)


def judge_join(times: JoinTimes) -> Report:
    """Make rows of the medians.

    Two browsers on a crowded core are slower than two laptops: a figure that is good enough nevertheless stands, one
    that is not says nothing about the server.
    """
    first_frame = median_of(times.first_frames)
    is_crowded = times.browser_core_percent > MAX_BROWSER_CORE_PERCENT
    why_invalid = ""
    if is_crowded and not FIRST_FRAME.is_met(first_frame):
        why_invalid = f"the joining browser's core was {times.browser_core_percent:.0f} % busy"
    rows = [
        Row("join", "click to first remote frame p50", first_frame, "s", FIRST_FRAME, why_invalid),
        Row("join", "click to first remote frame, slowest", max(times.first_frames, default=float("nan")), "s"),
        Row("join", "joining browser's busiest core", times.browser_core_percent, "%"),
        Row("join", "bot: connected and in the room p50", 1_000 * median_of(times.acknowledged), "ms"),
        Row("join", "bot: first media packet p50", 1_000 * median_of(times.first_packets), "ms"),
    ]
    note = f"join: {len(times.first_frames)} joins of a browser, each a fresh page; {len(times.acknowledged)} of a bot."
    return Report(rows, [note])


async def _join_bots(server: ServerProcess, links: list[str], count: int, times: JoinTimes) -> None:
    async with Swarm(server.url) as swarm:
        publisher = swarm.create_bot()
        await publisher.open_link(links[0])
        await publisher.join(_ROOM)
        await publisher.publish(*SHAPES)
        for _ in range(count):
            bot = swarm.create_bot()
            await bot.open_link(links[1])
            await _join_bot(bot, times)
            await bot.leave()
            await bot.close()


async def _join_bot(bot: Bot, times: JoinTimes) -> None:
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    await bot.join(_ROOM)
    times.acknowledged.append(loop.time() - started_at)
    await bot.subscribe()
    try:
        async with asyncio.timeout(_FIRST_PACKET_TIMEOUT_S):
            await bot.receiver.has_media.wait()
    except TimeoutError as error:
        raise TransportError(f"no media within {_FIRST_PACKET_TIMEOUT_S:g} s of joining") from error
    times.first_packets.append(bot.receiver.first_media_at - started_at)


async def _join_browsers(server: ServerProcess, links: list[str], count: int, cores: Cores, times: JoinTimes) -> None:
    async with running_browser(cores.waiting_browser) as first, running_browser(cores.joining_browser) as second:
        inside, joining = await open_page(first), await open_page(second)
        await inside.goto(links[0])
        await inside.goto(f"{server.url}/r/{_ROOM}")
        await click_join(inside)
        await inside.locator("[data-participant-id]").first.wait_for()
        await joining.goto(links[1])
        meter = CoreMeter(cores.joining_browser)
        for _ in range(count):
            await joining.goto(f"{server.url}/r/{_ROOM}")
            await click_join(joining)
            times.first_frames.append(await first_frame_ms(joining) / 1_000)
            await leave(joining)
        times.browser_core_percent = meter.percent()
