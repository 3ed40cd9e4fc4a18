from dataclasses import replace

import pytest

from loadtest.bench.call_stats import CallQuality
from loadtest.bench.interruptions import NetworkChanges, Resumes
from loadtest.bench.lines import (
    BAD,
    BOTH_CLEAN,
    CLEAN,
    NARROW,
    QUICK,
    WIDE,
    Condition,
    LinesPlan,
    Stretch,
    judge_crashes,
    judge_stretch,
)
from loadtest.bench.report import Outcome, Report

GOOD = CallQuality(
    concealed_percent=0,
    frozen_percent=0,
    frames_per_s=30,
    freezes=0,
    round_trip_ms=200,
    nacks=0,
    plis=0,
    retransmitted=0,
    lost_audio_percent=0,
    playout_delay_ms=50,
)
CONTROL = Stretch(Condition("clean", CLEAN, CLEAN, 5), (GOOD, GOOD), 50)


def bad(first: CallQuality, second: CallQuality = GOOD, *, is_judged: bool = True) -> Stretch:
    return Stretch(Condition("bad", BAD, CLEAN, 15, is_judged=is_judged), (first, second), 50)


def judge(stretch: Stretch, control: Stretch = CONTROL) -> Report:
    return judge_stretch(stretch, control)


def outcomes(report: Report) -> list[Outcome]:
    """Of the four figures that are judged: concealed and frozen, of the one at the line and of the other one."""
    return [row.outcome for row in report.rows if row.target]


def test_a_call_that_survives_meets_its_targets() -> None:
    report = judge(bad(replace(GOOD, concealed_percent=4.9, frozen_percent=1.9)))
    assert outcomes(report) == [Outcome.MET] * 4
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("quality", "expected"),
    [
        (replace(GOOD, concealed_percent=5), [Outcome.MISSED, Outcome.MET]),
        (replace(GOOD, frozen_percent=2), [Outcome.MET, Outcome.MISSED]),
        (replace(GOOD, concealed_percent=float("nan")), [Outcome.MISSED, Outcome.MET]),
    ],
)
def test_either_person_can_miss_them(quality: CallQuality, expected: list[Outcome]) -> None:
    assert outcomes(judge(bad(quality))) == [*expected, Outcome.MET, Outcome.MET]
    assert outcomes(judge(bad(GOOD, quality))) == [Outcome.MET, Outcome.MET, *expected]


def test_what_this_machine_cannot_do_over_a_clean_line_is_invalid_over_a_bad_one() -> None:
    stutters = replace(GOOD, frozen_percent=10)
    control = replace(CONTROL, qualities=(stutters, GOOD))
    report = judge(bad(stutters, stutters), control)
    assert outcomes(report) == [Outcome.MET, Outcome.INVALID, Outcome.MET, Outcome.MISSED]
    assert outcomes(judge(bad(GOOD), control)) == [Outcome.MET] * 4


def test_a_crash_misses() -> None:
    report = judge_crashes(["a page crashed"])
    assert outcomes(report) == [Outcome.MISSED]
    assert report.notes == ["lines: crash: a page crashed"]
    assert outcomes(judge_crashes([])) == [Outcome.MET]


def test_conditions_that_are_not_judged_are_information() -> None:
    assert outcomes(judge(bad(replace(GOOD, concealed_percent=50), is_judged=False))) == []


def test_who_comes_in_over_a_line_waits_for_a_picture() -> None:
    arrival = Stretch(Condition("joins", BAD, CLEAN, 30, is_arrival=True), (GOOD, GOOD), 50, first_frame_s=1.5)
    assert ("near: click to first remote frame", 1.5) in [(row.name, row.value) for row in judge(arrival).rows]


def test_a_line_may_become_another_one_when_the_window_begins() -> None:
    assert Condition("becomes narrow", NARROW, CLEAN, 30, line_before=WIDE).lines == (WIDE, CLEAN)
    assert Condition("narrow", NARROW, CLEAN, 30).lines == (NARROW, CLEAN)


@pytest.mark.parametrize("plan", [QUICK, LinesPlan()], ids=["quick", "full"])
def test_what_is_judged_is_what_was_promised(plan: LinesPlan) -> None:
    assert (BAD.loss, BAD.delay_s, BAD.jitter_s) == (0.2, 0.1, 0.03)
    first, *_ = plan.stages
    assert first.lines == BOTH_CLEAN
    judged = {type(stage): stage.lines for stage in plan.stages if stage.is_judged}
    assert judged == {Condition: (BAD, CLEAN), NetworkChanges: BOTH_CLEAN, Resumes: BOTH_CLEAN}


def test_a_quick_run_is_over_in_time() -> None:
    """The server, two browsers and two joins take up to half of the 50 s."""
    lasts_s = {NetworkChanges: 3.0, Resumes: 4.5}
    windows = [stage.window_s + QUICK.settle_s for stage in QUICK.stages if isinstance(stage, Condition)]
    others = [lasts_s[type(stage)] * stage.count for stage in QUICK.stages if not isinstance(stage, Condition)]
    assert sum(windows + others) < 27
