import asyncio

import pytest
from aiohttp import WSMsgType, web
from hypothesis import given
from hypothesis import strategies as st

from loadtest.bench.server_process import free_port
from loadtest.documents.websocket import WebSocketError, find_frame, open_websocket, write_frame

BINARY = 0x2


def server_frame(payload: bytes) -> bytes:
    """A frame as servers send it: what a client sends, without its mask."""
    masked = write_frame(BINARY, payload)
    header = bytearray(masked[: len(masked) - len(payload) - 4])
    header[1] &= 0x7F
    return bytes(header) + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_frames_of_every_length_are_found(size: int) -> None:
    data = b"before" + server_frame(bytes(size)) + b"after"
    found = find_frame(data, 6)
    assert found is not None
    opcode, start, end = found
    assert (opcode, data[start:end], data[end:]) == (BINARY, bytes(size), b"after")


@given(st.binary(max_size=300), st.data())
def test_a_frame_that_is_not_complete_is_waited_for(payload: bytes, data: st.DataObject) -> None:
    frame = server_frame(payload)
    cut = data.draw(st.integers(0, len(frame) - 1))
    assert find_frame(frame[:cut], 0) is None


@pytest.mark.parametrize("frame", [b"\x02\x00", b"\x82\x80\x00\x00\x00\x00"], ids=["a fragment", "masked"])
def test_what_no_server_of_ours_sends_is_refused(frame: bytes) -> None:
    with pytest.raises(WebSocketError):
        find_frame(frame, 0)


async def test_it_speaks_with_a_real_server() -> None:
    closed = asyncio.Event()

    async def echo(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        await websocket.ping()
        async for message in websocket:
            if message.type is WSMsgType.BINARY:
                await websocket.send_bytes(message.data)
            else:
                await websocket.send_str(message.data)
        closed.set()
        return websocket

    app = web.Application()
    app.router.add_get("/echo", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    heard: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
    url = f"http://127.0.0.1:{port}"
    try:
        with pytest.raises(WebSocketError, match="404"):
            await open_websocket(url, "/nowhere", {}, lambda *_: None)
        websocket = await open_websocket(url, "/echo", {}, lambda *message: heard.put_nowait(message))
        async with asyncio.timeout(10):
            for message in (b"short", bytes(70_000)):
                websocket.send(message)
                assert await heard.get() == (message, False)
            websocket.send(b"text", is_text=True)
            assert await heard.get() == (b"text", True)
            websocket.close()
            await closed.wait()
            await websocket.closed
    finally:
        await runner.cleanup()
