from pathlib import Path

import pytest

from loadtest.bench import document_kills
from loadtest.bench.cores import plan_cores
from loadtest.bench.document_kills import Kills, judge_kills, measure_kills
from loadtest.bench.report import Outcome
from tests.support.web_client import find_web_client


def test_a_single_edit_that_is_gone_misses() -> None:
    lost = Kills(rounds=1, acknowledged={"a", "b"}, lost={"b"})
    assert [row.outcome for row in judge_kills(lost).rows] == [Outcome.INFORMATION, Outcome.MISSED]
    kept = Kills(rounds=1, acknowledged={"a", "b"})
    assert judge_kills(kept).exit_code == 0


async def test_what_is_acknowledged_before_a_kill_is_there_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDUP_WEB_DIR", str(find_web_client(tmp_path / "web")))
    monkeypatch.setattr(document_kills, "EDITS", 60)
    kills = await measure_kills(tmp_path, plan_cores([0]), rounds=2)
    assert kills.rounds == 2
    assert len(kills.acknowledged) >= 2 * 60
    assert kills.lost == set()
