from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.quality import BETTER_AFTER_S, WORSE_AFTER_S, ConnectionQuality, Mark, Measures, judge

GOOD = Measures(0.0, 5.0, 40.0)
FAIR = Measures(0.04, 5.0, 40.0)
POOR = Measures(0.2, 30.0, 200.0)
OF = {Mark.GOOD: GOOD, Mark.FAIR: FAIR, Mark.POOR: POOR}


@pytest.mark.parametrize(
    ("measures", "quality"),
    [
        (Measures(), Mark.GOOD),
        (Measures(0.029, 29.0, 249.0), Mark.GOOD),
        (Measures(0.03), Mark.FAIR),
        (Measures(jitter_ms=30.0), Mark.FAIR),
        (Measures(round_trip_ms=250.0), Mark.FAIR),
        (Measures(0.099, 79.0, 499.0), Mark.FAIR),
        (Measures(0.1, 0.0, 0.0), Mark.POOR),
        (Measures(0.0, 80.0, None), Mark.POOR),
        (Measures(None, None, 500.0), Mark.POOR),
    ],
)
def test_a_stream_is_as_bad_as_its_worst_measure(measures: Measures, quality: Mark) -> None:
    assert judge(measures) == quality


def marks(qualities: list[Mark]) -> list[Mark]:
    """What is shown, second by second."""
    quality = ConnectionQuality()
    return [quality.update([OF[current]], float(second)) for second, current in enumerate(qualities)]


def test_the_worst_stream_of_both_directions_counts() -> None:
    quality = ConnectionQuality()
    for second in range(5):
        quality.update([GOOD, POOR, GOOD], float(second))
    assert quality.mark == Mark.POOR


def test_it_gets_worse_after_three_seconds_and_better_after_ten() -> None:
    shown = marks([Mark.POOR] * 10 + [Mark.GOOD] * 20)
    assert shown.index(Mark.POOR) == WORSE_AFTER_S
    assert shown.index(Mark.GOOD, 5) == 10 + BETTER_AFTER_S


def test_a_moment_changes_nothing() -> None:
    assert set(marks(([Mark.POOR] * 3 + [Mark.GOOD]) * 20)) == {Mark.GOOD}


def test_the_mildest_of_what_it_has_been_is_shown() -> None:
    shown = marks([Mark.FAIR, Mark.POOR, Mark.POOR, Mark.POOR, Mark.POOR, Mark.POOR, Mark.POOR, Mark.POOR])
    assert shown[3:7] == [Mark.FAIR] * 4
    assert shown[7] == Mark.POOR


def test_without_streams_the_mark_stays_and_waits_anew() -> None:
    quality = ConnectionQuality()
    quality.update([POOR], 0.0)
    assert quality.update([], 3.0) == Mark.GOOD
    assert quality.update([POOR], 4.0) == Mark.GOOD
    assert quality.update([POOR], 7.0) == Mark.POOR
    assert quality.update([], 60.0) == Mark.POOR


def test_better_counts_from_when_it_was_no_longer_worse() -> None:
    shown = marks([Mark.FAIR] * 5 + [Mark.POOR] * 2 + [Mark.GOOD] * 11)
    assert shown[4:] == [Mark.FAIR] * 13 + [Mark.GOOD]


@given(st.lists(st.tuples(st.sampled_from(Mark), st.integers(1, 12)), max_size=30))
def test_a_mark_changes_only_to_what_has_held(runs: list[tuple[Mark, int]]) -> None:
    qualities = [quality for quality, seconds in runs for _ in range(seconds)]
    shown = marks(qualities)
    changed_at = 0
    for second, (before, after) in enumerate(pairwise([Mark.GOOD, *shown])):
        if after == before:
            continue
        held = int(WORSE_AFTER_S if after < before else BETTER_AFTER_S)
        window = qualities[second - held : second + 1]
        assert second - changed_at >= held
        assert len(window) == held + 1
        assert all(current <= after if after < before else current >= after for current in window)
        changed_at = second


@given(st.lists(st.sampled_from(Mark), max_size=50), st.sampled_from(Mark))
def test_in_the_end_the_mark_is_what_it_is(qualities: list[Mark], last: Mark) -> None:
    assert marks(qualities + [last] * (int(2 * BETTER_AFTER_S) + 2))[-1] == last
