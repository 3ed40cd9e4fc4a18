"""What a real coturn does with the configuration and the credentials that we make."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aioice import stun, turn

from server.turn.credentials import TurnCredentials, create_credentials
from tests.support.coturn import HOST, Coturn, running_coturn

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 30
HOUR_S = 3_600
REFUSED = 401
FORBIDDEN = 403
WAYS = ("udp", "tcp", "tls")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def coturn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with running_coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received.put_nowait(data)
        self.transport.sendto(data, addr)


class Heard(asyncio.DatagramProtocol):
    """Keeps what came through the relay, and what went wrong with it."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.errors: asyncio.Queue[Exception] = asyncio.Queue()
        self.ended = asyncio.Event()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        self.errors.put_nowait(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()


async def relay(coturn: Coturn, way: str, credentials: TurnCredentials) -> tuple[Any, Heard]:
    """Open a relay over `way`."""
    tls = ssl.create_default_context(cafile=str(coturn.certificate))
    tls.check_hostname = False  # the certificate is localhost's
    async with asyncio.timeout(DEADLINE_S):
        transport, heard = await turn.create_turn_endpoint(
            Heard,
            server_addr=(HOST, coturn.tls_port if way == "tls" else coturn.port),
            username=credentials.username,
            password=credentials.credential,
            ssl=tls if way == "tls" else False,
            transport="udp" if way == "udp" else "tcp",
        )
    return transport, heard


async def end(transport: Any, heard: Heard) -> None:
    transport.close()
    async with asyncio.timeout(DEADLINE_S):
        await heard.ended.wait()


@pytest.mark.parametrize("way", WAYS)
async def test_it_relays_to_the_media_server_and_back(coturn: Coturn, way: str) -> None:
    transport, heard = await relay(coturn, way, coturn.credentials(int(time.time()) + HOUR_S))
    opened, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=(HOST, 0))
    try:
        transport.sendto(b"through the relay", opened.get_extra_info("sockname"))
        async with asyncio.timeout(DEADLINE_S):
            assert await heard.received.get() == b"through the relay"
    finally:
        opened.close()
        await end(transport, heard)


@pytest.mark.parametrize("way", WAYS)
async def test_it_refuses_credentials_that_have_expired(coturn: Coturn, way: str) -> None:
    with pytest.raises(stun.TransactionFailed) as failed:
        await relay(coturn, way, coturn.credentials(int(time.time()) - 1))
    assert failed.value.response.attributes["ERROR-CODE"][0] == REFUSED


async def test_it_refuses_credentials_of_another_secret(coturn: Coturn) -> None:
    forged = create_credentials("another secret of some length", "somebody", int(time.time()) + HOUR_S)
    with pytest.raises(stun.TransactionFailed) as failed:
        await relay(coturn, "udp", forged)
    assert failed.value.response.attributes["ERROR-CODE"][0] == REFUSED


@pytest.mark.parametrize("peer", ["127.0.0.2", "127.255.255.254", "192.168.1.1", "10.0.0.1", "224.0.0.1", "8.8.8.8"])
async def test_it_relays_to_nobody_else(coturn: Coturn, peer: str) -> None:
    transport, heard = await relay(coturn, "udp", coturn.credentials(int(time.time()) + HOUR_S))
    try:
        transport.sendto(b"not for you", (peer, 9))
        async with asyncio.timeout(DEADLINE_S):
            error = await heard.errors.get()
        assert isinstance(error, stun.TransactionFailed)
        assert error.response.attributes["ERROR-CODE"][0] == FORBIDDEN
    finally:
        await end(transport, heard)
