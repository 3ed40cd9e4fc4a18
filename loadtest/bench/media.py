"""`media`: one publisher to many subscribers; every packet has to arrive, and the worker has to stay calm."""

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench.cores import CoreMeter, Cores, ProcessMeter, pinned
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess, running_server
from loadtest.bots.bot import Bot
from loadtest.bots.publisher import SHAPES
from loadtest.bots.swarm import Swarm
from protocol.room import Source

LOST = Target(Comparison.EXACTLY, 0)
WORKER_CPU = Target(Comparison.AT_MOST, 20)
MAX_BOTS_CORE_PERCENT = 85.0
MAX_LATENESS_MS = 10.0
"""Of the publisher's frames, at the 99th percentile."""
_MIN_PACE = 0.98
"""Of the packets that ought to have been published."""
_ROOM = "bench"
_SETTLE_S = 1.0
_REPAIR_CHECKS = 40
_REPAIR_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class MediaPlan:
    """How much to measure."""

    subscribers: int = 120
    runs: int = 3
    """Servers started one after the other."""
    windows: int = 3
    """Measurements of each."""
    window_s: float = 10.0
    spare_windows: int = 6
    """How often, for each server, a window that the bots limited may be taken anew."""


QUICK = MediaPlan(runs=1, windows=2, window_s=5, spare_windows=1)


@dataclass(frozen=True, slots=True)
class Window:
    """What happened while the clock ran."""

    duration_s: float
    published: int
    received: int
    """Distinct packets that reached subscribers, of all packets from then on."""
    lost: int
    raw_lost: int
    duplicates: int
    rejected: int
    """Packets that failed authentication, were of no known stream, or not ours."""
    worker_percent: float
    gateway_percent: float
    server_core_percent: float
    bots_percent: float
    bots_core_percent: float
    delay_p50_ms: float
    delay_p99_ms: float
    lateness_p99_ms: float
    closings: tuple[str, ...] = ()
    """What the server closed of the bots."""


async def measure_media(plan: MediaPlan, cores: Cores) -> Report:
    """Run the plan with servers of its own."""
    windows: list[Window] = []
    discarded: list[Window] = []
    for _ in range(plan.runs):
        with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder, pinned(cores.bots):
            async with running_server(Path(folder) / "data", cores.server, announce_ip="127.0.0.1") as server:
                every = await _run(server, plan, cores)
                kept = choose_windows(every, plan.windows, is_shared=cores.is_shared)
                windows += kept
                discarded += [window for window in every if window not in kept]
    return judge_media(plan, windows, discarded, is_shared=cores.is_shared)


def choose_windows(windows: list[Window], count: int, *, is_shared: bool) -> list[Window]:
    """Return the first `count` valid windows; when there are fewer, or the server closed something, all of them."""
    valid = [window for window in windows if not why_invalid_window(window, is_shared=is_shared)]
    is_enough = len(valid) >= count and not any(window.closings for window in windows)
    return valid[:count] if is_enough else windows


def judge_media(plan: MediaPlan, windows: list[Window], discarded: list[Window], *, is_shared: bool) -> Report:
    """Make rows of the windows: sums of what must not happen at all, medians of the rest."""
    why_invalid = next((why for window in windows if (why := why_invalid_window(window, is_shared=is_shared))), "")

    def row(name: str, value: float, unit: str, target: Target | None = None) -> Row:
        return Row("media", name, value, unit, target, why_invalid if target else "")

    def middle(pick: Callable[[Window], float]) -> float:
        return median_of([pick(window) for window in windows])

    rows = [
        row("packets lost, after retransmission", sum(w.lost for w in windows), "packets", LOST),
        row("packets lost, before retransmission", sum(w.raw_lost for w in windows), "packets"),
        row("packets twice", sum(w.duplicates for w in windows), "packets"),
        row("packets rejected", sum(w.rejected for w in windows), "packets"),
        row("worker CPU", middle(lambda w: w.worker_percent), "% of a core", WORKER_CPU),
        row("packets forwarded", middle(lambda w: w.received / w.duration_s), "packets/s"),
        row("added delay p50", middle(lambda w: w.delay_p50_ms), "ms"),
        row("added delay p99", middle(lambda w: w.delay_p99_ms), "ms"),
        row("gateway CPU", middle(lambda w: w.gateway_percent), "% of a core"),
        row("server's core busy, worst", max(w.server_core_percent for w in windows), "%"),
        row("bots CPU", middle(lambda w: w.bots_percent), "% of a core"),
        row("bots' core busy, worst", max(w.bots_core_percent for w in windows), "%"),
        row("publisher late p99, worst", max(w.lateness_p99_ms for w in windows), "ms"),
    ]
    note = (
        f"media: 1 publisher, {plan.subscribers} subscribers; {len(windows)} windows of {plan.window_s:g} s"
        f" over {plan.runs} server(s); losses summed, the rest medians."
    )
    if discarded:
        why = why_invalid_window(discarded[0], is_shared=is_shared)
        note += f" {len(discarded)} further window(s) discarded, the first because {why}."
    return Report(rows, [note])


def why_invalid_window(window: Window, *, is_shared: bool) -> str:
    """Tell why a window says nothing about the server, or return an empty text.

    On a one-core machine the bots' core is the server's, and how busy it is says nothing about the bots.
    """
    nominal = window.duration_s * sum(shape.packets_per_s for shape in SHAPES.values())
    if not is_shared and window.bots_core_percent > MAX_BOTS_CORE_PERCENT:
        return f"the bots' core was {window.bots_core_percent:.0f} % busy (at most {MAX_BOTS_CORE_PERCENT:g} %)"
    if not window.lateness_p99_ms <= MAX_LATENESS_MS:
        return f"the publisher sent {window.lateness_p99_ms:.1f} ms late at p99 (at most {MAX_LATENESS_MS:g} ms)"
    if window.published < nominal * _MIN_PACE:
        return f"the publisher sent {window.published} packets instead of {nominal:.0f}"
    if window.closings:
        return f"the server closed something of the bots ({window.closings[0]})"
    return ""


async def _run(server: ServerProcess, plan: MediaPlan, cores: Cores) -> list[Window]:
    await server.add_room(_ROOM)
    emails = [f"bot{number}@bench.example" for number in range(plan.subscribers + 1)]
    links = await server.import_people(emails)
    async with Swarm(server.url) as swarm:
        publisher = swarm.create_bot()
        await publisher.open_link(links[0])
        await publisher.join(_ROOM)
        await publisher.publish(*Source)
        subscribers = await swarm.subscribe_all(links[1:], _ROOM)
        gc.collect()
        gc.freeze()  # what the set-up has made stays; collecting it again would only make the bots stutter
        try:
            measurement = _Measurement(server, swarm, publisher, subscribers, cores)
            return await _take_windows(measurement, plan, is_shared=cores.is_shared)
        finally:
            gc.unfreeze()


async def _take_windows(measurement: "_Measurement", plan: MediaPlan, *, is_shared: bool) -> list[Window]:
    """Take windows until enough are valid, or the spare ones are used up, or the server closed something."""
    windows: list[Window] = []
    valid_count = 0
    while valid_count < plan.windows and len(windows) < plan.windows + plan.spare_windows:
        window = await measurement.take(plan.window_s)
        windows.append(window)
        valid_count += not why_invalid_window(window, is_shared=is_shared)
        if window.closings:
            break
    return windows


class _Measurement:
    """Takes windows of a room that is running."""

    def __init__(
        self, server: ServerProcess, swarm: Swarm, publisher: Bot, subscribers: list[Bot], cores: Cores
    ) -> None:
        self._swarm = swarm
        self._publisher = publisher
        self._subscribers = subscribers
        self._worker = ProcessMeter(server.worker_pid())
        self._gateway = ProcessMeter(server.pid)
        self._bots = ProcessMeter(os.getpid())
        self._server_core, self._bots_core = CoreMeter(cores.server), CoreMeter(cores.bots)

    async def take(self, window_s: float) -> Window:
        """Measure for `window_s`, then wait for repairs on their way.

        It begins only when what kept the event loop busy before (set-up, sorting of samples) is caught up with.
        """
        await asyncio.sleep(_SETTLE_S)
        first = self._published()
        counts = self._counts()
        self._swarm.delays.clear()
        self._publisher.publisher.lateness.clear()
        meters = (self._worker, self._gateway, self._server_core, self._bots, self._bots_core)
        for meter in meters:
            meter.reset()
        started_at = time.monotonic()
        await asyncio.sleep(window_s)
        percents = [meter.percent() for meter in meters]
        duration_s = time.monotonic() - started_at
        received = len(self._swarm.delays) + self._swarm.delays.dropped
        end = self._published()
        lost = await self._await_repairs(first, end)
        raw_lost, duplicates, rejected = (after - before for after, before in zip(self._counts(), counts, strict=True))
        for bot in self._swarm.bots:
            bot.raise_failure()
        return Window(
            duration_s=duration_s,
            published=sum(end.values()) - sum(first.values()),
            received=received,
            lost=lost,
            raw_lost=raw_lost,
            duplicates=duplicates,
            rejected=rejected,
            worker_percent=percents[0],
            gateway_percent=percents[1],
            server_core_percent=percents[2],
            bots_percent=percents[3],
            bots_core_percent=percents[4],
            delay_p50_ms=self._swarm.delays.quantile_ms(0.5),
            delay_p99_ms=self._swarm.delays.quantile_ms(0.99),
            lateness_p99_ms=self._publisher.publisher.lateness.quantile_ms(0.99),
            closings=tuple(closing for bot in self._swarm.bots for closing in bot.closings),
        )

    def _published(self) -> dict[Source, int]:
        return {source: stream.next_index for source, stream in self._publisher.sent_streams.items()}

    def _counts(self) -> tuple[int, int, int]:
        streams = [stream for bot in self._subscribers for stream in bot.received_streams]
        strangers = sum(bot.receiver.unknown for bot in self._subscribers)
        forged = sum(transport.rejected for bot in self._subscribers for transport in bot.transports)
        return (
            sum(stream.log.raw_lost for stream in streams),
            sum(stream.log.duplicates for stream in streams),
            forged + strangers + sum(stream.foreign for stream in streams),
        )

    async def _await_repairs(self, first: dict[Source, int], end: dict[Source, int]) -> int:
        """Return how many packets of the window never came, waiting for those that are still asked for."""
        for _ in range(_REPAIR_CHECKS):
            if not self._count_lost(first, end):
                break
            await asyncio.sleep(_REPAIR_POLL_S)
        return self._count_lost(first, end)

    def _count_lost(self, first: dict[Source, int], end: dict[Source, int]) -> int:
        """Count over every subscriber and source, also those for which a subscriber has no stream at all."""
        return sum(
            stream.delivery.count_missing(first[source], end[source]) if stream else end[source] - first[source]
            for bot in self._subscribers
            for source in Source
            for stream in (bot.stream_of(source),)
        )
