"""Malformed, oversized, flooding and slow connections get a code and hurt nobody else."""

import asyncio
import base64
import gc
import json
import logging
import random
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from protocol.events import ChatMessageSent, ChatTypingNotice
from protocol.room import ChatMessage
from protocol.wire import MAX_MESSAGE_BYTES
from server.gateway import engine_socket
from server.gateway.engine_socket import Socket
from server.gateway.limits import MESSAGES_AT_ONCE, QUEUED_BYTES, QUEUED_BYTES_FOR_NOTICES
from server.gateway.posts import MAX_POST_BYTES
from server.room.meeting import LiveMeeting
from tests.support.clock import ManualClock
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page
from tests.support.raw import DeafSocket, RawSocket, pack, request_packet
from tests.support.waiting import until

ANA, BEN = "ana@school.example", "ben@school.example"


@pytest.fixture
async def watching(server: RunningGateway, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Page]:
    """Somebody in the room, who must notice nothing; and nothing may be logged as a fault of ours."""
    page = await server.enter(BEN)
    with capture_logs() as logs, caplog.at_level(logging.WARNING):
        yield page
        await page.request("chat_send", text="still here")
        await page.next_event("chat_sent")
    assert [log for log in logs if log["log_level"] in ("error", "critical")] == []
    assert caplog.records == []


def meeting_of(server: RunningGateway) -> LiveMeeting:
    [meeting] = server.directory.meetings
    return meeting


async def open_raw(server: RunningGateway, email: str = ANA) -> RawSocket:
    raw = await RawSocket.open(server.url, await server.sign_in(email))
    server.stack.push_async_callback(raw.close)
    return raw


async def join_raw(server: RunningGateway, raw: RawSocket) -> None:
    fields = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "raw"}
    await raw.websocket.send_bytes(request_packet("room_join", fields, ack_id=0))
    assert "ok" in (await raw.read_packet())["data"][0]


def only_code(packets: list[dict[str, object]]) -> object:
    """Return the code of `connection_closing`, which must be followed by a disconnection for good and nothing else."""
    [closing, disconnect] = packets[-2:]
    assert disconnect["type"] == 1
    data = closing["data"]
    assert isinstance(data, list)
    assert data[0] == "connection_closing"
    assert data[1]["should_reconnect"] is False
    return data[1]["code"]


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        b"\x00" * 100,
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 60_000,
        pack(type=3, data=[], id=1),
        pack(type=5, data=["x", {}]),
        pack(type=2, data=[]),
        pack(type=2, data=[{"a": 1}]),
        "",
        "x",
        "\N{SNOWMAN}",
        "0{}",
        "2probe",
        "4",
        '42["chat_send",{}]',
        "4" + "[" * 60_000,
        "5",
        "7",
        "9" * 100,
    ],
    ids=lambda message: repr(message[:12]),
)
async def test_what_no_page_sends_closes_the_connection(
    server: RunningGateway, watching: Page, message: str | bytes
) -> None:
    raw = await open_raw(server)
    await join_raw(server, raw)
    await (raw.websocket.send_str(message) if isinstance(message, str) else raw.websocket.send_bytes(message))
    assert only_code(await raw.read_until_closed()) == "bad_request"
    await until(lambda: len(server.gateway._server.sockets) == 1)
    changed = await watching.next_event("participant_changed")
    assert not changed.participant.is_connected


async def test_a_message_of_the_largest_size_is_taken_and_one_byte_more_is_not(
    server: RunningGateway, watching: Page
) -> None:
    raw = await open_raw(server)
    await join_raw(server, raw)
    empty = len(request_packet("chat_send", {"request_id": "r", "text": "x" * 65_000}, ack_id=1)) - 65_000
    text = "x" * (MAX_MESSAGE_BYTES - empty)
    largest = request_packet("chat_send", {"request_id": "r", "text": text}, ack_id=1)
    assert len(largest) == MAX_MESSAGE_BYTES
    await raw.websocket.send_bytes(largest)
    assert (await raw.read_packet())["data"][0]["error"]["code"] == "too_large"
    await raw.websocket.send_bytes(largest + b"x")
    assert only_code(await raw.read_until_closed()) == "too_large"


async def test_a_message_beyond_all_measure_is_not_even_read(server: RunningGateway, watching: Page) -> None:
    raw = await open_raw(server)
    await raw.websocket.send_bytes(b"x" * (MAX_POST_BYTES + 1))
    await raw.read_until_closed()
    assert raw.websocket.close_code in (aiohttp.WSCloseCode.MESSAGE_TOO_BIG, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)


class TestFloods:
    """Counted against a clock that stands still: nothing is allowed anew meanwhile, however slow the machine."""

    @pytest.fixture
    async def server(self, tmp_path: Path) -> AsyncIterator[RunningGateway]:
        async with running_gateway(tmp_path, clock=ManualClock()) as gateway:
            yield gateway

    async def test_a_flood_is_refused_and_then_closed(self, server: RunningGateway, watching: Page) -> None:
        raw = await open_raw(server)
        await join_raw(server, raw)
        page = request_packet("chat_typing", {"is_typing": True}, ack_id=7)
        for _ in range(3 * MESSAGES_AT_ONCE):
            await raw.websocket.send_bytes(page)
        packets = await raw.read_until_closed()
        assert only_code(packets) == "too_many"
        answers = [packet["data"][0] for packet in packets if packet["type"] == 3]
        refused = [answer for answer in answers if answer.get("error", {}).get("code") == "too_many"]
        assert len(answers) - len(refused) <= MESSAGES_AT_ONCE  # none, when all were there before the first began
        assert MESSAGES_AT_ONCE <= len(refused) <= 2 * MESSAGES_AT_ONCE

    async def test_a_flood_of_control_messages_is_closed(self, server: RunningGateway, watching: Page) -> None:
        raw = await open_raw(server)
        for _ in range(3 * MESSAGES_AT_ONCE):
            await raw.websocket.send_str("3")
        assert only_code(await raw.read_until_closed()) == "too_many"

    async def test_a_flood_of_websocket_pings_is_closed(self, server: RunningGateway, watching: Page) -> None:
        raw = await open_raw(server)
        await raw.websocket.ping(b"hello")  # one is answered
        for _ in range(3 * MESSAGES_AT_ONCE):
            await raw.websocket.ping()
        assert only_code(await raw.read_until_closed()) == "too_many"


async def test_the_burst_of_a_join_is_no_flood(server: RunningGateway, watching: Page) -> None:
    page = await server.enter(ANA)
    burst = [page.request("media_consume", transport_id="t", producer_id=str(number)) for number in range(120)]
    assert await asyncio.gather(*burst) == [{}] * 120


def living_sockets(server: RunningGateway) -> list[Socket]:
    gc.collect()
    engine = server.gateway._server.eio
    return [thing for thing in gc.get_objects() if isinstance(thing, Socket) and thing.server is engine]


async def test_random_bytes_neither_raise_nor_stay(server: RunningGateway, watching: Page) -> None:
    generator = random.Random(7)
    token = await server.sign_in(ANA)
    for _ in range(60):
        raw = await RawSocket.open(server.url, token)
        for _ in range(5):
            size = generator.randrange(0, 300)
            if generator.random() < 0.5:
                await raw.websocket.send_bytes(generator.randbytes(size))
            else:
                await raw.websocket.send_str(generator.randbytes(size).decode("latin-1"))
        await raw.read_until_closed()
        await raw.close()
    await until(lambda: len(server.gateway._server.sockets) == 1)
    await until(lambda: len(living_sockets(server)) == 1)
    assert server.gateway.connection_count == 1
    manager = server.gateway._server.manager
    assert len(manager.rooms["/"][None]) == 1
    assert (manager.pending_connect, manager.pending_disconnect, manager.callbacks) == ({}, {}, {})
    assert len(server.gateway._server.environ) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("x", "bad_request"),
        ("bAAAA", "bad_request"),
        ("b!!!!", "bad_request"),
        ("4[]", "bad_request"),
        ("\x1e".join(["3"] * 700), "too_many"),
        ("b" + "A" * 90_000, "too_large"),
    ],
)
async def test_a_hostile_post_ends_that_session(server: RunningGateway, watching: Page, body: str, code: str) -> None:
    page = await server.connect(ANA, transports=["polling"])
    sid = page._socket.eio.sid
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{server.url}/socket.io/?EIO=4&transport=polling&sid={sid}", data=body) as response,
    ):
        assert response.status == 200
    closing = await page.next_event("connection_closing")
    assert (closing.code, closing.should_reconnect) == (code, False)
    await until(page.is_closed.is_set)
    await until(lambda: len(server.gateway._server.sockets) == 1)


async def test_posts_that_do_not_belong_anywhere(server: RunningGateway, watching: Page) -> None:
    async with aiohttp.ClientSession() as client:
        for query, body in [
            ("EIO=4&transport=polling&sid=nobody", "3"),
            ("EIO=4&transport=polling", "3"),
            ("EIO=3&transport=polling", "3"),
            ("transport=smoke-signals", ""),
        ]:
            async with client.post(f"{server.url}/socket.io/?{query}", data=body) as response:
                assert response.status == 400, query
        for query, status in [("EIO=4&transport=polling&j=0", 403), ("EIO=4&transport=websocket", 400)]:
            async with client.get(f"{server.url}/socket.io/?{query}") as answer:
                assert answer.status == status, query
    assert len(server.gateway._server.sockets) == 1


async def test_a_post_is_read_as_a_whole(server: RunningGateway, watching: Page) -> None:
    page = await server.connect(ANA, transports=["polling"])
    await page.join(ROOM)
    sid = page._socket.eio.sid
    fields = {"request_id": "1", "text": "in pieces " * 300}
    body = b"b" + base64.b64encode(request_packet("chat_send", fields))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]
            await asyncio.sleep(0)

    url = f"{server.url}/socket.io/?EIO=4&transport=polling&sid={sid}"
    headers = {"Content-Length": str(len(body))}
    async with aiohttp.ClientSession() as client, client.post(url, data=pieces(), headers=headers) as response:
        assert response.status == 200
    sent = await watching.next_event("chat_sent")
    assert sent.message.text == fields["text"]


async def test_a_post_that_breaks_off_ends_that_session(server: RunningGateway, watching: Page) -> None:
    page = await server.connect(ANA, transports=["polling"])
    address = urlsplit(server.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    path = f"/socket.io/?EIO=4&transport=polling&sid={page._socket.eio.sid}"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000\r\n\r\nbAA".encode())
    await writer.drain()
    writer.transport.abort()
    closing = await page.next_event("connection_closing")
    assert closing.code == "bad_request"
    await until(page.is_closed.is_set)


async def test_a_connection_that_reads_nothing_is_closed_and_may_come_back(
    server: RunningGateway, watching: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_socket, "CLOSE_TIMEOUT_S", 0.2)
    deaf = await DeafSocket.open(server.url, await server.sign_in(ANA))
    deaf.send(pack(type=0))
    fields = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "deaf"}
    deaf.send(request_packet("room_join", fields, ack_id=0))
    await watching.next_event("participant_joined")
    await until(lambda: len(meeting_of(server)._listening) == 2)
    slow = server.gateway._server.sockets[-1]
    meeting = meeting_of(server)
    published = 0
    largest = 0
    while not slow.is_over:
        published += 1
        meeting.publish(ChatMessageSent(message=message(published, "x" * 50_000)))
        largest = max(largest, slow.queued_bytes)
        await watching.until_seq(2 + published)
        assert published < 1_000
    assert QUEUED_BYTES < largest <= QUEUED_BYTES + 2 * 51_000
    lost = await watching.next_event("participant_changed")
    assert not lost.participant.is_connected
    # It is gone for good even though it still reads nothing ...
    await until(lambda: slow._transport is not None and slow._transport.get_write_buffer_size() == 0)
    assert b"too_slow" not in await deaf.read_to_the_end()  # ... and too far behind to hear why
    deaf.close()
    back = Page(await server.sign_in(ANA))
    server.stack.push_async_callback(back.close)
    back.endpoint_id = "deaf"
    await back.connect(server.url)
    known = {"meeting_id": meeting.meeting_id, "last_seq": 2}
    reply = await back.request("room_join", protocol_version=1, slug=ROOM, endpoint_id="deaf", **known)
    assert reply["snapshot"]["seq"] == published + 4  # what it missed is more than it could read again


async def test_a_slow_connection_goes_without_notices_first(server: RunningGateway, watching: Page) -> None:
    deaf = await DeafSocket.open(server.url, await server.sign_in(ANA))
    deaf.send(pack(type=0))
    fields = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "deaf"}
    deaf.send(request_packet("room_join", fields, ack_id=0))
    await until(lambda: server.directory.meetings != [] and len(meeting_of(server)._listening) == 2)
    slow = server.gateway._server.sockets[-1]
    meeting = meeting_of(server)
    published = 0
    while slow.queued_bytes <= QUEUED_BYTES_FOR_NOTICES:
        published += 1
        meeting.publish(ChatMessageSent(message=message(published, "x" * 50_000)))
        await watching.until_seq(2 + published)
    waiting = slow.queued_bytes
    for _ in range(100):
        meeting.notify(ChatTypingNotice(participant_id="p", is_typing=True))
    assert slow.queued_bytes == waiting
    await watching.next_event("chat_typing", nth=100)
    meeting.publish(ChatMessageSent(message=message(published + 1, "kept")))
    assert slow.queued_bytes > waiting
    told = await deaf.read_until(b"notices_dropped")
    assert b"is_typing" not in told
    assert told.index(b"kept") < told.index(b"notices_dropped"), "only when it has taken everything"
    meeting.notify(ChatTypingNotice(participant_id="p", is_typing=True))
    assert b"notices_dropped" not in await deaf.read_until(b"is_typing"), "once is enough"
    deaf.close()


async def test_a_page_that_polls_too_seldom_is_told_that_it_went_without_notices(
    server: RunningGateway, watching: Page
) -> None:
    async with aiohttp.ClientSession(headers={"Cookie": f"roundup_session={await server.sign_in(ANA)}"}) as client:
        url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        async with client.get(url) as response:
            sid = json.loads((await response.text())[1:])["sid"]

        async def post(packet: bytes) -> None:
            async with client.post(f"{url}&sid={sid}", data=b"b" + base64.b64encode(packet)) as response:
                assert response.status == 200

        async def poll() -> bytes:
            async with client.get(f"{url}&sid={sid}") as response:
                items = (await response.text()).split("\x1e")
            return b"".join(base64.b64decode(item[1:]) for item in items if item.startswith("b"))

        fields = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "polling"}
        await post(pack(type=0))
        await post(request_packet("room_join", fields, ack_id=0))
        await watching.next_event("participant_joined")
        await until(lambda: len(meeting_of(server)._listening) == 2)
        slow = server.gateway._server.sockets[-1]
        for number in range(1, 4):
            meeting_of(server).publish(ChatMessageSent(message=message(number, "x" * 50_000)))
        assert slow.queued_bytes > QUEUED_BYTES_FOR_NOTICES
        meeting_of(server).notify(ChatTypingNotice(participant_id="p", is_typing=True))
        polled = b""
        for _ in range(10):
            polled += await poll()
            if b"notices_dropped" in polled:
                break
        assert b"is_typing" not in polled
        assert polled.endswith(msgspec.msgpack.encode({"type": "notices_dropped"}))


async def test_a_page_that_does_not_poll_is_closed(server: RunningGateway, watching: Page) -> None:
    async with aiohttp.ClientSession(headers={"Cookie": f"roundup_session={await server.sign_in(ANA)}"}) as client:
        url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        async with client.get(url) as response:
            sid = json.loads((await response.text())[1:])["sid"]

        async def post(packet: bytes) -> None:
            async with client.post(f"{url}&sid={sid}", data=b"b" + base64.b64encode(packet)) as response:
                assert response.status == 200

        fields = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "polling"}
        await post(pack(type=0))
        await post(request_packet("room_join", fields, ack_id=0))
        await watching.next_event("participant_joined")
        await until(lambda: len(meeting_of(server)._listening) == 2)
        published = 0
        slow = server.gateway._server.sockets[-1]
        published = 0
        while slow.leaving is None:
            published += 1
            meeting_of(server).publish(ChatMessageSent(message=message(published, "x" * 50_000)))
            await watching.until_seq(2 + published)
        async with client.get(f"{url}&sid={sid}") as response:
            body = await response.text()
        packets = [base64.b64decode(item[1:]) for item in body.split("\x1e") if item.startswith("b")]
        assert len(packets) == 1  # what had waited was given up
        assert b"too_slow" in packets[0]


def message(number: int, text: str) -> ChatMessage:
    return ChatMessage(message_id=number, person_id="p", name="P", text=text, sent_at=0)
