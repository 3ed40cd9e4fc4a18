"""How somebody goes decides how long they are waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import WSCloseCode

from protocol.requests import RoomJoin
from server.gateway import engine
from server.room.directory import Door, Entry, RoomDirectory
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page
from tests.support.raw import RawSocket, pack, request_packet
from tests.support.waiting import until

ANA, BEN = "ana@school.example", "ben@school.example"
JOIN = {"request_id": "1", "protocol_version": 1, "slug": ROOM, "endpoint_id": "e1"}


async def enter_raw(server: RunningGateway, email: str) -> RawSocket:
    raw = await RawSocket.open(server.url, await server.sign_in(email))
    server.stack.push_async_callback(raw.close)
    await raw.websocket.send_bytes(request_packet("room_join", JOIN, ack_id=1))
    assert "ok" in (await raw.read_packet())["data"][0]
    return raw


def heard_by(page: Page) -> list[str]:
    """Name what a page has heard since it was opened."""
    return [str(event.__struct_config__.tag) for event in page.events]


async def test_a_page_that_says_that_it_goes_is_not_waited_for_long(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, reload_grace_s=0.05, reconnect_grace_s=3_600) as server:
        watching = await server.enter(BEN)
        raw = await enter_raw(server, ANA)
        await raw.websocket.close(code=WSCloseCode.GOING_AWAY)
        gone = await watching.next_event("participant_left")
        assert gone.reason == "left"
        assert heard_by(watching) == ["participant_joined", "participant_changed", "participant_left"]


async def test_a_page_that_is_loaded_anew_is_the_same_participant(server: RunningGateway) -> None:
    watching = await server.enter(BEN)
    raw = await enter_raw(server, ANA)
    await raw.websocket.close(code=WSCloseCode.GOING_AWAY)
    await watching.next_event("participant_changed")
    page = await server.enter(ANA)
    await watching.next_event("participant_changed", nth=2)
    assert page.joined is not None
    assert [p.participant_id for p in server.directory.meetings[0].participants()][1] == page.joined.you.participant_id
    assert heard_by(watching) == ["participant_joined", "participant_changed", "participant_changed"]


async def abort(raw: RawSocket) -> None:
    raw.abort()


async def close(raw: RawSocket) -> None:
    await raw.websocket.close()


async def disconnect(raw: RawSocket) -> None:
    await raw.websocket.send_bytes(pack(type=1))


async def close_session(raw: RawSocket) -> None:
    await raw.websocket.send_str("1")


@pytest.mark.parametrize("go", [abort, close, disconnect, close_session])
async def test_everything_else_may_be_a_bad_line(tmp_path: Path, go: Callable[[RawSocket], Awaitable[None]]) -> None:
    # Our page, too, closes connections that it takes for dead, to come back.
    async with running_gateway(tmp_path, reload_grace_s=0, reconnect_grace_s=3_600) as server:
        watching = await server.enter(BEN)
        raw = await enter_raw(server, ANA)
        await go(raw)
        await watching.next_event("participant_changed")
        [meeting] = server.directory.meetings
        assert meeting.next_deadline is not None
        assert meeting.next_deadline - server.clock.monotonic() > 3_000


async def test_whoever_signs_out_is_gone_at_once(server: RunningGateway) -> None:
    watching, page, other_device = await server.enter(BEN), await server.enter(ANA), await server.connect(ANA)
    await server.people.sign_out(page.session_token)
    server.gateway.on_signed_out(page.session_token)
    gone = await watching.next_event("participant_left")
    assert gone.reason == "left"
    assert heard_by(watching) == ["participant_joined", "participant_left"]
    closing = await page.next_event("connection_closing")
    assert closing.code == "not_signed_in"
    await until(page.is_closed.is_set)
    await other_device.join(ROOM)
    [row] = await rows_of(server, page)
    assert row["left_reason"] == "left"


async def test_whoever_is_revoked_is_removed_without_being_waited_for(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, recheck_every_s=0.02) as server:
        watching, page = await server.enter(BEN), await server.enter(ANA)
        await server.people.revoke(ANA)
        gone = await watching.next_event("participant_left")
        assert gone.reason == "removed"
        assert heard_by(watching) == ["participant_joined", "participant_left"]
        await until(page.is_closed.is_set)
        [row] = await rows_of(server, page)
        assert row["left_reason"] == "removed"


async def test_whoever_signs_out_at_the_door_does_not_get_in(
    server: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = await server.enter(BEN)
    raw = await RawSocket.open(server.url, token := await server.sign_in(ANA))
    server.stack.push_async_callback(raw.close)
    join = RoomDirectory.join

    async def sign_out_meanwhile(directory: RoomDirectory, door: Door, *rest: object) -> Entry:
        assert isinstance(rest[1], RoomJoin)
        server.gateway.on_signed_out(token)
        return await join(directory, door, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(RoomDirectory, "join", sign_out_meanwhile)
    await raw.websocket.send_bytes(request_packet("room_join", JOIN, ack_id=1))
    await watching.next_event("participant_left")
    assert heard_by(watching) == ["participant_joined", "participant_left"]
    assert [p.name for p in server.directory.meetings[0].participants()] == ["Ben"]


async def test_a_page_that_is_closed_while_it_enters_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_gateway(tmp_path, reload_grace_s=0.05, reconnect_grace_s=3_600) as server:
        watching = await server.enter(BEN)
        raw = await RawSocket.open(server.url, await server.sign_in(ANA))
        server.stack.push_async_callback(raw.close)
        join = RoomDirectory.join

        async def close_meanwhile(directory: RoomDirectory, door: Door, *rest: object) -> Entry:
            await raw.websocket.close(code=WSCloseCode.GOING_AWAY)
            await until(lambda: server.gateway.connection_count == 1)
            return await join(directory, door, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(RoomDirectory, "join", close_meanwhile)
        await raw.websocket.send_bytes(request_packet("room_join", JOIN, ack_id=1))
        assert (await watching.next_event("participant_left")).reason == "left"


async def rows_of(server: RunningGateway, page: Page) -> list[dict[str, object]]:
    """Return what is recorded of a page's connection."""
    assert page.joined is not None
    [meeting] = server.directory.meetings
    await meeting._hooks.join()
    await until(lambda: not server.presence._connections)
    return await server.sql(f"SELECT * FROM connection WHERE connection_id = '{page.joined.you.connection_id}'")


async def left_of(server: RunningGateway) -> tuple[int, int, str]:
    """Wait until the one connection has left, and return when it joined and left, and why."""
    await until(lambda: all(not meeting._listening for meeting in server.directory.meetings))
    for meeting in server.directory.meetings:
        await meeting._hooks.join()
    assert await server.presence.flush()
    [row] = await server.sql("SELECT joined_at, left_at, left_reason FROM connection")
    return row["joined_at"], row["left_at"], row["left_reason"]


async def test_a_line_that_dies_without_a_word_counts_until_it_was_last_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PING_INTERVAL_S", 0.1)
    monkeypatch.setattr(engine, "PING_TIMEOUT_S", 1.5)
    async with running_gateway(tmp_path) as server:
        raw = await enter_raw(server, ANA)
        for _ in range(3):
            assert (await raw.websocket.receive(5)).data == "2"
            await raw.websocket.send_str("3")
        heard_at = server.directory.meetings[0].now_ms()
        joined_at, left_at, reason = await left_of(server)
        assert server.directory.meetings[0].now_ms() - heard_at >= 1_500
        assert (joined_at < left_at, reason) == (True, "lost")
        assert left_at - heard_at < 1_000  # had it counted until it was noticed, it would be more than 1,500


async def test_a_page_that_closes_counts_until_then(server: RunningGateway) -> None:
    raw = await enter_raw(server, ANA)
    await asyncio.sleep(0.3)  # no wait for something, but time that has to count
    before = server.directory.meetings[0].now_ms()
    await raw.websocket.close(code=WSCloseCode.GOING_AWAY)
    _, left_at, reason = await left_of(server)
    assert (left_at >= before - 5, reason) == (True, "left")  # but for the rounding of two clocks


async def test_a_polling_page_is_heard_with_each_request(server: RunningGateway) -> None:
    page = await server.connect(ANA, transports=["polling"])
    await page.join(ROOM)
    [socket] = server.gateway._server.sockets
    await asyncio.sleep(0.3)
    silent_s = socket.silent_s
    await page.request("chat_send", text="here")
    assert silent_s > 0.2 > socket.silent_s
