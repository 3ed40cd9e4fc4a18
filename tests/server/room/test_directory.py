"""Rooms open with the first and close with the last."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from protocol.errors import ErrorCode
from protocol.events import ParticipantLeft
from protocol.requests import ChatTyping
from protocol.roles import ProgrammeRole, RoomRole, RoomState
from server.errors import UserError
from server.room.directory import RoomDirectory
from server.room.state import Graces
from tests.server.room.house import ANA, BEN, GRACES, House
from tests.support.rooms import ROOM, person
from tests.support.waiting import until


async def test_a_room_opens_with_the_first_and_closes_with_the_last(house: House) -> None:
    assert house.directory.state(ROOM.room_id) is RoomState.IDLE
    ana = await house.join(ANA, "a")
    ben = await house.join(BEN, "b")
    assert ana.meeting is ben.meeting
    assert house.directory.state(ROOM.room_id) is RoomState.LIVE
    house.directory.leave(ana)
    house.directory.leave(ben)
    await house.pass_time(GRACES.room - 1)
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
    await house.pass_time(GRACES.room - 1)
    second = await house.join(BEN, "b")
    await house.pass_time(GRACES.room)
    assert second.meeting is first.meeting
    assert house.directory.meetings == [first.meeting]
    house.directory.leave(second)
    await house.pass_time(GRACES.room)
    third = await house.join(ANA, "a")
    assert third.meeting.meeting_id != first.meeting.meeting_id


async def test_the_first_two_at_the_door_open_one_meeting(house: House) -> None:
    entries = await asyncio.gather(*(house.join(person(f"p{n}"), f"e{n}") for n in range(20)))
    assert len({entry.meeting.meeting_id for entry in entries}) == 1
    assert house.notes.count("opened") == 1
    seen = [len(entry.welcome.snapshot.participants) for entry in entries if entry.welcome.snapshot is not None]
    assert seen[-1] == 20


async def test_the_log_tells_who_came_and_went_by_id(house: House) -> None:
    with capture_logs() as logs:
        ana = await house.join(ANA, "a")
        ben = await house.join(BEN, "b")
        await house.join(person("cleo"), "c")
        house.directory.leave(ana)
        house.directory.lose(ben)
        await house.pass_time(GRACES.reconnect)
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
    house.clock.advance(seconds=GRACES.room)
    house.directory.tick()
    joining = asyncio.create_task(house.join(BEN, "b"))
    await asyncio.wait([joining], timeout=0.01)
    assert not joining.done()
    house.features[0].gate.set()
    entry = await joining
    assert entry.meeting is not first.meeting
    assert house.notes.index("closed") < len(house.notes) - 1 - house.notes[::-1].index("opened")


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
    house = House(replace(GRACES, room=0))
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
    house = House(replace(GRACES, room=0))
    house.gate = asyncio.Event()
    joining = asyncio.create_task(house.join(ANA, "a"))
    await until(lambda: len(house.features) == 1)
    joining.cancel()
    await asyncio.wait([joining])
    house.gate.set()
    await until(lambda: not house.directory.meetings)
    await house.directory.close()


async def test_time_passes_by_itself() -> None:
    house = House(Graces(room=0, reconnect=0, reload=0))
    entry = await house.join(ANA, "a")
    house.directory.lose(entry)  # due at once: the timekeeper must act without being asked
    await until(lambda: not house.directory.meetings and not house.directory._closings)
    assert house.notes == ["opened", "joined a", "lost a", "endpoint a", "participant", "closed"]
    await house.directory.close()
