"""API tokens over a real database of each kind: whom they let in, for how long, and how many there may be."""

import asyncio

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from protocol.api_tokens import MAX_TOKEN_DAYS, MAX_TOKENS
from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole
from protocol.room import Person
from server.errors import StoreError, UserError
from server.people.api_tokens import MAX_TOKENS_PER_DAY, ApiTokens
from server.people.service import PeopleService
from server.people.tokens import hash_token, is_api_token
from server.store.database import Database
from server.store.models import ApiTokenRow, AuditEntryRow, PersonRow
from server.store.tokens import TokenRepository
from tests.support.clock import ManualClock
from tests.support.rows import all_rows

ANA, BEN = "ana@school.example", "ben@school.example"


@pytest.fixture
def tokens(database: Database, clock: ManualClock) -> ApiTokens:
    return ApiTokens(TokenRepository(database), clock)


@pytest.fixture
async def ana(people: PeopleService) -> Person:
    return await people.add_person(ANA, "Ana Lima", ProgrammeRole.COORDINATOR)


async def refusal(tokens: ApiTokens, person: Person) -> ErrorCode | None:
    async with asyncio.timeout(60):
        while True:
            try:
                await tokens.create(person.person_id, "One more", actor="test")
            except StoreError:  # a busy machine's database, which is asked again
                continue
            except UserError as error:
                return error.code
            return None


async def test_a_token_is_its_person_and_only_a_hash_of_it_is_kept(
    tokens: ApiTokens, ana: Person, database: Database
) -> None:
    token, secret = await tokens.create(ana.person_id, " Spreadsheet ", actor=ana.person_id)
    assert is_api_token(secret)
    assert (token.name, token.last_used_at) == ("Spreadsheet", None)
    assert await tokens.person_of(secret) == ana
    [row] = await all_rows(database, ApiTokenRow)
    assert row["token_hash"] == hash_token(secret)
    assert secret.removeprefix("rup_") not in str(await all_rows(database, ApiTokenRow, AuditEntryRow))
    trail = [(one["actor"], one["action"], one["detail"]) for one in await all_rows(database, AuditEntryRow)]
    assert (ana.person_id, "api_token_created", token.token_id) in trail


@pytest.mark.parametrize("days", [1, 90, MAX_TOKEN_DAYS])
async def test_a_token_works_to_its_last_moment(tokens: ApiTokens, ana: Person, clock: ManualClock, days: int) -> None:
    token, secret = await tokens.create(ana.person_id, "Report", days, actor="test")
    assert token.expires_at - token.created_at == days * 86_400_000
    clock.advance(days=days, seconds=-0.001)
    assert await tokens.person_of(secret) == ana
    clock.advance(seconds=0.001)
    assert await tokens.person_of(secret) is None


@pytest.mark.parametrize("days", [0, -1, MAX_TOKEN_DAYS + 1, 10**9])
async def test_no_token_works_longer_than_a_year(tokens: ApiTokens, ana: Person, days: int) -> None:
    with pytest.raises(UserError, match="1 to 366 days"):
        await tokens.create(ana.person_id, "Report", days, actor="test")


@pytest.mark.parametrize("text", ["", "rup_", "rup_" + "A" * 43, "rup_" + "é" * 43, "A" * 43, "rup_" + "A" * 5_000])
async def test_what_is_no_token_lets_nobody_in(tokens: ApiTokens, ana: Person, text: str) -> None:
    await tokens.create(ana.person_id, "Report", actor="test")
    assert await tokens.person_of(text) is None


async def test_a_sessions_token_is_no_api_token_nor_the_other_way_round(
    tokens: ApiTokens, people: PeopleService, ana: Person
) -> None:
    signed_in = await people.use_link(await people.create_link(ANA))
    assert signed_in is not None
    assert await tokens.person_of(f"rup_{signed_in.session_token}") is None
    _, secret = await tokens.create(ana.person_id, "Report", actor="test")
    assert await people.person_of_session(secret) is None
    assert await people.person_of_session(secret.removeprefix("rup_")) is None


async def test_a_revoked_token_works_no_more_and_is_not_listed(tokens: ApiTokens, ana: Person) -> None:
    kept, secret_kept = await tokens.create(ana.person_id, "Kept", actor="test")
    gone, secret = await tokens.create(ana.person_id, "Gone", actor="test")
    assert (await tokens.revoke(gone.token_id, ana.person_id, actor="test")).name == "Gone"
    assert await tokens.person_of(secret) is None
    assert await tokens.person_of(secret_kept) == ana
    assert [one.token_id for one in await tokens.list_own(ana.person_id)] == [kept.token_id]
    with pytest.raises(UserError, match="no such token"):
        await tokens.revoke(gone.token_id, ana.person_id, actor="test")


async def test_nobody_sees_or_revokes_anothers_token(tokens: ApiTokens, people: PeopleService, ana: Person) -> None:
    ben = await people.add_person(BEN, "Ben Kay", ProgrammeRole.MENTOR)
    token, secret = await tokens.create(ana.person_id, "Report", actor="test")
    assert await tokens.list_own(ben.person_id) == ()
    with pytest.raises(UserError, match="no such token"):
        await tokens.revoke(token.token_id, ben.person_id, actor=ben.person_id)
    assert await tokens.person_of(secret) == ana
    assert [one.email for one in await tokens.list_all()] == [ANA]


async def test_an_expired_token_is_listed_for_another_month(tokens: ApiTokens, ana: Person, clock: ManualClock) -> None:
    await tokens.create(ana.person_id, "Report", 1, actor="test")
    clock.advance(days=30.9)
    assert len(await tokens.list_own(ana.person_id)) == 1
    clock.advance(days=0.2)
    assert await tokens.list_own(ana.person_id) == ()


@pytest.mark.parametrize("end", ["remove", "revoke"])
async def test_who_is_locked_out_has_no_token_even_when_they_come_back(
    tokens: ApiTokens, people: PeopleService, ana: Person, end: str
) -> None:
    _, secret = await tokens.create(ana.person_id, "Report", actor="test")
    await (people.remove(ANA) if end == "remove" else people.revoke(ANA))
    assert await tokens.person_of(secret) is None
    await people.add_person(ANA, "Ana Lima", ProgrammeRole.COORDINATOR)
    assert await tokens.person_of(secret) is None
    assert await refusal(tokens, ana) is None, "they are given new ones"


async def test_a_removed_persons_token_works_for_nobody_whoever_removed_them(
    tokens: ApiTokens, ana: Person, database: Database
) -> None:
    _, secret = await tokens.create(ana.person_id, "Report", actor="test")
    async with database.session() as session:
        await session.execute(update(PersonRow).values(removed_at=1))
    assert await tokens.person_of(secret) is None


async def test_who_was_removed_is_given_none(tokens: ApiTokens, people: PeopleService, ana: Person) -> None:
    await people.remove(ANA)
    assert await refusal(tokens, ana) is ErrorCode.NOT_FOUND


async def test_at_most_twenty_work_at_once_also_when_they_are_made_at_once(
    tokens: ApiTokens, ana: Person, clock: ManualClock
) -> None:
    results = await asyncio.gather(*(refusal(tokens, ana) for _ in range(MAX_TOKENS + 5)))
    assert results.count(None) == MAX_TOKENS
    assert results.count(ErrorCode.TOO_MANY) == 5
    [first, *_] = await tokens.list_own(ana.person_id)
    await tokens.revoke(first.token_id, actor="test")
    assert await refusal(tokens, ana) is None
    clock.advance(days=90)
    assert await refusal(tokens, ana) is None, "expired ones do not count"


async def test_nobody_fills_the_table_by_making_and_revoking(
    tokens: ApiTokens, ana: Person, clock: ManualClock
) -> None:
    for _ in range(MAX_TOKENS_PER_DAY):
        token, _ = await tokens.create(ana.person_id, "Again", actor="test")
        await tokens.revoke(token.token_id, actor="test")
    assert await refusal(tokens, ana) is ErrorCode.TOO_MANY
    clock.advance(days=1)
    assert await refusal(tokens, ana) is None


async def test_when_it_was_used_last_is_kept_once_a_minute(tokens: ApiTokens, ana: Person, clock: ManualClock) -> None:
    _, secret = await tokens.create(ana.person_id, "Report", actor="test")

    async def used_at() -> int | None:
        await tokens.person_of(secret)
        [listed] = await tokens.list_own(ana.person_id)
        return listed.last_used_at

    first = clock.now_ms()
    assert await used_at() == first
    clock.advance(seconds=59.999)
    assert await used_at() == first
    clock.advance(seconds=0.001)
    assert await used_at() == first + 60_000


class _FullDisk(TokenRepository):
    async def note_use(self, token_id: str, *, at: int) -> None:
        raise StoreError("The disk is full.")


async def test_a_full_disk_keeps_no_program_from_reading(
    database: Database, clock: ManualClock, tokens: ApiTokens, ana: Person
) -> None:
    _, secret = await tokens.create(ana.person_id, "Report", actor="test")
    with capture_logs() as lines:
        assert await ApiTokens(_FullDisk(database), clock).person_of(secret) == ana
    assert [line["event"] for line in lines] == ["store_failed"]
