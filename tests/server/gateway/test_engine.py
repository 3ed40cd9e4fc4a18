"""Our side of python-socketio and python-engineio: what is overridden there, and how it behaves."""

import asyncio
import hashlib
import inspect
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import engineio
import msgspec
import pytest
import socketio
from aiohttp import web
from engineio import packet
from engineio.async_socket import AsyncSocket
from engineio.base_server import BaseServer
from engineio.base_socket import BaseSocket
from socketio.base_manager import BaseManager

from protocol.errors import ErrorCode
from protocol.events import MediaReset
from protocol.room import Person
from server.clock import SystemClock
from server.gateway import engine
from server.gateway.engine import SocketServer
from server.gateway.engine_socket import Socket
from server.gateway.fan_out import fan_out
from server.gateway.frames import Event, Frame, encode_message
from server.gateway.posts import MAX_POST_BYTES
from tests.support.certificate import make_contexts
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.raw import RawSocket, pack, request_packet
from tests.support.waiting import until

ANA = "ana@school.example"


def test_the_libraries_are_as_they_were_when_engine_was_written() -> None:
    """When this fails, read what changed in the libraries, and whether `engine.py` and `engine_socket.py` still fit."""
    assert {name: fingerprint(thing) for name, thing in RELIED_UPON.items()} == FINGERPRINTS


class Deaf:
    """Takes requests and does nothing."""

    def on_event(self, event: Event, *, is_too_many: bool) -> None:
        pass

    def on_closed(self, *, is_page_gone: bool) -> None:
        pass


def writes_of(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list of what is written to a connection from now on."""
    written: list[bytes] = []
    transport = socket._transport
    assert transport is not None
    write = transport.write

    def noted(data: bytes) -> None:
        written.append(data)
        write(data)

    monkeypatch.setattr(transport, "write", noted)
    return written


@asynccontextmanager
async def listening(count: int) -> AsyncIterator[tuple[list[Socket], list[aiohttp.ClientWebSocketResponse]]]:
    """Open `count` WebSocket connections to a server of their own."""
    sockets: list[Socket] = []

    async def accept(_request: web.Request, socket: Socket) -> Deaf:
        sockets.append(socket)
        return Deaf()

    server = SocketServer(accept, SystemClock())
    app = web.Application()
    app.router.add_get(engine.PATH, server.handle_request)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as client:
        pages = []
        for _ in range(count):
            page = await client.ws_connect(url, compress=15)
            await page.receive()
            await page.send_bytes(pack(type=0))
            await page.receive()
            pages.append(page)
        yield sockets, pages
        await server.close(ErrorCode.SERVER_STOPPING, "")
    await runner.cleanup()


async def test_a_message_to_many_makes_no_task_and_is_written_at_once() -> None:
    event = MediaReset(seq=1, epoch=2, is_available=True)
    async with listening(20) as (sockets, pages):
        before = asyncio.all_tasks()
        fan_out(sockets, event)
        assert asyncio.all_tasks() == before
        assert all(socket.queue.empty() for socket in sockets)
        for page in pages:
            assert (await page.receive(5)).data == encode_message(event).payload


async def test_what_is_put_in_one_turn_of_the_loop_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(1) as ([socket], [client]):
        written = writes_of(socket, monkeypatch)
        frames = [Frame(payload) for payload in (b"one", b"two", b"three")]
        for frame in frames:
            socket.put(frame)
        together = b"".join(frame.websocket for frame in frames)
        assert (written, socket.queued_bytes) == ([], len(together))
        assert [(await client.receive()).data for _ in frames] == [frame.payload for frame in frames]
        assert written == [together]


async def test_what_is_large_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(1) as ([socket], [client]):
        written = writes_of(socket, monkeypatch)
        small, large = Frame(b"small"), Frame(bytes(100_000))
        for frame in (small, large, small):
            socket.put(frame)
        assert written == [small.websocket + large.websocket]
        assert [(await client.receive()).data for _ in range(3)] == [b"small", bytes(100_000), b"small"]


async def test_what_was_put_before_a_connection_is_closed_is_still_sent() -> None:
    async with listening(1) as ([socket], [client]):
        socket.put(Frame(b"last"))
        await socket.close()
        assert (await client.receive()).data == b"last"
        assert (await client.receive()).data == "1"
        assert (await client.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_what_is_sent_is_not_compressed() -> None:
    async with listening(1) as (_, [page]):
        assert page.compress == 0
        assert "Sec-WebSocket-Extensions" not in page._response.headers


async def test_one_frame_reaches_a_polling_page_and_a_websocket(server: RunningGateway) -> None:
    # The library's own packet keeps the encoding of whoever comes first, and sends it to everybody.
    polling = await server.connect(ANA, transports=["polling"])
    await polling.join(ROOM)
    websocket = await server.enter("ben@school.example")
    await websocket.request("chat_send", text="to both")
    for page in (polling, websocket):
        assert (await page.next_event("chat_sent")).message.text == "to both"


@pytest.mark.parametrize("is_looked_after", [True, False], ids=["by the library, too", "by the connection alone"])
async def test_a_line_that_gives_no_sign_of_life_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_looked_after: bool
) -> None:
    monkeypatch.setattr(engine, "PING_INTERVAL_S", 0.1)
    monkeypatch.setattr(engine, "PING_TIMEOUT_S", 0.15)
    async with running_gateway(tmp_path) as server:
        server.gateway._server.eio.start_service_task = is_looked_after
        raw = await RawSocket.open(server.url, await server.sign_in(ANA))
        server.stack.push_async_callback(raw.close)
        for _ in range(5):  # alive for as long as it answers
            assert (await raw.websocket.receive(5)).data == "2"
            await raw.websocket.send_str("3")
        assert server.gateway.connection_count == 1
        await until(lambda: server.gateway.connection_count == 0)
        assert server.gateway._server.sockets == ()


async def ping_of(url: str, client: aiohttp.ClientSession) -> str:
    """Open a session by polling, wait for its first ping, and return where it is polled."""
    async with client.get(f"{url}/socket.io/?EIO=4&transport=polling") as response:
        session = msgspec.json.decode((await response.text())[1:])
    session_url = f"{url}/socket.io/?EIO=4&transport=polling&sid={session['sid']}"
    async with client.get(session_url) as response:
        assert await response.text() == "2"
    return session_url


def set_clock(monkeypatch: pytest.MonkeyPatch, by_s: float) -> None:
    """Set the wall clock, as the libraries see it."""
    wall_clock = time.time
    monkeypatch.setattr(time, "time", lambda: wall_clock() + by_s)


@pytest.mark.parametrize("by_s", [0, 3_600, -3_600], ids=["", "the clock is put forward", "the clock is put back"])
async def test_a_polling_page_that_stays_away_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_s: float
) -> None:
    monkeypatch.setattr(engine, "PING_INTERVAL_S", 0.1)
    monkeypatch.setattr(engine, "PING_TIMEOUT_S", 0.5)
    async with running_gateway(tmp_path) as server, aiohttp.ClientSession() as client:
        await ping_of(server.url, client)
        set_clock(monkeypatch, by_s)
        await until(lambda: server.gateway._server.sockets == (), timeout_s=5)


@pytest.mark.parametrize("by_s", [3_600, -3_600], ids=["forward", "back"])
async def test_a_line_that_lives_outlasts_the_setting_of_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_s: float
) -> None:
    monkeypatch.setattr(engine, "PING_INTERVAL_S", 0.1)
    async with running_gateway(tmp_path) as server, aiohttp.ClientSession() as client:
        polled = await ping_of(server.url, client)
        raw = await RawSocket.open(server.url, await server.sign_in(ANA))
        assert (await raw.websocket.receive(5)).data == "2"
        set_clock(monkeypatch, by_s)
        for socket in server.gateway._server.sockets:
            assert await socket.check_ping_timeout()  # as the library asks
        async with client.post(polled, data="3") as response:
            assert response.status == 200
        async with client.get(polled) as response:
            assert await response.text() == "2"
        await raw.websocket.send_str("3")
        assert (await raw.websocket.receive(5)).data == "2"
        await raw.close()


@pytest.mark.parametrize("messages", [["3"], ["2probe", "4"], ["2probe"]])
async def test_a_page_whose_websocket_fails_goes_on_polling(server: RunningGateway, messages: list[str]) -> None:
    page = await server.connect(ANA, transports=["polling"])
    url = f"{server.url}/socket.io/?EIO=4&transport=websocket&sid={page._socket.eio.sid}"
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as websocket:
        for message in messages:
            await websocket.send_str(message)
    await page.join(ROOM)
    await page.request("chat_send", text="by polling")
    await page.next_event("chat_sent")


async def test_a_session_has_one_websocket(server: RunningGateway) -> None:
    page = await server.connect(ANA, transports=["polling"])
    url = f"{server.url}/socket.io/?EIO=4&transport=websocket&sid={page._socket.eio.sid}"
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as websocket:
        await websocket.send_str("2probe")
        assert (await websocket.receive(5)).data == "3probe"
        async with client.get(url, headers=websocket._response.request_info.headers) as second:
            assert second.status == 400
        await websocket.send_str("5")
        async with client.get(url, headers=websocket._response.request_info.headers) as third:
            assert third.status == 400
        await websocket.send_bytes(request_packet("chat_page", {}, ack_id=1))
        assert b"not_in_room" in (await websocket.receive(5)).data


async def test_a_page_that_goes_while_it_is_identified_leaves_nothing(server: RunningGateway) -> None:
    may_answer, is_asked = asyncio.Event(), asyncio.Event()
    identify = server.gateway._identify

    async def slow(token: str) -> Person | None:
        is_asked.set()
        await may_answer.wait()
        return await identify(token)

    server.gateway._identify = slow
    raw = await RawSocket.open(server.url, await server.sign_in(ANA), connects=False)
    await raw.websocket.send_bytes(pack(type=0))
    await is_asked.wait()
    [socket] = server.gateway._server.sockets
    await socket.close()
    may_answer.set()
    await raw.close()
    manager = server.gateway._server.manager
    await until(lambda: not manager.rooms)
    assert server.gateway.connection_count == 0
    assert server.gateway._server.sockets == ()
    assert (manager.pending_connect, server.gateway._server.environ) == ({}, {})


async def test_connections_over_tls_end_as_quietly_as_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # A TLS transport that is closing raises where a plain one does nothing.
    server_tls, client_tls = make_contexts(tmp_path)
    async with running_gateway(tmp_path, tls=server_tls) as server:
        token = await server.sign_in(ANA)
        raw = [await RawSocket.open(server.url, token, tls=client_tls) for _ in range(6)]
        fields = {"protocol_version": 1, "slug": ROOM, "request_id": "j"}
        for number, socket in enumerate(raw):
            join = request_packet("room_join", {**fields, "endpoint_id": f"tab {number}"}, ack_id=0)
            await socket.websocket.send_bytes(join)
            assert (await socket.read_packet())["type"] == 3
        await raw[0].websocket.close()
        raw[1].abort()
        await raw[2].websocket.send_str("1")
        await raw[3].websocket.send_bytes(b"\xc1")
        await raw[4].websocket.send_bytes(pack(type=1))
        await raw[5].websocket.send_bytes(b"x" * (2 * MAX_POST_BYTES))
        [meeting] = server.directory.meetings
        while server.gateway.connection_count:
            meeting.publish(MediaReset(epoch=1, is_available=True))
            await asyncio.sleep(0)
        await until(lambda: server.gateway._server.sockets == ())
        for socket in raw:
            await socket.close()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def fingerprint(thing: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:16]


RELIED_UPON: dict[str, Callable[..., Any]] = {
    f"{owner.__module__}.{owner.__name__}.{name}": getattr(owner, name)
    for owner, names in {
        BaseSocket: ["__init__"],
        AsyncSocket: [
            "check_ping_timeout",
            "close",
            "handle_get_request",
            "handle_post_request",
            "poll",
            "schedule_ping",
            "send",
            "_upgrade_websocket",
        ],
        BaseServer: ["__init__", "_bad_request", "_get_socket", "_ok"],
        engineio.AsyncServer: [
            "handle_request",
            "send_packet",
            "shutdown",
            "start_background_task",
            "_handle_connect",
            "_service_task",
            "_trigger_event",
        ],
        packet.Packet: ["__init__", "encode"],
        BaseManager: ["basic_disconnect", "is_connected", "pre_connect", "pre_disconnect"],
        socketio.AsyncServer: [
            "handle_request",
            "_engineio_server_class",
            "_handle_connect",
            "_handle_disconnect",
            "_handle_eio_connect",
            "_handle_eio_disconnect",
            "_send_packet",
        ],
    }.items()
    for name in names
}
FINGERPRINTS = {
    "engineio.base_socket.BaseSocket.__init__": "8532b631a4dc815f",
    "engineio.async_socket.AsyncSocket.check_ping_timeout": "77616d5ca7809257",
    "engineio.async_socket.AsyncSocket.close": "faa2e93902543244",
    "engineio.async_socket.AsyncSocket.handle_get_request": "05eaae9f0a60d9be",
    "engineio.async_socket.AsyncSocket.handle_post_request": "82dca119a261a959",
    "engineio.async_socket.AsyncSocket.poll": "826f58a9f3606db2",
    "engineio.async_socket.AsyncSocket.schedule_ping": "fe316639159cd70d",
    "engineio.async_socket.AsyncSocket.send": "0437276ccba7ab09",
    "engineio.async_socket.AsyncSocket._upgrade_websocket": "820b83efe96adb98",
    "engineio.base_server.BaseServer.__init__": "a06b17502fbd9646",
    "engineio.base_server.BaseServer._bad_request": "af66afac6f6c67db",
    "engineio.base_server.BaseServer._get_socket": "ae2f99e66d632944",
    "engineio.base_server.BaseServer._ok": "b8f717402eac2b0d",
    "engineio.async_server.AsyncServer.handle_request": "1a8c878e35166cfe",
    "engineio.async_server.AsyncServer.send_packet": "c54317440865030d",
    "engineio.async_server.AsyncServer.shutdown": "3f734c62c291d56a",
    "engineio.async_server.AsyncServer.start_background_task": "c873562535a68297",
    "engineio.async_server.AsyncServer._handle_connect": "5bd7edc1d1ae115a",
    "engineio.async_server.AsyncServer._service_task": "b6358bda51d0b34b",
    "engineio.async_server.AsyncServer._trigger_event": "4a09b6e47eb66532",
    "engineio.packet.Packet.__init__": "26559aaf4a6f4ddd",
    "engineio.packet.Packet.encode": "8f3d5d869711cbb8",
    "socketio.base_manager.BaseManager.basic_disconnect": "2933b50bc4b2ea7b",
    "socketio.base_manager.BaseManager.is_connected": "d37721466718b4f4",
    "socketio.base_manager.BaseManager.pre_connect": "bfdba4c0c8f1bd8a",
    "socketio.base_manager.BaseManager.pre_disconnect": "18a8d01ed87a9682",
    "socketio.async_server.AsyncServer.handle_request": "fdf4d1481b6ae726",
    "socketio.async_server.AsyncServer._engineio_server_class": "199c42bf149247e0",
    "socketio.async_server.AsyncServer._handle_connect": "c97c480cf777de36",
    "socketio.async_server.AsyncServer._handle_disconnect": "c0b32ada5b371230",
    "socketio.async_server.AsyncServer._handle_eio_connect": "76704886d944a7e6",
    "socketio.async_server.AsyncServer._handle_eio_disconnect": "9344593148b66fd9",
    "socketio.async_server.AsyncServer._send_packet": "a00022b42c1c29e9",
}
