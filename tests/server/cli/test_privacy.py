"""`roundup people export` and `erase`, `programme retention`, `audit list`, on a real data folder."""

import json
import stat
import zipfile
from pathlib import Path

from tests.support.command import Outcome, roundup

ANA = "ana@school.example"


def run(data: Path, *args: str | Path) -> Outcome:
    return roundup(*args, ROUNDUP_DATA_DIR=data)


def add(data: Path, email: str = ANA, name: str = "Ana Lima") -> None:
    assert run(data, "people", "add", email, "--name", name, "--role", "teacher").code == 0


def test_all_about_somebody_is_written_to_a_file_that_only_the_owner_reads(tmp_path: Path) -> None:
    add(tmp_path)
    to = tmp_path / "ana.zip"
    exported = run(tmp_path, "people", "export", "Ana@School.example", "--to", to)
    assert (exported.code, exported.out) == (0, f"All about Ana Lima <{ANA}>: {to}\n")
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    with zipfile.ZipFile(to) as file:
        assert json.loads(file.read("person.json"))[0]["name"] == "Ana Lima"
    again = run(tmp_path, "people", "export", ANA, "--to", to)
    assert (again.code, again.err) == (1, f"roundup: There is a file {to} already.\n")
    nowhere = run(tmp_path, "people", "export", ANA, "--to", tmp_path / "none" / "ana.zip")
    assert nowhere.code == 1
    assert "cannot be written: No such file or directory." in nowhere.err
    assert run(tmp_path, "people", "export", "nobody@school.example", "--to", tmp_path / "x.zip").code == 1
    assert [one["action"] for one in json.loads(run(tmp_path, "audit", "list", "--json").out)] == [
        "person_added",
        "person_exported",
    ]


def test_it_is_asked_before_somebody_is_erased(tmp_path: Path) -> None:
    add(tmp_path)
    asked = run(tmp_path, "people", "erase", ANA)
    assert asked.code == 1
    assert f"Erase Ana Lima <{ANA}>? This cannot be taken back" in asked.err
    assert ANA in run(tmp_path, "people", "list").out


def test_somebody_is_erased_and_the_address_is_somebody_new(tmp_path: Path) -> None:
    add(tmp_path)
    before = json.loads(run(tmp_path, "people", "list", "--json").out)[0]["person_id"]
    erased = run(tmp_path, "people", "erase", ANA, "--yes")
    assert (erased.code, erased.out) == (0, f"{before} is erased.\n")
    assert run(tmp_path, "people", "list").out == ""
    everybody = run(tmp_path, "people", "list", "--all").out
    assert "Removed person" in everybody
    assert "Ana" not in everybody
    assert ANA not in everybody
    again = run(tmp_path, "people", "erase", ANA, "--yes")
    assert (again.code, again.err) == (1, f"roundup: Nobody here has the e-mail address {ANA}.\n")
    add(tmp_path)
    assert json.loads(run(tmp_path, "people", "list", "--json").out)[0]["person_id"] != before
    trail = run(tmp_path, "audit", "list").out
    assert "person_erased" in trail
    assert ANA not in trail


def test_how_long_what_is_kept_is_said_and_printed(tmp_path: Path) -> None:
    assert run(tmp_path, "programme", "retention", "--presence-days", "90").code == 0
    assert run(tmp_path, "programme", "retention").out == (
        "presence-days          90\nsign-in-days           400\naudit-days             1826\n"
    )
    assert run(tmp_path, "programme", "retention", "--audit-days", "30").code == 2
    assert json.loads(run(tmp_path, "programme", "retention", "--json").out)["presence_days"] == 90


def test_reminders_can_be_switched_off(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "programme", "hours-policy", "--no-reminders", "--json").out)["reminders"] is False
    assert json.loads(run(tmp_path, "programme", "hours-policy", "--json").out)["reminders"] is False
    assert "\nreminders              no\n" in run(tmp_path, "programme", "hours-policy").out
    assert json.loads(run(tmp_path, "programme", "hours-policy", "--reminders", "--json").out)["reminders"] is True


def test_the_trail_is_printed_by_who_it_is_about_and_since_when(tmp_path: Path) -> None:
    add(tmp_path)
    add(tmp_path, "ben@school.example", "Ben Ode")
    run(tmp_path, "people", "link", ANA)
    listed = run(tmp_path, "audit", "list", "--about", ANA).out.splitlines()
    assert [line.split()[3] for line in listed] == ["person_added", "link_created"]
    assert all("operator" in line and "Ana Lima" in line for line in listed)
    assert run(tmp_path, "audit", "list", "--by", ANA).out == ""
    assert run(tmp_path, "audit", "list", "--since", "2999-01-01").out == ""
    assert len(run(tmp_path, "audit", "list", "--since", "2020-01-01").out.splitlines()) == 3
    newest = run(tmp_path, "audit", "list", "--limit", "1")
    assert "link_created" in newest.out
    assert newest.err == "roundup: There are older entries than these 1: --limit shows more.\n"
    assert run(tmp_path, "audit", "list", "--since", "yesterday").err == "roundup: There is no day yesterday.\n"
    assert run(tmp_path, "audit", "list", "--about", "x@school.example").code == 1
