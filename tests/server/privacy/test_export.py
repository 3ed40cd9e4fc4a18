"""All about one person, in one file, and nothing that is only somebody else's."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from protocol.errors import ErrorCode
from server.errors import UserError
from server.privacy.export import DESCRIPTIONS, MAX_PER_HOUR, PersonalExports
from server.store.models import ApiTokenRow, SignInLinkRow, SignInSessionRow
from server.store.personal import PersonalRepository
from server.store.programme import audit
from tests.support.privacy import NOW, House


@pytest.fixture
def exports(house: House) -> PersonalExports:
    return PersonalExports(PersonalRepository(house.database), house.clock)


async def export(house: House, exports: PersonalExports, name: str) -> tuple[dict[str, Any], str]:
    """Return what is in the files, and all of it as one text."""
    with zipfile.ZipFile(BytesIO(await exports.make(house.person_id(name)))) as file:
        assert file.testzip() is None
        texts = {one: file.read(one).decode() for one in file.namelist()}
    found = {name.removesuffix(".json"): json.loads(text) for name, text in texts.items() if name.endswith(".json")}
    return found | {"README": texts["README.txt"]}, "\n".join(texts.values())


async def test_everything_that_somebody_has_left_is_in_it(house: House, exports: PersonalExports) -> None:
    await house.hold("two", mia=[(0, 30)], ana=[(5, 40)])
    await house.leave_traces("ana")
    await house.say_yes()
    async with house.database.session() as session:
        audit(session, NOW, house.person_id("cora"), "hours_viewed", house.pairs["ana"])
    found, _ = await export(house, exports, "ana")
    assert [one["email"] for one in found["person"]] == ["ana@school.example"]
    assert [one["text"] for one in found["chat_messages"]] == [f"ana says secret {number}" for number in range(3)]
    assert [(one["meeting_id"], one["present_ms"]) for one in found["attendance"]] == [("two", 35 * 60_000)]
    assert [one["kind"] for one in found["presence_events"]] == ["joined", "left"]
    assert {one["action"] for one in found["hours_log"]} == {"proposed", "entered", "confirmed"}
    assert [one["action"] for one in found["hours_steps_taken"]] == ["entered"]
    assert {one["state"] for one in found["hours"]} == {"confirmed", "proposed"}
    assert [one["name"] for one in found["api_tokens"]] == ["secret of ana"]
    assert [one["body"] for one in found["letters"]] == ["secret letter 0", "secret letter 1"]
    assert (house.person_id("cora"), "hours_viewed") in [(one["actor"], one["action"]) for one in found["audit"]]
    names = {one["id"]: one["name"] for one in found["names"]}
    assert names[house.person_id("mia")] == "mia"
    assert names[house.person_id("cora")] == "cora"
    assert found["person"][0]["created_at"] == "1970-01-01T00:00:00.001Z"
    for name in DESCRIPTIONS:
        assert f"{name}.json ({len(found[name])}): " in found["README"]


async def test_no_secret_and_nothing_of_somebody_else_is_in_it(house: House, exports: PersonalExports) -> None:
    for name in ("ana", "ben"):
        await house.leave_traces(name)
    _, text = await export(house, exports, "ana")
    assert "ben" not in text
    assert "token_hash" not in text
    async with house.database.reading() as session:
        for table in (ApiTokenRow, SignInLinkRow, SignInSessionRow):
            for secret in await session.scalars(select(table.token_hash)):
                assert secret not in text


async def test_nothing_is_left_to_export_of_who_was_erased(house: House, exports: PersonalExports) -> None:
    await house.hold("two", mia=[(0, 30)], ana=[(5, 40)])
    await house.leave_traces("ana")
    await house.eraser.erase(house.person_id("ana"), actor="operator")
    found, text = await export(house, exports, "ana")
    assert "secret of" not in text
    assert "ana@school" not in text
    assert "says secret" not in text
    assert [one["present_ms"] for one in found["attendance"]] == [35 * 60_000]


async def test_one_person_asks_a_few_times_in_an_hour_and_nobody_else_waits_for_that(
    house: House, exports: PersonalExports
) -> None:
    for _ in range(MAX_PER_HOUR):
        await exports.make_own(house.person_id("ana"))
    with pytest.raises(UserError) as refused:
        await exports.make_own(house.person_id("ana"))
    assert refused.value.code is ErrorCode.TOO_MANY
    assert await exports.make_own(house.person_id("ben"))
    house.clock.advance(seconds=3_600)
    assert await exports.make_own(house.person_id("ana"))
