"""`media`: meetings in which everybody receives everything; every packet has to arrive, and the worker to stay calm."""

import asyncio
import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench.cores import Cores, pinned
from loadtest.bench.media_loads import ALL_30, FIVE_TO_120, NO_LOSS, ONE_TO_120, PAGE_40, SPAN_40, WEBINAR, Load
from loadtest.bench.media_window import Measurement, Window, why_invalid_window
from loadtest.bench.report import Report, Row, Target, median_of
from loadtest.bench.server_process import ServerProcess, running_server
from loadtest.bots.bot import Bot
from loadtest.bots.errors import TransportError
from loadtest.bots.publisher import SHAPES
from loadtest.bots.swarm import Swarm

OPEN_EVERY = 16
"""Bots decrypt one of so many packets of an unbroken stream: what makes one core enough for all of them."""
_ROOM = "bench"
_FOLLOW_TIMEOUT_S = 60.0
_FOLLOW_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class MediaPlan:
    """How much to measure."""

    meetings: tuple[tuple[Load, ...], ...] = ((ONE_TO_120, FIVE_TO_120), (ALL_30,), (PAGE_40,), (WEBINAR,))
    """Each with a server of its own. A meeting's loads follow each other by more publishers coming in."""
    runs: int = 2
    """How often each meeting is held."""
    windows: int = 3
    """Measurements of each load in each run."""
    window_s: float = 10.0
    spare_windows: int = 4
    """How often, for each load and run, a window that the bots limited may be taken anew."""

    @property
    def loads(self) -> tuple[Load, ...]:
        """All of them."""
        return tuple(load for meeting in self.meetings for load in meeting)


SPAN = MediaPlan(meetings=((SPAN_40,),))
SPAN_QUICK = MediaPlan(meetings=((SPAN_40,),), runs=1, windows=2, window_s=4, spare_windows=0)
QUICK = MediaPlan(meetings=((ONE_TO_120, FIVE_TO_120), (ALL_30,)), runs=1, windows=1, window_s=3, spare_windows=0)
"""For more people to come in there is no time."""


async def measure_media(plan: MediaPlan, cores: Cores, report: Report) -> None:
    """Run the plan with servers of its own, and add what was measured, also when it does not come to its end."""
    if plan is QUICK:
        left_out = [load.name for load in MediaPlan().loads if load not in plan.loads]
        report.notes.append(f"media: left out: {'; '.join(left_out)}.")
    every: dict[Load, list[list[Window]]] = {}
    try:
        for meeting in plan.meetings * plan.runs:
            with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder, pinned(cores.bots):
                data, span_at = Path(folder) / "data", meeting[0].span_at
                async with running_server(data, cores.server, announce_ip="127.0.0.1", span_at=span_at) as server:
                    await _hold(server, meeting, plan, cores, every)
    finally:
        for load, runs in every.items():
            report.add(_judge_runs(load, plan, runs, is_shared=cores.is_shared))


def _judge_runs(load: Load, plan: MediaPlan, runs: list[list[Window]], *, is_shared: bool) -> Report:
    """Judge what was taken of a load, on one server after the other."""
    chosen = [choose_windows(windows, plan.windows, is_shared=is_shared) for windows in runs]
    kept = [window for windows in chosen for window in windows]
    discarded = [window for windows, own in zip(runs, chosen, strict=True) for window in windows if window not in own]
    return judge_load(load, plan, kept, discarded, is_shared=is_shared)


def choose_windows(windows: list[Window], count: int, *, is_shared: bool) -> list[Window]:
    """Return the first `count` valid windows; when there are fewer, or the server closed something, all of them."""
    valid = [window for window in windows if not why_invalid_window(window, is_shared=is_shared)]
    is_enough = len(valid) >= count and not any(window.closings for window in windows)
    return valid[:count] if is_enough else windows


def judge_load(
    load: Load, plan: MediaPlan, windows: list[Window], discarded: list[Window], *, is_shared: bool
) -> Report:
    """Make rows of the windows: sums of what must not happen at all, medians of the rest."""
    why_invalid = next((why for window in windows if (why := why_invalid_window(window, is_shared=is_shared))), "")

    def row(name: str, value: float, unit: str, target: Target | None = None) -> Row:
        return Row(f"media {load.name}", name, value, unit, target, why_invalid if target else "")

    def middle(pick: Callable[[Window], float]) -> float:
        return median_of([pick(window) for window in windows])

    rows = [
        row("packets lost, after retransmission", sum(w.lost for w in windows), "packets", NO_LOSS),
        row("packets lost, before retransmission", sum(w.raw_lost for w in windows), "packets"),
        row("packets twice", sum(w.duplicates for w in windows), "packets"),
        row("packets rejected", sum(w.rejected for w in windows), "packets"),
        row("worker CPU", middle(lambda w: w.worker_percent), "% of a core", load.cpu),
        row("packets forwarded", middle(lambda w: w.received / w.duration_s), "packets/s"),
        row("added delay p50", middle(lambda w: w.delay_p50_ms), "ms"),
        row("added delay p99", middle(lambda w: w.delay_p99_ms), "ms", load.delay_p99),
        row("gateway CPU", middle(lambda w: w.gateway_percent), "% of a core"),
        row("server's core busy, worst", max(w.server_core_percent for w in windows), "%"),
        row("bots CPU", middle(lambda w: w.bots_percent), "% of a core"),
        row("bots' core busy, worst", max(w.bots_core_percent for w in windows), "%"),
        row("publisher late p99, worst", max(w.lateness_p99_ms for w in windows), "ms"),
    ]
    if load.span_at is not None:
        rows.append(row("packets between workers", middle(lambda w: w.piped / w.duration_s), "packets/s"))
    note = (
        f"media {load.name}: {len(windows)} windows of {plan.window_s:g} s over {plan.runs} server(s);"
        f" losses summed, the rest medians; one packet in {OPEN_EVERY} decrypted, all counted."
    )
    if discarded:
        why = why_invalid_window(discarded[0], is_shared=is_shared)
        note += f" {len(discarded)} further window(s) discarded, the first because {why}."
    return Report(rows, [note])


async def _hold(
    server: ServerProcess,
    meeting: tuple[Load, ...],
    plan: MediaPlan,
    cores: Cores,
    every: dict[Load, list[list[Window]]],
) -> None:
    """Hold a meeting, and add the windows of each of its loads to `every`."""
    await server.add_room(_ROOM)
    people = max(load.people for load in meeting)
    links = iter(await server.import_people([f"bot{number}@bench.example" for number in range(people)]))
    async with Swarm(server.url, open_every=OPEN_EVERY) as swarm:
        publishers: list[Bot] = []
        for load in meeting:
            await _fill(swarm, load, publishers, links)
            with _no_garbage_from_before():
                measurement = Measurement(server, swarm, load, publishers, cores)
                windows = await _take_windows(measurement, plan, is_shared=cores.is_shared)
            every.setdefault(load, []).append(windows)


async def _fill(swarm: Swarm, load: Load, publishers: list[Bot], links: Iterator[str]) -> None:
    """Let come in who is missing for `load`: those who receive first, as long as nobody keeps the server busy."""
    receivers = load.people if load.is_all_to_all else load.subscribers
    present = len(swarm.bots) - len(publishers)
    await swarm.subscribe_all([next(links) for _ in range(receivers - present)], _ROOM, tiles=load.tiles)
    if load.is_all_to_all:
        senders = list(swarm.bots)
    else:
        senders = [await _come_in(swarm, next(links)) for _ in range(load.publishers - len(publishers))]
    for bot in senders:
        await bot.publish(*SHAPES, camera=load.camera)
    publishers += senders
    await _wait_received(swarm, load, publishers)


async def _come_in(swarm: Swarm, link: str) -> Bot:
    bot = swarm.create_bot()
    await bot.open_link(link)
    await bot.join(_ROOM)
    return bot


async def _wait_received(swarm: Swarm, load: Load, publishers: list[Bot]) -> None:
    """Wait until everybody who receives follows every publisher; raises `TransportError`."""
    own = set(publishers)
    wanted = load.tiles or len(SHAPES) * (len(publishers) - 1 if load.is_all_to_all else len(publishers))
    receivers = [bot for bot in swarm.bots if load.is_all_to_all or bot not in own]
    try:
        async with asyncio.timeout(_FOLLOW_TIMEOUT_S):
            for bot in receivers:
                while sum(bool(s.log.received and s.has_keyframe) for s in bot.received_streams) < wanted:
                    bot.raise_failure()
                    await asyncio.sleep(_FOLLOW_POLL_S)
    except TimeoutError as error:
        raise TransportError(f"not everybody received every stream within {_FOLLOW_TIMEOUT_S:g} s") from error


@contextmanager
def _no_garbage_from_before() -> Iterator[None]:
    """Keep what the set-up has made out of further collections, which would only make the bots stutter."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _take_windows(measurement: Measurement, plan: MediaPlan, *, is_shared: bool) -> list[Window]:
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
