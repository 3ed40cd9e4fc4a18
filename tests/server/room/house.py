"""Rooms on one node under a clock that stands still, with a feature that notes what it is told."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import Any

from protocol import PROTOCOL_VERSION
from protocol.requests import ChatRead, ChatTyping, RoomJoin
from protocol.roles import RoomRole
from protocol.room import Person
from protocol.wire import Empty, Request, Wire
from server.room.directory import Entry, RoomDirectory
from server.room.feature import Activity, Caller, Ending, Feature, FeatureFactory, Handler, Meeting
from server.room.state import Graces
from tests.support.clock import ManualClock
from tests.support.rooms import ROOM, FixedRooms, KeptOutbox, fan_out_kept, person

ANA, BEN = person("ana"), person("ben")
GRACES = Graces(room=60.0, reconnect=20.0, reload=5.0)


class NotingFeature(Feature):
    """Notes its hooks; fails and hangs where it is told to."""

    def __init__(self, meeting: Meeting, notes: list[str]) -> None:
        self.meeting = meeting
        self.notes = notes
        self.failing: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.handled = 0
        self.opened_at = self.left_at = self.closed_at = 0
        self.activities: list[tuple[str, Set[Activity], int]] = []
        self.fields: dict[str, Any] = {"chat_read_up_to": 7}

    def handlers(self) -> Mapping[type[Request], Handler]:
        return {ChatTyping: self.on_request, ChatRead: self.on_request}

    def snapshot(self) -> Wire | None:
        self.fail("snapshot")
        return None

    def you(self, caller: Caller) -> Mapping[str, Any]:
        self.fail("you")
        return self.fields

    async def on_meeting_opened(self, at: int) -> None:
        self.opened_at = at
        await self.note("opened")

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        await self.note(f"joined {caller.endpoint_id}")

    async def on_connection_left(self, caller: Caller, reason: Ending, at: int) -> None:
        self.left_at = at
        await self.note(f"{reason} {caller.endpoint_id}")

    async def on_endpoint_left(self, caller: Caller) -> None:
        await self.note(f"endpoint {caller.endpoint_id}")

    async def on_participant_left(self, participant_id: str) -> None:
        await self.note("participant")

    async def on_meeting_closed(self, at: int) -> None:
        self.closed_at = at
        await self.note("closed")

    def on_activities(self, participant_id: str, activities: Set[Activity], at: int) -> None:
        self.activities.append((participant_id, activities, at))
        self.fail("activities")

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

    def __init__(self, graces: Graces = GRACES, features: Sequence[FeatureFactory] = ()) -> None:
        """With further `features` than the one that notes."""
        self.clock = ManualClock()
        self.notes: list[str] = []
        self.features: list[NotingFeature] = []
        self.gate: asyncio.Event | None = None
        """Of the features of the next meeting."""
        self.roles: dict[tuple[str, str], RoomRole] = {}
        self.directory = RoomDirectory(
            FixedRooms(ROOM, roles=self.roles),
            [self.create_feature, *features],
            self.clock,
            graces,
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
