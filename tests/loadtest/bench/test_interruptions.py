import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadtest.bench.interruptions import (
    Interruptions,
    NetworkChanges,
    Resumes,
    first_after_ms,
    judge_interruptions,
    standstill_ms,
)
from loadtest.bench.report import Outcome, Report
from loadtest.lines.line import Impairment

CLEAN = Impairment()
CHANGES = NetworkChanges("other network", (CLEAN, CLEAN), count=3, is_judged=True)
RESUMES = Resumes("seen again", (CLEAN, CLEAN), count=3, is_judged=True)


def moving(start_ms: int, end_ms: int) -> list[float]:
    """Thirty a second."""
    return [float(instant) for instant in range(start_ms, end_ms, 33)]


@pytest.mark.parametrize(
    ("instants", "expected"),
    [
        (moving(0, 10_120) + moving(12_400, 20_000), 2_400),  # what was under way still came
        (moving(0, 9_990) + moving(12_400, 20_000), 2_400),
        (moving(0, 10_120) + moving(11_000, 11_100) + moving(12_700, 20_000), 2_700),  # it moved, and stood again
        (moving(0, 10_120), math.inf),
        ([*moving(0, 10_120), 10_500.0], math.inf),  # one picture is no movement
        ([], math.inf),
    ],
)
def test_a_standstill_lasts_until_everything_moves_again(instants: Sequence[float], expected: float) -> None:
    assert standstill_ms(instants, 10_000, 20_000) == expected


def test_what_moved_long_before_is_no_part_of_a_standstill() -> None:
    instants = [2_000.0, *moving(9_500, 10_100), *moving(12_000, 20_000)]
    assert standstill_ms(instants, 10_000, 20_000) == 2_000


def test_the_first_picture_is_one_that_came_afterwards() -> None:
    assert first_after_ms([900, 1_000, 1_300, 1_333], 1_000) == 300
    assert first_after_ms([900, 1_000], 1_000) == math.inf


def outcomes(report: Report) -> list[Outcome]:
    return [row.outcome for row in report.rows if row.target]


def values(report: Report) -> dict[str, float]:
    return {row.name: row.value for row in report.rows}


def changes(near: tuple[float, ...], far: tuple[float, ...], core_percent: float = 50) -> Interruptions:
    return Interruptions(CHANGES, (near, far), ((1.0, 1.0, 2.5), (1.0, 1.0, 1.0)), core_percent)


def test_who_changes_the_network_sees_and_hears_the_others_in_time_and_they_them() -> None:
    report = judge_interruptions(changes((2.0, 2.2, 2.1), (2.9, 1.0, 9.0)))
    assert outcomes(report) == [Outcome.MET, Outcome.MET]
    assert values(report)["near: seen and heard again p50"] == 2.2
    assert values(report)["far: seen and heard again, slowest"] == 9.0


@pytest.mark.parametrize("time_s", [3.0, math.inf])
def test_either_can_take_too_long(time_s: float) -> None:
    fast, slow = (2.0, 2.0, 2.0), (time_s,) * 3
    assert outcomes(judge_interruptions(changes(slow, fast))) == [Outcome.MISSED, Outcome.MET]
    assert outcomes(judge_interruptions(changes(fast, slow))) == [Outcome.MET, Outcome.MISSED]


def test_on_a_crowded_core_only_what_is_good_enough_counts() -> None:
    report = judge_interruptions(changes((4.0, 4.0, 4.0), (2.0, 2.0, 2.0), core_percent=99))
    assert outcomes(report) == [Outcome.INVALID, Outcome.MET]


def test_what_was_paused_is_seen_within_half_a_second() -> None:
    seen = Interruptions(RESUMES, ((0.2, 0.499, 2.0),), (), 50)
    assert outcomes(judge_interruptions(seen)) == [Outcome.MET]
    late = Interruptions(RESUMES, ((0.2, 0.5, math.inf),), (), 50)
    assert outcomes(judge_interruptions(late)) == [Outcome.MISSED]
    assert values(judge_interruptions(late))["near: first picture again p50"] == 500


def test_what_is_not_judged_is_information() -> None:
    for taken in (changes((9.0,) * 3, (9.0,) * 3), Interruptions(RESUMES, ((9.0,),), (), 50)):
        stage = replace(taken.stage, is_judged=False)
        assert outcomes(judge_interruptions(replace(taken, stage=stage))) == []
