"""API tokens over real HTTP: made and revoked from a page, and what a program can do with one."""

import json

import aiohttp
import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from structlog.testing import capture_logs

from protocol.api_tokens import ApiTokenList, CreatedApiToken
from protocol.roles import ProgrammeRole
from protocol.room import SignedIn
from server.errors import UserError
from server.http.session import reader
from server.http.token_guard import WRONG_AT_ONCE
from server.people.tokens import new_api_token
from tests.server.http.conftest import ANA, Site

BEN = "ben@school.example"
OWN = {"Sec-Fetch-Site": "same-origin"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def create(site: Site, client: aiohttp.ClientSession, **fields: object) -> CreatedApiToken:
    body = json.dumps({"name": "Report"} | fields).encode()
    async with client.post(f"{site.url}/api/tokens", data=body, headers=OWN) as response:
        assert response.status == 201
        assert response.headers["Cache-Control"] == "no-store"
        return msgspec.json.decode(await response.read(), type=CreatedApiToken)


async def listed(site: Site, client: aiohttp.ClientSession) -> list[str]:
    async with client.get(f"{site.url}/api/tokens") as response:
        assert response.status == 200
        return [one.name for one in msgspec.json.decode(await response.read(), type=ApiTokenList).tokens]


async def secret_of(site: Site, email: str = ANA) -> str:
    person = await site.people.find(email)
    _, secret = await site.api_tokens.create(person.person_id, "Report", actor="test")
    return secret


async def who_reads(site: Site, headers: dict[str, str]) -> str:
    """Ask without a cookie of our own, and return the reader's name or the error's code."""
    async with aiohttp.ClientSession() as program, program.get(f"{site.url}/api/session", headers=headers) as response:
        assert not response.cookies, "no browser"
        body = await response.read()
        if response.status == 200:
            return msgspec.json.decode(body, type=SignedIn).person.name
        error: str = json.loads(body)["error"]["code"]
        return error


async def test_a_token_is_made_used_and_revoked(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    created = await create(site, client, name="Spreadsheet of the state", days=7)
    assert created.token.expires_at - created.token.created_at == 7 * 86_400_000
    assert await listed(site, client) == ["Spreadsheet of the state"]
    assert await who_reads(site, bearer(created.secret)) == "Ana Lima"
    async with client.delete(f"{site.url}/api/tokens/{created.token.token_id}", headers=OWN) as response:
        assert response.status == 204
    assert await listed(site, client) == []
    assert await who_reads(site, bearer(created.secret)) == "not_signed_in"
    async with client.delete(f"{site.url}/api/tokens/{created.token.token_id}", headers=OWN) as response:
        assert response.status == 404


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
async def test_the_schemes_name_may_be_written_anyhow(site: Site, scheme: str) -> None:
    assert await who_reads(site, {"Authorization": scheme + await secret_of(site)}) == "Ana Lima"


@pytest.mark.parametrize("token", ["rup_", "rup_" + "A" * 43, "rup_A", "rup_" + "A" * 5_000, "rup_\u00e9"])
async def test_a_wrong_token_is_told_how_to_be_let_in(site: Site, token: str) -> None:
    async with (
        aiohttp.ClientSession() as program,
        program.get(f"{site.url}/api/session", headers=bearer(token)) as response,
    ):
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="Roundup", error="invalid_token"'
        error = (await response.json())["error"]
    assert error == {"code": "not_signed_in", "text": "This API token does not work, or not any more."}


async def test_without_a_token_the_challenge_names_no_mistake(site: Site) -> None:
    async with aiohttp.ClientSession() as program:
        async with program.get(f"{site.url}/api/session") as response:
            assert (response.status, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="Roundup"')
        async with program.get(f"{site.url}/api/tasks") as response:
            assert response.status == 401
            assert "WWW-Authenticate" not in response.headers, "tokens do not help there"


async def test_who_sends_both_is_who_the_token_says(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    await site.people.add_person(BEN, "Ben Kay", ProgrammeRole.MENTOR)
    async with client.get(f"{site.url}/api/session", headers=bearer(await secret_of(site, BEN))) as response:
        assert msgspec.json.decode(await response.read(), type=SignedIn).person.name == "Ben Kay"
        assert not response.cookies
    async with client.get(f"{site.url}/api/session", headers=bearer(new_api_token())) as response:
        assert response.status == 401


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer of-a-proxy", "Bearer", "Bearer ", "rup_x", "\u00e9"])
async def test_what_proxies_put_there_keeps_no_page_out(site: Site, client: aiohttp.ClientSession, value: str) -> None:
    await site.sign_in(client)
    async with client.get(f"{site.url}/api/session", headers={"Authorization": value}) as response:
        assert response.status == 200
    assert await who_reads(site, {"Authorization": value}) == "not_signed_in"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/tokens"),
        ("POST", "/api/tokens"),
        ("DELETE", "/api/tokens/token_1"),
        ("GET", "/api/tasks"),
        ("PUT", "/api/tasks/document_1"),
        ("GET", "/api/rooms/lounge"),
        ("GET", "/api/rooms/lounge/meetings"),
        ("POST", "/api/connection-test"),
    ],
)
async def test_a_token_opens_nothing_that_does_not_say_so(
    site: Site, client: aiohttp.ClientSession, method: str, path: str
) -> None:
    await site.sign_in(client)
    headers = OWN | bearer(await secret_of(site))
    async with client.request(method, site.url + path, headers=headers, data=b'{"name": "x"}') as response:
        assert response.status == 403, "also not by the cookie beside it"
        assert (await response.json())["error"]["text"] == "API tokens do not open this address."
    assert len(await listed(site, client)) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_route_that_takes_tokens_by_mistake_changes_nothing_for_them(method: str) -> None:
    request = make_mocked_request(method, "/api/session", headers=bearer(new_api_token()))
    with pytest.raises(UserError, match="API tokens only read"):
        await reader(request)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_program_is_told_that_its_token_only_reads(
    site: Site, client: aiohttp.ClientSession, method: str
) -> None:
    headers = bearer(await secret_of(site))
    async with client.request(method, f"{site.url}/api/v1/hours/entries", headers=headers) as response:
        assert (response.status, (await response.json())["error"]["text"]) == (403, "API tokens only read.")


async def test_a_token_signs_nobody_out(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    async with client.delete(f"{site.url}/api/session", headers=bearer(await secret_of(site))) as response:
        assert response.status == 403
    assert await listed(site, client) == ["Report"]


async def test_many_wrong_tokens_are_told_to_wait(site: Site) -> None:
    working = await secret_of(site)
    assert await who_reads(site, bearer(working)) == "Ana Lima"
    for _ in range(WRONG_AT_ONCE):
        assert await who_reads(site, bearer(new_api_token())) == "not_signed_in"
    async with (
        aiohttp.ClientSession() as program,
        program.get(f"{site.url}/api/session", headers=bearer(new_api_token())) as response,
    ):
        assert (response.status, response.headers["Retry-After"]) == (429, "2")
        assert (await response.json())["error"]["retry_after_s"] == 2
    assert await who_reads(site, bearer(working)) == "Ana Lima"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 1_000,
        b"{}",
        b'{"name": ""}',
        b'{"name": " "}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "x", "days": 0}',
        b'{"name": "x", "days": 367}',
        b'{"name": "x", "days": "7"}',
        b'{"name": "x", "days": 1.5}',
        b'{"name": "x", "days": 100000000000000000000000}',
        b'{"name": "x", "person_id": "me"}',
        b'{"name": "\xff"}',
        json.dumps({"name": "x" * 81}).encode(),
    ],
)
async def test_what_asks_for_no_token_is_refused(site: Site, client: aiohttp.ClientSession, body: bytes) -> None:
    await site.sign_in(client)
    async with client.post(f"{site.url}/api/tokens", data=body, headers=OWN) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (400, "bad_request")
    assert await listed(site, client) == []


async def test_a_body_without_end_is_not_read(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    async with client.post(f"{site.url}/api/tokens", data=b" " * 1_025, headers=OWN) as response:
        assert response.status == 413


async def test_another_site_makes_and_revokes_nothing(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    token = (await create(site, client)).token
    evil = {"Origin": "https://evil.example"}
    async with client.post(f"{site.url}/api/tokens", data=b'{"name": "x"}', headers=evil) as response:
        assert response.status == 403
    async with client.delete(f"{site.url}/api/tokens/{token.token_id}", headers=evil) as response:
        assert response.status == 403
    assert await listed(site, client) == ["Report"]


async def test_nobody_makes_one_without_signing_in(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.post(f"{site.url}/api/tokens", data=b'{"name": "x"}', headers=OWN) as response:
        assert response.status == 401
    async with client.get(f"{site.url}/api/tokens") as response:
        assert response.status == 401


async def test_nobody_revokes_anothers(site: Site, client: aiohttp.ClientSession) -> None:
    await site.people.add_person(BEN, "Ben Kay", ProgrammeRole.MENTOR)
    bens = await secret_of(site, BEN)
    [token] = await site.api_tokens.list_own((await site.people.find(BEN)).person_id)
    await site.sign_in(client)
    async with client.delete(f"{site.url}/api/tokens/{token.token_id}", headers=OWN) as response:
        assert response.status == 404
    assert await who_reads(site, bearer(bens)) == "Ben Kay"


async def test_no_token_is_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    secret = await secret_of(site)
    with capture_logs() as lines:
        await who_reads(site, bearer(secret))
        await who_reads(site, bearer(secret + "x"))
    assert len(lines) == 2
    assert secret.removeprefix("rup_") not in str(lines) + caplog.text
