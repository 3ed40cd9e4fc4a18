from loadtest.bench.report import Outcome
from loadtest.bench.startup import Start, judge_starts


def test_medians_are_judged_and_memory_is_the_pss() -> None:
    fresh = [Start(1.0, 100, 160), Start(9.0, 120, 180), Start(1.5, 110, 170)]
    report = judge_starts(fresh, [Start(2.5, 500, 900)] * 2 + [Start(0.5, 90, 100)])
    assert [(row.value, row.outcome) for row in report.rows] == [
        (1.5, Outcome.MET),
        (2.5, Outcome.MISSED),
        (115.0, Outcome.MET),
        (175.0, Outcome.INFORMATION),
    ]
    assert report.exit_code == 1
