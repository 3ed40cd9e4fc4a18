"""`roundup pairs`, on a real data folder."""

import json
import re
from pathlib import Path

import pytest

from tests.server.cli.test_people import assert_refused
from tests.support.command import Outcome, roundup
from tests.support.gateway import run_sql

ANA_BEN = ("ana@school.example", "ben@school.example")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make a programme of three people."""
    for name, role in (("Ana Lima", "mentor"), ("Ben Carter", "teacher"), ("Cleo Roy", "mentor")):
        email = f"{name.split()[0].lower()}@school.example"
        roundup("people", "add", email, "--name", name, "--role", role, ROUNDUP_DATA_DIR=tmp_path)
    return tmp_path


def pairs(data: Path, *args: str | Path) -> Outcome:
    return roundup("pairs", *args, ROUNDUP_DATA_DIR=data)


def test_a_pair_is_added_changed_listed_ended_and_resumed(data: Path) -> None:
    added = pairs(data, "add", "ANA@school.example", "ben@school.example", "--starts-on", "2026-08-17")
    assert (added.code, added.out) == (0, "Ana Lima and Ben Carter are added, from 2026-08-17.\n")
    assert pairs(data, "add", *ANA_BEN).out == "Ana Lima and Ben Carter are unchanged, from 2026-08-17.\n"
    changed = pairs(data, "add", *ANA_BEN, "--ends-on", "2199-05-28")
    assert changed.out == "Ana Lima and Ben Carter are changed, from 2026-08-17 to 2199-05-28.\n"
    line = r"ana@school\.example +ben@school\.example +mentor +from 2026-08-17 to 2199-05-28\n"
    assert re.fullmatch(line, pairs(data, "list").out)
    ended = pairs(data, "end", *ANA_BEN, "--on", "2026-08-20")
    assert ended.out == "Ana Lima and Ben Carter are a pair from 2026-08-17 to 2026-08-20.\n"
    resumed = pairs(data, "resume", *ANA_BEN)
    assert resumed.out == "Ana Lima and Ben Carter are a pair from 2026-08-17.\n"
    trail = run_sql(data, "SELECT action FROM audit_entry WHERE action LIKE 'pair%' ORDER BY entry_id")
    assert [row["action"] for row in trail] == ["pair_added", "pair_changed", "pair_ended", "pair_resumed"]


def test_a_pair_that_was_entered_by_mistake_is_taken_out(data: Path) -> None:
    added = pairs(data, "add", *reversed(ANA_BEN))
    assert added.code == 0
    assert added.err == (
        "roundup: Ben Carter, the mentor of this pair, is a teacher in the programme, and Ana Lima, the mentee, "
        "is not. If it is the wrong way round, `roundup pairs remove` takes it out.\n"
    )
    pairs(data, "leave", "add", *reversed(ANA_BEN), "2026-01-01", "2026-01-02")
    assert pairs(data, "add", *ANA_BEN).err == ""
    assert pairs(data, "remove", *reversed(ANA_BEN)).out == "Ben Carter and Ana Lima are no pair any more.\n"
    [left] = json.loads(pairs(data, "list", "--all", "--json").out)
    assert left["mentor"] == "ana@school.example"
    assert_refused(pairs(data, "remove", *reversed(ANA_BEN)), 1, "are no pair of the kind mentor")
    removed = json.loads(pairs(data, "remove", *ANA_BEN, "--json").out)
    assert removed == {"removed": left["pair_id"]}


@pytest.mark.parametrize(("kind", "count"), [("mentor", 1), ("lead_teacher", 1), ("content_buddy", 0)])
def test_whoever_imports_is_told_of_pairs_the_wrong_way_round(data: Path, kind: str, count: int) -> None:
    file = data / "pairs.csv"
    file.write_text(
        "mentor,mentee,kind\n"
        f"ben@school.example,ana@school.example,{kind}\n"
        f"ana@school.example,cleo@school.example,{kind}\n"
        f"cleo@school.example,ben@school.example,{kind}\n"
    )
    imported = pairs(data, "import", file)
    assert imported.out == "Pairs: 3 added.\n"
    assert imported.err.count("wrong way round") == count


def test_pairs_that_are_over_are_listed_when_asked_for(data: Path) -> None:
    pairs(data, "add", *ANA_BEN, "--starts-on", "2020-08-17", "--ends-on", "2021-05-28")
    pairs(data, "add", "cleo@school.example", "ben@school.example", "--kind", "content_buddy")
    assert [one["mentor"] for one in json.loads(pairs(data, "list", "--json").out)] == ["cleo@school.example"]
    everything = json.loads(pairs(data, "list", "--all", "--json").out)
    assert everything[0].pop("pair_id").startswith("pair_")
    assert everything[0] == {
        "kind": "mentor",
        "mentor": "ana@school.example",
        "mentee": "ben@school.example",
        "starts_on": "2020-08-17",
        "ends_on": "2021-05-28",
        "is_present": True,
    }
    roundup("people", "remove", "ben@school.example", ROUNDUP_DATA_DIR=data)
    assert pairs(data, "list").out == ""
    assert pairs(data, "list", "--all").out.count("left the programme") == 2


def test_a_pair_ends_today_unless_a_day_is_named(data: Path) -> None:
    pairs(data, "add", *ANA_BEN)
    ended = json.loads(pairs(data, "end", *ANA_BEN, "--json").out)
    assert ended["ends_on"] == ended["starts_on"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("add", "ana@school.example", "eve@school.example"), "Nobody here has the e-mail address eve@school.example"),
        (("add", "ana@school.example", "ana@school.example"), "cannot be a pair alone"),
        (("add", *ANA_BEN, "--starts-on", "17.8.2026"), "'17.8.2026' is no day; write it like 2026-11-30"),
        (("add", *ANA_BEN, "--starts-on", "2026-02-30"), "is no day"),
        (("add", *ANA_BEN, "--starts-on", "0026-02-03"), "is no day"),
        (("add", *ANA_BEN, "--starts-on", "2026-08-17", "--ends-on", "2026-08-16"), "cannot end on 2026-08-16"),
        (("end", *ANA_BEN), "ana@school.example and ben@school.example are no pair of the kind mentor"),
        (("leave", "add", *ANA_BEN, "2026-09-01", "2026-09-02"), "are no pair"),
        (("leave", "remove", "leave_0"), "There is no leave 'leave_0'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(data: Path, args: tuple[str, ...], sentence: str) -> None:
    assert_refused(pairs(data, *args), 1, re.escape(sentence))


def test_pairs_are_imported_all_or_none(data: Path) -> None:
    file = data / "pairs.csv"
    file.write_text(
        "Mentee;MENTOR;kind;starts_on;note\nben@school.example;Ana@school.example;;2026-08-17;x\n"
        "cleo@school.example;ana@school.example;Content Buddy;;\n",
        "utf-8-sig",
    )
    assert pairs(data, "import", file).out == "Pairs: 2 added.\n"
    assert json.loads(pairs(data, "import", file, "--json").out) == {"added": 0, "changed": 0, "unchanged": 2}
    listed = json.loads(pairs(data, "list", "--json").out)
    assert [(one["mentee"], one["kind"]) for one in listed] == [
        ("ben@school.example", "mentor"),
        ("cleo@school.example", "content_buddy"),
    ]
    file.write_text("mentor,mentee\ncleo@school.example,ben@school.example\n\neve@school.example,ben@school.example\n")
    assert_refused(pairs(data, "import", file), 1, "Line 4: Nobody here has the e-mail address eve@school.example")
    file.write_text("mentor,mentee,kind\nana,ben@school.example,\ncleo@school.example,ben@school.example,boss\n")
    refused = pairs(data, "import", file)
    assert refused.err.startswith(
        "roundup: Line 2: 'ana' is not an e-mail address.\nLine 3: 'boss' is no kind of pair;"
    )
    file.write_text("mentor\nana@school.example\n")
    assert_refused(pairs(data, "import", file), 1, "does not name mentee")
    assert len(json.loads(pairs(data, "list", "--json").out)) == 2


def test_leave_is_added_shown_and_removed(data: Path) -> None:
    pairs(data, "add", *ANA_BEN, "--starts-on", "2020-08-17")
    away = pairs(data, "leave", "add", *ANA_BEN, "2020-01-01", "2199-01-01")
    match = re.fullmatch(
        r"Ana Lima and Ben Carter are on leave from 2020-01-01 to 2199-01-01 \((leave_\w+)\)\.\n", away.out
    )
    assert match is not None
    assert pairs(data, "list").out.endswith("from 2020-08-17, on leave until 2199-01-01\n")
    again = pairs(data, "leave", "add", *ANA_BEN, "2026-01-01", "2026-01-02")
    assert_refused(again, 1, "on leave from 2020-01-01 to 2199-01-01 already")
    assert pairs(data, "leave", "remove", match[1]).out == f"{match[1]} is removed.\n"
    covered = pairs(
        data, "leave", "add", *ANA_BEN, "2020-01-01", "2199-01-01", "--substitute", "cleo@school.example", "--json"
    )
    assert json.loads(covered.out)["substitute"] == "cleo@school.example"
    assert pairs(data, "list").out.endswith("with Cleo Roy until 2199-01-01\n")
    assert pairs(data, "leave", "list").out.endswith("Ana Lima and Ben Carter, with Cleo Roy\n")
    rows = json.loads(pairs(data, "leave", "list", "--all", "--json").out)
    assert sorted((row["substitute"] or "", row["removed_at"] is None) for row in rows) == [
        ("", False),
        ("Cleo Roy", True),
    ]
