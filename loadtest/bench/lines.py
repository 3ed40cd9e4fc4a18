"""`lines`: a call of two browsers, one of them at a bad line; what each sees and hears of the other."""

import asyncio
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench.call import PEOPLE, Call, Lines, invite, running_call
from loadtest.bench.call_stats import CallQuality, compare_readings
from loadtest.bench.cores import Cores
from loadtest.bench.interruptions import (
    Interruptions,
    NetworkChanges,
    Resumes,
    judge_interruptions,
    take_changes,
    take_resumes,
)
from loadtest.bench.report import Comparison, Report, Row, Target
from loadtest.bench.server_process import running_server
from loadtest.lines.line import Impairment

CONCEALED = Target(Comparison.BELOW, 5)
FROZEN = Target(Comparison.BELOW, 2)
CRASHES = Target(Comparison.EXACTLY, 0)

CLEAN = Impairment()
BAD = Impairment(loss=0.2, delay_s=0.1, jitter_s=0.03)
BURSTY = Impairment(loss=0.1, burst_packets=4, delay_s=0.1, jitter_s=0.03)
WIDE = Impairment(rate_bits_per_s=6_000_000, delay_s=0.04)
NARROW = Impairment(rate_bits_per_s=600_000, delay_s=0.04)
FAR_AWAY = Impairment(delay_s=0.05)

BOTH_CLEAN: Lines = (CLEAN, CLEAN)
BOTH_FAR_AWAY: Lines = (FAR_AWAY, FAR_AWAY)


@dataclass(frozen=True, slots=True)
class Condition:
    """A while of the call."""

    name: str
    line: Impairment
    """Each way, between the first page and the server."""
    other_line: Impairment
    """The same for the second page."""
    window_s: float
    is_judged: bool = False
    line_before: Impairment | None = None
    """What the first page's line is until the window begins; `None`: the same."""
    is_arrival: bool = False
    """The window begins when the near one has come in."""

    @property
    def lines(self) -> Lines:
        """What the lines do before the window begins."""
        return (self.line_before or self.line, self.other_line)


Stage = Condition | NetworkChanges | Resumes

_CLEAN_30 = Condition("clean", CLEAN, CLEAN, 30)


@dataclass(frozen=True, slots=True)
class LinesPlan:
    """What the lines do. The first stage is the one to compare with."""

    calls: tuple[tuple[Stage, ...], ...] = (
        (
            _CLEAN_30,
            Condition("bad", BAD, CLEAN, 60, is_judged=True),
            Condition("both bad", BAD, BAD, 30),
            Condition("bursts", BURSTY, CLEAN, 30),
            Condition("narrow", NARROW, CLEAN, 30),
        ),
        (Condition("joins over bad", BAD, CLEAN, 30, is_arrival=True),),
        (Condition("becomes narrow", NARROW, CLEAN, 30, line_before=WIDE),),
        (
            NetworkChanges("other network", BOTH_CLEAN, count=5, is_judged=True),
            Resumes("seen again", BOTH_CLEAN, count=5, is_judged=True),
            NetworkChanges("other network, 50 ms", BOTH_FAR_AWAY, count=3),
            Resumes("seen again, 50 ms", BOTH_FAR_AWAY, count=3),
        ),
    )
    """Each with pages that come in when their lines are as in its first stage; its stages follow each other."""
    settle_s: float = 8.0
    """Before each window, so that the browsers know their line."""

    @property
    def stages(self) -> Iterator[Stage]:
        """All of them."""
        return (stage for call in self.calls for stage in call)


QUICK = LinesPlan(
    (
        (
            Condition("clean", CLEAN, CLEAN, 4),
            NetworkChanges("other network", BOTH_CLEAN, count=1, is_judged=True, rest_s=0),
            Resumes("seen again", BOTH_CLEAN, count=1, is_judged=True),
            Condition("bad", BAD, CLEAN, 10, is_judged=True),
        ),
    ),
    settle_s=2,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What both people got under one condition."""

    condition: Condition
    qualities: tuple[CallQuality, ...]
    """Of the one at the line, then of the other one."""
    core_percent: float
    crashes: tuple[str, ...] = ()
    first_frame_s: float = math.nan
    """From the near one's click on Join to the first picture."""


async def measure_lines(plan: LinesPlan, cores: Cores, report: Report) -> None:
    """Run the plan with a server of its own and two browsers, and add each figure as soon as it is there."""
    left_out = [stage.name for stage in LinesPlan().stages if stage.name not in {own.name for own in plan.stages}]
    if left_out:
        report.notes.append(f"lines: left out: {'; '.join(left_out)}.")
    control: Stretch | None = None
    crashes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder:
        async with running_server(Path(folder) / "data", cores.server, announce_ip="127.0.0.1") as server:
            links = await invite(server)
            for stages in plan.calls:
                async with running_call(server, cores, links, stages[0].lines) as call:
                    for stage in stages:
                        taken = await _take(call, stage, plan.settle_s)
                        crashes += taken.crashes
                        if isinstance(taken, Stretch):
                            control = control or taken
                            report.add(judge_stretch(taken, control))
                        else:
                            report.add(judge_interruptions(taken))
    report.add(judge_crashes(crashes))


async def _take(call: Call, stage: Stage, settle_s: float) -> Stretch | Interruptions:
    match stage:
        case NetworkChanges():
            return await take_changes(call, stage)
        case Resumes():
            return await take_resumes(call, stage)
        case Condition():
            return await _take_condition(call, stage, settle_s)


async def _take_condition(call: Call, condition: Condition, settle_s: float) -> Stretch:
    """Let the lines be what the condition says, and look at the call through its window."""
    call.change(condition.lines)
    if not condition.is_arrival:
        await asyncio.sleep(settle_s)
    call.change((condition.line, condition.other_line))
    call.core.reset()
    before = await call.read()
    await asyncio.sleep(condition.window_s)
    after = await call.read()
    core_percent = call.core.percent()
    qualities = tuple(compare_readings(*pair) for pair in zip(before, after, strict=True))
    return Stretch(condition, qualities, core_percent, call.take_crashes(), call.first_frame_s)


def judge_stretch(stretch: Stretch, control: Stretch) -> Report:
    """Make rows of what each person got.

    Two browsers that encode and decode in software share this machine: what it cannot do over a clean line it cannot
    be blamed for over a bad one. A figure that is good enough nevertheless stands.
    """
    condition = stretch.condition
    rows: list[Row] = []
    for person, quality, own in zip(PEOPLE, stretch.qualities, control.qualities, strict=True):
        rows += _rows(condition, person, quality, own)
    if condition.is_arrival:
        rows.append(Row(f"lines {condition.name}", "near: click to first remote frame", stretch.first_frame_s, "s"))
    note = (
        f"lines {condition.name}: two browsers in one call, the near one at the line named, {condition.window_s:g} s."
        f" Busiest core {stretch.core_percent:.0f} %."
    )
    return Report(rows, [note])


def judge_crashes(crashes: list[str]) -> Report:
    """Make a row of what went wrong in all calls."""
    row = Row("lines", "crashes", len(crashes), "", CRASHES)
    return Report([row], [f"lines: crash: {crash}" for crash in crashes])


def _rows(condition: Condition, person: str, quality: CallQuality, control: CallQuality) -> list[Row]:
    def row(name: str, value: float, unit: str, target: Target | None = None, control: float = 0.0) -> Row:
        judged = target if condition.is_judged else None
        is_excused = judged is not None and not judged.is_met(value) and not judged.is_met(control)
        why = f"{name} was {control:.1f} {unit} over a clean line already" if is_excused else ""
        return Row(f"lines {condition.name}", f"{person}: {name}", value, unit, judged, why)

    return [
        row("audio concealed", quality.concealed_percent, "%", CONCEALED, control.concealed_percent),
        row("video frozen", quality.frozen_percent, "% of the time", FROZEN, control.frozen_percent),
        row("freezes", quality.freezes, ""),
        row("pictures", quality.frames_per_s, "/s"),
        row("round trip", quality.round_trip_ms, "ms"),
        row("audio packets lost", quality.lost_audio_percent, "%"),
        row("sound waits to be played", quality.playout_delay_ms, "ms"),
        row("NACK", quality.nacks, ""),
        row("PLI", quality.plis, ""),
        row("retransmissions received", quality.retransmitted, "packets"),
    ]
