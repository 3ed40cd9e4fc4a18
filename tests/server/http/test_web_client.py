"""The built web client: its page and its files, and nothing else from the disk."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from server.errors import StartupError
from server.http.web_client import WebClient
from tests.server.http.conftest import Site
from tests.support.web_client import SCRIPT, lay_out_web_client


async def raw_request(site: Site, target: str, *headers: str, method: str = "GET") -> bytes:
    """Send a request exactly as given, as no client library would, and return the whole answer."""
    url = urlsplit(site.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/r/lounge",
        "/r/no-such-room",
        "/r/%F0%9F%98%80",
        "/r/..%2f..",
        "/?next=//evil",
        "/account",
        "/hours",
        "/hours/programme?from=2026-08-24",
        "/hours/pairs/p1",
        "/hours/entries/e1",
    ],
)
async def test_every_page_of_the_client_is_the_client_with_a_nonce_of_its_own(
    site: Site, client: aiohttp.ClientSession, path: str
) -> None:
    nonces = set()
    for _ in range(2):
        async with client.get(site.url + path) as response:
            page = await response.text()
            policy = response.headers["Content-Security-Policy"]
            assert (response.status, response.content_type) == (200, "text/html")
            assert response.headers["Cache-Control"] == "no-store"
        assert "__CSP_NONCE__" not in page
        [nonce] = set(re.findall(r'nonce="([^"]+)"', page))
        assert f"script-src 'self' 'nonce-{nonce}'" in policy
        assert f"style-src 'self' 'nonce-{nonce}'" in policy
        nonces.add(nonce)
    assert len(nonces) == 2


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("br, gzip", "br", b"as if by brotli"),
        ("gzip", "gzip", b"as if by gzip"),
        ("identity", None, SCRIPT.encode()),
    ],
)
async def test_a_file_is_served_as_small_as_the_browser_can_read_it(
    site: Site, accepted: str, encoding: str | None, body: bytes
) -> None:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.get(f"{site.url}/assets/i-1.js", headers={"Accept-Encoding": accepted}) as response,
    ):
        assert response.headers.get("Content-Encoding") == encoding
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert await response.read() == body


async def test_a_file_that_the_browser_has_is_not_sent_again(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/favicon.svg") as response:
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.content_type == "image/svg+xml"
        etag = response.headers["ETag"]
    async with client.get(f"{site.url}/favicon.svg", headers={"If-None-Match": etag}) as response:
        assert response.status == 304


async def test_head_answers_like_get_without_a_body(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.head(f"{site.url}/assets/font.woff2") as response:
        assert (response.status, response.content_type, await response.read()) == (200, "font/woff2", b"")
        assert response.headers["Content-Length"] == "4"


@pytest.mark.parametrize(
    "target",
    [
        "/assets/../index.html",
        "/assets/../../data/roundup.sqlite3",
        "/assets/%2e%2e/%2e%2e/data/roundup.sqlite3",
        "/assets/..%2f..%2fdata%2froundup.sqlite3",
        "/assets/....//....//data/roundup.sqlite3",
        "/assets//etc/passwd",
        "//etc/passwd",
        "/assets/%00",
        "/assets/i-1.js%00.png",
        "/assets/i-1.js/",
        "/assets/",
        "/assets",
        "/assets/i-1.js.gz",
        "/assets\\..\\index.html",
        "/index.html",
        "/../../etc/passwd",
        "/%2e%2e/data/roundup.sqlite3",
    ],
)
async def test_no_path_leads_out_of_the_table_of_files(site: Site, target: str) -> None:
    answer = await raw_request(site, target)
    assert answer.split(b" ")[1] in (b"404", b"400")
    assert b"SQLite" not in answer
    assert b"root:" not in answer


async def test_requests_beyond_measure_are_refused_and_hurt_nobody(site: Site, client: aiohttp.ClientSession) -> None:
    for answer in (
        await raw_request(site, "/" + "a" * 20_000),
        await raw_request(site, "/", f"Cookie: {'a' * 20_000}"),
        await raw_request(site, "/", *(f"X-{n}: {n}" for n in range(200_000 // 10))),
        await raw_request(site, "/", method="G\x01T"),
        await raw_request(site, "/", "Content-Length: 5", "Transfer-Encoding: chunked"),
    ):
        assert answer == b"" or answer.split(b" ")[1].startswith(b"4")
    async with client.get(f"{site.url}/healthz") as response:
        assert response.status == 200


async def test_an_unknown_page_is_said_in_the_readers_language(site: Site, client: aiohttp.ClientSession) -> None:
    for accepted, language, words in (
        ("en-GB,en;q=0.9", "en", "nothing at this address"),
        ("es-MX,es;q=0.9,en;q=0.8", "es", "No hay nada"),
        ("de,fr;q=0.5", "en", "nothing at this address"),
        ("", "en", "nothing at this address"),
        (",;q=,-" * 50, "en", "nothing at this address"),
    ):
        headers = {"Accept-Language": accepted}
        async with client.get(f"{site.url}/<img src=x onerror=alert(1)>", headers=headers) as response:
            page = await response.text()
            assert response.status == 404
        assert f'<html lang="{language}">' in page
        assert words in page
        assert "onerror" not in page
        assert "<script" not in page


def test_a_missing_build_is_said_in_one_sentence(tmp_path: Path) -> None:
    for web_dir in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StartupError, match="not built") as caught:
            WebClient.load(web_dir)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


async def test_a_file_that_vanishes_while_the_server_runs_is_not_found(
    site: Site, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    (tmp_path / "dist" / "favicon.svg").unlink()
    async with client.get(f"{site.url}/favicon.svg") as response:
        assert response.status == 404


def test_a_build_is_read_from_a_folder(tmp_path: Path) -> None:
    WebClient.load(lay_out_web_client(tmp_path / "dist"))
