"""Who may connect: cookie, origin, number of connections, transport."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as RefusedError
from structlog.testing import capture_logs

from server.gateway import engine_socket
from server.gateway.limits import CONNECTIONS_PER_PERSON, JOINS_AT_ONCE
from tests.support.clock import ManualClock
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page, RequestError
from tests.support.raw import RawSocket, pack, request_packet
from tests.support.waiting import until

ANA = "ana@school.example"
POLLING = "/socket.io/?EIO=4&transport=polling"


async def reason(page: Page, url: str, **options: Any) -> str:
    """Return the code with which a connection is refused, as the page hears it."""
    heard: list[Any] = []
    page._socket.on("connect_error", heard.append)
    with pytest.raises(RefusedError):
        await page.connect(url, **options)
    code: str = heard[0]["data"]["code"]
    assert heard[0]["message"]
    return code


async def status(url: str, headers: Mapping[str, str]) -> int:
    async with aiohttp.ClientSession() as client, client.get(url + POLLING, headers=headers) as response:
        return response.status


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_nobody_connects_without_a_session(server: RunningGateway, transport: str) -> None:
    assert await reason(Page("made-up"), server.url, transports=[transport]) == "not_signed_in"
    assert await reason(Page("x", cookie_name="other"), server.url, transports=[transport]) == "not_signed_in"
    assert server.gateway.connection_count == 0


async def test_a_session_that_ended_is_refused(server: RunningGateway) -> None:
    token = await server.sign_in(ANA)
    await server.people.revoke(ANA)
    assert await reason(Page(token), server.url) == "not_signed_in"


async def test_a_page_is_sent_away_when_its_session_ends(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, recheck_every_s=0.02) as server:
        ana, ben = await server.enter(ANA), await server.enter("ben@school.example")
        await server.people.revoke(ANA)
        closing = await ana.next_event("connection_closing")
        assert (closing.code, closing.should_reconnect) == ("not_signed_in", True)
        await until(lambda: server.gateway.connection_count == 1)
        assert not ben.is_closed.is_set()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Mode": "websocket"}, 403),
        ({"Origin": "http://rooms.example"}, 200),
        ({"Origin": "https://partner.example"}, 200),
        ({"Origin": "https://rooms.example.evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
async def test_only_pages_of_ours_and_programs_connect(tmp_path: Path, headers: dict[str, str], expected: int) -> None:
    async with running_gateway(tmp_path, allowed_origins=["https://partner.example"]) as server:
        assert await status(server.url, headers) == expected


async def test_a_page_of_the_host_that_it_asks_connects(server: RunningGateway) -> None:
    page = await server.connect(ANA, headers={"Origin": server.url})
    await page.join(ROOM)
    with pytest.raises(RefusedError):
        await server.connect(ANA, headers={"Origin": "https://evil.example"})


async def test_a_person_has_a_limited_number_of_connections(server: RunningGateway) -> None:
    pages = [await server.connect(ANA) for _ in range(CONNECTIONS_PER_PERSON)]
    assert await reason(Page(await server.sign_in(ANA)), server.url) == "too_many"
    await server.connect("ben@school.example")
    await pages[0].close()
    await until(lambda: server.gateway.connection_count == CONNECTIONS_PER_PERSON)
    await server.connect(ANA)


async def test_who_enters_again_and_again_is_told_when_to_come_back_and_the_others_hear_no_more_of_it(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    async with running_gateway(tmp_path, clock=clock) as server:
        watching, page = await server.enter("ben@school.example"), await server.connect(ANA)
        for _ in range(JOINS_AT_ONCE):
            await page.join(ROOM)
            await page.request("room_leave")
        [room] = server.directory.meetings
        heard = len(watching.events)
        with pytest.raises(RequestError) as error:
            await page.join(ROOM)
        assert (error.value.code, error.value.retry_after_s) == ("too_many", 1)
        await watching.request("chat_send", text="quiet here")
        await watching.next_event("chat_sent")
        assert len(watching.events) == heard + 1
        assert len(room.participants()) == 1
        clock.advance(seconds=1)
        await page.join(ROOM)
        assert len(room.participants()) == 2


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
async def test_every_transport_carries_a_meeting(server: RunningGateway, transports: list[str]) -> None:
    watching = await server.enter("ben@school.example")
    page = await server.connect(ANA, transports=transports)
    assert page._socket.transport() == transports[-1]
    await page.join(ROOM)
    for number in range(40):
        await page.request("chat_send", text=f"message {number}")
        await watching.request("chat_send", text=f"answer {number}")
    await page.request("chat_send", text="\N{SNOWMAN}" * 4_000)
    await watching.until_seq(83)
    await page.until_seq(83)
    assert page.snapshot == watching.snapshot
    assert [event.seq for event in page.events] == list(range(3, 84))
    await page.close()
    changed = await watching.next_event("participant_changed")
    assert not changed.participant.is_connected


async def test_a_namespace_that_does_not_exist_is_refused_and_nothing_else_changes(server: RunningGateway) -> None:
    raw = await RawSocket.open(server.url, await server.sign_in(ANA))
    await raw.websocket.send_bytes(pack(type=0, nsp="/admin"))
    assert (await raw.read_packet())["type"] == 4
    await raw.websocket.send_bytes(pack(type=0))  # connected already
    assert (await raw.read_packet())["type"] == 4
    await raw.websocket.send_bytes(request_packet("chat_page", {}, ack_id=1))
    assert (await raw.read_packet())["data"][0]["error"]["code"] == "not_in_room"
    assert server.gateway.connection_count == 1
    await raw.close()
    await until(lambda: server.gateway.connection_count == 0)


async def test_a_session_that_never_says_who_it_is_is_closed(
    server: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(engine_socket, "CONNECT_TIMEOUT_S", 1.5)
        silent = await RawSocket.open(server.url, "made-up", connects=False)
        refused = await RawSocket.open(server.url, "made-up", connects=False)
        welcome = await RawSocket.open(server.url, await server.sign_in(ANA))
    await refused.websocket.send_bytes(pack(type=0))
    [answer] = await refused.read_until_closed()
    assert (answer["type"], answer["data"]["data"]["code"]) == (4, "not_signed_in")
    assert await silent.read_until_closed() == []
    await welcome.websocket.send_bytes(request_packet("chat_page", {}, ack_id=1))  # its timer is of no consequence
    assert (await welcome.read_packet())["data"][0]["error"]["code"] == "not_in_room"
    await welcome.close()
    await until(lambda: server.gateway._server.sockets == ())
    await silent.close()
    await refused.close()


async def test_closing_tells_pages_to_come_back(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as server:
        websocket = await server.enter(ANA)
        polling = await server.connect("ben@school.example", transports=["polling"])
        token = await server.sign_in(ANA)
        await server.gateway.close()
        for page in (websocket, polling):
            closing = await page.next_event("connection_closing")
            assert (closing.code, closing.should_reconnect) == ("server_stopping", True)
            await until(page.is_closed.is_set)
        assert await reason(Page(token), server.url) == "server_stopping"
        assert server.gateway.connection_count == 0
        await server.gateway.close()


async def test_a_failing_database_is_logged_and_not_told(server: RunningGateway) -> None:
    token = await server.sign_in(ANA)
    await server.sql("ALTER TABLE sign_in_session RENAME TO gone")
    with capture_logs() as logs:
        assert await reason(Page(token), server.url) == "internal_error"
    assert [log["event"] for log in logs] == ["connect_failed"]
    await server.sql("ALTER TABLE gone RENAME TO sign_in_session")
    await server.connect(ANA)
