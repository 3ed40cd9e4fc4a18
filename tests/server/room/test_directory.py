"""Rooms open with the first, close with the last, and keep their features informed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from protocol import PROTOCOL_VERSION
from protocol.errors import ErrorCode
from protocol.events import ChatTypingNotice, ParticipantChanged, ParticipantJoined, ParticipantLeft
from protocol.requests import ChatRead, ChatTyping, RoomJoin
from protocol.roles import ProgrammeRole, RoomRole, RoomState
from protocol.room import ChatSnapshot, Person
from protocol.wire import Empty, Request, Wire
from server.errors import UserError
from server.room.directory import Entry, RoomDirectory
from server.room.feature import Caller, Feature, Handler, Meeting
from tests.support.clock import ManualClock
from tests.support.rooms import ROOM, FixedRooms, KeptOutbox, fan_out_kept, person
from tests.support.waiting import until

ANA, BEN = person("ana"), person("ben")
ROOM_GRACE_S, RECONNECT_GRACE_S = 60.0, 20.0


class NotingFeature(Feature):
    """Notes its hooks; fails and hangs where it is told to."""

    def __init__(self, meeting: Meeting, notes: list[str]) -> None:
        self.meeting = meeting
        self.notes = notes
        self.failing: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.handled = 0
        self.fields: dict[str, Any] = {"chat_read_up_to": 7}

    def handlers(self) -> Mapping[type[Request], Handler]:
        return {ChatTyping: self.on_request, ChatRead: self.on_request}

    def snapshot(self) -> Wire | None:
        self.fail("snapshot")
        return None

    def you(self, caller: Caller) -> Mapping[str, Any]:
        self.fail("you")
        return self.fields

    async def on_meeting_opened(self) -> None:
        await self.note("opened")

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        await self.note(f"joined {caller.endpoint_id}")

    async def on_connection_left(self, caller: Caller, reason: str, at: int) -> None:
        await self.note(f"{reason} {caller.endpoint_id}")

    async def on_endpoint_left(self, caller: Caller) -> None:
        await self.note(f"endpoint {caller.endpoint_id}")

    async def on_participant_left(self, participant_id: str) -> None:
        await self.note("participant")

    async def on_meeting_closed(self) -> None:
        await self.note("closed")

    async def on_request(self, _caller: Caller, _request: Request) -> Empty:
        self.handled += 1
        return Empty()

    def fail(self, where: str) -> None:
        if where in self.failing:
            raise RuntimeError(where)

    async def note(self, what: str) -> None:
        if self.gate is not None:
            await self.gate.wait()
        self.notes.append(what)
        self.fail(what.partition(" ")[0])


class House:
    """A directory with its clock, and what its features noted."""

    def __init__(self, room_grace_s: float = ROOM_GRACE_S, reconnect_grace_s: float = RECONNECT_GRACE_S) -> None:
        self.clock = ManualClock()
        self.notes: list[str] = []
        self.features: list[NotingFeature] = []
        self.gate: asyncio.Event | None = None
        """Of the features of the next meeting."""
        self.roles: dict[tuple[str, str], RoomRole] = {}
        self.directory = RoomDirectory(
            FixedRooms(ROOM, roles=self.roles),
            [self.create_feature],
            self.clock,
            room_grace_s,
            reconnect_grace_s,
            fan_out_kept,
        )

    def create_feature(self, meeting: Meeting) -> Feature:
        feature = NotingFeature(meeting, self.notes)
        feature.gate = self.gate
        self.features.append(feature)
        return feature

    async def join(
        self, who: Person, endpoint_id: str, outbox: KeptOutbox | None = None, seen: Entry | None = None
    ) -> Entry:
        door = await self.directory.find(ROOM.slug, who)
        request = RoomJoin(
            request_id="r",
            protocol_version=PROTOCOL_VERSION,
            slug=ROOM.slug,
            endpoint_id=endpoint_id,
            meeting_id=None if seen is None else seen.meeting.meeting_id,
            last_seq=None if seen is None or seen.welcome.snapshot is None else seen.welcome.snapshot.seq,
        )
        return await self.directory.join(door, who, request, KeptOutbox() if outbox is None else outbox)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything that is due then happen."""
        self.clock.advance(seconds=seconds)
        self.directory.tick()
        for task in list(self.directory._closings.values()):
            await task

    async def hooks_done(self, entry: Entry) -> list[str]:
        await entry.meeting._hooks.join()
        return self.notes


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.directory.close()


async def test_a_room_opens_with_the_first_and_closes_with_the_last(house: House) -> None:
    assert house.directory.state(ROOM.room_id) is RoomState.IDLE
    ana = await house.join(ANA, "a")
    ben = await house.join(BEN, "b")
    assert ana.meeting is ben.meeting
    assert house.directory.state(ROOM.room_id) is RoomState.LIVE
    house.directory.leave(ana)
    house.directory.leave(ben)
    await house.pass_time(ROOM_GRACE_S - 1)
    assert house.directory.state(ROOM.room_id) is RoomState.LIVE
    await house.pass_time(1)
    assert house.directory.state(ROOM.room_id) is RoomState.IDLE
    assert house.directory.meetings == []
    assert house.notes == [
        "opened",
        "joined a",
        "joined b",
        *("left a", "endpoint a", "participant"),
        *("left b", "endpoint b", "participant"),
        "closed",
    ]


async def test_whoever_comes_within_the_grace_finds_the_same_meeting(house: House) -> None:
    first = await house.join(ANA, "a")
    house.directory.leave(first)
    await house.pass_time(ROOM_GRACE_S - 1)
    second = await house.join(BEN, "b")
    await house.pass_time(ROOM_GRACE_S)
    assert second.meeting is first.meeting
    assert house.directory.meetings == [first.meeting]
    house.directory.leave(second)
    await house.pass_time(ROOM_GRACE_S)
    third = await house.join(ANA, "a")
    assert third.meeting.meeting_id != first.meeting.meeting_id


async def test_the_first_two_at_the_door_open_one_meeting(house: House) -> None:
    entries = await asyncio.gather(*(house.join(person(f"p{n}"), f"e{n}") for n in range(20)))
    assert len({entry.meeting.meeting_id for entry in entries}) == 1
    assert house.notes.count("opened") == 1
    seen = [len(entry.welcome.snapshot.participants) for entry in entries if entry.welcome.snapshot is not None]
    assert seen[-1] == 20


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
    await house.pass_time(RECONNECT_GRACE_S)
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

    house = House()
    house.directory = RoomDirectory(
        FixedRooms(ROOM), [lambda _meeting: Loading()], house.clock, ROOM_GRACE_S, RECONNECT_GRACE_S, fan_out_kept
    )
    waiting = [asyncio.create_task(house.join(ANA, f"a{number}")) for number in range(3)]
    await asyncio.wait(waiting, timeout=0.01)
    entry = await asyncio.wait_for(house.join(BEN, "b"), timeout=2)
    assert len(entry.meeting.participants()) == 2
    assert not any(task.done() for task in waiting)
    Loading.gate.set()
    await asyncio.gather(*waiting)
    await house.directory.close()


async def test_the_log_tells_who_came_and_went_by_id(house: House) -> None:
    with capture_logs() as logs:
        ana = await house.join(ANA, "a")
        ben = await house.join(BEN, "b")
        await house.join(person("cleo"), "c")
        house.directory.leave(ana)
        house.directory.lose(ben)
        await house.pass_time(RECONNECT_GRACE_S)
        await house.directory.close()
    place = {"room_id": ROOM.room_id, "meeting_id": ana.meeting.meeting_id, "log_level": "info"}
    [came, *_] = [log for log in logs if log["event"] == "participant_joined"]
    assert came == {"event": "participant_joined", "participant_id": ana.caller.participant_id, **place}
    gone = [log for log in logs if log["event"] == "participant_left"]
    assert [log["reason"] for log in gone] == ["left", "lost", "ended"]
    assert gone[0] == {**came, "event": "participant_left", "reason": "left"}


async def test_joining_waits_for_a_meeting_that_is_closing(house: House) -> None:
    first = await house.join(ANA, "a")
    house.directory.leave(first)
    await house.hooks_done(first)
    house.features[0].gate = asyncio.Event()
    house.clock.advance(seconds=ROOM_GRACE_S)
    house.directory.tick()
    joining = asyncio.create_task(house.join(BEN, "b"))
    await asyncio.wait([joining], timeout=0.01)
    assert not joining.done()
    house.features[0].gate.set()
    entry = await joining
    assert entry.meeting is not first.meeting
    assert house.notes.index("closed") < len(house.notes) - 1 - house.notes[::-1].index("opened")


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
    await house.pass_time(RECONNECT_GRACE_S)
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
        await house.pass_time(ROOM_GRACE_S)
    assert house.directory.meetings == []
    assert {log["event"] for log in logs} == {
        "participant_joined",
        "participant_left",
        "hook_failed",
        "feature_failed",
        "meeting_closed",
    }
    assert all(log["room_id"] == ROOM.room_id for log in logs)


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


async def test_roles_come_from_the_room_or_else_from_the_programme(house: House) -> None:
    coordinator = person("cleo", ProgrammeRole.COORDINATOR)
    assert (await house.directory.find(ROOM.slug, ANA)).role is RoomRole.PARTICIPANT
    assert (await house.directory.find(ROOM.slug, coordinator)).role is RoomRole.HOST
    house.roles[(ROOM.room_id, coordinator.person_id)] = RoomRole.OBSERVER
    assert (await house.directory.find(ROOM.slug, coordinator)).role is RoomRole.OBSERVER
    with pytest.raises(UserError) as error:
        await house.directory.find("nowhere", ANA)
    assert error.value.code is ErrorCode.NOT_FOUND


async def test_who_is_inside_is_told_in_order_of_joining(house: House) -> None:
    assert house.directory.inside(ROOM.room_id) == ()
    await house.join(ANA, "a")
    await house.join(BEN, "b")
    assert [inside.name for inside in house.directory.inside(ROOM.room_id)] == ["Ana", "Ben"]
    assert house.directory.inside("nowhere") == ()


async def test_closing_ends_meetings_and_lets_nobody_in(house: House) -> None:
    entry = await house.join(ANA, "a")
    await house.directory.close()
    assert house.notes[-4:] == ["ended a", "endpoint a", "participant", "closed"]
    with pytest.raises(UserError) as error:
        await house.join(BEN, "b")
    assert error.value.code is ErrorCode.SERVER_STOPPING
    with pytest.raises(UserError):
        await entry.meeting.handle(entry.caller, ChatTyping(is_typing=True))
    entry.meeting.publish(ParticipantLeft(participant_id="x", reason="left"))
    assert entry.meeting.snapshot().seq == 1
    await house.directory.close()


async def test_the_timekeeper_rests_while_a_room_opens_or_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = 0
    tick = RoomDirectory.tick

    def counted(directory: RoomDirectory) -> None:
        nonlocal ticks
        ticks += 1
        tick(directory)

    monkeypatch.setattr(RoomDirectory, "tick", counted)
    house = House(room_grace_s=0)
    ana = await house.join(ANA, "a")
    house.features[0].gate = asyncio.Event()
    house.gate = asyncio.Event()
    house.directory.leave(ana)
    await until(lambda: ROOM.room_id in house.directory._closings)
    joining = asyncio.create_task(house.join(BEN, "b"))
    ticks = 0
    await asyncio.wait([joining], timeout=0.05)  # it closes, ...
    house.features[0].gate.set()
    await until(lambda: len(house.features) == 2)
    await asyncio.wait([joining], timeout=0.05)  # ... and opens anew
    assert ticks < 5
    assert len(house.directory._closings) == 0
    house.gate.set()
    ben = await joining
    assert ben.meeting is not ana.meeting
    house.directory.leave(ben)
    await until(lambda: not house.directory.meetings)
    await house.directory.close()


async def test_a_meeting_whose_only_guest_gave_up_while_it_opened_ends() -> None:
    house = House(room_grace_s=0)
    house.gate = asyncio.Event()
    joining = asyncio.create_task(house.join(ANA, "a"))
    await until(lambda: len(house.features) == 1)
    joining.cancel()
    await asyncio.wait([joining])
    house.gate.set()
    await until(lambda: not house.directory.meetings)
    await house.directory.close()


async def test_time_passes_by_itself() -> None:
    house = House(room_grace_s=0, reconnect_grace_s=0)
    entry = await house.join(ANA, "a")
    house.directory.lose(entry)  # due at once: the timekeeper must act without being asked
    await until(lambda: not house.directory.meetings and not house.directory._closings)
    assert house.notes == ["opened", "joined a", "lost a", "endpoint a", "participant", "closed"]
    await house.directory.close()
