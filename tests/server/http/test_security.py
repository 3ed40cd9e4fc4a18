"""What every response carries, and whose requests may change something."""

import re

import aiohttp
import pytest

from tests.server.http.conftest import Site, StartSite


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize(
    "path", ["/", "/r/lounge", "/s/x", "/nothing", "/api/session", "/api/nothing", "/healthz", "/assets/i-1.js"]
)
async def test_every_response_is_guarded(site: Site, client: aiohttp.ClientSession, path: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        async with client.request(method, site.url + path) as response:
            headers = response.headers
        policy = directives(headers["Content-Security-Policy"])
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert "unsafe-eval" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert "Server" not in headers
        assert "Strict-Transport-Security" not in headers


async def test_only_a_server_reached_by_tls_demands_tls(start_site: StartSite, client: aiohttp.ClientSession) -> None:
    site = await start_site("https://rooms.example.org")
    async with client.get(f"{site.url}/healthz") as response:
        assert int(response.headers["Strict-Transport-Security"].removeprefix("max-age=")) >= 31_536_000


async def test_the_page_may_run_only_its_own_scripts(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(site.url) as response:
        policy = directives(response.headers["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", policy["script-src"])
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "default ProseMirrorClipboard"
    host = site.url.removeprefix("http://")
    assert policy["connect-src"] == f"'self' ws://{host} wss://{host}"


@pytest.mark.parametrize("host", ["a b", "x; script-src *", "evil.example/path", "a,b", "", "[::1"])
async def test_a_host_that_is_none_does_not_get_into_the_policy(
    site: Site, client: aiohttp.ClientSession, host: str
) -> None:
    async with client.get(site.url, headers={"Host": host}) as response:
        assert directives(response.headers["Content-Security-Policy"])["connect-src"] == "'self'"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:1"}, 403),
        ({"Origin": "http://localhost:1"}, 204),
        ({"Origin": "https://partner.example"}, 204),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "http://localhost:1.evil.example"}, 403),
        ({"Origin": "https://page.example", "Host": "page.example"}, 204),
        ({"Origin": "https://page.example.evil", "Host": "page.example"}, 403),
        ({"Origin": "https://page.example:444", "Host": "page.example"}, 403),
        ({"Origin": "ftp://page.example", "Host": "page.example"}, 403),
    ],
)
async def test_only_our_own_pages_may_change_anything(
    site: Site, client: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    async with client.delete(f"{site.url}/api/session", headers=headers) as response:
        assert response.status == status
        if status == 403:
            assert (await response.json())["error"]["code"] == "forbidden"
