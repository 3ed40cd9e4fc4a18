import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import WSMsgType, web

from loadtest.bench.server_process import free_port
from loadtest.documents.hocuspocus_page import HocuspocusPage, write_bytes
from tests.support.waiting import until

NAME = write_bytes(b"board")
AUTHENTICATED = NAME + b"\x02\x02" + write_bytes(b"read-write")
STEP_2 = NAME + b"\x00\x01" + write_bytes(b"\x00\x00")
KEPT = NAME + b"\x08\x01"


@pytest.mark.parametrize(
    ("size", "header"), [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_384, b"\x80\x80\x01")]
)
def test_lengths_are_written_as_lib0_does(size: int, header: bytes) -> None:
    assert write_bytes(bytes(size)) == header + bytes(size)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that answers as Hocuspocus does, and tells back every update."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            if message.type is not WSMsgType.BINARY:
                continue
            kind = message.data[len(NAME) : len(NAME) + 2]
            answers = {b"\x02\x00": [AUTHENTICATED], b"\x00\x00": [STEP_2], b"\x00\x02": [message.data, KEPT]}
            for answer in answers[kind]:
                await websocket.send_bytes(answer)
        return websocket

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def test_it_opens_a_document_draws_and_is_told(url: str) -> None:
    told: asyncio.Queue[bytes] = asyncio.Queue()
    page = HocuspocusPage(url, "board", told.put_nowait)
    async with asyncio.timeout(10):
        await page.open()
        page.draw(b"an update")
        page.draw(b"another one")
        assert [(await told.get())[-9:], (await told.get())[-11:]] == [b"an update", b"another one"]
        await until(lambda: len(page.kept_ms) == 2)
    assert not page.is_lost
    page.close()
