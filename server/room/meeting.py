"""A room that is live: its state, its features, and the connections that are told what happens."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
import structlog

from protocol.errors import ErrorCode
from protocol.events import Departure, Notice, ParticipantJoined, RoomEvent
from protocol.permissions import permitted_requests
from protocol.roles import RoomRole, RoomState
from protocol.room import MeetingInfo, Participant, Person, ProducerInfo, Quality, RoomInfo, RoomSnapshot, You
from protocol.wire import Mutation, Request, Wire
from server.clock import Clock
from server.errors import UserError
from server.room.activities import Activities
from server.room.clock import MeetingClock
from server.room.feature import Activity, Answer, Caller, Feature, FeatureFactory, Handler, PromptHandler
from server.room.hooks import HookRunner
from server.room.outcomes import Outcomes
from server.room.state import (
    Change,
    ConnectionJoined,
    ConnectionLeft,
    EndpointLeft,
    Graces,
    MeetingState,
    ParticipantGone,
)

REMEMBERED_OUTCOMES = 256
"""Of one participant."""

T = TypeVar("T")
H = TypeVar("H", Handler, PromptHandler)

_log = structlog.get_logger(__name__)


class Outbox(Protocol):
    """What leads to one connection."""

    @property
    def silent_s(self) -> float:
        """Seconds since the page was heard last. While its line is good, that is never long."""
        ...

    def put(self, frame: Any) -> None:
        """Take what the fan-out has encoded; never waits, never raises."""
        ...

    def hang_up(self, code: ErrorCode, text: str, *, should_reconnect: bool) -> None:
        """Tell the page why, and close the connection."""
        ...


FanOut = Callable[[Collection[Outbox], RoomEvent | Notice], None]
"""Sends one message to many connections, without waiting and without raising."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a connection that has joined is told. Exactly one of `snapshot` and `missed` is set.

    `missed` also says that the endpoint was kept, with its transports; with a `snapshot` it starts anew.
    """

    you: You
    snapshot: RoomSnapshot | None
    missed: tuple[RoomEvent, ...] | None


@dataclass(frozen=True, slots=True)
class _Inside:
    caller: Caller
    outbox: Outbox


class LiveMeeting:
    """One meeting. Implements `server.room.feature.Meeting` for its features."""

    def __init__(
        self,
        room: RoomInfo,
        features: Sequence[FeatureFactory],
        clock: Clock,
        fan_out: FanOut,
        *,
        graces: Graces,
        create_id: Callable[[str], str],
    ) -> None:
        self._clock = MeetingClock(clock)
        self._state = MeetingState(
            room,
            MeetingInfo(meeting_id=create_id("meeting"), opened_at=self._clock.now_ms()),
            self._clock,
            self._on_event,
            graces=graces,
            create_id=create_id,
        )
        self._fan_out = fan_out
        self._listening: dict[str, _Inside] = {}
        """By connection: who has been welcomed and hears every event from there on."""
        self._outcomes: dict[str, Outcomes] = {}
        """By participant."""
        self._activities = Activities(self._on_activities)
        self._is_closed = False
        self._features = [create(self) for create in features]
        self._handlers: dict[type[Request], Handler] = {}
        self._prompt_handlers: dict[type[Request], PromptHandler] = {}
        for feature in self._features:
            self._handlers.update(feature.handlers())
            self._prompt_handlers.update(feature.prompt_handlers())
        self._hooks = HookRunner(self._features, room.room_id)

    @property
    def room(self) -> RoomInfo:
        """The lasting place."""
        return self._state.room

    @property
    def meeting_id(self) -> str:
        """The present occurrence of it."""
        return self._state.meeting.meeting_id

    @property
    def clock_offset_ms(self) -> int:
        """What the meeting's instants are ahead of this process's monotonic clock."""
        return self._clock.offset_ms

    @property
    def empty_since(self) -> float | None:
        """When the last participant went, in monotonic seconds; `None` while somebody is inside."""
        return self._state.empty_since

    @property
    def next_deadline(self) -> float | None:
        """When `expire` has something to do, in monotonic seconds."""
        return self._state.next_deadline

    def participant(self, participant_id: str) -> Participant | None:
        """Return the participant as everybody sees them, or `None` when they have gone."""
        return self._state.participant(participant_id)

    def participants(self) -> tuple[Participant, ...]:
        """Return everybody in the meeting, in order of joining."""
        return self._state.participants

    def publish(self, event: RoomEvent) -> None:
        """Number `event`, remember it for replay, and send it to every connection."""
        if not self._is_closed:
            self._state.publish(event)

    def notify(
        self,
        notice: Notice,
        *,
        endpoint_id: str | None = None,
        except_participant_id: str | None = None,
    ) -> None:
        """Send `notice` to one endpoint, or to everybody except one participant. It may be dropped."""
        outboxes = [
            inside.outbox
            for inside in self._listening.values()
            if (endpoint_id is None or inside.caller.endpoint_id == endpoint_id)
            and (except_participant_id is None or inside.caller.participant_id != except_participant_id)
        ]
        self._fan_out(outboxes, notice)

    def tell(self, notice: Notice, connection_ids: Iterable[str]) -> None:
        """Send `notice` to some connections; those that have gone do not matter. It may be dropped."""
        listening = map(self._listening.get, connection_ids)
        self._fan_out([inside.outbox for inside in listening if inside is not None], notice)

    def is_inside(self, connection_id: str) -> bool:
        """Tell whether a connection is in the meeting; once it is not, it never is again."""
        return self._state.is_inside(connection_id)

    def now_ms(self) -> int:
        """Return the present instant on the meeting's clock, which all its instants are of."""
        return self._clock.now_ms()

    def last_heard(self) -> Mapping[str, int]:
        """Return when each connection that is inside was heard last, on the meeting's clock."""
        return self._state.last_heard(self._silent_s)

    def set_producers(self, participant_id: str, producers: tuple[ProducerInfo, ...]) -> None:
        """Change what a participant sends, and publish that when it differs."""
        self._state.set_producers(participant_id, producers)
        if self._state.participant(participant_id) is not None:
            self._activities.set_producers(participant_id, producers)

    def set_qualities(self, qualities: Mapping[str, Quality]) -> None:
        """Change how good some participants' connections are said to be, and publish what differs as one event."""
        self._state.set_qualities(qualities)

    def set_media_connected(self, participant_id: str, *, is_connected: bool) -> None:
        """Say whether sound and pictures can come and go between a participant and the server. Nobody is told."""
        if self._state.participant(participant_id) is not None:
            self._activities.set_media_connected(participant_id, is_connected=is_connected)

    def set_talking(self, participant_ids: Collection[str]) -> None:
        """Say who is talking just now, all of them. Nobody is told."""
        inside = [who for who in participant_ids if self._state.participant(who) is not None]
        self._activities.set_talking(inside)

    async def open(self) -> None:
        """Let the features load what the room had when it was last live."""
        at = self._state.meeting.opened_at
        await self._hooks.submit("on_meeting_opened", lambda feature: feature.on_meeting_opened(at))

    async def join(self, person: Person, role: RoomRole, endpoint_id: str) -> ConnectionJoined:
        """Let a connection in, and wait until the features know it. Then `welcome` it.

        Whoever gives up waiting must still take the connection out, with `lose`.
        """
        arrival, changes = self._state.join(person, role, endpoint_id, self._silent_s)
        for change in changes:
            if isinstance(change, ConnectionLeft):
                self._hang_up(change.caller)
        self._apply(changes)
        try:
            await asyncio.gather(
                self._hooks.submit(type(arrival).__name__, partial(_tell, arrival)),
                self._hooks.run_at_once(
                    "on_connection_arriving", lambda feature: feature.on_connection_arriving(arrival.caller)
                ),
            )
        except asyncio.CancelledError:
            self.lose(arrival.caller.connection_id)
            raise
        return arrival

    def welcome(
        self, arrival: ConnectionJoined, outbox: Outbox, meeting_id: str | None = None, last_seq: int | None = None
    ) -> Welcome:
        """Tell a connection where the meeting stands; from here on `outbox` is sent every event.

        Synchronous, so that no event is missing between the answer and the first one sent. Raises `UserError` when
        another connection has taken the endpoint over meanwhile.
        """
        caller = arrival.caller
        participant = self._state.participant(caller.participant_id)
        if participant is None or not self._state.is_inside(caller.connection_id):
            raise UserError(ErrorCode.NOT_IN_ROOM, "This page has connected again.")
        missed = self._state.missed(meeting_id, last_seq) if arrival.is_kept else None
        self._listening[caller.connection_id] = _Inside(caller, outbox)
        return Welcome(
            you=self._you(caller, participant.role),
            snapshot=self.snapshot() if missed is None else None,
            missed=missed,
        )

    def snapshot(self) -> RoomSnapshot:
        """Return the meeting as it is now."""
        parts: dict[str, Wire] = {}
        for feature in self._features:
            part = self._ask(feature, feature.snapshot)
            if feature.name and part is not None:
                parts[feature.name] = part
        return self._state.snapshot(parts)

    def leave(self, connection_id: str, reason: Departure) -> None:
        """Let a connection go for good, and its endpoint with it."""
        silent_s = self._silent_s(connection_id)
        self._listening.pop(connection_id, None)
        self._apply(self._state.leave(connection_id, reason, silent_s))

    def lose(self, connection_id: str, *, is_page_gone: bool = False) -> None:
        """Take note that a connection is gone without having left; its endpoint may come back."""
        silent_s = self._silent_s(connection_id)
        self._listening.pop(connection_id, None)
        self._apply(self._state.lose(connection_id, is_page_gone=is_page_gone, silent_s=silent_s))

    def expire(self) -> None:
        """Give up the endpoints that did not come back in time."""
        self._apply(self._state.expire())

    async def handle(self, caller: Caller, request: Request) -> Wire:
        """Let the feature answer; a mutation that was applied before is not applied again.

        Raises `UserError`, and whatever is wrong in the feature.
        """
        handler = self._handler(self._handlers, caller, request)
        if not isinstance(request, Mutation):
            return await handler(caller, request)
        outcomes = self._outcomes.setdefault(caller.participant_id, Outcomes(REMEMBERED_OUTCOMES))
        return await outcomes.once((type(request), request.request_id), lambda: handler(caller, request))

    def is_prompt(self, kind: type[Request]) -> bool:
        """Tell whether requests of a kind are for `handle_promptly`."""
        return kind in self._prompt_handlers

    def handle_promptly(self, caller: Caller, request: Request, answer: Answer) -> None:
        """Let the feature answer, now or later. Raises `UserError`, and whatever is wrong in the feature."""
        self._handler(self._prompt_handlers, caller, request)(caller, request, answer)

    async def close(self) -> None:
        """End the meeting for whoever is left, and let the features free everything. Idempotent."""
        if not self._is_closed:
            self._is_closed = True
            at = self._clock.now_ms()
            changes = self._state.end(self._silent_s)
            self._listening.clear()
            self._apply(changes)
            self._hooks.submit("on_meeting_closed", lambda feature: feature.on_meeting_closed(at))
        await self._hooks.join()

    def _handler(self, handlers: Mapping[type[Request], H], caller: Caller, request: Request) -> H:
        handler = handlers.get(type(request))
        if handler is None or self._is_closed or not self._state.is_inside(caller.connection_id):
            raise UserError(ErrorCode.NOT_IN_ROOM, "You are not in this room.")
        return handler

    def _on_activities(self, participant_id: str, activities: Set[Activity]) -> None:
        at = self._clock.now_ms()
        for feature in self._features:
            self._ask(feature, partial(feature.on_activities, participant_id, activities, at))

    def _on_event(self, event: RoomEvent) -> None:
        if isinstance(event, ParticipantJoined):
            self._log("participant_joined", participant_id=event.participant.participant_id)
        self._fan_out([inside.outbox for inside in self._listening.values()], event)

    def _you(self, caller: Caller, role: RoomRole) -> You:
        you = You(
            participant_id=caller.participant_id,
            connection_id=caller.connection_id,
            role=role,
            permitted=permitted_requests(role, RoomState.LIVE),
            chat_read_up_to=0,
        )
        for feature in self._features:
            fields = self._ask(feature, partial(feature.you, caller))
            if fields:
                you = msgspec.structs.replace(you, **fields)
        return you

    def _ask(self, feature: Feature, question: Callable[[], T]) -> T | None:
        """Ask a feature for its part of an answer that is given without it if need be."""
        try:
            return question()
        except Exception:  # noqa: BLE001 - whatever it is, the others' parts are good
            _log.exception("feature_failed", feature=type(feature).__name__, room_id=self.room.room_id)
            return None

    def _hang_up(self, caller: Caller) -> None:
        """Close the connection whose place a newer one of the same endpoint has taken."""
        inside = self._listening.pop(caller.connection_id, None)
        if inside is not None:
            text = "This page has connected again."
            inside.outbox.hang_up(ErrorCode.NOT_IN_ROOM, text, should_reconnect=False)

    def _apply(self, changes: Sequence[Change]) -> None:
        """Forget who has gone, and tell the features in their turn."""
        for change in changes:
            if isinstance(change, ParticipantGone):
                self._outcomes.pop(change.participant_id, None)
                self._activities.forget(change.participant_id)
                self._log("participant_left", participant_id=change.participant_id, reason=change.reason)
            self._hooks.submit(type(change).__name__, partial(_tell, change))

    def _silent_s(self, connection_id: str) -> float:
        """Return how long a connection has not been heard. Who is at the door has just been."""
        inside = self._listening.get(connection_id)
        return 0.0 if inside is None else inside.outbox.silent_s

    def _log(self, event: str, **fields: str) -> None:
        _log.info(event, room_id=self.room.room_id, meeting_id=self.meeting_id, **fields)


async def _tell(change: Change, feature: Feature) -> None:
    match change:
        case ConnectionJoined(caller, at=at):
            await feature.on_connection_joined(caller, at)
        case ConnectionLeft(caller, reason, at):
            await feature.on_connection_left(caller, reason, at)
        case EndpointLeft(caller):
            await feature.on_endpoint_left(caller)
        case ParticipantGone(participant_id):
            await feature.on_participant_left(participant_id)
