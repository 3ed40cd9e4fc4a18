"""The connection test over HTTP, on a whole server."""

import io
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from server.http import connection_test
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA = "ana@school.example"
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path_factory.mktemp("connection_test")) as running:
        await running.add_person(ANA)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def ana(server: RunningServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {**OWN, "Cookie": await server.cookie_of(ANA)}
    async with aiohttp.ClientSession(f"{server.url}/api/", headers=headers) as client:
        yield client


async def open_test(client: aiohttp.ClientSession) -> str:
    async with client.post("connection-test") as response:
        assert response.status == 201
        opened = await response.json()
    assert opened["media_ports"]
    return f"connection-test/{opened['test_id']}"


async def test_media_requests_are_answered_until_the_test_is_ended(ana: aiohttp.ClientSession) -> None:
    test = await open_test(ana)
    create = {"request_id": "1", "direction": "send"}
    async with ana.post(f"{test}/media_transport_create", json=create) as response:
        assert response.status == 200
        transport = (await response.json())["transport"]
    assert set(transport) == {"id", "iceParameters", "iceCandidates", "dtlsParameters"}
    async with ana.delete(test) as response:
        assert response.status == 204
    async with ana.post(f"{test}/media_transport_create", json=create) as response:
        assert response.status == 404


@pytest.mark.parametrize("size", [1, 65_537])
async def test_bytes_come_and_go_in_the_size_asked_for(ana: aiohttp.ClientSession, size: int) -> None:
    test = await open_test(ana)
    async with ana.get(f"{test}/bytes", params={"size": size}) as response:
        assert response.status == 200
        assert len(await response.read()) == size
    async with ana.post(f"{test}/bytes", data=bytes(size)) as response:
        assert response.status == 204


@pytest.mark.parametrize("size", ["", "0", "-1", "1.5", "9" * 20, "\uff18", str(connection_test._MAX_TRANSFER + 1)])
async def test_no_other_size_is_sent(ana: aiohttp.ClientSession, size: str) -> None:
    test = await open_test(ana)
    async with ana.get(f"{test}/bytes", params={"size": size}) as response:
        assert response.status == 400


async def test_what_is_too_large_or_of_unknown_size_is_refused(ana: aiohttp.ClientSession) -> None:
    test = await open_test(ana)

    async def endless() -> AsyncIterator[bytes]:
        yield b"some"

    for body in (io.BytesIO(bytes(connection_test._MAX_TRANSFER + 1)), endless()):
        async with ana.post(f"{test}/bytes", data=body) as response:
            assert response.status == 413
    async with ana.post(f"{test}/media_produce", data=bytes(70_000)) as response:
        assert response.status == 413


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("media_transport_create", b"{}", 400),
        ("media_transport_create", b"\xff", 400),
        ("media_transport_create", b"[" * 5_000, 400),
        ("chat_send", json.dumps({"request_id": "1", "text": "x"}).encode(), 400),
        ("nothing", b"{}", 404),
    ],
)
async def test_other_requests_are_refused(ana: aiohttp.ClientSession, name: str, body: bytes, status: int) -> None:
    test = await open_test(ana)
    async with ana.post(f"{test}/{name}", data=body) as response:
        assert response.status == status


async def test_it_is_for_the_signed_in_and_for_our_own_pages(server: RunningServer, ana: aiohttp.ClientSession) -> None:
    test = await open_test(ana)
    async with aiohttp.ClientSession(f"{server.url}/api/", headers=OWN) as stranger:
        for method, path in (
            ("POST", "connection-test"),
            ("POST", f"{test}/media_transport_create"),
            ("GET", f"{test}/bytes?size=1"),
            ("POST", f"{test}/bytes"),
            ("DELETE", test),
        ):
            async with stranger.request(method, path) as response:
                assert response.status == 401
    async with ana.post("connection-test", headers={"Sec-Fetch-Site": "cross-site"}) as response:
        assert response.status == 403
