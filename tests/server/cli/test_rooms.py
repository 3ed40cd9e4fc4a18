"""`roundup rooms` and `roundup programme`, on a real data folder."""

import json
import re
from pathlib import Path

from tests.server.cli.test_people import assert_refused
from tests.support.command import roundup
from tests.support.gateway import run_sql


def test_rooms_are_listed_and_roles_given(tmp_path: Path) -> None:
    environment = {"ROUNDUP_DATA_DIR": tmp_path}
    roundup("people", "add", "ana@school.example", "--name", "Ana Lima", "--role", "teacher", **environment)
    roundup("rooms", "add", "stage", "--name", "Stage", "--kind", "stage", **environment)
    assert re.fullmatch(r"stage +stage +Stage\n", (roundup("rooms", "list", **environment)).out)
    given = roundup("rooms", "role", "stage", "ana@school.example", "host", **environment)
    assert given.out == "Ana Lima is host in Stage.\n"
    back = roundup("rooms", "role", "stage", "ana@school.example", "default", "--json", **environment)
    assert json.loads(back.out) == {"slug": "stage", "email": "ana@school.example", "role": None}
    wrong = roundup("rooms", "role", "stage", "ana@school.example", "king", **environment)
    assert_refused(wrong, 1, "no role in a room")
    assert_refused(roundup("rooms", "remove", "the stage", **environment), 1, "'the stage' cannot be part of a link")
    assert_refused(roundup("rooms", "add", "The Stage", "--name", "x", **environment), 1, "part of a link")


def test_a_room_is_removed_and_added_again(tmp_path: Path) -> None:
    environment = {"ROUNDUP_DATA_DIR": tmp_path}
    roundup("rooms", "add", "stage", "--name", "Stage", **environment)
    [before] = json.loads(roundup("rooms", "list", "--json", **environment).out)
    removed = roundup("rooms", "remove", "stage", **environment)
    assert (removed.code, removed.out) == (0, "Stage is removed.\n")
    assert json.loads(roundup("rooms", "list", "--json", **environment).out) == []
    shown = roundup("rooms", "list", "--all", **environment).out
    assert re.fullmatch(r"stage +round_up +Stage \(removed \d{4}-\d\d-\d\d\)\n", shown)
    [row] = json.loads(roundup("rooms", "list", "--all", "--json", **environment).out)
    assert before["removed_at"] is None
    assert row == before | {"removed_at": row["removed_at"]}
    assert row["removed_at"] > 0
    assert_refused(roundup("rooms", "remove", "stage", **environment), 1, "no room 'stage'")
    again = ("rooms", "add", "stage", "--name", "Stage")
    assert roundup(*again, **environment).out == "Stage is restored, at /r/stage.\n"
    assert roundup(*again, **environment).out == "Stage is changed, at /r/stage.\n"
    assert json.loads(roundup(*again, "--json", **environment).out) == {
        **{key: before[key] for key in ("room_id", "slug", "name", "kind")},
        "outcome": "changed",
    }
    assert json.loads(roundup("rooms", "list", "--json", **environment).out) == [before]
    trail = run_sql(tmp_path, "SELECT action, actor FROM audit_entry ORDER BY entry_id")
    assert [(row["action"], row["actor"]) for row in trail] == [
        ("room_added", "operator"),
        ("room_removed", "operator"),
        ("room_restored", "operator"),
    ]


def test_the_programme_is_named_and_shown(tmp_path: Path) -> None:
    environment = {"ROUNDUP_DATA_DIR": tmp_path}
    named = roundup("programme", "name", " Lakeside Virtual School ", **environment)
    assert (named.code, named.out) == (0, "The programme is called Lakeside Virtual School.\n")
    assert roundup("programme", "show", **environment).out == "Lakeside Virtual School\n"
    assert json.loads(roundup("programme", "show", "--json", **environment).out) == {"name": "Lakeside Virtual School"}
    assert_refused(roundup("programme", "name", "x" * 81, **environment), 1, "longer than 80")
