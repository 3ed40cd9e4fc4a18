from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.bench.cores import plan_cores
from loadtest.bench.report import Outcome, Report
from loadtest.bench.soak import Holding, SoakPlan, judge_soak, measure_soak

PLAN = SoakPlan(readings=11, warm_up=2)
STEADY = Holding(joins=10, gateway_mb=60, worker_mb=40, files=30, objects=4, tasks=20)


def steady() -> list[Holding]:
    return [replace(STEADY, joins=10 * (number + 1)) for number in range(PLAN.readings)]


def outcomes(report: Report) -> dict[str, Outcome]:
    return {row.name: row.outcome for row in report.rows if row.outcome is not Outcome.INFORMATION}


def test_a_server_that_holds_what_it_held_meets_everything() -> None:
    report = judge_soak(PLAN, steady())
    assert set(outcomes(report).values()) == {Outcome.MET}
    assert len(outcomes(report)) == 5
    assert report.exit_code == 0


def test_the_warm_up_may_take_memory() -> None:
    holdings = [replace(STEADY, gateway_mb=20, files=10), replace(STEADY, gateway_mb=40, files=20), *steady()[2:]]
    assert judge_soak(PLAN, holdings).exit_code == 0


@pytest.mark.parametrize(
    ("grown", "name"),
    [
        ({"gateway_mb": 1.0}, "gateway memory grown"),
        ({"worker_mb": 1.0}, "worker memory grown"),
        ({"files": 1}, "open files left over"),
        ({"objects": 1}, "people and media left over"),
        ({"tasks": 1}, "tasks left over"),
    ],
)
def test_what_grows_with_every_round_misses(grown: dict[str, float], name: str) -> None:
    holdings = [
        replace(holding, **{key: getattr(holding, key) + value * number for key, value in grown.items()})
        for number, holding in enumerate(steady())
    ]
    missed = [row for row, outcome in outcomes(judge_soak(PLAN, holdings)).items() if outcome is Outcome.MISSED]
    assert missed == [name]


def test_one_high_reading_of_memory_is_no_leak() -> None:
    holdings = steady()
    holdings[-1] = replace(holdings[-1], gateway_mb=90)
    assert judge_soak(PLAN, holdings).exit_code == 0


def test_in_a_short_run_memory_is_only_told() -> None:
    holdings = [replace(holding, worker_mb=40 + number) for number, holding in enumerate(steady())]
    report = judge_soak(replace(PLAN, judges_memory=False), holdings)
    assert report.exit_code == 0
    assert len(outcomes(report)) == 3


def test_tasks_that_the_server_does_not_tell_are_not_judged() -> None:
    report = judge_soak(PLAN, [replace(holding, tasks=float("nan")) for holding in steady()])
    assert "tasks left over" not in outcomes(report)
    assert report.exit_code == 0


async def test_people_who_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    plan = SoakPlan(readings=2, warm_up=0, round_s=0.2, seats=2, stay_s=0.05, vanish_every=0)
    report = await measure_soak(plan, plan_cores([0]))
    rows = {row.name: row for row in report.rows}
    assert rows["joins and leaves"].value >= 4
    assert rows["people and media left over"].outcome is Outcome.MET
    assert rows["gateway memory in the end (USS)"].value > 10
