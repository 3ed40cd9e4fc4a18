"""Who is in a meeting, and what everybody is told of it: no sockets, no tasks, no waiting.

Fed with joins, leaves and lost connections; time comes from the clock it is given. Publishes numbered events, and
returns, as `Change`s, what the features have to hear.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from protocol.documents import DocumentsSnapshot
from protocol.errors import ErrorCode
from protocol.events import (
    Departure,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    QualitiesChanged,
    RoomEvent,
)
from protocol.roles import RoomRole
from protocol.room import ChatSnapshot, MediaSnapshot, MeetingInfo, Participant, Person, ProducerInfo, Quality, RoomInfo
from protocol.room import RoomSnapshot as Snapshot
from protocol.wire import Wire
from server.clock import Clock
from server.errors import UserError
from server.room.feature import Caller, Ending
from server.room.ring import EventRing

MAX_ENDPOINTS = 24
"""Of one participant, those included that may still come back."""
RING_EVENTS = 1_024
RING_BYTES = 262_144
"""Beyond, a snapshot is the quicker answer, above all over a slow line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graces:
    """How long what is gone may still come back, in seconds."""

    room: float
    """A meeting that nobody is in."""
    reconnect: float
    """An endpoint that has lost its line."""
    reload: float
    """An endpoint whose page was closed, or is being loaded anew: then the person comes back with another one."""


@dataclass(frozen=True, slots=True)
class ConnectionJoined:
    """A connection is inside. `is_kept`: its endpoint was there before, with all that it holds."""

    caller: Caller
    is_kept: bool
    at: int


@dataclass(frozen=True, slots=True)
class ConnectionLeft:
    """A connection is gone: since it was last heard, which is a while ago when the line has died without a word."""

    caller: Caller
    reason: Ending
    at: int


@dataclass(frozen=True, slots=True)
class EndpointLeft:
    """An endpoint is gone. `caller` names its last connection."""

    caller: Caller


@dataclass(frozen=True, slots=True)
class ParticipantGone:
    """A participant's last endpoint is gone."""

    participant_id: str
    reason: Ending


Change = ConnectionJoined | ConnectionLeft | EndpointLeft | ParticipantGone
"""In the order in which they happened."""


SilentS = Callable[[str], float]
"""Tells how long a connection has not been heard, in seconds."""


def _not_silent(_connection_id: str) -> float:
    return 0.0


@dataclass(slots=True)
class _Endpoint:
    caller: Caller
    """Of its newest connection."""
    joined_at: int
    """When that joined."""
    given_up_at: float = math.inf
    """In monotonic seconds; infinite while it is connected."""
    reason: Departure = "lost"
    """Why it is connected no longer."""

    @property
    def is_connected(self) -> bool:
        return self.given_up_at == math.inf


@dataclass(slots=True)
class _Seat:
    participant: Participant
    endpoints: dict[str, _Endpoint] = field(default_factory=dict)

    @property
    def is_connected(self) -> bool:
        return any(endpoint.is_connected for endpoint in self.endpoints.values())


class MeetingState:
    """One meeting. An endpoint has at most one connection, a participant any number of endpoints."""

    def __init__(
        self,
        room: RoomInfo,
        meeting: MeetingInfo,
        clock: Clock,
        on_event: Callable[[RoomEvent], None],
        *,
        graces: Graces,
        create_id: Callable[[str], str],
        ring_events: int = RING_EVENTS,
        ring_bytes: int = RING_BYTES,
    ) -> None:
        self.room = room
        self.meeting = meeting
        self._clock = clock
        self._on_event = on_event
        self._graces = graces
        self._create_id = create_id
        self._ring = EventRing(ring_events, ring_bytes)
        self._seats: dict[str, _Seat] = {}
        """By participant, in order of joining."""
        self._connected: dict[str, _Endpoint] = {}
        """By connection."""
        self._empty_since: float | None = clock.monotonic()

    @property
    def seq(self) -> int:
        """Number of the newest event."""
        return self._ring.seq

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Everybody, in order of joining."""
        return tuple(seat.participant for seat in self._seats.values())

    @property
    def empty_since(self) -> float | None:
        """When the last participant went, in monotonic seconds; `None` while somebody is inside."""
        return self._empty_since

    @property
    def next_deadline(self) -> float | None:
        """When `expire` has something to do, in monotonic seconds."""
        return min((endpoint.given_up_at for endpoint in self._endpoints() if not endpoint.is_connected), default=None)

    def participant(self, participant_id: str) -> Participant | None:
        """Return a participant as everybody sees them."""
        seat = self._seats.get(participant_id)
        return None if seat is None else seat.participant

    def is_inside(self, connection_id: str) -> bool:
        """Tell whether a connection is in the meeting."""
        return connection_id in self._connected

    def publish(self, event: RoomEvent) -> None:
        """Number `event`, remember it for replay, and hand it on."""
        self._on_event(self._ring.append(event))

    def snapshot(self, parts: Mapping[str, Wire]) -> Snapshot:
        """Return the meeting as it is now, with the features' `parts` by name."""
        return Snapshot(
            seq=self.seq,
            room=self.room,
            meeting=self.meeting,
            participants=self.participants,
            **{
                "chat": ChatSnapshot(),
                "documents": DocumentsSnapshot(),
                "media": MediaSnapshot(epoch=0, is_available=False),
                **parts,
            },  # type: ignore[arg-type]
        )

    def missed(self, meeting_id: str | None, last_seq: int | None) -> tuple[RoomEvent, ...] | None:
        """Return the events after `last_seq` of this meeting, or `None` when only a snapshot will do."""
        if meeting_id != self.meeting.meeting_id or last_seq is None:
            return None
        return self._ring.since(last_seq)

    def join(
        self, person: Person, role: RoomRole, endpoint_id: str, silent_s: SilentS = _not_silent
    ) -> tuple[ConnectionJoined, list[Change]]:
        """Let a new connection of `endpoint_id` in, and return that with what had to go before it.

        It takes the place of an older connection of the endpoint that is not known to be dead; `silent_s` is asked how
        long that was not heard. Raises `UserError`: the endpoint is somebody else's, or the person has too many.
        """
        seat = self._seat_of(person, endpoint_id)
        at = self._clock.now_ms()
        changes: list[Change] = []
        if seat is None:
            seat = self._create_seat(person, role)
        endpoint = seat.endpoints.get(endpoint_id)
        if endpoint is None and len(seat.endpoints) >= MAX_ENDPOINTS:
            changes += self._make_place(seat)
        caller = Caller(
            participant_id=seat.participant.participant_id,
            person_id=person.person_id,
            connection_id=self._create_id("connection"),
            endpoint_id=endpoint_id,
        )
        if endpoint is not None and endpoint.is_connected:
            del self._connected[endpoint.caller.connection_id]
            changes.append(self._left(endpoint, "lost", silent_s(endpoint.caller.connection_id)))
        seat.endpoints[endpoint_id] = self._connected[caller.connection_id] = _Endpoint(caller, at)
        self._refresh(seat, name=person.name, role=role)
        return ConnectionJoined(caller, is_kept=endpoint is not None, at=at), changes

    def lose(self, connection_id: str, *, is_page_gone: bool = False, silent_s: float = 0.0) -> list[Change]:
        """Take note that a connection, not heard for `silent_s`, is gone without having left.

        Its endpoint may come back within its grace.
        """
        endpoint = self._connected.pop(connection_id, None)
        if endpoint is None:
            return []
        endpoint.reason = "left" if is_page_gone else "lost"
        grace_s = self._graces.reload if is_page_gone else self._graces.reconnect
        endpoint.given_up_at = self._clock.monotonic() + grace_s
        self._refresh(self._seats[endpoint.caller.participant_id])
        return [self._left(endpoint, endpoint.reason, silent_s)]

    def leave(self, connection_id: str, reason: Departure = "left", silent_s: float = 0.0) -> list[Change]:
        """Let a connection, not heard for `silent_s`, go for good, and its endpoint with it."""
        endpoint = self._connected.pop(connection_id, None)
        if endpoint is None:
            return []
        endpoint.reason = reason
        return [self._left(endpoint, reason, silent_s), *self._remove(endpoint)]

    def expire(self) -> list[Change]:
        """Give up the endpoints that did not come back in time."""
        now = self._clock.monotonic()
        changes: list[Change] = []
        for endpoint in self._endpoints():
            if endpoint.given_up_at <= now:
                changes += self._remove(endpoint)
        return changes

    def end(self, silent_s: SilentS = _not_silent) -> list[Change]:
        """Let everybody go: the meeting is over. `silent_s` is asked how long each connection was not heard."""
        changes: list[Change] = [
            self._left(endpoint, "ended", silent_s(connection_id))
            for connection_id, endpoint in self._connected.items()
        ]
        self._connected.clear()
        for seat in self._seats.values():
            changes += [EndpointLeft(endpoint.caller) for endpoint in seat.endpoints.values()]
            changes.append(ParticipantGone(seat.participant.participant_id, "ended"))
        self._seats.clear()
        self._empty_since = self._clock.monotonic()
        return changes

    def set_producers(self, participant_id: str, producers: tuple[ProducerInfo, ...]) -> None:
        """Change what a participant sends. Who has gone sends nothing: nothing changes."""
        seat = self._seats.get(participant_id)
        if seat is not None and seat.participant.producers != producers:
            self._change(seat, replace(seat.participant, producers=producers))

    def set_qualities(self, qualities: Mapping[str, Quality]) -> None:
        """Change how good some participants' connections are. Who has gone has none: nothing changes."""
        changed: dict[str, Quality] = {}
        for participant_id, quality in qualities.items():
            seat = self._seats.get(participant_id)
            if seat is not None and seat.participant.quality is not quality:
                seat.participant = replace(seat.participant, quality=quality)
                changed[participant_id] = quality
        if changed:
            self.publish(QualitiesChanged(qualities=changed))

    def last_heard(self, silent_s: SilentS) -> dict[str, int]:
        """Return when each connection was last heard; `silent_s` is asked how long that is ago."""
        now = self._clock.now_ms()  # before anybody is asked: at worst they were heard later than that
        return {who: _heard_at(endpoint, now, silent_s(who)) for who, endpoint in self._connected.items()}

    def _left(self, endpoint: _Endpoint, reason: Ending, silent_s: float) -> ConnectionLeft:
        return ConnectionLeft(endpoint.caller, reason, _heard_at(endpoint, self._clock.now_ms(), silent_s))

    def _seat_of(self, person: Person, endpoint_id: str) -> _Seat | None:
        own: _Seat | None = None
        for seat in self._seats.values():
            if seat.participant.person_id == person.person_id:
                own = seat
            elif endpoint_id in seat.endpoints:
                # Features know an endpoint by its id alone: nobody may pass for somebody else's page.
                raise UserError(ErrorCode.BAD_REQUEST, "This endpoint_id belongs to somebody else.")
        return own

    def _create_seat(self, person: Person, role: RoomRole) -> _Seat:
        participant = Participant(
            participant_id=self._create_id("participant"),
            person_id=person.person_id,
            name=person.name,
            role=role,
            joined_at=self._clock.now_ms(),
            is_connected=True,
        )
        seat = self._seats[participant.participant_id] = _Seat(participant)
        self._empty_since = None
        self.publish(ParticipantJoined(participant=participant))
        return seat

    def _make_place(self, seat: _Seat) -> list[Change]:
        """Give up the endpoint that has least time left to come back."""
        first = min(seat.endpoints.values(), key=lambda endpoint: endpoint.given_up_at)
        if first.is_connected:
            raise UserError(ErrorCode.TOO_MANY, "You have this room open too many times.")
        del seat.endpoints[first.caller.endpoint_id]
        return [EndpointLeft(first.caller)]

    def _endpoints(self) -> list[_Endpoint]:
        return [endpoint for seat in self._seats.values() for endpoint in seat.endpoints.values()]

    def _remove(self, endpoint: _Endpoint) -> list[Change]:
        participant_id = endpoint.caller.participant_id
        seat = self._seats[participant_id]
        del seat.endpoints[endpoint.caller.endpoint_id]
        if seat.endpoints:
            self._refresh(seat)
            return [EndpointLeft(endpoint.caller)]
        del self._seats[participant_id]
        if not self._seats:
            self._empty_since = self._clock.monotonic()
        self.publish(ParticipantLeft(participant_id=participant_id, reason=endpoint.reason))
        return [EndpointLeft(endpoint.caller), ParticipantGone(participant_id, endpoint.reason)]

    def _refresh(self, seat: _Seat, **fields: object) -> None:
        """Publish what differs after connections came or went, or the person's `fields` changed."""
        changed = replace(seat.participant, is_connected=seat.is_connected, **fields)
        if changed != seat.participant:
            self._change(seat, changed)

    def _change(self, seat: _Seat, changed: Participant) -> None:
        seat.participant = changed
        self.publish(ParticipantChanged(participant=changed))


def _heard_at(endpoint: _Endpoint, now_ms: int, silent_s: float) -> int:
    """Return when somebody was last heard: at the earliest when they came in."""
    return max(endpoint.joined_at, now_ms - math.ceil(silent_s * 1_000))
