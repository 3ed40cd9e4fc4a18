from pathlib import Path

import pytest

from loadtest.bench import document_openings
from loadtest.bench.cores import plan_cores
from loadtest.bench.document_openings import Opening, Openings, judge_openings, measure_openings
from loadtest.bench.report import Outcome
from tests.support.web_client import find_web_client


def outcome(*interactive_s: float, core_percent: float = 50) -> Outcome:
    each = tuple(Opening(drawn_s=seconds / 2, interactive_s=seconds, whole_s=seconds) for seconds in interactive_s)
    report = judge_openings(Openings(each, core_percent))
    return next(row.outcome for row in report.rows if row.target)


def test_the_median_is_judged_not_the_slowest() -> None:
    assert outcome(1.0, 9.0, 1.2) is Outcome.MET
    assert outcome(1.0, 9.0, 2.0) is Outcome.MISSED


def test_a_crowded_machine_makes_a_bad_figure_invalid_and_leaves_a_good_one() -> None:
    assert outcome(2.0, core_percent=95) is Outcome.INVALID
    assert outcome(1.0, core_percent=95) is Outcome.MET


@pytest.mark.browser
async def test_a_board_can_be_drawn_on_after_it_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_WEB_DIR", str(find_web_client(tmp_path / "web")))
    monkeypatch.setattr(document_openings, "ELEMENTS", 50)
    openings = await measure_openings(tmp_path, plan_cores([0]), repeats=1)
    [opening] = openings.each
    assert 0 < opening.drawn_s <= opening.interactive_s <= opening.whole_s
