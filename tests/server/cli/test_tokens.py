"""`roundup tokens`, on a real data folder."""

import asyncio
import json
import re
from pathlib import Path

from protocol.room import Person
from server.clock import SystemClock
from server.people.api_tokens import ApiTokens
from server.store.database import Database
from server.store.tokens import TokenRepository
from tests.support.command import Outcome, roundup

ANA = "ana@school.example"


def tokens(data: Path, *args: str) -> Outcome:
    return roundup("tokens", *args, ROUNDUP_DATA_DIR=data)


def add(data: Path) -> None:
    added = roundup("people", "add", ANA, "--name", "Ana Lima", "--role", "coordinator", ROUNDUP_DATA_DIR=data)
    assert added.code == 0


def who_is(data: Path, secret: str) -> Person | None:
    async def look() -> Person | None:
        database = await Database.open(data)
        try:
            return await ApiTokens(TokenRepository(database), SystemClock()).person_of(secret)
        finally:
            await database.close()

    return asyncio.run(look())


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    add(tmp_path)
    created = tokens(tmp_path, "create", "Ana@School.example", "--name", "Report for the state")
    assert re.fullmatch(r"rup_[\w-]{43}\n", created.out)
    secret = created.out.strip()
    listed = tokens(tmp_path, "list")
    line = r"(token_\w{16}) +ana@school\.example +Report for the state +until \d{4}-\d\d-\d\d, never used\n"
    match = re.fullmatch(line, listed.out)
    assert match is not None, listed.out
    person = who_is(tmp_path, secret)
    assert person is not None
    assert person.email == ANA
    assert ", last used on 20" in tokens(tmp_path, "list", ANA).out
    revoked = tokens(tmp_path, "revoke", match[1])
    assert revoked.out == f"Report for the state ({match[1]}) is revoked.\n"
    assert who_is(tmp_path, secret) is None
    assert tokens(tmp_path, "list").out == ""


def test_everything_can_be_had_as_json(tmp_path: Path) -> None:
    add(tmp_path)
    created = json.loads(tokens(tmp_path, "create", ANA, "--name", "Report", "--days", "7", "--json").out)
    assert created["expires_at"] - created["created_at"] == 7 * 86_400_000
    assert created["secret"].startswith("rup_")
    [listed] = json.loads(tokens(tmp_path, "list", "--json").out)
    assert listed == {key: created[key] for key in created if key != "secret"}
    revoked = tokens(tmp_path, "revoke", created["token_id"], "--json")
    assert json.loads(revoked.out) == {"revoked": created["token_id"]}


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    add(tmp_path)
    for args, sentence in (
        (("create", "eve@school.example", "--name", "x"), "Nobody here has the e-mail address"),
        (("create", ANA, "--name", " "), "A name is missing."),
        (("list", "eve@school.example"), "Nobody here has"),
        (("revoke", "token_0"), "There is no such token."),
    ):
        outcome = tokens(tmp_path, *args)
        assert (outcome.code, outcome.out) == (1, "")
        assert sentence in outcome.err
    assert tokens(tmp_path, "create", ANA, "--name", "x", "--days", "367").code == 2
