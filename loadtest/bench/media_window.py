"""A window of `media`: what happened while the clock ran, and whether it says anything about the server."""

import asyncio
import os
import time
from dataclasses import dataclass

from loadtest.bench.cores import CoreMeter, Cores, ProcessMeter
from loadtest.bench.media_loads import Load
from loadtest.bench.metrics import read_metrics
from loadtest.bench.server_process import ServerProcess
from loadtest.bots.bot import Bot
from loadtest.bots.publisher import SentStream
from loadtest.bots.swarm import Swarm

MAX_BOTS_CORE_PERCENT = 85.0
MAX_LATENESS_MS = 10.0
"""Of the publishers' frames, at the 99th percentile."""
_MIN_PACE = 0.98
"""Of the packets that ought to have been published."""
_SETTLE_S = 1.0
_REPAIR_CHECKS = 40
_REPAIR_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Window:
    """What happened while the clock ran."""

    duration_s: float
    published: int
    expected: float
    """How many packets ought to have been published."""
    received: int
    """Packets that reached receivers."""
    lost: int
    raw_lost: int
    duplicates: int
    rejected: int
    """Packets that failed authentication, were of no known stream, or not ours."""
    overflowed: int
    """Datagrams that reached this machine's end of the line, and that the bots were too slow to take."""
    worker_percent: float
    """Of all media workers together."""
    gateway_percent: float
    server_core_percent: float
    bots_percent: float
    bots_core_percent: float
    delay_p50_ms: float
    delay_p99_ms: float
    lateness_p99_ms: float
    """Of the publisher that was worst."""
    piped: float = 0.0
    """Packets from one media worker to another, as the server counts them."""
    closings: tuple[str, ...] = ()
    """What the server closed of the bots."""


def why_invalid_window(window: Window, *, is_shared: bool) -> str:
    """Tell why a window says nothing about the server, or return an empty text.

    On a one-core machine the bots' core is the server's, and how busy it is says nothing about the bots.
    """
    if not is_shared and window.bots_core_percent > MAX_BOTS_CORE_PERCENT:
        return f"the bots' core was {window.bots_core_percent:.0f} % busy (at most {MAX_BOTS_CORE_PERCENT:g} %)"
    if not window.lateness_p99_ms <= MAX_LATENESS_MS:
        return f"a publisher sent {window.lateness_p99_ms:.1f} ms late at p99 (at most {MAX_LATENESS_MS:g} ms)"
    if window.published < window.expected * _MIN_PACE:
        return f"the publishers sent {window.published} packets instead of {window.expected:.0f}"
    if window.overflowed:
        return f"the bots were too slow to take {window.overflowed} datagrams"
    if window.closings:
        return f"the server closed something of the bots ({window.closings[0]})"
    return ""


class Measurement:
    """Takes windows of a meeting that is running."""

    def __init__(self, server: ServerProcess, swarm: Swarm, load: Load, publishers: list[Bot], cores: Cores) -> None:
        self._swarm = swarm
        self._load = load
        self._publishers = publishers
        own = set(publishers)
        self._receivers = [bot for bot in swarm.bots if load.is_all_to_all or bot not in own]
        self._server = server
        self._workers = [ProcessMeter(pid) for pid in server.worker_pids()]
        self._gateway = ProcessMeter(server.pid)
        self._bots = ProcessMeter(os.getpid())
        self._server_core, self._bots_core = CoreMeter(cores.server), CoreMeter(cores.bots)

    async def take(self, window_s: float) -> Window:
        """Measure for `window_s`, then wait for repairs on their way.

        It begins only when what kept the event loop busy before (set-up, sorting of samples) is caught up with.
        """
        await asyncio.sleep(_SETTLE_S)
        before = self._counts()
        self._swarm.delays.clear()
        for bot in self._publishers:
            bot.publisher.lateness.clear()
        first = self._published()
        piped = await self._piped()
        meters: list[ProcessMeter | CoreMeter] = [
            *self._workers,
            self._gateway,
            self._server_core,
            self._bots,
            self._bots_core,
        ]
        for meter in meters:
            meter.reset()
        started_at = time.monotonic()
        await asyncio.sleep(window_s)
        *workers, gateway, server_core, bots, bots_core = [meter.percent() for meter in meters]
        duration_s = time.monotonic() - started_at
        end = self._published()
        received = self._counts().received - before.received
        lost = await self._await_repairs(first, end)
        after = self._counts()
        for bot in self._swarm.bots:
            bot.raise_failure()
        delays = self._swarm.delays
        return Window(
            duration_s=duration_s,
            published=sum(end[stream] - index for stream, index in first.items()),
            expected=self._load.published_per_s * duration_s,
            received=received,
            lost=lost,
            raw_lost=after.raw_lost - before.raw_lost,
            duplicates=after.duplicates - before.duplicates,
            rejected=after.rejected - before.rejected,
            overflowed=after.overflowed - before.overflowed,
            worker_percent=sum(workers),
            gateway_percent=gateway,
            server_core_percent=server_core,
            bots_percent=bots,
            bots_core_percent=bots_core,
            delay_p50_ms=delays.quantile_ms(0.5),
            delay_p99_ms=delays.quantile_ms(0.99),
            lateness_p99_ms=max(bot.publisher.lateness.quantile_ms(0.99) for bot in self._publishers),
            piped=await self._piped() - piped,
            closings=tuple(closing for bot in self._swarm.bots for closing in bot.closings),
        )

    async def _piped(self) -> float:
        if self._load.span_at is None:
            return 0.0
        in_and_out = (await read_metrics(self._server.url))["roundup_media_piped_packets_total"]
        return in_and_out / 2

    def _published(self) -> dict[SentStream, int]:
        return {stream: stream.next_index for bot in self._publishers for stream in bot.sent_streams.values()}

    def _counts(self) -> "_Counts":
        streams = [stream for bot in self._receivers for stream in bot.received_streams]
        transports = [transport for bot in self._receivers for transport in bot.transports]
        return _Counts(
            received=sum(stream.log.received + stream.log.recovered for stream in streams),
            raw_lost=sum(stream.log.raw_lost for stream in streams),
            duplicates=sum(stream.log.duplicates for stream in streams),
            rejected=sum(transport.rejected for transport in transports)
            + sum(bot.receiver.unknown for bot in self._receivers)
            + sum(stream.foreign for stream in streams),
            overflowed=sum(transport.kernel_drops for transport in transports),
        )

    async def _await_repairs(self, first: dict[SentStream, int], end: dict[SentStream, int]) -> int:
        """Return how many packets of the window never came, waiting for those that are still asked for."""
        for _ in range(_REPAIR_CHECKS):
            if not self._count_lost(first, end):
                break
            await asyncio.sleep(_REPAIR_POLL_S)
        return self._count_lost(first, end)

    def _count_lost(self, first: dict[SentStream, int], end: dict[SentStream, int]) -> int:
        """Count over every receiver and stream, also those for which a receiver has nothing at all."""
        return sum(self._count_lost_of(bot, first, end) for bot in self._receivers)

    def _count_lost_of(self, bot: Bot, first: dict[SentStream, int], end: dict[SentStream, int]) -> int:
        own = set(bot.sent_streams.values())
        here = {stream.producer_id: stream.delivery for stream in bot.received_streams}
        lost = 0
        for stream, index in first.items():
            delivery = here.get(stream.producer_id)
            if stream not in own and (delivery or self._load.tiles is None):
                lost += delivery.count_missing(index, end[stream]) if delivery else end[stream] - index
        return lost


@dataclass(frozen=True, slots=True)
class _Counts:
    """Totals over all receivers."""

    received: int
    raw_lost: int
    duplicates: int
    rejected: int
    overflowed: int
