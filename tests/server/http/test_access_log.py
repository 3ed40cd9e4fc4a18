"""The log of requests: useful to those who run the server, useless to those who steal logs."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from tests.server.http.conftest import Site


async def test_no_secret_and_no_address_is_logged(
    site: Site, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as lines:
        token = await site.sign_in(client)
        for path in (f"/s/{token}", f"/S/{token}", f"/s/{token}/", f"/s/{token}x", "/r/lounge", "/healthz"):
            async with client.get(site.url + path) as response:
                await response.read()
        for malformed in ("BREW /s/{} HTTP/1.1\r\nHost: x", "GET /s/{} HTTP/1.1\r\nHost: x\r\nHost: y"):
            await send(site, malformed.format(token))
    routes = [(line["route"], line["status"]) for line in lines]
    assert ("/s/{token}", 303) in routes
    assert ("/s/{token}", 404) in routes
    assert ("malformed", 400) in routes
    levels = {(line["route"], line["status"]): line["log_level"] for line in lines}
    assert levels["/healthz", 200] == levels["/r/{slug}", 200] == "debug"
    assert levels["/s/{token}", 303] == levels["/s/{token}", 404] == "info"
    assert token not in str(lines)
    assert "127.0.0.1" not in str(lines)
    assert "Error" not in caplog.text, "what is not HTTP is no fault of ours"
    assert token not in caplog.text


async def send(site: Site, head: str) -> None:
    url = urlsplit(site.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"{head}\r\n\r\n".encode())
    assert b"400" in await reader.readline()
    writer.close()
    await writer.wait_closed()
