import json
import math

import pytest
from rich.console import Console

from loadtest.bench.report import Comparison, Outcome, Report, Row, Target, format_value, median_of

BELOW_TWO = Target(Comparison.BELOW, 2)


def row(value: float, target: Target | None = BELOW_TWO, invalid_because: str = "") -> Row:
    return Row("startup", "ready", value, "s", target, invalid_because)


@pytest.mark.parametrize(
    ("comparison", "value", "is_met"),
    [
        (Comparison.BELOW, 1.99, True),
        (Comparison.BELOW, 2, False),
        (Comparison.AT_MOST, 2, True),
        (Comparison.AT_MOST, 2.01, False),
        (Comparison.EXACTLY, 2, True),
        (Comparison.EXACTLY, 1, False),
        (Comparison.BELOW, math.nan, False),
        (Comparison.AT_MOST, math.nan, False),
        (Comparison.EXACTLY, math.nan, False),
    ],
)
def test_targets(comparison: Comparison, value: float, is_met: bool) -> None:
    assert Target(comparison, 2).is_met(value) is is_met


def test_an_invalid_row_is_never_met() -> None:
    assert row(1, invalid_because="the bots were busy").outcome is Outcome.INVALID
    assert row(1).outcome is Outcome.MET
    assert row(3).outcome is Outcome.MISSED
    assert row(3, None).outcome is Outcome.INFORMATION


@pytest.mark.parametrize(
    ("rows", "exit_code"),
    [
        ([row(1), row(9, None)], 0),
        ([row(1), row(3)], 1),
        ([row(1), row(1, invalid_because="late")], 1),
        ([row(9, None)], 1),  # nothing was judged
        ([], 1),
    ],
)
def test_exit_code(rows: list[Row], exit_code: int) -> None:
    assert Report(rows).exit_code == exit_code


def test_json_carries_every_figure_and_null_for_what_could_not_be_measured() -> None:
    report = Report([row(1), row(math.nan), row(1, invalid_because="late"), row(5, None), row(math.inf)], ["how"])
    parsed = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert parsed["exit_code"] == 1
    assert parsed["notes"] == ["how"]
    figures = [(entry["value"], entry["target"], entry["met"], entry["outcome"]) for entry in parsed["rows"]]
    assert figures == [
        (1, "< 2", True, "met"),
        (None, "< 2", False, "missed"),
        (1, "< 2", False, "invalid"),
        (5, None, None, "information"),
        (None, "< 2", False, "missed"),
    ]
    assert parsed["rows"][2]["invalid_because"] == "late"


def test_the_table_says_what_was_judged_and_why_not() -> None:
    console = Console(record=True, width=120, force_terminal=False)
    Report([row(1.234), row(3), row(1, invalid_because="the bots [were] busy")], ["how it was taken"]).print(console)
    text = console.export_text()
    for expected in ("1.23", "< 2", "met", "missed", "invalid: the bots [were] busy", "how it was taken"):
        assert expected in text


@pytest.mark.parametrize(
    ("report", "summary", "exit_code"),
    [
        (Report([row(1), row(9, None)]), "1 of 1 targets met", 0),
        (Report([row(1), row(3), row(1, invalid_because="late")]), "1 of 3 targets met, 1 invalid", 1),
        (Report([row(1)], incomplete_because="too slow"), "1 of 1 targets met; incomplete: too slow", 1),
    ],
)
def test_the_last_line_says_how_it_went(report: Report, summary: str, exit_code: int) -> None:
    console = Console(record=True, width=120, force_terminal=False)
    report.print(console)
    assert console.export_text().splitlines()[-1] == summary
    assert report.exit_code == report.to_json()["exit_code"] == exit_code
    assert report.to_json()["summary"] == summary


def test_adding_keeps_every_row_and_each_note_once() -> None:
    report = Report([row(1)], ["cores"])
    report.add(Report([row(2)], ["cores", "more"]))
    assert len(report.rows) == 2
    assert report.notes == ["cores", "more"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0512, "0.0512"),
        (1.234, "1.23"),
        (16.04, "16.0"),
        (13_200.4, "13,200"),
        (math.nan, "–"),
        (math.inf, "never"),
    ],
)
def test_values_have_as_many_digits_as_they_deserve(value: float, text: str) -> None:
    assert format_value(value) == text


def test_the_median_of_nothing_is_nothing() -> None:
    assert math.isnan(median_of([]))
    assert median_of([3, 1, 2]) == 2
