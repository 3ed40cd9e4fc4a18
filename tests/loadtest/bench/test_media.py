from dataclasses import replace

import pytest

from loadtest.bench.media import MediaPlan, Window, choose_windows, judge_media, why_invalid_window
from loadtest.bench.report import Outcome, Report

GOOD = Window(
    duration_s=10,
    published=1_100,
    received=132_000,
    lost=0,
    raw_lost=0,
    duplicates=0,
    rejected=0,
    worker_percent=15,
    gateway_percent=1,
    server_core_percent=17,
    bots_percent=30,
    bots_core_percent=35,
    delay_p50_ms=0.5,
    delay_p99_ms=2,
    lateness_p99_ms=1,
)
PLAN = MediaPlan(runs=1, windows=3)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {row.name: row.outcome for row in report.rows if row.target}


def value(report: Report, name: str) -> float:
    return next(row.value for row in report.rows if row.name == name)


def test_a_calm_run_meets_its_targets() -> None:
    report = judge_media(PLAN, [GOOD] * 3, [], is_shared=False)
    assert report.exit_code == 0
    assert outcomes(report) == {"packets lost, after retransmission": Outcome.MET, "worker CPU": Outcome.MET}
    assert value(report, "packets forwarded") == 13_200


def test_one_lost_packet_in_any_window_misses() -> None:
    report = judge_media(PLAN, [GOOD, replace(GOOD, lost=1), GOOD], [], is_shared=False)
    assert outcomes(report)["packets lost, after retransmission"] is Outcome.MISSED
    assert report.exit_code == 1


def test_losses_are_summed_and_cpu_is_the_median() -> None:
    windows = [replace(GOOD, worker_percent=percent, raw_lost=2) for percent in (50, 10, 12)]
    report = judge_media(PLAN, windows, [], is_shared=False)
    assert value(report, "worker CPU") == 12
    assert value(report, "packets lost, before retransmission") == 6
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (replace(GOOD, bots_core_percent=86), "the bots' core was 86 % busy"),
        (replace(GOOD, lateness_p99_ms=10.1), "10.1 ms late"),
        (replace(GOOD, lateness_p99_ms=float("nan")), "late"),
        (replace(GOOD, published=1_000), "1000 packets instead of 1100"),
        (replace(GOOD, closings=("the connection was lost",)), "the connection was lost"),
    ],
)
def test_a_run_that_the_bots_limited_is_invalid_however_good_its_figures(window: Window, reason: str) -> None:
    assert reason in why_invalid_window(window, is_shared=False)
    report = judge_media(PLAN, [GOOD, window, GOOD], [], is_shared=False)
    assert set(outcomes(report).values()) == {Outcome.INVALID}
    assert report.exit_code == 1


def test_on_one_core_how_busy_it_is_says_nothing_about_the_bots() -> None:
    assert why_invalid_window(replace(GOOD, bots_core_percent=99), is_shared=True) == ""
    assert why_invalid_window(GOOD, is_shared=False) == ""


LATE = replace(GOOD, lateness_p99_ms=20, lost=7)
LOSSY = replace(GOOD, lost=1)
CLOSED = replace(GOOD, closings=("the connection was lost",))


def test_a_window_that_the_bots_limited_is_taken_anew_and_said_to_be() -> None:
    assert choose_windows([GOOD, LATE, LOSSY, GOOD], 3, is_shared=False) == [GOOD, LOSSY, GOOD]
    report = judge_media(PLAN, [GOOD] * 3, [LATE, LATE], is_shared=False)
    assert report.exit_code == 0
    assert "2 further window(s) discarded, the first because the publisher sent 20.0 ms late" in report.notes[0]


def test_without_enough_valid_windows_all_count_and_the_run_is_invalid() -> None:
    windows = choose_windows([GOOD, LATE, GOOD, LATE], 3, is_shared=False)
    assert windows == [GOOD, LATE, GOOD, LATE]
    assert judge_media(PLAN, windows, [], is_shared=False).exit_code == 1


def test_what_the_server_closed_is_never_discarded() -> None:
    assert CLOSED in choose_windows([CLOSED, GOOD, GOOD, GOOD], 3, is_shared=False)
