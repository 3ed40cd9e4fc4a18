"""`roundup people` and `roundup rooms`, as processes on a real data folder."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.people.service import PeopleService, SignIn
from server.store.database import Database
from server.store.people import PeopleRepository
from tests.support.clock import ManualClock
from tests.support.command import ROOT, Outcome, roundup, roundup_process

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
    assert (linked.code, linked.err, linked.out.count("\n")) == (0, "", 1)
    assert linked.out.startswith("http://localhost:8800/s/")
    used = use(tmp_path, linked.out)
    assert used is not None
    assert used.person.name == "Ana Lima"
    listed = people(tmp_path, "list")
    assert re.search(r"ana@school\.example +teacher +Ana Lima +valid links: 1, sign-ins: 1, last \d{4}-", listed.out)
    revoked = people(tmp_path, "revoke", "ana@school.example")
    assert revoked.out == "1 link is revoked, and all sessions ended.\n"
    assert use(tmp_path, linked.out) is None


def test_everything_can_be_had_as_json(tmp_path: Path) -> None:
    added = people(tmp_path, "add", "Ana@School.example", "--name", "Ana", "--role", "mentor", "--json")
    person = json.loads(added.out)
    assert (person["email"], person["name"], person["role"]) == ("ana@school.example", "Ana", "mentor")
    linked = people(tmp_path, "link", "ana@school.example", "--json")
    assert json.loads(linked.out)["email"] == "ana@school.example"
    assert LINK.fullmatch(json.loads(linked.out)["link"])
    listed = json.loads((people(tmp_path, "list", "--json")).out)
    figures = {"valid_links": 1, "link_uses": 0, "last_sign_in_at": None}
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
    assert added.out == "The attic is at /r/attic.\n"
    used = use(tmp_path, (people(tmp_path, "link", "ana@school.example", "--room", "attic")).out)
    assert used is not None
    assert used.room_slug == "attic"


def test_a_list_is_imported_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(
        "Name;Role;E-mail;EMAIL\nZoë;mentor;x;zoe@school.example\nAna;TEACHER;y;ana@school.example\n", "utf-8-sig"
    )
    imported = people(tmp_path, "import", file)
    lines = imported.out.splitlines()
    assert (imported.code, len(lines)) == (0, 2)
    names = [used.person.name for line in lines if (used := use(tmp_path, line))]
    assert names == ["Zoë", "Ana"]
    again = json.loads((people(tmp_path, "import", file, "--json")).out)
    assert [row["email"] for row in again] == ["zoe@school.example", "ana@school.example"]
    assert all(LINK.fullmatch(row["link"]) for row in again)
    assert len(json.loads((people(tmp_path, "list", "--json")).out)) == 2


async def test_the_command_is_a_process_with_streams_and_exit_codes(tmp_path: Path) -> None:
    added = await roundup_process(
        "people", "add", "ana@school.example", "--name", "Ana", "--role", "ops", ROUNDUP_DATA_DIR=tmp_path
    )
    assert (added.code, added.out, added.err) == (0, "Ana <ana@school.example>, ops\n", "")
    refused = await roundup_process("people", "link", "ben@school.example", ROUNDUP_DATA_DIR=tmp_path)
    assert_refused(refused, 1, "Nobody here")
    broken = await roundup_process("people", "list", ROUNDUP_DATA_DIR="/dev/null/data")
    assert_refused(broken, 2, "cannot be used")


def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path: Path) -> None:
    assert_refused(people(tmp_path, "link", "ben@school.example"), 1, "Nobody here")
    assert_refused(people(tmp_path, "revoke", "ben@school.example"), 1, "Nobody here")
    assert_refused(people(tmp_path, "add", "ben", "--name", "B", "--role", "teacher"), 1, "not an e-mail address")
    assert_refused(people(tmp_path, "import", tmp_path / "none.csv"), 1, "cannot be read")
    assert_refused(people(Path("/dev/null/data"), "list"), 2, "cannot be used")
    bad_url = people(tmp_path, "link", "ben@school.example", ROUNDUP_PUBLIC_URL="rooms.example.org")
    assert_refused(bad_url, 2, "scheme and host")


def test_rooms_are_listed_and_roles_given(tmp_path: Path) -> None:
    add(tmp_path)
    environment = {"ROUNDUP_DATA_DIR": tmp_path}
    roundup("rooms", "add", "stage", "--name", "Stage", "--kind", "stage", **environment)
    assert re.fullmatch(r"stage +stage +Stage\n", (roundup("rooms", "list", **environment)).out)
    given = roundup("rooms", "role", "stage", "ana@school.example", "host", **environment)
    assert given.out == "Ana Lima is host in Stage.\n"
    back = roundup("rooms", "role", "stage", "ana@school.example", "default", "--json", **environment)
    assert json.loads(back.out) == {"slug": "stage", "email": "ana@school.example", "role": None}
    wrong = roundup("rooms", "role", "stage", "ana@school.example", "king", **environment)
    assert_refused(wrong, 1, "no role in a room")
    assert_refused(roundup("rooms", "add", "The Stage", "--name", "x", **environment), 1, "part of a link")


def test_the_command_loads_no_part_of_the_server_before_it_is_needed() -> None:
    heavy = "{'aiohttp', 'socketio', 'sqlalchemy', 'aiortc', 'structlog'}"
    probe = f"import sys, server.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
