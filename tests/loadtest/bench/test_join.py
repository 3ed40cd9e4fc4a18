from loadtest.bench.join import JoinTimes, judge_join
from loadtest.bench.report import Outcome, Report


def first_frame(report: Report) -> tuple[float, Outcome]:
    row = next(row for row in report.rows if row.target)
    return row.value, row.outcome


def times(*first_frames: float, browser_core_percent: float = 50) -> JoinTimes:
    return JoinTimes(list(first_frames), [0.01, 0.03, 0.02], [0.1], browser_core_percent)


def test_the_median_is_judged_not_the_slowest() -> None:
    assert first_frame(judge_join(times(0.4, 2.0, 0.6))) == (0.6, Outcome.MET)
    assert first_frame(judge_join(times(0.4, 2.0, 1.6))) == (1.6, Outcome.MISSED)


def test_a_crowded_browser_makes_a_bad_figure_invalid_and_leave_a_good_one() -> None:
    assert first_frame(judge_join(times(1.6, browser_core_percent=95)))[1] is Outcome.INVALID
    assert first_frame(judge_join(times(0.6, browser_core_percent=95)))[1] is Outcome.MET


def test_no_join_is_no_success() -> None:
    assert first_frame(judge_join(JoinTimes()))[1] is Outcome.MISSED
    assert judge_join(JoinTimes()).exit_code == 1


def test_bots_are_reported_in_milliseconds() -> None:
    rows = {row.name: row.value for row in judge_join(times(0.5)).rows}
    assert rows["bot: connected and in the room p50"] == 20
    assert rows["bot: first media packet p50"] == 100
