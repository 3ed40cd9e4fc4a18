from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from loadtest.bench import document_load
from loadtest.bench.cores import plan_cores
from loadtest.bench.document_load import BoardFiller, Load, judge_loads, measure_loads
from loadtest.documents.copy import BoardCopy
from tests.support.web_client import find_web_client

FAST = Load(answer_ms=50, whole_ms=70, packed_kb=700, whole_kb=2_400)


def test_a_board_has_as_many_elements_as_were_added_and_points_of_what_is_drawn() -> None:
    filler, board = BoardFiller(Random(1)), BoardCopy()
    for _ in range(4):
        board.begin(0, filler.add(25))
    contents = board.contents()
    assert len(contents["elements"]) == 100
    assert len(contents["points"]) == 20


def test_the_median_of_the_answers_is_judged() -> None:
    slow = replace(FAST, answer_ms=150)
    assert judge_loads([FAST, slow, FAST]).exit_code == 0
    assert judge_loads([FAST, slow, slow]).exit_code == 1


async def test_a_board_is_all_there_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_WEB_DIR", str(find_web_client(tmp_path / "web")))
    monkeypatch.setattr(document_load, "ELEMENTS", 60)
    monkeypatch.setattr(document_load, "TAIL", 10)
    [load] = await measure_loads(tmp_path, plan_cores([0]), repeats=1)
    assert 0 < load.answer_ms <= load.whole_ms
    assert 0 < load.packed_kb < load.whole_kb
