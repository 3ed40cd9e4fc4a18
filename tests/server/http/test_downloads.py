"""Answers that may be large, to those who read them and to those who do not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from server.errors import UserError
from server.http import downloads
from server.http.downloads import Downloads
from server.http.failures import answer_failures
from tests.support.certificate import make_certificate
from tests.support.waiting import until

LARGE = bytes(range(256)) * 32_768  # 8 MB: more than the kernel holds for a connection


class Host:
    """A server whose one address answers with as many bytes as it is asked for, to whoever it is told."""

    def __init__(self) -> None:
        self.downloads = Downloads()
        self.url = ""
        self.port = 0

    async def get(self, request: web.Request) -> web.StreamResponse:
        body = LARGE[: int(request.query["size"])]
        return await self.downloads.send(
            request, request.query["who"], body, content_type="image/png", headers={"ETag": '"1"'}
        )


Start = Callable[..., Awaitable[Host]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    runners: list[web.AppRunner] = []

    async def start(tls: ssl.SSLContext | None = None) -> Host:
        host = Host()
        application = web.Application(middlewares=[answer_failures])
        application.add_routes([web.get("/", host.get)])
        runners.append(web.AppRunner(application))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0, ssl_context=tls).start()
        host.port = runners[-1].addresses[0][1]
        host.url = f"{'https' if tls else 'http'}://localhost:{host.port}/"
        return host

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def host(start: Start) -> Host:
    return await start()


SIZES = [0, 1, 131_071, 131_072, 131_073, len(LARGE)]


async def test_whoever_reads_gets_all_of_it_over_one_connection(host: Host) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as client:
        for size in SIZES:
            async with client.get(host.url, params={"who": "ana", "size": size}) as response:
                assert response.status == 200
                assert response.content_type == "image/png"
                assert response.headers["ETag"] == '"1"'
                assert response.content_length == size
                assert await response.read() == LARGE[:size]
    await until(lambda: host.downloads.under_way_bytes == 0)


async def test_over_tls_it_is_the_same(start: Start, tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    host = await start(context)
    trusting = ssl.create_default_context(cafile=str(cert))
    async with asyncio.timeout(60), aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as client:
        for size in SIZES:
            async with client.get(host.url, params={"who": "ana", "size": size}, ssl=trusting) as response:
                assert await response.read() == LARGE[:size]
    await until(lambda: host.downloads.under_way_bytes == 0)


async def ask_and_read_nothing(host: Host, who: str, buffer: int = 4_096) -> socket.socket:
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    asking.setblocking(False)
    loop = asyncio.get_running_loop()
    before = host.downloads.under_way_bytes
    await loop.sock_connect(asking, ("127.0.0.1", host.port))
    head = f"GET /?who={who}&size={len(LARGE)} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    await loop.sock_sendall(asking, head.encode())
    await until(lambda: host.downloads.under_way_bytes > before)
    return asking


async def read(asking: socket.socket, pause_s: float = 0.0, slow_s: float = 0.0) -> int:
    """Read to the end, with pauses for a while, and return how many bytes came; -1 when the connection was cut off."""
    loop = asyncio.get_running_loop()
    slow_until = loop.time() + slow_s
    received = 0
    try:
        while received < len(LARGE) and (data := await loop.sock_recv(asking, 2**20)):
            received += len(data)
            if loop.time() < slow_until:
                await asyncio.sleep(pause_s)
    except ConnectionResetError:
        return -1
    return received


async def test_whoever_reads_nothing_is_cut_off(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "STALL_S", 0.3)
    with await ask_and_read_nothing(host, "eve") as asking:
        await until(lambda: host.downloads.under_way_bytes == 0)
        assert await read(asking) == -1


async def test_whoever_reads_slowly_is_not(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "STALL_S", 1.5)
    with await ask_and_read_nothing(host, "ana", 65_536) as asking:
        assert await read(asking, pause_s=0.05, slow_s=2.0) >= len(LARGE)
    await until(lambda: host.downloads.under_way_bytes == 0)


async def test_whoever_goes_gives_the_place_back(host: Host) -> None:
    (await ask_and_read_nothing(host, "ana")).close()
    await until(lambda: host.downloads.under_way_bytes == 0)


async def test_only_so_much_of_one_person_s_is_under_way(host: Host) -> None:
    held = [await ask_and_read_nothing(host, "eve") for _ in range(4)]
    async with aiohttp.ClientSession() as client:

        async def get(who: str) -> int:
            async with client.get(host.url, params={"who": who, "size": len(LARGE)}) as response:
                if response.status != 200:
                    assert b"UserError" not in await response.read()
                return response.status

        assert await get("eve") == 429
        assert await get("ana") == 200, "the others notice nothing"
        held.pop().close()
        await until(lambda: host.downloads.under_way_bytes == 3 * len(LARGE))
        assert await get("eve") == 200
    for asking in held:
        asking.close()


async def test_only_so_much_of_everybody_s_is_under_way(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "UNDER_WAY_BYTES", 2 * len(LARGE))
    held = [await ask_and_read_nothing(host, who) for who in ("eve", "mallory")]
    async with aiohttp.ClientSession() as client:
        async with client.get(host.url, params={"who": "ana", "size": 1}) as response:
            assert response.status == 429
        held.pop().close()
        await until(lambda: host.downloads.under_way_bytes == len(LARGE))
        async with client.get(host.url, params={"who": "ana", "size": 1}) as response:
            assert response.status == 200
    held.pop().close()


async def test_a_single_answer_may_have_any_size(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "UNDER_WAY_EACH_BYTES", 10)
    async with aiohttp.ClientSession() as client:
        for _ in range(2):
            async with client.get(host.url, params={"who": "ana", "size": 11}) as response:
                assert await response.read() == LARGE[:11]
            await until(lambda: host.downloads.under_way_bytes == 0)
    with host.downloads._sending("ana", 11), pytest.raises(UserError), host.downloads._sending("ana", 1):
        pass
