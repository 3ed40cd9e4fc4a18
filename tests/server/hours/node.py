"""A node with a real database, whose rooms are entered and left by call."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from protocol import PROTOCOL_VERSION
from protocol.requests import RoomJoin
from protocol.roles import ProgrammeRole, RoomKind
from protocol.room import Person
from server.hours.presence import PresenceService
from server.room.directory import Entry, RoomDirectory
from server.room.feature import Caller, Feature
from server.room.state import Graces
from server.store.attendance import AttendanceRepository
from server.store.database import Database
from server.store.people import Entry as NewPerson
from server.store.people import PeopleRepository
from server.store.presence import PresenceRepository
from server.store.rooms import RoomRepository
from tests.support.clock import ManualClock
from tests.support.gateway import run_sql
from tests.support.rooms import KeptOutbox, fan_out_kept

ROOM_GRACE_S, RECONNECT_GRACE_S = 60.0, 20.0
GRACES = Graces(room=ROOM_GRACE_S, reconnect=RECONNECT_GRACE_S, reload=5.0)
PEOPLE = ("ana", "ben")


class Slow(Feature):
    """Keeps the features after it waiting."""

    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        if self.gate is not None:
            await self.gate.wait()

    async def on_connection_left(self, caller: Caller, reason: str, at: int) -> None:
        if self.gate is not None:
            await self.gate.wait()


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database with a room and people in it."""

    database: Database
    people: dict[str, Person]

    @classmethod
    async def open(cls, folder: Path) -> "Opened":
        """Open the database in `folder`, and make what is missing."""
        database = await Database.open(folder)
        await RoomRepository(database).add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)
        entries = [NewPerson(f"{word}@school.example", word, ProgrammeRole.TEACHER) for word in PEOPLE]
        enrolled = await PeopleRepository(database).enrol(entries, [], actor="test", at=1)
        return cls(database, dict(zip(PEOPLE, enrolled, strict=True)))


class Node:
    """A node of the server as far as presence needs one, over the database in `folder`."""

    def __init__(self, folder: Path, clock: ManualClock, node_id: str, opened: "Opened | None" = None) -> None:
        """Use the database in `folder` that is `opened` already, or open it, and close it in the end."""
        self._opened = opened
        self.folder = folder
        self.clock = clock
        self.node_id = node_id
        self.people: dict[str, Person] = {}
        self.slow = Slow()
        self.recorded: list[str] = []
        """Meetings that were said to be recorded."""
        self.outboxes: dict[str, KeptOutbox] = {}
        """By connection."""

    async def start(self) -> None:
        opened = self._opened or await Opened.open(self.folder)
        self.database, self.people = opened.database, opened.people
        rooms = RoomRepository(self.database)
        self.attendance = AttendanceRepository(self.database)
        self.presence = PresenceService(
            PresenceRepository(self.database), self.attendance, self.clock, self.node_id, self.on_meeting_recorded
        )
        await self.presence._repository.start_node(self.node_id)
        self.presence._conclusions.add(*await self.attendance.unrecorded())
        self.directory = RoomDirectory(
            rooms,
            [lambda _meeting: self.slow, self.presence.create_feature],
            self.clock,
            GRACES,
            fan_out_kept,
        )

    async def join(self, who: str, endpoint_id: str) -> Entry:
        person = self.people[who]
        door = await self.directory.find("lounge", person)
        request = RoomJoin(
            request_id="r", protocol_version=PROTOCOL_VERSION, slug="lounge", endpoint_id=f"{who} {endpoint_id}"
        )
        outbox = KeptOutbox()
        entry = await self.directory.join(door, person, request, outbox)
        self.outboxes[entry.caller.connection_id] = outbox
        return entry

    async def on_meeting_recorded(self, meeting_id: str) -> None:
        self.recorded.append(meeting_id)

    async def hooks_done(self) -> None:
        await asyncio.gather(*self.directory._closings.values())
        for meeting in self.directory.meetings:
            await meeting._hooks.join()

    async def rows(self, table: str = "connection") -> list[dict[str, Any]]:
        return await asyncio.to_thread(run_sql, self.folder, f"SELECT * FROM {table}")

    async def seen(self) -> dict[str, int]:
        """Return when connections were heard last, as the database would know it after a crash."""
        [own] = [row["seen"] for row in await self.rows("node") if row["node_id"] == self.node_id]
        return msgspec.msgpack.decode(own, type=dict[str, int])

    async def stop(self) -> None:
        await self.directory.close()
        await self.presence.flush()
        await self._close()

    async def crash(self) -> None:
        """Stop without another word."""
        await self._close()

    async def _close(self) -> None:
        if self._opened is None:
            await self.database.close()
