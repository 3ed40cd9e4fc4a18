"""Interruptions of a call: until everything moves again on another network, and until what was paused is seen."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtest.bench.call import PEOPLE, Call, Lines
from loadtest.bench.call_stats import Moves
from loadtest.bench.report import Comparison, Report, Row, Target, median_of

CHANGED = Target(Comparison.BELOW, 3)
"""Seconds."""
RESUMED = Target(Comparison.BELOW, 500)
"""Milliseconds."""
MAX_CORE_PERCENT = 85.0
_SURELY_STANDS_S = 2.0
"""So long after a change of network everything stands, or has moved on again: what was buffered is played."""
_GIVE_UP_S = 10.0
_POLL_S = 0.25
_BEFORE_MS = 1_000.0
"""Something moved within so long before the interruption."""


@dataclass(frozen=True, slots=True)
class NetworkChanges:
    """The near page's address changes so many times; media only, signalling goes on."""

    name: str
    lines: Lines
    count: int
    is_judged: bool = False
    rest_s: float = 3.0
    """Before each."""


@dataclass(frozen=True, slots=True)
class Resumes:
    """So many times the near page is hidden until the far one has paused its camera, and is shown again."""

    name: str
    lines: Lines
    count: int
    is_judged: bool = False
    rest_s: float = 1.0
    """Before each: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Interruptions:
    """How long each took; infinite when it did not end."""

    stage: NetworkChanges | Resumes
    pictures_s: tuple[tuple[float, ...], ...]
    """Of each person who was to see something: until the other one's picture moved."""
    sounds_s: tuple[tuple[float, ...], ...]
    core_percent: float
    crashes: tuple[str, ...] = ()


def standstill_ms(instants_ms: Sequence[float], since_ms: float, now_ms: float) -> float:
    """Return how long after `since_ms` the longest standstill ended; infinite when it has not, at `now_ms`.

    What was under way at `since_ms` still arrives after it.
    """
    instants = [instant for instant in instants_ms if since_ms - _BEFORE_MS < instant]
    ended = [(after - before, after) for before, after in pairwise(instants) if after > since_ms]
    longest, ended_at = max(ended, default=(0.0, math.inf))
    stands_for = now_ms - (instants[-1] if instants else since_ms)
    return math.inf if stands_for >= longest else ended_at - since_ms


def first_after_ms(instants_ms: Sequence[float], since_ms: float) -> float:
    """Return how long after `since_ms` something moved first; infinite when nothing did."""
    return min((instant for instant in instants_ms if instant > since_ms), default=math.inf) - since_ms


async def take_changes(call: Call, stage: NetworkChanges) -> Interruptions:
    """Change the near page's network again and again."""
    taken: list[list[tuple[float, float]]] = []
    call.change(stage.lines)
    call.core.reset()
    for _ in range(stage.count):
        await asyncio.sleep(stage.rest_s)
        since_ms = (await call.read_moves())[0].taken_at_ms
        call.change_network()
        taken.append(await _standstills(call, since_ms))
    pictures, sounds = (
        tuple(tuple(each[person][kind] for each in taken) for person in range(len(PEOPLE))) for kind in range(2)
    )
    return Interruptions(stage, pictures, sounds, call.core.percent(), call.take_crashes())


async def _standstills(call: Call, since_ms: float) -> list[tuple[float, float]]:
    """Wait until everything moves again; return for each person how long pictures and sound stood, in seconds."""

    def standstills(moves: Moves) -> tuple[float, float]:
        picture, sound = (
            standstill_ms(instants, since_ms, moves.taken_at_ms) / 1_000
            for instants in (moves.pictures_ms, moves.sounds_ms)
        )
        return picture, sound

    while True:
        await asyncio.sleep(_POLL_S)
        moves = await call.read_moves()
        found = [standstills(each) for each in moves]
        has_passed_s = (moves[0].taken_at_ms - since_ms) / 1_000
        is_over = has_passed_s > _SURELY_STANDS_S and all(map(math.isfinite, (*found[0], *found[1])))
        if is_over or has_passed_s > _GIVE_UP_S:
            return found


async def take_resumes(call: Call, stage: Resumes) -> Interruptions:
    """Hide and show the near page again and again."""
    taken: list[float] = []
    call.change(stage.lines)
    call.core.reset()
    for _ in range(stage.count):
        is_paused = await call.hide()
        await asyncio.sleep(stage.rest_s)
        shown_at_ms = await call.show()
        taken.append(await _first_picture_s(call, shown_at_ms) if is_paused else math.inf)
    return Interruptions(stage, (tuple(taken),), (), call.core.percent(), call.take_crashes())


async def _first_picture_s(call: Call, since_ms: float) -> float:
    while True:
        await asyncio.sleep(_POLL_S)
        near = (await call.read_moves())[0]
        found = first_after_ms(near.pictures_ms, since_ms)
        if math.isfinite(found) or near.taken_at_ms - since_ms > 1_000 * _GIVE_UP_S:
            return found / 1_000


def judge_interruptions(interruptions: Interruptions) -> Report:
    """Make rows of the medians. On a crowded core a figure that is good enough stands, another says nothing."""
    stage = interruptions.stage
    judge = _judge_changes if isinstance(stage, NetworkChanges) else _judge_resumes
    note = (
        f"lines {stage.name}: {stage.count} time(s), medians and the slowest."
        f" Busiest core {interruptions.core_percent:.0f} %."
    )
    return Report(judge(interruptions), [note])


def _judge_changes(interruptions: Interruptions) -> list[Row]:
    rows: list[Row] = []
    for person, pictures, sounds in zip(PEOPLE, interruptions.pictures_s, interruptions.sounds_s, strict=True):
        both = [max(pair) for pair in zip(pictures, sounds, strict=True)]
        rows += [
            _judged(interruptions, f"{person}: seen and heard again p50", median_of(both), "s", CHANGED),
            _row(interruptions, f"{person}: seen and heard again, slowest", max(both), "s"),
            _row(interruptions, f"{person}: seen again p50", median_of(pictures), "s"),
            _row(interruptions, f"{person}: heard again p50", median_of(sounds), "s"),
        ]
    return rows


def _judge_resumes(interruptions: Interruptions) -> list[Row]:
    (times_s,) = interruptions.pictures_s
    return [
        _judged(interruptions, "near: first picture again p50", 1_000 * median_of(times_s), "ms", RESUMED),
        _row(interruptions, "near: first picture again, slowest", 1_000 * max(times_s), "ms"),
    ]


def _judged(interruptions: Interruptions, name: str, value: float, unit: str, target: Target) -> Row:
    if not interruptions.stage.is_judged:
        return _row(interruptions, name, value, unit)
    core = interruptions.core_percent
    is_excused = core > MAX_CORE_PERCENT and not target.is_met(value)
    return _row(interruptions, name, value, unit, target, f"a core was {core:.0f} % busy" if is_excused else "")


def _row(
    interruptions: Interruptions, name: str, value: float, unit: str, target: Target | None = None, why: str = ""
) -> Row:
    return Row(f"lines {interruptions.stage.name}", name, value, unit, target, why)
