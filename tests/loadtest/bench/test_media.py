from dataclasses import replace

import pytest

from loadtest.bench.cores import plan_cores
from loadtest.bench.media import QUICK, MediaPlan, choose_windows, judge_load, measure_media
from loadtest.bench.media_loads import ALL_30, FIVE_TO_120, ONE_TO_120, SPAN_40, WEBINAR
from loadtest.bench.media_window import Window, why_invalid_window
from loadtest.bench.report import Outcome, Report

GOOD = Window(
    duration_s=10,
    published=1_100,
    expected=1_100,
    received=132_000,
    lost=0,
    raw_lost=0,
    duplicates=0,
    rejected=0,
    overflowed=0,
    worker_percent=11,
    gateway_percent=1,
    server_core_percent=17,
    bots_percent=30,
    bots_core_percent=35,
    delay_p50_ms=0.5,
    delay_p99_ms=2,
    lateness_p99_ms=1,
)
PLAN = MediaPlan(runs=1, windows=3)


def judge(windows: list[Window], discarded: list[Window] | None = None) -> Report:
    return judge_load(ONE_TO_120, PLAN, windows, discarded or [], is_shared=False)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {row.name: row.outcome for row in report.rows if row.target}


def value(report: Report, name: str) -> float:
    return next(row.value for row in report.rows if row.name == name)


def test_a_calm_run_meets_its_targets() -> None:
    report = judge([GOOD] * 3)
    assert report.exit_code == 0
    assert outcomes(report) == {"packets lost, after retransmission": Outcome.MET, "worker CPU": Outcome.MET}
    assert value(report, "packets forwarded") == 13_200


def test_one_lost_packet_in_any_window_misses() -> None:
    report = judge([GOOD, replace(GOOD, lost=1), GOOD])
    assert outcomes(report)["packets lost, after retransmission"] is Outcome.MISSED
    assert report.exit_code == 1


def test_losses_are_summed_and_cpu_is_the_median() -> None:
    windows = [replace(GOOD, worker_percent=percent, raw_lost=2) for percent in (50, 10, 11)]
    report = judge(windows)
    assert value(report, "worker CPU") == 11
    assert value(report, "packets lost, before retransmission") == 6
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (replace(GOOD, bots_core_percent=86), "the bots' core was 86 % busy"),
        (replace(GOOD, lateness_p99_ms=10.1), "10.1 ms late"),
        (replace(GOOD, lateness_p99_ms=float("nan")), "late"),
        (replace(GOOD, published=1_000), "1000 packets instead of 1100"),
        (replace(GOOD, overflowed=3), "too slow to take 3 datagrams"),
        (replace(GOOD, closings=("the connection was lost",)), "the connection was lost"),
    ],
)
def test_a_run_that_the_bots_limited_is_invalid_however_good_its_figures(window: Window, reason: str) -> None:
    assert reason in why_invalid_window(window, is_shared=False)
    report = judge([GOOD, window, GOOD])
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
    report = judge([GOOD] * 3, [LATE, LATE])
    assert report.exit_code == 0
    assert "2 further window(s) discarded, the first because a publisher sent 20.0 ms late" in report.notes[0]


def test_without_enough_valid_windows_all_count_and_the_run_is_invalid() -> None:
    windows = choose_windows([GOOD, LATE, GOOD, LATE], 3, is_shared=False)
    assert windows == [GOOD, LATE, GOOD, LATE]
    assert judge(windows).exit_code == 1


def test_what_the_server_closed_is_never_discarded() -> None:
    assert CLOSED in choose_windows([CLOSED, GOOD, GOOD, GOOD], 3, is_shared=False)


def test_where_a_delay_is_a_target_it_is_judged() -> None:
    windows = [replace(GOOD, worker_percent=30, delay_p99_ms=delay) for delay in (4, 6, 7)]
    assert outcomes(judge_load(FIVE_TO_120, PLAN, windows, [], is_shared=False)) == {
        "packets lost, after retransmission": Outcome.MET,
        "worker CPU": Outcome.MET,
        "added delay p99": Outcome.MISSED,
    }


def test_loads_forward_as_many_packets_as_their_names_say() -> None:
    assert ONE_TO_120.published_per_s * ONE_TO_120.subscribers == 13_200
    assert FIVE_TO_120.published_per_s * FIVE_TO_120.subscribers == 66_000
    assert ALL_30.published_per_s * (ALL_30.people - 1) == 95_700
    assert WEBINAR.camera.packets_per_s * WEBINAR.camera.packet_bytes * 8 == pytest.approx(1.5e6, rel=0.01)


def test_a_quick_run_is_over_in_time() -> None:
    """Joining takes about half of the 50 s."""
    loads = [load for meeting in QUICK.meetings for load in meeting]
    assert len(loads) * (QUICK.windows + QUICK.spare_windows) * (QUICK.window_s + 1) < 25


async def test_a_meeting_on_two_workers_is_measured_with_what_goes_between_them() -> None:
    load = replace(SPAN_40, publishers=4, tiles=3, span_at=2)
    plan = MediaPlan(meetings=((load,),), runs=1, windows=1, window_s=2.5, spare_windows=0)
    report = Report()
    await measure_media(plan, plan_cores([0]), report)
    assert value(report, "packets lost, after retransmission") == 0
    assert value(report, "packets between workers") > 0


async def test_meetings_of_every_shape_are_measured() -> None:
    small = (replace(ONE_TO_120, subscribers=2), replace(FIVE_TO_120, name="2→2", publishers=2, subscribers=2))
    everybody = replace(ALL_30, publishers=3)
    plan = MediaPlan(meetings=(small, (everybody,)), runs=1, windows=1, window_s=0.5, spare_windows=0)
    report = Report()
    await measure_media(plan, plan_cores([0]), report)
    figures = {(row.benchmark, row.name): row.value for row in report.rows}
    for load, streams in zip((*small, everybody), (2, 4, 6), strict=True):
        forwarded = figures[f"media {load.name}", "packets forwarded"]
        assert forwarded > 50 * streams
        # On a busy machine bots do not read in time: what that loses is the benchmark's to judge.
        assert 0 <= figures[f"media {load.name}", "packets lost, after retransmission"] < forwarded
        assert figures[f"media {load.name}", "packets rejected"] == 0
        assert figures[f"media {load.name}", "added delay p99"] > 0
