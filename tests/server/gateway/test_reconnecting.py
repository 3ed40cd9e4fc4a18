"""A lost connection keeps identity and place; a meeting is the same for everybody at every moment."""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from protocol.requests import MediaProduce, MediaProduced
from protocol.room import ProducerInfo, Source
from protocol.wire import Request
from server.room.feature import Caller, Feature, Handler, Meeting
from server.room.state import RING_EVENTS
from tests.support.gateway import ROOM, RunningGateway, running_gateway
from tests.support.page import Page, RequestError
from tests.support.raw import RawSocket, request_packet
from tests.support.waiting import until

ANA, BEN = "ana@school.example", "ben@school.example"


class ProducingFeature(Feature):
    """Shows what participants say they send, without a media worker."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting

    def handlers(self) -> Mapping[type[Request], Handler]:
        return {MediaProduce: self.on_produce}

    async def on_produce(self, caller: Caller, request: MediaProduce) -> MediaProduced:
        producer = ProducerInfo(producer_id=request.request_id, source=request.source, is_paused=request.is_paused)
        participant = self.meeting.participant(caller.participant_id)
        others = () if participant is None else tuple(p for p in participant.producers if p.source != request.source)
        self.meeting.set_producers(caller.participant_id, (*others, producer))
        return MediaProduced(producer_id=producer.producer_id)

    async def on_endpoint_left(self, caller: Caller) -> None:
        self.meeting.set_producers(caller.participant_id, ())


async def test_a_page_that_leaves_and_closes_at_once_has_left(server: RunningGateway) -> None:
    watching = await server.enter(BEN)
    raw = await RawSocket.open(server.url, await server.sign_in(ANA))
    join = {"request_id": "1", "protocol_version": 1, "slug": ROOM, "endpoint_id": "e1"}
    await raw.websocket.send_bytes(request_packet("room_join", join, ack_id=1))
    assert "ok" in (await raw.read_packet())["data"][0]
    await raw.websocket.send_bytes(request_packet("room_leave", {"request_id": "2"}))
    await raw.close()
    gone = await watching.next_event("participant_left")
    assert gone.reason == "left"


async def test_a_page_that_comes_back_is_told_what_it_missed(server: RunningGateway) -> None:
    watching, page = await server.enter(BEN), await server.enter(ANA)
    assert page.joined is not None
    before = page.joined.you
    await page.break_line()
    lost = await watching.next_event("participant_changed")
    assert not lost.participant.is_connected
    await watching.request("chat_send", text="while you were away")
    joined = await page.come_back()
    assert joined.snapshot is None
    assert joined.missed is not None
    assert [event.seq for event in joined.missed] == [3, 4, 5]
    assert joined.you.participant_id == before.participant_id
    assert joined.you.connection_id != before.connection_id
    back = await watching.next_event("participant_changed", nth=2)
    assert back.participant.is_connected
    assert page.snapshot == watching.snapshot
    assert server.directory.meetings[0].participants()[1].participant_id == before.participant_id


async def test_a_page_that_was_away_for_too_many_events_gets_a_snapshot(server: RunningGateway) -> None:
    watching, page = await server.enter(BEN), await server.enter(ANA)
    await page.break_line()
    [meeting] = server.directory.meetings
    [ben, _] = meeting.participants()
    for number in range(RING_EVENTS):
        microphone = ProducerInfo(producer_id=str(number), source=Source.MICROPHONE, is_paused=False)
        meeting.set_producers(ben.participant_id, (microphone,))
    await watching.until_seq(RING_EVENTS + 2)
    joined = await page.come_back()
    assert joined.missed is None
    await watching.until_seq(RING_EVENTS + 4)
    assert page.snapshot == watching.snapshot


@pytest.mark.parametrize("known", [{"meeting_id": "meeting_of_yesterday"}, {"last_seq": 999}, {"last_seq": None}])
async def test_a_page_that_saw_something_else_gets_a_snapshot(server: RunningGateway, known: dict[str, object]) -> None:
    page = await server.enter(ANA)
    await page.break_line()
    joined = await page.come_back(**known)
    assert joined.snapshot is not None


async def test_a_connection_that_breaks_at_the_door_is_not_left_inside(tmp_path: Path) -> None:
    class Slow(Feature):
        may_go_on = asyncio.Event()
        is_asked = asyncio.Event()

        async def on_connection_joined(self, caller: Caller, at: int) -> None:
            if caller.endpoint_id == "raw":
                self.is_asked.set()
                await self.may_go_on.wait()

    async with running_gateway(tmp_path, features=[lambda _meeting: Slow()]) as server:
        watching = await server.enter(BEN)
        raw = await RawSocket.open(server.url, await server.sign_in(ANA))
        fields = {"request_id": "j", "protocol_version": 1, "slug": ROOM, "endpoint_id": "raw"}
        await raw.websocket.send_bytes(request_packet("room_join", fields, ack_id=0))
        await Slow.is_asked.wait()
        raw.abort()
        await until(lambda: server.gateway.connection_count == 1)
        Slow.may_go_on.set()
        changed = await watching.next_event("participant_changed")
        assert (changed.participant.name, changed.participant.is_connected) == ("Ana", False)
        assert len(server.directory.meetings[0]._listening) == 1
        await raw.close()


async def test_a_connection_that_is_not_known_to_be_dead_is_replaced(server: RunningGateway) -> None:
    watching, page = await server.enter(BEN), await server.enter(ANA)
    assert page.joined is not None
    second = Page(await server.sign_in(ANA))
    server.stack.push_async_callback(second.close)
    second.endpoint_id = page.endpoint_id
    await second.connect(server.url)
    joined = await second.join(ROOM)
    assert joined.you.participant_id == page.joined.you.participant_id
    closing = await page.next_event("connection_closing")
    assert (closing.code, closing.should_reconnect) == ("not_in_room", False)
    await until(page.is_closed.is_set)
    await watching.request("chat_send", text="x")
    await watching.next_event("chat_sent")
    assert [event.seq for event in watching.events] == [2, 3]  # nobody saw Ana go


async def test_nobody_comes_back_as_somebody_else(server: RunningGateway) -> None:
    """A browser has one session: who signs in last in any of its tabs is whom every tab connects as."""
    page = await server.enter(ANA)
    assert page.snapshot is not None
    other = Page(await server.sign_in(BEN))
    server.stack.push_async_callback(other.close)
    await other.connect(server.url)
    with pytest.raises(RequestError) as refused:
        await other.join(ROOM, person_id=page.snapshot.participants[0].person_id)
    assert refused.value.code == "other_person"


async def test_an_endpoint_of_somebody_else_cannot_be_taken_over(server: RunningGateway) -> None:
    page = await server.enter(ANA)
    thief = await server.connect(BEN)
    thief.endpoint_id = page.endpoint_id
    with pytest.raises(RequestError, match="bad_request"):
        await thief.join(ROOM)
    await page.request("chat_send", text="still mine")


async def test_two_tabs_are_one_participant_until_both_are_gone(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, reconnect_grace_s=0.05) as server:
        watching = await server.enter(BEN)
        first, second = await server.enter(ANA), await server.enter(ANA)
        assert first.joined is not None
        assert second.joined is not None
        assert first.joined.you.participant_id == second.joined.you.participant_id
        assert [inside.name for inside in server.directory.meetings[0].participants()] == ["Ben", "Ana"]
        await first.request("chat_send", text="from one tab")
        await second.next_event("chat_sent")
        await first.break_line()
        await second.request("room_leave")
        left = await watching.next_event("participant_left")
        assert left.participant_id == first.joined.you.participant_id
        assert left.reason == "lost"
        assert [type(event).__name__ for event in watching.events] == [
            "ParticipantJoined",
            "ChatMessageSent",
            "ParticipantChanged",
            "ParticipantLeft",
        ]


async def test_a_participant_who_does_not_come_back_is_lost(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, reconnect_grace_s=0.05, room_grace_s=0.05) as server:
        watching, page = await server.enter(BEN), await server.enter(ANA)
        await page.break_line()
        left = await watching.next_event("participant_left")
        assert left.reason == "lost"
        joined = await page.come_back()
        assert joined.snapshot is not None  # what the page held here is gone
        await watching.request("room_leave")
        await page.request("room_leave")
        await until(lambda: server.directory.meetings == [])
        again = await page.join(ROOM)
        assert again.snapshot is not None
        assert again.snapshot.meeting != joined.snapshot.meeting


@pytest.mark.parametrize("seed", range(4))
async def test_everybody_sees_the_same_whatever_happens(tmp_path: Path, seed: int) -> None:
    """Pages join, write, mute, break, come back, open further tabs and leave at random, all at the same time."""
    async with running_gateway(tmp_path, reconnect_grace_s=0.15, features=[ProducingFeature]) as server:
        pages = [await server.enter(f"p{number}@school.example") for number in range(4)]
        pages += [await server.enter("p0@school.example"), await server.enter("p1@school.example")]
        await asyncio.gather(*(live(page, random.Random(f"{seed} {n}")) for n, page in enumerate(pages)))
        [meeting] = server.directory.meetings
        fresh = meeting.snapshot()
        for page in pages:
            await page.until_seq(fresh.seq)
            assert page.snapshot == fresh
        people = [participant.person_id for participant in fresh.participants]
        assert len(people) == len(set(people)) == 4


async def live(page: Page, generator: random.Random) -> None:
    """Do one thing after the other, and end inside the room."""
    for step in range(25):
        match generator.randrange(6):
            case 0 | 1:
                await page.request("chat_send", text=f"step {step}")
            case 2 | 3:
                await page.request(
                    "media_produce",
                    transport_id="t",
                    source=generator.choice(list(Source)),
                    rtp_parameters={"codecs": [{"mimeType": "audio/opus", "payloadType": 100, "clockRate": 48_000}]},
                    is_paused=generator.random() < 0.5,
                )
            case 4:
                await page.break_line()
                if generator.random() < 0.3:
                    await asyncio.wait([asyncio.ensure_future(page.is_closed.wait())], timeout=0.2)
                await page.come_back()
            case 5:
                await page.request("room_leave")
                await page.join(ROOM)
