"""What becomes of a request: unknown, malformed, early, repeated, failing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from protocol import PROTOCOL_VERSION
from protocol.errors import ErrorCode
from protocol.events import MediaReset
from protocol.requests import REQUESTS, MediaProducerClose, MediaProducerUpdate, MediaTransportClose
from protocol.wire import Empty, Request
from server.errors import ProtocolError
from server.gateway import connection
from server.room.feature import Caller, Feature, Handler, Meeting
from tests.support.gateway import ROOM, AnsweringFeature, RunningGateway, running_gateway
from tests.support.page import Page, RequestError
from tests.support.raw import RawSocket, request_packet
from tests.support.waiting import until

ANA, BEN = "ana@school.example", "ben@school.example"


async def code(request: Any) -> str:
    """Return the code of the failed acknowledgement."""
    with pytest.raises(RequestError) as error:
        await request
    return error.value.code


class FaultyFeature(Feature):
    """Goes wrong in the ways in which a handler can."""

    def __init__(self, meeting: Meeting) -> None:
        self.may_answer = asyncio.Event()

    def handlers(self) -> Mapping[type[Request], Handler]:
        return {
            MediaTransportClose: self.break_down,
            MediaProducerClose: self.refuse_connection,
            MediaProducerUpdate: self.hang,
        }

    async def break_down(self, _caller: Caller, _request: Request) -> Empty:
        raise ZeroDivisionError("secret")

    async def refuse_connection(self, _caller: Caller, _request: Request) -> Empty:
        raise ProtocolError(ErrorCode.BAD_REQUEST, "No page of ours sends this.")

    async def hang(self, _caller: Caller, _request: Request) -> Empty:
        await self.may_answer.wait()
        return Empty()


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "room_join"])
async def test_every_request_needs_a_room(server: RunningGateway, name: str) -> None:
    page = await server.connect(ANA)
    assert await code(page.request_raw(name, {})) == "not_in_room"


@pytest.mark.parametrize(
    "name", ["chat_shout", "", "connect", "disconnect", "*", "message", "room_join\0", "x" * 60_000]
)
async def test_unknown_names_are_refused(server: RunningGateway, name: str) -> None:
    page = await server.connect(ANA)
    assert await code(page.request_raw(name, {})) == "bad_request"
    await page.join(ROOM)
    assert await code(page.request_raw(name, {})) == "bad_request"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ({"request_id": "r", "text": "x"}, {}),
        ("x",),
        (None,),
        ([],),
        ({},),
        ({"request_id": "r"},),
        ({"text": "x"},),
        ({"request_id": "r", "text": 7},),
        ({"request_id": "r", "text": b"x"},),
        ({"request_id": 7, "text": "x"},),
        ({"request_id": "", "text": "x"},),
        ({"request_id": "r" * 65, "text": "x"},),
        ({"request_id": "r", "text": "x", "is_admin": True},),
    ],
)
async def test_malformed_arguments_are_refused(server: RunningGateway, arguments: tuple[object, ...]) -> None:
    page = await server.enter(ANA)
    assert await code(page.request_raw("chat_send", *arguments)) == "bad_request"
    await page.request("chat_send", text="still here")


async def test_another_protocol_version_is_told_to_reload(server: RunningGateway) -> None:
    page = await server.connect(ANA)
    newer = {"protocol_version": PROTOCOL_VERSION + 1, "whatever": "this may be by then"}
    assert await code(page.request_raw("room_join", newer)) == "version_mismatch"
    assert await code(page.request_raw("room_join", {"slug": ROOM})) == "bad_request"
    assert await code(page.request_raw("room_join", {"protocol_version": "1"})) == "bad_request"


async def test_a_room_that_does_not_exist_is_not_found(server: RunningGateway) -> None:
    page = await server.connect(ANA)
    assert await code(page.join("nowhere")) == "not_found"
    assert await code(page.join("Not A Slug")) == "bad_request"
    await page.join(ROOM)


async def test_the_answer_to_joining_says_who_one_is(server: RunningGateway) -> None:
    page = await server.connect(ANA)
    joined = await page.join(ROOM)
    assert joined.snapshot is not None
    [participant] = joined.snapshot.participants
    assert participant.participant_id == joined.you.participant_id
    assert (joined.you.role, joined.you.chat_read_up_to) == ("participant", 0)
    assert "chat_send" in joined.you.permitted
    assert len(server.joins) == 1
    assert 0 < server.joins[0] < 5


async def test_one_connection_is_in_one_room(server: RunningGateway) -> None:
    page = await server.enter(ANA)
    assert await code(page.request_raw("room_join", join_fields(page, slug="lounge"))) == "bad_request"
    assert await code(page.request_raw("room_join", join_fields(page, endpoint_id="other"))) == "bad_request"
    await page.request("room_leave")
    joined = await page.join("lounge")
    assert joined.snapshot is not None
    assert joined.snapshot.room.slug == "lounge"
    inside = {meeting.room.slug: len(meeting.participants()) for meeting in server.directory.meetings}
    assert inside == {ROOM: 0, "lounge": 1}


async def test_joining_again_on_the_same_connection_is_answered_again(server: RunningGateway) -> None:
    page = await server.connect(ANA)
    fields = join_fields(page)
    first, second = await asyncio.gather(page.request_raw("room_join", fields), page.request_raw("room_join", fields))
    assert first["you"] == second["you"]
    assert first["snapshot"] == second["snapshot"]
    assert len(server.directory.meetings[0].participants()) == 1
    await server.presence.flush()
    [row] = await server.sql("SELECT connection_id FROM connection")
    assert row["connection_id"] == first["you"]["connection_id"]


class RestlessFeature(Feature):
    """Publishes in every turn of the event loop for a while from the welcome on."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting

    def you(self, caller: Caller) -> Mapping[str, Any]:
        asyncio.get_running_loop().call_soon(self.publish, 50)
        return {}

    def publish(self, more: int) -> None:
        self.meeting.publish(MediaReset(epoch=1, is_available=True))
        if more > 0:
            asyncio.get_running_loop().call_soon(self.publish, more - 1)


async def test_the_answer_to_joining_comes_before_the_events_after_it(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, features=[RestlessFeature]) as server:
        raw = await RawSocket.open(server.url, await server.sign_in(ANA))
        fields = {"request_id": "j", "protocol_version": PROTOCOL_VERSION, "slug": ROOM, "endpoint_id": "raw"}
        await raw.websocket.send_bytes(request_packet("room_join", fields, ack_id=0))
        answer, event = await raw.read_packet(), await raw.read_packet()
        assert answer["type"] == 3
        assert event["data"][1]["seq"] == answer["data"][0]["ok"]["snapshot"]["seq"] + 1
        await raw.close()


async def test_leaving_is_done_once_and_answered_again(server: RunningGateway) -> None:
    watching = await server.enter(BEN)
    page = await server.enter(ANA)
    assert await page.request("room_leave", request_id="1") == {}
    left = await watching.next_event("participant_left")
    assert left.reason == "left"
    assert await page.request("room_leave", request_id="1") == {}
    assert await code(page.request("room_leave", request_id="2")) == "not_in_room"
    assert await code(page.request_raw("room_leave", {})) == "bad_request"
    again = await page.join(ROOM)
    assert again.you.participant_id != left.participant_id


async def test_a_mutation_is_applied_once_however_often_it_arrives(server: RunningGateway) -> None:
    page = await server.enter(ANA)
    replies = await asyncio.gather(*(page.request("chat_send", request_id="1", text="once") for _ in range(5)))
    assert all(reply == replies[0] for reply in replies)
    await page.break_line()
    await page.come_back()
    assert await page.request("chat_send", request_id="1", text="once") == replies[0]
    assert page.snapshot is not None
    assert [message.text for message in page.snapshot.chat.messages] == ["once"]


async def test_a_request_without_acknowledgement_is_done(server: RunningGateway) -> None:
    watching = await server.enter(BEN)
    page = await server.enter(ANA)
    await page.tell("chat_send", request_id="1", text="no answer needed")
    await page.tell("chat_shout")
    await page.tell("room_leave", request_id="2")
    assert (await watching.next_event("chat_sent")).message.text == "no answer needed"
    await watching.next_event("participant_left")


async def test_a_fault_of_ours_is_logged_with_room_and_participant_and_not_told(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, features=[FaultyFeature]) as server:
        page, watching = await server.enter(ANA), await server.enter(BEN)
        with capture_logs() as logs:
            with pytest.raises(RequestError, match="internal_error") as error:
                await page.request("media_transport_close", transport_id="t")
            assert "secret" not in str(error.value)
        [log] = [log for log in logs if log["event"] == "request_failed"]
        assert page.joined is not None
        assert log["participant_id"] == page.joined.you.participant_id
        assert log["room_id"] == server.directory.meetings[0].room.room_id
        assert ANA not in str(log)
        await page.request("chat_send", text="still here")
        await watching.next_event("chat_sent")


async def test_whatever_is_logged_for_a_request_says_where_and_of_whom(tmp_path: Path) -> None:
    class Logging(AnsweringFeature):
        async def on_request(self, _caller: Caller, _request: Request) -> Empty:
            structlog.get_logger().info("asked")
            return Empty()

        async def on_connection_left(self, caller: Caller, reason: str, at: int) -> None:
            structlog.get_logger().info("told")

    async with running_gateway(tmp_path, features=[Logging]) as server:
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            ana, ben = await server.enter(ANA), await server.enter(BEN)
            for page in (ana, ben):
                await page.request("media_transport_close", transport_id="t")
            await ana.request("room_leave")
            await until(lambda: any(log["event"] == "told" for log in logs))
        assert ana.joined is not None
        assert ben.joined is not None
        asked = [(log["room_id"], log["participant_id"]) for log in logs if log["event"] == "asked"]
        room_id = server.directory.meetings[0].room.room_id
        assert asked == [(room_id, joined.you.participant_id) for joined in (ana.joined, ben.joined)]
        # Hooks run for everybody, whoever's request has started them.
        [told] = [log for log in logs if log["event"] == "told"]
        assert "participant_id" not in told


async def test_a_protocol_error_closes_that_connection_only(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, features=[FaultyFeature]) as server:
        page, watching = await server.enter(ANA), await server.enter(BEN)
        await page.tell("media_producer_close", request_id="1", producer_id="p")
        closing = await page.next_event("connection_closing")
        assert (closing.code, closing.should_reconnect) == ("bad_request", False)
        await until(page.is_closed.is_set)
        changed = await watching.next_event("participant_changed")
        assert not changed.participant.is_connected
        await watching.request("chat_send", text="still here")


async def test_requests_under_way_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUESTS_IN_FLIGHT", 3)
    features: list[FaultyFeature] = []

    def create(meeting: Meeting) -> FaultyFeature:
        features.append(FaultyFeature(meeting))
        return features[-1]

    async with running_gateway(tmp_path, features=[create]) as server:
        page = await server.enter(ANA)
        hanging = [
            asyncio.create_task(page.request("media_producer_update", producer_id="p", is_paused=True))
            for _ in range(3)
        ]
        await asyncio.wait(hanging, timeout=0.05)
        assert await code(page.request("chat_send", text="one too many")) == "too_many"
        features[0].may_answer.set()
        assert await asyncio.gather(*hanging) == [{}, {}, {}]
        await page.request("chat_send", text="again")


async def test_a_name_with_markup_stays_text(server: RunningGateway) -> None:
    token = await server.sign_in(ANA)
    await server.people.add_person(ANA, "<img src=x onerror=alert(1)>", (await server.people.find(ANA)).role)
    page = Page(token)
    server.stack.push_async_callback(page.close)
    await page.connect(server.url)
    joined = await page.join(ROOM)
    assert joined.snapshot is not None
    assert joined.snapshot.participants[0].name == "<img src=x onerror=alert(1)>"


def join_fields(page: Page, **fields: Any) -> dict[str, Any]:
    known = {"request_id": "j", "protocol_version": PROTOCOL_VERSION, "slug": ROOM, "endpoint_id": page.endpoint_id}
    return known | fields
