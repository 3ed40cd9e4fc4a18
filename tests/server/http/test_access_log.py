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
        url = urlsplit(site.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(f"BREW /s/{token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await reader.read()
        writer.close()
    routes = [(line["route"], line["status"]) for line in lines]
    assert ("/s/{token}", 303) in routes
    assert ("/s/{token}", 404) in routes
    assert ("malformed", 400) in routes
    assert [line["log_level"] for line in lines if line["route"] == "/healthz"] == ["debug"]
    for text in (str(lines), caplog.text):
        assert token not in text
        assert "127.0.0.1" not in text
