"""`roundup rehearse`: an invented year, with links to look at it."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.cli.rehearse import last_day_over
from tests.support.command import roundup


def test_it_tells_what_it_has_added_and_how_to_look_at_it(tmp_path: Path) -> None:
    done = roundup("rehearse", "--pairs", "3", "--days", "5", "--json", ROUNDUP_DATA_DIR=tmp_path)
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert (told["people"], told["pairs"]) == (5, 3)
    assert told["meetings"] > 0
    assert all("/s/" in link for link in told["links"].values())
    verified = roundup("hours", "verify", "--json", ROUNDUP_DATA_DIR=tmp_path)
    assert (verified.code, json.loads(verified.out)["rows"]) == (0, told["log_rows"])


def test_a_zone_that_is_none_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    refused = roundup("rehearse", "--time-zone", "Nowhere/Else", ROUNDUP_DATA_DIR=tmp_path)
    assert refused.code == 1
    assert "'Nowhere/Else' is no time zone" in refused.err


@pytest.mark.parametrize(("hour", "day"), [(0, 22), (17, 22), (18, 23), (23, 23)])
def test_nobody_meets_in_the_future(hour: int, day: int) -> None:
    assert last_day_over(datetime(2026, 11, 23, hour, tzinfo=ZoneInfo("America/Chicago"))).day == day


def test_it_says_whose_link_is_whose_and_what_comes_next(tmp_path: Path) -> None:
    done = roundup("rehearse", "--pairs", "1", "--days", "1", ROUNDUP_DATA_DIR=tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for who in ("A coordinator", "A mentor", "A teacher"):
        assert "/s/" in lines[lines.index(who) + 1]
    assert "Start `roundup serve` on the same data" in lines[-1]
