"""What a room offers its features, and what it expects of them.

A room knows this interface, never a feature; a feature knows this interface, never another feature. The composition
root gives every new meeting its features.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from protocol.events import Departure, Notice, RoomEvent
from protocol.room import Participant, ProducerInfo, Quality, RoomInfo
from protocol.wire import Request, Wire


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a connection, the endpoint (open page) it belongs to, and the participant behind both."""

    participant_id: str
    person_id: str
    connection_id: str
    endpoint_id: str


Ending = Departure | Literal["ended"]
"""Why a connection is gone: as its participant, or with the meeting."""


class Activity(StrEnum):
    """What a participant does, as far as the room's media tell."""

    MEDIA = "media"
    """Sound or pictures can come and go."""
    MICROPHONE = "microphone"
    """It is on."""
    CAMERA = "camera"
    """It, or a shared screen, is on."""
    TALKING = "talking"
    """Just now."""


Handler = Callable[[Caller, Any], Awaitable[Wire]]
"""Answers one request type; raises `UserError` for what cannot be done."""


class Answer(Protocol):
    """What a request comes to, once: at once or later. Neither raises, whatever has become of the connection."""

    def done(self, reply: Wire) -> None:
        """Send the reply."""
        ...

    def failed(self, error: Exception) -> None:
        """Say why there is none."""
        ...


PromptHandler = Callable[[Caller, Any, Answer], None]
"""Answers one request type without a task, for requests that every page sends dozens of times a second.

For a small one a task costs as much as everything else. They are no `Mutation`. May raise instead of calling `failed`.
"""


class Meeting(Protocol):
    """The room, live, as a feature sees it."""

    @property
    def room(self) -> RoomInfo:
        """The lasting place."""
        ...

    @property
    def meeting_id(self) -> str:
        """The present occurrence of it."""
        ...

    def participant(self, participant_id: str) -> Participant | None:
        """Return the participant as everybody sees them, or `None` when they have gone."""
        ...

    def participants(self) -> Collection[Participant]:
        """Return everybody in the meeting, in order of joining."""
        ...

    def publish(self, event: RoomEvent) -> None:
        """Number `event`, remember it for replay, and send it to every connection."""
        ...

    def notify(
        self,
        notice: Notice,
        *,
        endpoint_id: str | None = None,
        except_participant_id: str | None = None,
    ) -> None:
        """Send `notice` to one endpoint, or to everybody except one participant. It may be dropped."""
        ...

    def tell(self, notice: Notice, connection_ids: Iterable[str]) -> None:
        """Send `notice` to some connections; those that have gone do not matter. It may be dropped."""
        ...

    def is_inside(self, connection_id: str) -> bool:
        """Tell whether a connection is in the meeting; once it is not, it never is again."""
        ...

    @property
    def clock_offset_ms(self) -> int:
        """What the meeting's instants are ahead of this process's monotonic clock."""
        ...

    def now_ms(self) -> int:
        """Return the present instant on the meeting's clock, which all its instants are of."""
        ...

    def last_heard(self) -> Mapping[str, int]:
        """Return when each connection that is inside was heard last, on the meeting's clock."""
        ...

    def set_producers(self, participant_id: str, producers: tuple[ProducerInfo, ...]) -> None:
        """Change what a participant sends, and publish that when it differs."""
        ...

    def set_qualities(self, qualities: Mapping[str, Quality]) -> None:
        """Change how good some participants' connections are said to be, and publish what differs as one event."""
        ...

    def set_media_connected(self, participant_id: str, *, is_connected: bool) -> None:
        """Say whether sound and pictures can come and go between a participant and the server. Nobody is told."""
        ...

    def set_talking(self, participant_ids: Collection[str]) -> None:
        """Say who is talking just now, all of them. Nobody is told."""
        ...


class Feature:
    """One capability of a live room: chat, media, presence. All hooks are optional.

    Hooks of one meeting never run concurrently with each other, so a hook may run a while after what it tells of; `at`
    is when that happened, on the meeting's clock. Of a line that was lost it is when the connection was last heard.
    Handlers and `on_connection_arriving` may run
    concurrently with anything.
    """

    name: str = ""
    """Field of `RoomSnapshot` that `snapshot()` fills; empty when the feature adds none."""

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Return the requests that this feature answers."""
        return {}

    def prompt_handlers(self) -> Mapping[type[Request], PromptHandler]:
        """Return the requests that this feature answers without a task."""
        return {}

    def snapshot(self) -> Wire | None:
        """Return this feature's part of `RoomSnapshot` as it is now; synchronous, so that no event falls between."""
        return None

    def you(self, caller: Caller) -> Mapping[str, Any]:  # noqa: ARG002 - for those who override it
        """Return the fields of `You` that this feature fills; asked when both joining hooks have run."""
        return {}

    def on_activities(self, participant_id: str, activities: Set[Activity], at: int) -> None:
        """Take note of all that a participant does from `at` on. Called at once, and not in the hooks' turn."""

    async def on_meeting_opened(self, at: int) -> None:
        """Load what the room had when it was last live. Runs before anybody is inside."""

    async def on_connection_arriving(self, caller: Caller) -> None:
        """Load what `you` tells this connection. Those at the door do not wait for one another here."""

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        """Take note that a connection (first, further, or reconnected) is inside."""

    async def on_connection_left(self, caller: Caller, reason: Ending, at: int) -> None:
        """Take note that a connection is gone."""

    async def on_endpoint_left(self, caller: Caller) -> None:
        """Free what an endpoint held: it has left, or did not come back in time."""

    async def on_participant_left(self, participant_id: str) -> None:
        """Free what a participant held: their last endpoint has left."""

    async def on_meeting_closed(self, at: int) -> None:
        """Free everything. Idempotent; runs after everybody is out."""


FeatureFactory = Callable[[Meeting], Feature]
