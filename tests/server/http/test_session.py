"""Signing in by a link, staying signed in, signing out: over real HTTP, as a browser does it."""

import asyncio
from datetime import timedelta
from http.cookies import Morsel

import aiohttp
import pytest

from protocol.roles import ProgrammeRole
from tests.server.http.conftest import ANA, Site, StartSite

BEN = "ben@school.example"
OWN = {"Sec-Fetch-Site": "same-origin"}


async def is_signed_in(site: Site, client: aiohttp.ClientSession) -> bool:
    async with client.get(f"{site.url}/api/session") as response:
        return response.status == 200


async def open_link(site: Site, client: aiohttp.ClientSession, token: str) -> aiohttp.ClientResponse:
    response = await client.get(f"{site.url}/s/{token}", allow_redirects=False)
    await response.read()
    return response


def session_cookie(response: aiohttp.ClientResponse) -> Morsel[str]:
    [cookie] = response.cookies.values()
    return cookie


async def test_a_link_signs_in_and_leads_to_its_room(site: Site, client: aiohttp.ClientSession) -> None:
    assert not await is_signed_in(site, client)
    response = await open_link(site, client, await site.people.create_link(ANA, "lounge"))
    assert (response.status, response.headers["Location"]) == (303, "/r/lounge")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert await is_signed_in(site, client)


async def test_a_link_without_a_room_leads_home(site: Site, client: aiohttp.ClientSession) -> None:
    response = await open_link(site, client, await site.people.create_link(ANA))
    assert response.headers["Location"] == "/"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site, client: aiohttp.ClientSession) -> None:
    cookie = session_cookie(await open_link(site, client, await site.people.create_link(ANA)))
    assert cookie.key == "roundup_session"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["secure"] == ""
    assert cookie["domain"] == ""
    assert int(cookie["max-age"]) == timedelta(days=30).total_seconds()


async def test_behind_https_the_cookie_is_bound_to_this_host(
    start_site: StartSite, client: aiohttp.ClientSession
) -> None:
    site = await start_site("https://rooms.example.org")
    response = await open_link(site, client, await site.people.create_link(ANA))
    cookie = session_cookie(response)
    assert cookie.key == "__Host-roundup_session"
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    headers = {"Cookie": f"__Host-roundup_session={cookie.value}"}
    async with client.delete(f"{site.url}/api/session", headers=headers | OWN) as deleted:
        # A browser ignores a removal that lacks what the prefix demands.
        assert (deleted.cookies[cookie.key]["secure"], deleted.cookies[cookie.key]["path"]) == (True, "/")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "A" * 43,
        "A" * 5_000,
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%0d%0aSet-Cookie:%20a=b",
        "%F0%9F%98%80",
        "<script>",
    ],
)
async def test_an_invalid_link_gets_a_friendly_page_and_no_cookie(
    site: Site, client: aiohttp.ClientSession, token: str
) -> None:
    response = await open_link(site, client, token)
    page = await response.text()
    assert response.status == 404
    assert response.content_type == "text/html"
    assert "no longer works" in page
    assert "script" not in page
    assert not response.cookies


async def test_expired_and_revoked_links_look_like_unknown_ones(site: Site, client: aiohttp.ClientSession) -> None:
    expired = await site.people.create_link(ANA, lifetime=timedelta(minutes=1))
    site.clock.advance(seconds=60)
    revoked = await site.people.create_link(ANA)
    await site.people.revoke(ANA)
    statuses = [(await open_link(site, client, token)).status for token in (expired, revoked, "A" * 43)]
    assert statuses == [404, 404, 404]


async def test_revoking_ends_a_session_that_is_in_use(site: Site, client: aiohttp.ClientSession) -> None:
    await site.sign_in(client)
    assert await is_signed_in(site, client)
    await site.people.revoke(ANA)
    assert not await is_signed_in(site, client)


async def test_looking_at_a_link_does_not_use_it(site: Site, client: aiohttp.ClientSession) -> None:
    token = await site.people.create_link(ANA)
    async with client.head(f"{site.url}/s/{token}", allow_redirects=False) as response:
        assert response.status == 200
        assert not response.cookies
    assert [one.link_uses for one in await site.people.list_people()] == [0]


async def test_a_planted_session_is_never_taken_over(site: Site) -> None:
    planted = "P" * 43
    async with aiohttp.ClientSession() as victim:
        headers = {"Cookie": f"roundup_session={planted}"}
        token = await site.people.create_link(ANA)
        async with victim.get(f"{site.url}/s/{token}", headers=headers, allow_redirects=False) as response:
            assert session_cookie(response).value != planted
    assert await site.people.person_of_session(planted) is None


async def test_ones_own_link_once_more_keeps_the_session(site: Site, client: aiohttp.ClientSession) -> None:
    first = session_cookie(await open_link(site, client, await site.people.create_link(ANA))).value
    token = await site.people.create_link(ANA)
    again = await asyncio.gather(*(open_link(site, client, token) for _ in range(5)))
    assert {session_cookie(response).value for response in again} == {first}
    assert await site.people.person_of_session(first) is not None
    assert site.signed_out == []


async def test_somebody_elses_link_ends_the_browsers_session(site: Site, client: aiohttp.ClientSession) -> None:
    first = session_cookie(await open_link(site, client, await site.people.create_link(ANA))).value
    await site.people.add_person(BEN, "Ben Kay", ProgrammeRole.TEACHER)
    second = session_cookie(await open_link(site, client, await site.people.create_link(BEN))).value
    assert first != second
    assert await site.people.person_of_session(first) is None
    assert await site.people.person_of_session(second) is not None
    assert site.signed_out == [first]


async def test_a_link_that_does_not_work_changes_nothing(site: Site, client: aiohttp.ClientSession) -> None:
    first = session_cookie(await open_link(site, client, await site.people.create_link(ANA))).value
    assert (await open_link(site, client, "A" * 43)).status == 404
    assert await site.people.person_of_session(first) is not None
    assert site.signed_out == []


async def test_signing_out_ends_the_session_and_removes_the_cookie(site: Site, client: aiohttp.ClientSession) -> None:
    cookie = session_cookie(await open_link(site, client, await site.people.create_link(ANA)))
    async with client.delete(f"{site.url}/api/session", headers=OWN) as response:
        assert response.status == 204
        assert response.cookies["roundup_session"]["max-age"] == "0"
    assert await site.people.person_of_session(cookie.value) is None


async def test_coming_back_renews_the_cookie(site: Site, client: aiohttp.ClientSession) -> None:
    cookie = session_cookie(await open_link(site, client, await site.people.create_link(ANA)))
    site.clock.advance(days=20)
    async with client.get(f"{site.url}/api/session") as response:
        assert session_cookie(response).value == cookie.value
        assert int(session_cookie(response)["max-age"]) == timedelta(days=30).total_seconds()
    site.clock.advance(days=20)
    assert await is_signed_in(site, client)


@pytest.mark.parametrize(
    "cookie",
    [
        "roundup_session=",
        "roundup_session",
        "=;=;=",
        'roundup_session="',
        "roundup_session=\x80\xff",
        "roundup_session=" + "A" * 43,
        "roundup_session=" + "é" * 43,
        "roundup_session=a; roundup_session=b",
        "; " * 2_000,
        "$Version=1; roundup_session=x; $Path=/",
    ],
)
async def test_a_malformed_cookie_is_nobodys(site: Site, client: aiohttp.ClientSession, cookie: str) -> None:
    async with client.get(f"{site.url}/api/session", headers={"Cookie": cookie}) as response:
        assert response.status == 401
        assert await response.json() == {
            "error": {"code": "not_signed_in", "text": "Nobody is signed in here; open your sign-in link."}
        }
