"""The commands on a PostgreSQL database, and what they say of its URL."""

import json
from pathlib import Path

import pytest

from server.store.location import DatabaseUrl
from tests.support.command import Outcome, roundup
from tests.support.postgresql import PASSWORD, PostgresServer


@pytest.fixture
def empty_url(postgresql: PostgresServer) -> DatabaseUrl:
    return postgresql.location(postgresql.create_database())


def assert_refused(outcome: Outcome, sentence: str) -> None:
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"roundup: {sentence}\n"


def test_people_rooms_and_the_programme_are_kept_there(empty_url: DatabaseUrl, tmp_path: Path) -> None:
    environment: dict[str, str | Path] = {"ROUNDUP_DATABASE_URL": empty_url.text, "ROUNDUP_DATA_DIR": tmp_path / "data"}
    assert roundup("programme", "name", "Lakeside", **environment).code == 0
    assert roundup("rooms", "add", "lab", "--name", "Lab", **environment).out == "Lab is added, at /r/lab.\n"
    people = tmp_path / "staff.csv"
    people.write_text("email,name,role\n" + "".join(f"p{n}@school.example,P,teacher\n" for n in range(1_000)))
    assert roundup("people", "import", people, "--room", "lab", **environment).out.count("/s/") == 1_000
    assert roundup("people", "revoke", "p7@school.example", **environment).code == 0
    assert roundup("rooms", "role", "lab", "p7@school.example", "host", **environment).out == "P is host in Lab.\n"
    del environment["ROUNDUP_DATABASE_URL"]
    option = ("--database-url", empty_url.text)
    assert roundup("programme", "show", *option, **environment).out == "Lakeside\n"
    assert [room["slug"] for room in json.loads(roundup("rooms", "list", "--json", *option, **environment).out)] == [
        "lab"
    ]
    listed = json.loads(roundup("people", "list", "--json", *option, **environment).out)
    assert len(listed) == 1_000
    assert {one["email"] for one in listed if one["valid_links"] == 0} == {"p7@school.example"}
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [("people", "list"), ("rooms", "list"), ("programme", "show")])
def test_a_database_without_data_is_not_taken_for_an_empty_programme(
    empty_url: DatabaseUrl, command: tuple[str, str]
) -> None:
    outcome = roundup(*command, ROUNDUP_DATABASE_URL=empty_url.text)
    hint = "Is it another one? Else begin with roundup serve or roundup people add."
    assert_refused(outcome, f"The database {empty_url.name} is empty. {hint}")


def test_what_is_said_to_begin_with_begins(empty_url: DatabaseUrl) -> None:
    added = roundup(
        *("people", "add", "a@school.example", "--name", "Ana", "--role", "teacher"),
        ROUNDUP_DATABASE_URL=empty_url.text,
    )
    assert added.code == 0
    assert "Ana" in roundup("people", "list", ROUNDUP_DATABASE_URL=empty_url.text).out


def test_what_is_wrong_is_said_without_the_password(postgresql: PostgresServer) -> None:
    missing = postgresql.location("missing")
    reason = "there is no database of this name; make it with createdb"
    outcome = roundup("people", "list", ROUNDUP_DATABASE_URL=missing.text)
    assert_refused(outcome, f"The database {missing.name} cannot be used: {reason}.")
    garbled = roundup("people", "list", ROUNDUP_DATABASE_URL=f"postgresql://roundup:{PASSWORD}@localhost/roundup")
    assert garbled.code == 2
    assert "--database-url is not understood" in garbled.err
    assert not any(part in garbled.err for part in ("open:", "sesame"))


def test_help_tells_no_secret(empty_url: DatabaseUrl) -> None:
    for command in (("serve",), ("people", "list")):
        outcome = roundup(*command, "--help", ROUNDUP_DATABASE_URL=empty_url.text)
        assert "--database-url" in outcome.out
        assert "sesame" not in outcome.out
