import os
from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.bench import hocuspocus
from loadtest.bench.cores import plan_cores
from loadtest.bench.document_comparison import OURS, Ramp, RampPlan, Step, climb, judge_comparison
from loadtest.bench.hocuspocus import HocuspocusError, install
from loadtest.bench.report import Outcome
from loadtest.documents.crowd import DrawingPage, OnUpdate

PLAN = RampPlan(steps=(2, 4, 6), window_s=0.2, runs=1)
STEP = Step(
    people=50,
    drawn_per_s=1_500,
    seen_share=1.0,
    p99_ms=40,
    kept_p99_ms=30,
    server_percent=60,
    bots_core_percent=50,
)
THEIRS = "Hocuspocus as it comes"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason for a step to fail, only what is not seen."""
    monkeypatch.setattr("loadtest.bench.document_comparison.MAX_P99_MS", 60_000.0)
    monkeypatch.setattr("loadtest.bench.document_comparison._MIN_SHARE", 0.5)


class Whiteboard:
    """Tells everybody at once, up to so many pages; beyond, it falls silent."""

    def __init__(self, bears: int) -> None:
        self._bears = bears
        self._pages: list[OnUpdate] = []

    async def enter(self, _number: int, on_update: OnUpdate) -> DrawingPage:
        self._pages.append(on_update)
        return WhiteboardPage(self)

    def tell(self, update: bytes) -> None:
        for on_update in self._pages if len(self._pages) <= self._bears else ():
            on_update(update)


class WhiteboardPage:
    def __init__(self, board: Whiteboard) -> None:
        self.is_lost = False
        self.kept_ms: list[float] = []
        self._board = board

    def draw(self, update: bytes) -> None:
        self.kept_ms.append(1.0)
        self._board.tell(update)

    def close(self) -> None:
        self.is_lost = True


async def test_the_ramp_ends_where_the_server_falls_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtest.bench.document_comparison._DRAIN_TIMEOUT_S", 0.1)
    ramp = await climb(Whiteboard(bears=4).enter, os.getpid(), plan_cores([0]), PLAN)
    assert ramp.best is not None
    assert ramp.failed is not None
    assert (ramp.best.people, ramp.failed.people) == (4, 6)
    assert ramp.best.seen_share > 0.5
    assert ramp.failed.seen_share == 0.0


async def test_who_bears_everything_has_not_failed() -> None:
    ramp = await climb(Whiteboard(bears=6).enter, os.getpid(), plan_cores([0]), PLAN)
    assert ramp.best is not None
    assert (ramp.best.people, ramp.failed) == (6, None)


def outcome_of(ours: Ramp, theirs: Ramp) -> Outcome:
    rows = judge_comparison({OURS: [ours], THEIRS: [theirs]}, "", PLAN).rows
    return rows[-1].outcome


def test_who_bears_more_is_ahead() -> None:
    more, less = Ramp(STEP, None), Ramp(replace(STEP, drawn_per_s=1_200), replace(STEP, p99_ms=80))
    assert outcome_of(more, less) is Outcome.MET
    assert outcome_of(less, more) is Outcome.MISSED
    assert outcome_of(more, more) is Outcome.MISSED
    assert outcome_of(Ramp(None, STEP), less) is Outcome.MISSED


def test_a_ramp_that_the_bots_ended_says_nothing() -> None:
    ours = Ramp(replace(STEP, drawn_per_s=1_200), STEP)
    failed = replace(STEP, p99_ms=80, bots_core_percent=95)
    assert outcome_of(ours, Ramp(STEP, failed)) is Outcome.INVALID
    assert outcome_of(ours, Ramp(STEP, replace(failed, server_percent=97))) is Outcome.MISSED, "nor could the server"


def test_without_hocuspocus_there_is_nothing_to_judge_and_the_report_says_why() -> None:
    report = judge_comparison({OURS: [Ramp(STEP, None)]}, "npm is missing.", PLAN)
    assert {row.outcome for row in report.rows} == {Outcome.INFORMATION}
    assert report.notes[-1] == "documents compared: without Hocuspocus: npm is missing."


async def test_a_node_that_is_missing_or_too_old_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.20.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hocuspocus, "find_spec", lambda _name: None)
    with pytest.raises(HocuspocusError, match=r"needs Node 22\.13"):
        await install()
