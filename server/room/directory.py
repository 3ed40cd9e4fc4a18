"""The rooms that are live on this node: opened with the first participant, closed with the last."""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from protocol.errors import ErrorCode
from protocol.events import Departure
from protocol.requests import RoomJoin
from protocol.roles import RoomRole, RoomState, default_room_role
from protocol.room import Inside, Person, RoomInfo
from server.clock import Clock
from server.errors import UserError
from server.ids import create_id
from server.room.feature import Caller, FeatureFactory
from server.room.meeting import FanOut, LiveMeeting, Outbox, Welcome
from server.room.state import ConnectionJoined, Graces

_log = structlog.get_logger(__name__)


class RoomSource(Protocol):
    """Where rooms, and what people are in them, are kept."""

    async def find_room(self, slug: str) -> RoomInfo | None:
        """Return the room that links call `slug`."""
        ...

    async def room_role(self, room_id: str, person_id: str) -> RoomRole | None:
        """Return the role that the room gives a person, or `None` when it gives none."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """A room that somebody stands before, and what they are in it."""

    room: RoomInfo
    role: RoomRole


@dataclass(frozen=True, slots=True)
class Entry:
    """A connection inside a meeting."""

    meeting: LiveMeeting
    arrival: ConnectionJoined
    outbox: Outbox
    welcome: Welcome

    @property
    def caller(self) -> Caller:
        """Who it is, as features are told."""
        return self.arrival.caller


@dataclass(slots=True)
class _Place:
    """A room that has been live since the start. There are at most as many as the store has rooms."""

    room: RoomInfo
    meeting: LiveMeeting | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a meeting opens or closes."""


class RoomDirectory:
    """Finds or opens the meeting that somebody wants to join, and closes those that are over.

    One task watches the clock for all rooms. `close` ends it and every meeting.
    """

    def __init__(
        self,
        rooms: RoomSource,
        features: Sequence[FeatureFactory],
        clock: Clock,
        graces: Graces,
        fan_out: FanOut,
    ) -> None:
        self._rooms = rooms
        self._features = features
        self._clock = clock
        self._graces = graces
        self._fan_out = fan_out
        self._places: dict[str, _Place] = {}
        """By room_id."""
        self._has_new_deadline = asyncio.Event()
        self._timekeeper: asyncio.Task[None] | None = None
        self._closings: dict[str, asyncio.Task[None]] = {}
        """By room_id."""
        self._is_closed = False

    @property
    def meetings(self) -> Sequence[LiveMeeting]:
        """The meetings that are open now."""
        return [place.meeting for place in self._places.values() if place.meeting is not None]

    def inside(self, room_id: str) -> tuple[Inside, ...]:
        """Return who is in a room, in order of joining."""
        place = self._places.get(room_id)
        if place is None or place.meeting is None:
            return ()
        return tuple(
            Inside(participant_id=p.participant_id, person_id=p.person_id, name=p.name)
            for p in place.meeting.participants()
        )

    def state(self, room_id: str) -> RoomState:
        """Tell whether a meeting is open in a room."""
        place = self._places.get(room_id)
        return RoomState.IDLE if place is None or place.meeting is None else RoomState.LIVE

    async def find(self, slug: str, person: Person) -> Door:
        """Return the room called `slug` and what `person` is in it. Raises `UserError`: there is none."""
        room = await self._rooms.find_room(slug)
        if room is None:
            raise UserError(ErrorCode.NOT_FOUND, "There is no room of this name.")
        role = await self._rooms.room_role(room.room_id, person.person_id)
        return Door(room, role if role is not None else default_room_role(person.role))

    async def join(self, door: Door, person: Person, request: RoomJoin, outbox: Outbox) -> Entry:
        """Let a connection in. It hears every event from the `Entry` on; whoever takes that owes a `leave` or `lose`.

        The answer must be sent before anything else is awaited, so that it comes before the events. Raises `UserError`.
        """
        meeting = await self._open(door.room)
        arrival = await meeting.join(person, door.role, request.endpoint_id)
        try:
            return self._welcome(meeting, arrival, request, outbox)
        except BaseException:  # nobody has an entry to give back
            meeting.lose(arrival.caller.connection_id)
            self._has_new_deadline.set()
            raise

    def rejoin(self, entry: Entry, request: RoomJoin) -> Entry:
        """Answer a connection that is inside already once more. Raises `UserError`: it has asked for another room."""
        if (request.slug, request.endpoint_id) != (entry.meeting.room.slug, entry.caller.endpoint_id):
            raise UserError(ErrorCode.BAD_REQUEST, "Leave the other room first.")
        return self._welcome(entry.meeting, entry.arrival, request, entry.outbox)

    def leave(self, entry: Entry, reason: Departure = "left") -> None:
        """Let a connection go for good, and its endpoint with it."""
        entry.meeting.leave(entry.caller.connection_id, reason)
        self._has_new_deadline.set()

    def lose(self, entry: Entry, *, is_page_gone: bool = False) -> None:
        """Take note that a connection is gone without having left; its endpoint may come back.

        With `is_page_gone`, its page has said so: it was closed, or is being loaded anew.
        """
        entry.meeting.lose(entry.caller.connection_id, is_page_gone=is_page_gone)
        self._has_new_deadline.set()

    def tick(self) -> None:
        """Do what is due by now: give up endpoints, and begin to close meetings that nobody came back to."""
        now = self._clock.monotonic()
        for place, meeting in self._settled():
            meeting.expire()
            if self._is_over(meeting, now):
                self._begin_to_close(place)

    async def close(self) -> None:
        """End every meeting. Idempotent."""
        self._is_closed = True
        if self._timekeeper is not None:
            self._timekeeper.cancel()
            await asyncio.gather(self._timekeeper, return_exceptions=True)
        await asyncio.gather(*self._closings.values(), *(self._end(place) for place in self._places.values()))

    def _welcome(self, meeting: LiveMeeting, arrival: ConnectionJoined, request: RoomJoin, outbox: Outbox) -> Entry:
        welcome = meeting.welcome(arrival, outbox, request.meeting_id, request.last_seq)
        return Entry(meeting, arrival, outbox, welcome)

    async def _open(self, room: RoomInfo) -> LiveMeeting:
        place = self._places.setdefault(room.room_id, _Place(room))
        async with place.lock:
            if self._is_closed:
                raise UserError(ErrorCode.SERVER_STOPPING, "The server is restarting.")
            place.room = room
            try:
                return await self._open_meeting(place) if place.meeting is None else place.meeting
            finally:
                self._watch_clock()  # also for whoever gives up waiting here: the meeting needs an end

    async def _open_meeting(self, place: _Place) -> LiveMeeting:
        room = place.room
        meeting = place.meeting = LiveMeeting(
            room,
            self._features,
            self._clock,
            self._fan_out,
            graces=self._graces,
            create_id=create_id,
        )
        await meeting.open()
        _log.info("meeting_opened", room_id=room.room_id, meeting_id=meeting.meeting_id)
        return meeting

    def _settled(self) -> list[tuple[_Place, LiveMeeting]]:
        """Return what is neither opening nor closing; when it has done so, the timekeeper looks again."""
        return [
            (place, place.meeting)
            for place in self._places.values()
            if place.meeting is not None and not place.lock.locked() and place.room.room_id not in self._closings
        ]

    def _begin_to_close(self, place: _Place) -> None:
        def on_done(_task: asyncio.Task[None]) -> None:
            del self._closings[place.room.room_id]
            self._has_new_deadline.set()

        task = asyncio.create_task(self._close_if_over(place), name=f"close {place.room.room_id}")
        self._closings[place.room.room_id] = task
        task.add_done_callback(on_done)

    def _is_over(self, meeting: LiveMeeting, now: float) -> bool:
        return meeting.empty_since is not None and now >= meeting.empty_since + self._graces.room

    async def _close_if_over(self, place: _Place) -> None:
        async with place.lock:
            if place.meeting is not None and self._is_over(place.meeting, self._clock.monotonic()):
                await self._close_meeting(place)

    async def _end(self, place: _Place) -> None:
        async with place.lock:
            await self._close_meeting(place)

    async def _close_meeting(self, place: _Place) -> None:
        meeting, place.meeting = place.meeting, None
        if meeting is not None:
            await meeting.close()
            _log.info("meeting_closed", room_id=place.room.room_id, meeting_id=meeting.meeting_id)

    def _watch_clock(self) -> None:
        self._has_new_deadline.set()
        if self._timekeeper is None:
            # Whoever comes first starts it for all: what they are logging with is not the others'.
            self._timekeeper = asyncio.create_task(self._keep_time(), name="room deadlines", context=Context())

    async def _keep_time(self) -> None:
        while True:
            self._has_new_deadline.clear()
            deadline = self._next_deadline()
            delay = None if deadline is None else max(0.0, deadline - self._clock.monotonic())
            try:
                async with asyncio.timeout(delay):
                    await self._has_new_deadline.wait()
            except TimeoutError:
                self._tick_or_log()

    def _tick_or_log(self) -> None:
        try:
            self.tick()
        except Exception:  # noqa: BLE001 - one room's fault must not stop the clock of all
            _log.exception("tick_failed")

    def _next_deadline(self) -> float | None:
        meetings = [meeting for _, meeting in self._settled()]
        deadlines = [meeting.next_deadline for meeting in meetings]
        deadlines += [m.empty_since + self._graces.room for m in meetings if m.empty_since is not None]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)
