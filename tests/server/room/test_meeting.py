"""A meeting tells everybody what happens, and keeps its features informed."""

import asyncio

import pytest
from structlog.testing import capture_logs

from protocol.errors import ErrorCode
from protocol.events import ChatTypingNotice, ParticipantChanged, ParticipantJoined, ParticipantLeft
from protocol.requests import ChatRead, ChatTyping, RoomJoin
from protocol.room import ChatSnapshot, ProducerInfo, Source
from server.errors import UserError
from server.room.directory import Entry
from server.room.feature import Activity, Caller, Feature
from tests.server.room.house import ANA, BEN, GRACES, House
from tests.support.rooms import ROOM, KeptOutbox
from tests.support.waiting import until


async def test_nobody_is_let_in_before_the_features_are_ready(house: House) -> None:
    await house.join(ANA, "a")
    house.features[0].gate = asyncio.Event()
    joining = asyncio.create_task(house.join(BEN, "b"))
    await asyncio.wait([joining], timeout=0.01)
    assert not joining.done()
    house.features[0].gate.set()
    assert (await joining).welcome.you.chat_read_up_to == 7


async def test_whoever_gives_up_at_the_door_is_not_left_inside(house: House) -> None:
    ana = await house.join(ANA, "a")
    house.features[0].gate = asyncio.Event()
    joining = asyncio.create_task(house.join(BEN, "b"))
    await asyncio.wait([joining], timeout=0.01)
    joining.cancel()
    await asyncio.wait([joining])
    house.features[0].gate.set()
    assert [p.is_connected for p in ana.meeting.participants()] == [True, False]
    await house.pass_time(GRACES.reconnect)
    assert [p.name for p in ana.meeting.participants()] == ["Ana"]
    await house.hooks_done(ana)
    assert house.notes[2:] == ["joined b", "lost b", "endpoint b", "participant"]


async def test_whoever_cannot_be_welcomed_is_not_left_inside(house: House) -> None:
    ana = await house.join(ANA, "a")
    house.features[0].fields = {"no_such_field": 1}
    with pytest.raises(TypeError):
        await house.join(BEN, "b")
    assert [p.is_connected for p in ana.meeting.participants()] == [True, False]


async def test_those_at_the_door_do_not_wait_for_what_is_loaded_for_others() -> None:
    class Loading(Feature):
        gate = asyncio.Event()

        async def on_connection_arriving(self, caller: Caller) -> None:
            if caller.endpoint_id != "b":
                await self.gate.wait()

    house = House(features=[lambda _meeting: Loading()])
    waiting = [asyncio.create_task(house.join(ANA, f"a{number}")) for number in range(3)]
    await asyncio.wait(waiting, timeout=0.01)
    entry = await asyncio.wait_for(house.join(BEN, "b"), timeout=2)
    assert len(entry.meeting.participants()) == 2
    assert not any(task.done() for task in waiting)
    Loading.gate.set()
    await asyncio.gather(*waiting)
    await house.directory.close()


async def test_events_reach_everybody_from_their_welcome_on(house: House) -> None:
    ana_hears, ben_hears = KeptOutbox(), KeptOutbox()
    await house.join(ANA, "a", ana_hears)
    ben = await house.join(BEN, "b", ben_hears)
    assert [type(message) for message in ana_hears.messages] == [ParticipantJoined]
    assert ben_hears.messages == []
    assert ben.welcome.snapshot is not None
    assert ben.welcome.snapshot.seq == 2
    house.directory.leave(ben)
    assert [type(message) for message in ana_hears.messages] == [ParticipantJoined, ParticipantLeft]
    assert ben_hears.messages == []


async def test_a_page_that_comes_back_is_told_what_it_missed(house: House) -> None:
    ana = await house.join(ANA, "a")
    house.directory.lose(ana)
    ben = await house.join(BEN, "b")
    house.directory.leave(ben)
    back = await house.join(ANA, "a", seen=ana)
    assert back.welcome.snapshot is None
    assert back.welcome.missed is not None
    assert [type(event) for event in back.welcome.missed] == [
        ParticipantChanged,
        ParticipantJoined,
        ParticipantLeft,
        ParticipantChanged,
    ]
    assert back.welcome.you.participant_id == ana.welcome.you.participant_id
    assert back.welcome.you.connection_id != ana.welcome.you.connection_id


async def test_a_page_whose_endpoint_was_given_up_gets_a_snapshot(house: House) -> None:
    # What the endpoint held is gone: events alone would leave the page believing in its transports.
    await house.join(ANA, "other tab")
    ana = await house.join(ANA, "a")
    house.directory.lose(ana)
    await house.pass_time(GRACES.reconnect)
    back = await house.join(ANA, "a", seen=ana)
    assert back.welcome.missed is None
    assert back.welcome.snapshot is not None
    assert back.welcome.you.participant_id == ana.welcome.you.participant_id


async def test_asking_again_on_the_same_connection_gives_the_same_place(house: House) -> None:
    entry = await house.join(ANA, "a")
    request = RoomJoin(request_id="r", protocol_version=1, slug=ROOM.slug, endpoint_id="a")
    again = house.directory.rejoin(entry, request)
    assert again.welcome.you == entry.welcome.you
    assert again.welcome.snapshot == entry.welcome.snapshot
    with pytest.raises(UserError) as error:
        house.directory.rejoin(entry, RoomJoin(request_id="r", protocol_version=1, slug="lounge", endpoint_id="a"))
    assert error.value.code is ErrorCode.BAD_REQUEST


async def test_an_older_connection_of_the_endpoint_is_closed(house: House) -> None:
    old = KeptOutbox()
    entry = await house.join(ANA, "a", old)
    await house.join(ANA, "a")
    assert old.closed_with is ErrorCode.NOT_IN_ROOM
    house.directory.lose(entry)  # as the gateway does when it is closed
    assert [p.is_connected for p in entry.meeting.participants()] == [True]


async def test_a_connection_that_is_overtaken_at_the_door_is_told_so(house: House) -> None:
    await house.join(BEN, "b")
    house.features[0].gate = asyncio.Event()
    joining = [asyncio.create_task(house.join(ANA, "a")) for _ in range(2)]
    await asyncio.wait(joining, timeout=0.01)
    house.features[0].gate.set()
    overtaken, entry = await asyncio.gather(*joining, return_exceptions=True)
    assert isinstance(overtaken, UserError)
    assert isinstance(entry, Entry)
    assert [p.name for p in entry.meeting.participants()] == ["Ben", "Ana"]


async def test_failing_features_hurt_nobody(house: House) -> None:
    ana = await house.join(ANA, "a")
    house.features[0].failing = {"joined", "left", "endpoint", "participant", "snapshot", "you", "closed"}
    with capture_logs() as logs:
        ben = await house.join(BEN, "b")
        assert ben.welcome.snapshot is not None
        assert ben.welcome.snapshot.chat == ChatSnapshot()
        assert ben.welcome.you.chat_read_up_to == 0
        house.directory.leave(ben)
        house.directory.leave(ana)
        await house.pass_time(GRACES.room)
    assert house.directory.meetings == []
    assert {log["event"] for log in logs} == {
        "participant_joined",
        "participant_left",
        "hook_failed",
        "feature_failed",
        "meeting_closed",
    }
    assert all(log["room_id"] == ROOM.room_id for log in logs)


async def test_features_are_told_when_it_opened_and_closed_not_when_they_hear_of_it(house: House) -> None:
    start = house.clock.now_ms()
    house.gate = asyncio.Event()
    joining = asyncio.create_task(house.join(ANA, "a"))
    await until(lambda: len(house.features) == 1)
    house.clock.advance(seconds=3)
    house.gate.set()
    ana = await joining
    assert ana.welcome.snapshot is not None
    assert house.features[0].opened_at == ana.welcome.snapshot.meeting.opened_at == start
    house.features[0].gate = asyncio.Event()
    closing = asyncio.create_task(house.directory.close())
    await until(lambda: not house.directory.meetings)
    closed_at = house.clock.now_ms()
    house.clock.advance(seconds=3)
    house.features[0].gate.set()
    await closing
    assert house.features[0].closed_at == closed_at


async def test_notices_go_to_one_endpoint_or_to_the_others(house: House) -> None:
    outboxes = {"a": KeptOutbox(), "a2": KeptOutbox(), "b": KeptOutbox()}
    ana = await house.join(ANA, "a", outboxes["a"])
    await house.join(ANA, "a2", outboxes["a2"])
    await house.join(BEN, "b", outboxes["b"])
    notice = ChatTypingNotice(participant_id="p", is_typing=True)
    ana.meeting.notify(notice, endpoint_id="a2")
    ana.meeting.notify(notice, except_participant_id=ana.caller.participant_id)
    heard = {name: outbox.messages.count(notice) for name, outbox in outboxes.items()}
    assert heard == {"a": 0, "a2": 1, "b": 1}


async def test_a_mutation_is_applied_once_per_person_and_request(house: House) -> None:
    ana, ben = await house.join(ANA, "a"), await house.join(BEN, "b")
    await ana.meeting.handle(ana.caller, ChatRead(request_id="1", up_to=1))
    await ana.meeting.handle(ana.caller, ChatRead(request_id="1", up_to=1))
    assert house.features[0].handled == 1
    await ana.meeting.handle(ben.caller, ChatRead(request_id="1", up_to=1))
    await ana.meeting.handle(ana.caller, ChatRead(request_id="2", up_to=1))
    assert house.features[0].handled == 3
    await ana.meeting.handle(ana.caller, ChatTyping(is_typing=True))
    await ana.meeting.handle(ana.caller, ChatTyping(is_typing=True))
    assert house.features[0].handled == 5


async def test_a_mutation_sent_again_after_a_reconnect_is_applied_once(house: House) -> None:
    ana = await house.join(ANA, "a")
    await ana.meeting.handle(ana.caller, ChatRead(request_id="1", up_to=1))
    house.directory.lose(ana)
    with pytest.raises(UserError):
        await ana.meeting.handle(ana.caller, ChatRead(request_id="1", up_to=1))
    back = await house.join(ANA, "a")
    await back.meeting.handle(back.caller, ChatRead(request_id="1", up_to=1))
    assert house.features[0].handled == 1


async def test_the_instants_of_a_meeting_are_those_of_its_own_clock(house: House) -> None:
    opened_at = house.clock.now_ms()
    ana = await house.join(ANA, "a")
    house.clock.set_wall_clock(seconds=-3_600)
    await house.pass_time(90)
    ben = await house.join(BEN, "b")
    assert ben.arrival.at == opened_at + 90_000
    [participant] = [each for each in ben.meeting.participants() if each.person_id == BEN.person_id]
    assert participant.joined_at == opened_at + 90_000
    house.clock.set_wall_clock(seconds=7_200)
    await house.pass_time(10)
    await ana.meeting.close()
    assert house.features[0].closed_at == opened_at + 100_000


async def test_a_meeting_knows_when_each_connection_was_last_heard(house: House) -> None:
    outbox = KeptOutbox()
    ana = await house.join(ANA, "a", outbox)
    joined_at = ana.meeting.now_ms()
    await house.pass_time(20)
    ben = await house.join(BEN, "b")
    outbox.silent_s = 3.0
    heard = {ana.caller.connection_id: joined_at + 17_000, ben.caller.connection_id: joined_at + 20_000}
    assert ana.meeting.last_heard() == heard
    house.directory.lose(ana)
    await house.hooks_done(ana)
    assert house.features[0].left_at == joined_at + 17_000
    assert ana.meeting.last_heard().keys() == {ben.caller.connection_id}


async def test_features_are_told_what_participants_do(house: House) -> None:
    ana = await house.join(ANA, "a")
    who = ana.caller.participant_id
    house.features[0].failing.add("activities")  # one that fails keeps nothing from the room
    await house.pass_time(5)
    ana.meeting.set_media_connected(who, is_connected=True)
    ana.meeting.set_producers(who, (ProducerInfo(producer_id="p", source=Source.MICROPHONE, is_paused=False),))
    ana.meeting.set_talking([who, "somebody who has gone"])
    ana.meeting.set_media_connected("somebody who has gone", is_connected=True)
    at = ana.meeting.now_ms()
    everything = {Activity.MEDIA, Activity.MICROPHONE, Activity.TALKING}
    assert house.features[0].activities == [
        (who, {Activity.MEDIA}, at),
        (who, {Activity.MEDIA, Activity.MICROPHONE}, at),
        (who, everything, at),
    ]
    house.directory.leave(ana)
    back = await house.join(ANA, "a")
    back.meeting.set_talking([])
    assert len(house.features[0].activities) == 3  # somebody else by now, who has done nothing yet
