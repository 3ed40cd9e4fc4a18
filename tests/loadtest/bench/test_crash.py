from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.bench.cores import plan_cores
from loadtest.bench.crash import Crashes, CrashPlan, judge_crashes, measure_crashes
from loadtest.bench.crash_truth import Account
from loadtest.bench.hours_commands import Verdict
from loadtest.bench.report import Outcome, Report
from tests.support.web_client import find_web_client

GOOD = Account(certain_s=20.0, possible_s=20.2, recorded_s=16.0)
FOUND = Crashes(
    people=[GOOD],
    stopped=[GOOD],
    pairs=[GOOD],
    sums=[GOOD],
    back_s=[2.0],
    verdict=Verdict(rows=2, is_intact=True),
)


def missed(report: Report) -> list[str]:
    return [row.name for row in report.rows if row.outcome is Outcome.MISSED]


def test_meetings_are_long_enough_for_an_entry_now_and_then_and_in_the_end() -> None:
    plan = CrashPlan()
    is_long = [stay_s >= plan.long_s[0] for stay_s in plan.stays]
    assert len(is_long) == plan.crashes + 1
    assert sum(is_long) == plan.crashes / plan.long_every + 1
    assert is_long[-1]
    assert plan.stays == CrashPlan().stays, "runs are alike"


def test_what_a_crash_costs_and_what_is_too_much_is_judged() -> None:
    assert judge_crashes(CrashPlan(), FOUND).exit_code == 0
    lost = Account(certain_s=20.0, possible_s=20.2, recorded_s=9.9)
    assert missed(judge_crashes(CrashPlan(), replace(FOUND, people=[GOOD, lost]))) == [
        "lost by a person in a crash, worst"
    ]
    assert missed(judge_crashes(CrashPlan(), replace(FOUND, pairs=[GOOD, lost]))) == [
        "lost of a pair's hours in a crash, worst"
    ]
    invented = Account(certain_s=20.0, possible_s=20.2, recorded_s=20.3)
    assert missed(judge_crashes(CrashPlan(), replace(FOUND, stopped=[invented]))) == [
        "recorded beyond what passed, worst"
    ]
    assert missed(judge_crashes(CrashPlan(), replace(FOUND, sums=[invented]))) == [
        "a pair's hours beyond what passed in all, worst"
    ]
    broken = replace(FOUND, verdict=Verdict(rows=2, is_intact=False))
    assert missed(judge_crashes(CrashPlan(), broken)) == ["logs that do not verify"]


def test_what_no_meeting_was_long_enough_for_is_left_out_and_named() -> None:
    report = judge_crashes(CrashPlan(long_every=0), replace(FOUND, pairs=[], sums=[]))
    assert not any("pair's hours" in row.name for row in report.rows)
    assert any("left out" in note for note in report.notes)


async def test_people_come_back_after_a_kill_and_what_was_recorded_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDUP_WEB_DIR", str(find_web_client(tmp_path / "web")))
    report = Report()
    plan = CrashPlan(pairs=2, crashes=1, short_s=(6.0, 6.5), long_every=0)
    await measure_crashes(plan, plan_cores([0]), report)
    values = {row.name: row.value for row in report.rows}
    assert values["kills of the server with everybody inside"] == 1
    assert values["recorded beyond what passed, worst"] == 0
    assert values["lost by a person in a crash, worst"] > 0
    assert values["logs that do not verify"] == 0
