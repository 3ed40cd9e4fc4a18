from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.bench.cores import plan_cores
from loadtest.bench.document_crowds import (
    DRAWING,
    FOLLOWING,
    CrowdOutcome,
    CrowdPlan,
    CrowdWindow,
    judge_crowd,
    measure_crowd,
)
from loadtest.bench.document_room import invite
from loadtest.bench.report import Outcome, Report
from loadtest.bench.server_process import running_server
from tests.support.web_client import find_web_client

GOOD = CrowdWindow(
    drawn_per_s=1_500,
    seen_per_s=73_500,
    p50_ms=20,
    p99_ms=40,
    applied_p99_ms=45,
    view_p99_ms=60,
    kept_p50_ms=20,
    kept_p99_ms=40,
    server_percent=40,
    server_core_percent=50,
    bots_core_percent=60,
    late_p99_ms=3,
)


@pytest.fixture(autouse=True)
def web_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_WEB_DIR", str(find_web_client(tmp_path / "web")))


def judged(window: CrowdWindow, plan: CrowdPlan = DRAWING, found: tuple[int, int, int] = (0, 0, 0)) -> Report:
    unseen, differing, lost = found
    outcome = CrowdOutcome(windows=(window,) * 3, unseen=unseen, differing=differing, lost=lost)
    return judge_crowd(plan, outcome, is_shared=False)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {row.name: row.outcome for row in report.rows if row.outcome is not Outcome.INFORMATION}


def test_a_crowd_that_sees_everything_in_time_meets_everything() -> None:
    assert set(outcomes(judged(GOOD)).values()) == {Outcome.MET}
    report = judged(replace(GOOD, drawn_per_s=30), FOLLOWING)
    assert set(outcomes(report).values()) == {Outcome.MET}
    assert "view of the presenter p99" in outcomes(report)
    assert "server CPU" not in outcomes(report)


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"p99_ms": 100}, "stroke to screen p99"),
        ({"applied_p99_ms": 120}, "the same until a copy has it, p99"),
        ({"server_percent": 50}, "server CPU"),
    ],
)
def test_what_takes_too_long_or_too_much_misses(bad: dict[str, float], name: str) -> None:
    missed = [row for row, outcome in outcomes(judged(replace(GOOD, **bad))).items() if outcome is Outcome.MISSED]
    assert missed == [name]


@pytest.mark.parametrize("found", [(1, 0, 0), (0, 1, 0), (0, 0, 1)], ids=["an update", "a copy", "a connection"])
def test_whatever_is_lost_misses(found: tuple[int, int, int]) -> None:
    assert list(outcomes(judged(GOOD, found=found)).values()).count(Outcome.MISSED) == 1


def test_a_delay_that_busy_bots_may_have_made_is_invalid_and_one_that_is_good_enough_stands() -> None:
    busy = replace(GOOD, bots_core_percent=95)
    assert set(outcomes(judged(busy)).values()) == {Outcome.MET}
    assert outcomes(judged(replace(busy, p99_ms=150)))["stroke to screen p99"] is Outcome.INVALID


def test_bots_that_drew_too_little_say_nothing_of_the_server() -> None:
    found = outcomes(judged(replace(GOOD, drawn_per_s=1_400)))
    assert found["server CPU"] is Outcome.INVALID
    assert found["stroke to screen p99"] is Outcome.INVALID
    assert found["updates not seen, or twice"] is Outcome.MET


async def test_people_see_everything_that_the_others_draw_and_have_what_the_server_has(tmp_path: Path) -> None:
    plan = CrowdPlan(drawers=3, watchers=1, windows=1, window_s=1.5)
    async with running_server(tmp_path / "data") as server:
        invitation = await invite(server, plan.people + 1)
        outcome = await measure_crowd(server, invitation, plan, plan_cores([0]))
    [window] = outcome.windows
    assert (outcome.unseen, outcome.differing, outcome.lost) == (0, 0, 0)
    assert window.drawn_per_s > 0
    assert window.seen_per_s > window.drawn_per_s
    assert 0 < window.p50_ms <= window.p99_ms
    assert window.applied_p99_ms > 0
    assert window.view_p99_ms > 0
    assert window.kept_p99_ms > 0
