import asyncio
from collections.abc import AsyncIterator

import pytest

from loadtest.lines.wire import running_wire

DEADLINE_S = 10
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that sends back what it gets, and knows when somebody has gone."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()
        self.gone.set()


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Echo, tuple[str, int]]]:
    echo = Echo()
    listener = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    yield echo, listener.sockets[0].getsockname()
    listener.close()


async def ask(pair: Pair, question: bytes) -> bytes:
    pair[1].write(question)
    async with asyncio.timeout(DEADLINE_S):
        return await pair[0].read(100)


async def test_both_directions_and_the_end_are_passed_on(echo: tuple[Echo, tuple[str, int]]) -> None:
    server, address = echo
    async with running_wire(address) as wire:
        pair = await asyncio.open_connection(*wire.address)
        assert await ask(pair, b"question") == b"question"
        pair[1].close()
        async with asyncio.timeout(DEADLINE_S):
            await server.gone.wait()


async def test_an_abandoned_connection_is_silent_while_a_new_one_works(echo: tuple[Echo, tuple[str, int]]) -> None:
    server, address = echo
    async with running_wire(address) as wire:
        before = await asyncio.open_connection(*wire.address)
        assert await ask(before, b"question") == b"question"
        wire.abandon_connections()
        before[1].write(b"lost")
        after = await asyncio.open_connection(*wire.address)
        assert await ask(after, b"another") == b"another"
        assert not before[0].at_eof()
        assert not server.gone.is_set()
        after[1].close()
    async with asyncio.timeout(DEADLINE_S):
        assert await before[0].read() == b""
    before[1].close()
