from dataclasses import replace

import pytest

from loadtest.bench.call_stats import CallQuality
from loadtest.bench.lines import BAD, CLEAN, QUICK, Condition, LinesPlan, Stretch, judge_lines
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


def outcomes(report: Report) -> list[Outcome]:
    """Of the four figures that are judged: concealed and frozen, of the one at the line and of the other one."""
    return [row.outcome for row in report.rows if row.target and row.name != "crashes"]


def test_a_call_that_survives_meets_its_targets() -> None:
    report = judge_lines([CONTROL, bad(replace(GOOD, concealed_percent=4.9, frozen_percent=1.9))])
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
    assert outcomes(judge_lines([CONTROL, bad(quality)])) == [*expected, Outcome.MET, Outcome.MET]
    assert outcomes(judge_lines([CONTROL, bad(GOOD, quality)])) == [Outcome.MET, Outcome.MET, *expected]


def test_what_this_machine_cannot_do_over_a_clean_line_is_invalid_over_a_bad_one() -> None:
    stutters = replace(GOOD, frozen_percent=10)
    control = replace(CONTROL, qualities=(stutters, GOOD))
    report = judge_lines([control, bad(stutters, stutters)])
    assert outcomes(report) == [Outcome.MET, Outcome.INVALID, Outcome.MET, Outcome.MISSED]
    assert outcomes(judge_lines([control, bad(GOOD)])) == [Outcome.MET] * 4


def test_a_crash_under_any_condition_misses() -> None:
    report = judge_lines([replace(CONTROL, crashes=("a page crashed",)), bad(GOOD)])
    assert report.exit_code == 1
    assert "lines: crash: a page crashed" in report.notes


def test_conditions_that_are_not_judged_are_information() -> None:
    report = judge_lines([CONTROL, bad(replace(GOOD, concealed_percent=50), is_judged=False)])
    assert outcomes(report) == []


def test_the_line_that_is_judged_is_the_promised_one() -> None:
    assert (BAD.loss, BAD.delay_s, BAD.jitter_s) == (0.2, 0.1, 0.03)
    for plan in (QUICK, LinesPlan()):
        assert [condition.line for condition in plan.conditions if condition.is_judged] == [BAD]
        assert plan.conditions[0].line == plan.conditions[0].other_line == CLEAN


def test_a_quick_run_is_over_in_time() -> None:
    """The server, two browsers and two joins take up to half of the 50 s."""
    assert sum(condition.window_s + QUICK.settle_s for condition in QUICK.conditions) < 27
