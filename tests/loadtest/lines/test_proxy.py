import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from loadtest.lines import proxy
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import running_line
from tests.support.waiting import until

CLEAN = Impairment()


class Peer(asyncio.DatagramProtocol):
    """Keeps what comes; answers it when it is a server."""

    def __init__(self, *, is_answering: bool) -> None:
        self.packets: list[tuple[bytes, Any]] = []
        self._is_answering = is_answering
        self._is_closed = asyncio.Event()

    async def close(self) -> None:
        self.transport.close()
        await self._is_closed.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closed.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.packets.append((data, addr))
        if self._is_answering:
            self.transport.sendto(b"re: " + data, addr)


async def open_peer(*, is_answering: bool = False) -> Peer:
    loop = asyncio.get_running_loop()
    _, peer = await loop.create_datagram_endpoint(lambda: Peer(is_answering=is_answering), ("127.0.0.1", 0))
    return peer


def is_free(address: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


@pytest.fixture
async def server() -> AsyncIterator[Peer]:
    peer = await open_peer(is_answering=True)
    yield peer
    await peer.close()


@pytest.fixture
async def clients() -> AsyncIterator[list[Peer]]:
    peers = [await open_peer() for _ in range(2)]
    yield peers
    for peer in peers:
        await peer.close()


async def test_each_client_has_an_address_of_its_own_and_gets_its_own_answers(
    server: Peer, clients: list[Peer]
) -> None:
    async with running_line(server.address, CLEAN, CLEAN) as line:
        for number, client in enumerate(clients):
            client.transport.sendto(b"%d" % number, line.address)
        await until(lambda: all(client.packets for client in clients))
        assert [client.packets for client in clients] == [
            [(b"re: 0", line.address)],
            [(b"re: 1", line.address)],
        ]
        assert len({address for _, address in server.packets}) == 2


async def test_the_directions_are_impaired_apart(server: Peer, clients: list[Peer]) -> None:
    async with running_line(server.address, CLEAN, Impairment(loss=1)) as line:
        clients[0].transport.sendto(b"question", line.address)
        await until(lambda: line.down.lost == 1)
        assert server.packets[0][0] == b"question"
        assert (line.up.lost, clients[0].packets) == (0, [])


async def test_packets_come_when_the_line_says_so(server: Peer, clients: list[Peer]) -> None:
    loop = asyncio.get_running_loop()
    async with running_line(server.address, Impairment(delay_s=0.1), Impairment(delay_s=0.05)) as line:
        sent_at = loop.time()
        clients[0].transport.sendto(b"question", line.address)
        await until(lambda: bool(clients[0].packets))
        assert loop.time() - sent_at >= 0.15


async def test_what_others_send_to_a_clients_socket_is_not_passed_on(server: Peer, clients: list[Peer]) -> None:
    known, stranger = clients
    async with running_line(server.address, CLEAN, CLEAN) as line:
        known.transport.sendto(b"question", line.address)
        await until(lambda: bool(known.packets))
        ((_, upstream),) = server.packets
        stranger.transport.sendto(b"forged", upstream)
        known.transport.sendto(b"again", line.address)
        await until(lambda: len(known.packets) == 2)
        assert known.packets[1][0] == b"re: again"


async def test_clients_are_bounded_in_number(
    server: Peer, clients: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "MAX_CLIENTS", 1)
    async with running_line(server.address, CLEAN, CLEAN) as line:
        clients[0].transport.sendto(b"first", line.address)
        await until(lambda: bool(server.packets))
        clients[1].transport.sendto(b"second", line.address)
        await until(lambda: line.refused == 1)
        clients[0].transport.sendto(b"third", line.address)
        await until(lambda: len(server.packets) == 2)
        assert len({address for _, address in server.packets}) == 1


async def test_an_idle_client_is_forgotten_and_served_again(server: Peer, clients: list[Peer]) -> None:
    async with running_line(server.address, CLEAN, CLEAN, idle_s=0.05) as line:
        clients[0].transport.sendto(b"first", line.address)
        await until(lambda: bool(clients[0].packets))
        ((_, upstream),) = server.packets
        await until(lambda: is_free(upstream))
        clients[0].transport.sendto(b"second", line.address)
        await until(lambda: len(clients[0].packets) == 2)


async def test_who_is_abandoned_gets_nothing_through_and_who_comes_anew_does(server: Peer, clients: list[Peer]) -> None:
    before, after = clients
    async with running_line(server.address, CLEAN, CLEAN) as line:
        before.transport.sendto(b"first", line.address)
        await until(lambda: bool(before.packets))
        line.abandon_clients()
        assert line.client_count == 0
        before.transport.sendto(b"lost", line.address)
        server.transport.sendto(b"lost, too", server.packets[0][1])
        after.transport.sendto(b"second", line.address)
        await until(lambda: bool(after.packets))
        assert [data for data, _ in server.packets] == [b"first", b"second"]
        assert [data for data, _ in before.packets] == [b"re: first"]


async def test_closing_drops_what_is_under_way(server: Peer, clients: list[Peer]) -> None:
    async with running_line(server.address, Impairment(delay_s=60), CLEAN) as line:
        clients[0].transport.sendto(b"never", line.address)
        await until(lambda: line.up.next_at is not None)
    assert line.up.next_at is None
    line.close()
