"""`roundup people`, on a real data folder."""

import asyncio
import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from protocol.room import Person
from server.people.service import PeopleService, SignIn
from server.store.database import Database
from server.store.people import PeopleRepository
from server.store.sqlite.backend import FILE_NAME
from tests.support.clock import ManualClock
from tests.support.command import ROOT, Outcome, roundup, roundup_process
from tests.support.gateway import run_sql

LINK = re.compile(r"(https?://[^/]+)/s/([\w-]{43})")


def people(data: Path, *args: str | Path, **environment: str) -> Outcome:
    return roundup("people", *args, ROUNDUP_DATA_DIR=data, **environment)


def add(data: Path, email: str = "ana@school.example") -> None:
    outcome = people(data, "add", email, "--name", "Ana Lima", "--role", "teacher")
    assert (outcome.code, outcome.err) == (0, "")


def use(data: Path, url: str) -> SignIn | None:
    match = LINK.fullmatch(url.strip())
    assert match is not None, url

    async def sign_in() -> SignIn | None:
        database = await Database.open(data)
        try:
            return await PeopleService(PeopleRepository(database), ManualClock()).use_link(match[2])
        finally:
            await database.close()

    return asyncio.run(sign_in())


def assert_refused(outcome: Outcome, code: int, sentence: str) -> None:
    assert outcome.code == code
    assert re.fullmatch(rf"roundup: .*{sentence}.*\.\n", outcome.err), outcome.err
    assert outcome.out == ""


def test_a_person_is_added_listed_linked_and_revoked(tmp_path: Path) -> None:
    add(tmp_path)
    linked = people(tmp_path, "link", "ana@school.example")
    assert (linked.code, linked.out.count("\n")) == (0, 1)
    assert linked.out.startswith("http://localhost:8800/s/")
    used = use(tmp_path, linked.out)
    assert used is not None
    assert used.person.name == "Ana Lima"
    listed = people(tmp_path, "list")
    assert re.search(
        r"ana@school\.example +teacher +Ana Lima +1 valid link, signed in once, last on \d{4}-", listed.out
    )
    revoked = people(tmp_path, "revoke", "ana@school.example")
    assert revoked.out == "1 link is revoked, and all sessions and API tokens ended.\n"
    assert use(tmp_path, linked.out) is None


def test_everything_can_be_had_as_json(tmp_path: Path) -> None:
    added = people(tmp_path, "add", "Ana@School.example", "--name", "Ana", "--role", "mentor", "--json")
    person = json.loads(added.out)
    assert (person["email"], person["name"], person["role"]) == ("ana@school.example", "Ana", "mentor")
    linked = people(tmp_path, "link", "ana@school.example", "--json")
    assert json.loads(linked.out)["email"] == "ana@school.example"
    assert LINK.fullmatch(json.loads(linked.out)["link"])
    listed = json.loads((people(tmp_path, "list", "--json")).out)
    assert person.pop("outcome") == "added"
    figures = {"valid_links": 1, "link_uses": 0, "last_sign_in_at": None, "removed_at": None}
    assert listed == [person | figures]
    assert json.loads((people(tmp_path, "revoke", "ana@school.example", "--json")).out) == {"revoked": 1}


@pytest.mark.parametrize(
    ("environment", "base"),
    [
        ({"ROUNDUP_PUBLIC_URL": "https://rooms.example.org/"}, "https://rooms.example.org"),
        ({"ROUNDUP_PORT": "8901"}, "http://localhost:8901"),
        ({"ROUNDUP_TLS_CERT": "cert.pem"}, "https://localhost:8800"),
    ],
)
def test_a_link_leads_to_where_the_server_is_reached(tmp_path: Path, environment: dict[str, str], base: str) -> None:
    add(tmp_path)
    linked = people(tmp_path, "link", "ana@school.example", **environment)
    match = LINK.fullmatch(linked.out.strip())
    assert match is not None
    assert match[1] == base


def test_a_link_can_lead_to_a_room(tmp_path: Path) -> None:
    add(tmp_path)
    assert_refused(people(tmp_path, "link", "ana@school.example", "--room", "attic"), 1, "no room 'attic'")
    added = roundup("rooms", "add", "attic", "--name", "The attic", ROUNDUP_DATA_DIR=tmp_path)
    assert added.out == "The attic is added, at /r/attic.\n"
    used = use(tmp_path, (people(tmp_path, "link", "ana@school.example", "--room", "attic")).out)
    assert used is not None
    assert used.room_slug == "attic"


def test_a_list_is_imported_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(
        "Name;Role;E-mail;EMAIL\nZoë;mentor;x;zoe@school.example\nAna;TEACHER;y;ana@school.example\n", "utf-8-sig"
    )
    imported = people(tmp_path, "import", file)
    assert imported.code == 0
    rows = list(csv.DictReader(imported.out.splitlines()))
    assert [(row["email"], row["name"]) for row in rows] == [
        ("zoe@school.example", "Zoë"),
        ("ana@school.example", "Ana"),
    ]
    names = [used.person.name for row in rows if (used := use(tmp_path, row["link"]))]
    assert names == ["Zoë", "Ana"]
    again = json.loads((people(tmp_path, "import", file, "--json")).out)
    assert [(row["email"], row["name"]) for row in again] == [(row["email"], row["name"]) for row in rows]
    assert all(LINK.fullmatch(row["link"]) for row in again)
    assert len(json.loads((people(tmp_path, "list", "--json")).out)) == 2


def test_a_name_that_spreadsheets_would_compute_is_printed_as_text(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text('email,name,role\nana@school.example,"=HYPERLINK(""https://evil.example"")",teacher\n')
    [row] = csv.DictReader(people(tmp_path, "import", file).out.splitlines())
    assert row["name"] == '\'=HYPERLINK("https://evil.example")'
    [person] = json.loads(people(tmp_path, "import", file, "--json").out)
    assert person["name"] == '=HYPERLINK("https://evil.example")', "it is kept as it was given"


def test_links_for_this_computer_only_come_with_a_warning(tmp_path: Path) -> None:
    add(tmp_path)
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\nana@school.example,Ana,teacher\n")
    for command in (("link", "ana@school.example"), ("import", file)):
        local = people(tmp_path, *command)
        assert re.fullmatch(r"roundup: [^\n]*--public-url[^\n]*\.\n", local.err), local.err
        public = people(tmp_path, *command, ROUNDUP_PUBLIC_URL="https://rooms.example.org")
        assert public.err == ""
        assert "https://rooms.example.org/s/" in public.out


def test_a_link_works_for_as_many_days_as_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\nana@school.example,Ana,teacher\n")
    for command in (("import", file), ("link", "ana@school.example")):
        for option, days in (((), 30), (("--days", "2"), 2)):
            people(tmp_path, *command, *option)
            newest = run_sql(tmp_path, "SELECT expires_at - created_at AS ms FROM sign_in_link ORDER BY rowid DESC")[0]
            assert newest["ms"] == pytest.approx(days * 86_400_000, abs=60_000), "to the minute"


async def test_on_a_terminal_an_import_is_for_eyes(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\nana@school.example,Ana Lima,teacher\nzoe@school.example,Zoe,mentor\n")
    ours, terminal = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "people", "import", file, "--data-dir", tmp_path),
        cwd=ROOT,
        stdout=terminal,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    shown = os.read(ours, 10_000).decode().replace("\r\n", "\n")
    os.close(terminal)
    os.close(ours)
    link = r"\n  http://localhost:8800/s/[\w-]{43}\n"
    assert re.fullmatch(rf"Ana Lima <ana@school\.example>{link}\nZoe <zoe@school\.example>{link}", shown), shown


def test_somebody_is_removed_and_added_again(tmp_path: Path) -> None:
    add(tmp_path)
    linked = people(tmp_path, "link", "ana@school.example")
    removed = people(tmp_path, "remove", "ana@school.example")
    assert (removed.code, removed.out) == (0, "Ana Lima <ana@school.example> is removed.\n")
    assert use(tmp_path, linked.out) is None
    assert json.loads(people(tmp_path, "list", "--json").out) == []
    assert re.search(r"ana@school\.example .* removed \d{4}-", people(tmp_path, "list", "--all").out)
    [row] = json.loads(people(tmp_path, "list", "--all", "--json").out)
    assert row["removed_at"] > 0
    assert_refused(people(tmp_path, "remove", "ana@school.example"), 1, "Nobody here")
    add(tmp_path)
    assert [row["removed_at"] for row in json.loads(people(tmp_path, "list", "--json").out)] == [None]
    again = people(tmp_path, "remove", "ana@school.example", "--json")
    assert json.loads(again.out) == {"removed": "ana@school.example"}


def test_adding_says_whether_anybody_was_there_before(tmp_path: Path) -> None:
    ana = ("add", "ana@school.example", "--name", "Ana", "--role")
    assert people(tmp_path, *ana, "teacher").out == "Ana <ana@school.example>, teacher, is added.\n"
    again = ("add", " ANA@school.example", "--name", "Ana", "--role", "mentor")
    assert people(tmp_path, *again).out == "Ana <ana@school.example>, mentor, is changed.\n"
    assert json.loads(people(tmp_path, *again, "--json").out)["outcome"] == "changed"
    people(tmp_path, "remove", "ana@school.example")
    assert people(tmp_path, *ana, "ops").out == "Ana <ana@school.example>, ops, is restored.\n"


def test_a_list_with_mistakes_adds_nobody_and_tells_all_of_them(tmp_path: Path) -> None:
    add(tmp_path)
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\nben@school.example,Ben,teacher\nzoe,Zoe,teacher\neve,Eve,teacher\n")
    imported = people(tmp_path, "import", file)
    assert (imported.code, imported.out) == (1, "")
    assert re.fullmatch(r"roundup: Line 3: 'zoe' [^\n]*\.\nLine 4: 'eve' [^\n]*\.\n", imported.err)
    assert [one["name"] for one in json.loads(people(tmp_path, "list", "--json").out)] == ["Ana Lima"]


async def test_the_command_is_a_process_with_streams_and_exit_codes(tmp_path: Path) -> None:
    added = await roundup_process(
        "people", "add", "ana@school.example", "--name", "Ana", "--role", "ops", ROUNDUP_DATA_DIR=tmp_path
    )
    assert (added.code, added.out, added.err) == (0, "Ana <ana@school.example>, ops, is added.\n", "")
    refused = await roundup_process("people", "link", "ben@school.example", ROUNDUP_DATA_DIR=tmp_path)
    assert_refused(refused, 1, "Nobody here")
    broken = await roundup_process("people", "list", ROUNDUP_DATA_DIR="/dev/null/data")
    assert_refused(broken, 2, "no Roundup data")


def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path: Path) -> None:
    add(tmp_path)
    assert_refused(people(tmp_path, "link", "ben@school.example"), 1, "Nobody here")
    assert_refused(people(tmp_path, "revoke", "ben@school.example"), 1, "Nobody here")
    assert_refused(people(tmp_path, "add", "ben", "--name", "B", "--role", "teacher"), 1, "not an e-mail address")
    assert_refused(people(tmp_path, "import", tmp_path / "none.csv"), 1, "cannot be read")
    ben = ("ben@school.example", "--name", "Ben", "--role", "teacher")
    assert_refused(people(Path("/dev/null/data"), "add", *ben), 2, "cannot be used")
    bad_url = people(tmp_path, "link", "ben@school.example", ROUNDUP_PUBLIC_URL="rooms.example.org")
    assert_refused(bad_url, 2, "scheme and host")


@pytest.mark.parametrize(
    "command",
    [
        "people list",
        "people link a@b.c",
        "people revoke a@b.c",
        "people remove a@b.c",
        "rooms list",
        "rooms remove a",
        "rooms role a a@b.c host",
        "programme show",
    ],
)
def test_a_folder_without_data_is_a_mistake_and_stays_as_it_is(tmp_path: Path, command: str) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        assert_refused(roundup(*command.split(), ROUNDUP_DATA_DIR=folder), 2, f"no Roundup data in {folder}")
    assert list(tmp_path.iterdir()) == []


def test_whoever_looks_beside_the_demo_is_told_where_it_is(tmp_path: Path) -> None:
    add(tmp_path / "demo")
    demo = tmp_path / "demo"
    assert_refused(people(tmp_path, "list"), 2, f"no Roundup data in {tmp_path};.* --data-dir {demo}")
    add(tmp_path)
    newer = "UPDATE alembic_version SET version_num = 'newer'"
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.execute(newer)
    outcome = people(tmp_path, "list")
    assert outcome.code == 2
    assert "demo" not in outcome.err, "there is data, only not of this version"


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path)
    # SQLite reports what it may not exceed exactly as it reports a full disk.
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("max_page_count=1",))
    file = tmp_path / "staff.csv"
    file.write_text("email,name,role\n" + "".join(f"p{n}@school.example,P,teacher\n" for n in range(2_000)))
    assert_refused(people(tmp_path, "import", file), 2, "the disk is full")


def test_a_database_that_is_locked_while_a_command_works_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path)
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("busy_timeout=1",))
    with closing(sqlite3.connect(tmp_path / FILE_NAME, check_same_thread=False)) as holder:
        find = PeopleService.find

        async def find_and_lock(service: PeopleService, email: str) -> Person:
            person = await find(service, email)
            holder.execute("BEGIN IMMEDIATE")
            return person

        monkeypatch.setattr(PeopleService, "find", find_and_lock)
        assert_refused(people(tmp_path, "revoke", "ana@school.example"), 2, "another program has locked it")


def test_the_command_loads_no_part_of_the_server_before_it_is_needed() -> None:
    heavy = "{'aiohttp', 'socketio', 'sqlalchemy', 'aiortc', 'structlog'}"
    probe = f"import sys, server.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
