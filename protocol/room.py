"""What a page knows of a room: its participants, its chat, its media; as a snapshot that events keep current."""

from enum import StrEnum

from protocol.documents import DocumentsSnapshot
from protocol.roles import ProgrammeRole, RoomKind, RoomRole
from protocol.rtp import MediaKind, RtpCapabilities
from protocol.wire import Instant, Wire


class Person(Wire, frozen=True, kw_only=True):
    """Somebody known to the programme, as they see themselves."""

    person_id: str
    name: str
    email: str
    role: ProgrammeRole


class RoomInfo(Wire, frozen=True, kw_only=True):
    """A lasting place with a name."""

    room_id: str
    slug: str
    name: str
    kind: RoomKind


class MeetingInfo(Wire, frozen=True, kw_only=True):
    """One occurrence of a room being live."""

    meeting_id: str
    opened_at: Instant


class Source(StrEnum):
    """What a producer shows or lets hear."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"


SOURCE_KIND = {
    Source.MICROPHONE: MediaKind.AUDIO,
    Source.CAMERA: MediaKind.VIDEO,
    Source.SCREEN: MediaKind.VIDEO,
}


class ProducerInfo(Wire, frozen=True, kw_only=True):
    """A track that a participant sends, of at most one per source."""

    producer_id: str
    source: Source
    is_paused: bool
    """Muted, or camera off: nothing is sent."""


class Quality(StrEnum):
    """How good somebody's connection is, as their packets show. From the worst to the best."""

    POOR = "poor"
    FAIR = "fair"
    GOOD = "good"


class Participant(Wire, frozen=True, kw_only=True):
    """One person in one meeting, however many tabs, devices and reconnects."""

    participant_id: str
    person_id: str
    name: str
    role: RoomRole
    joined_at: Instant
    is_connected: bool
    """False while every connection is lost and may still come back."""
    producers: tuple[ProducerInfo, ...] = ()
    quality: Quality = Quality.GOOD


class ChatMessage(Wire, frozen=True, kw_only=True):
    """One message; its text is text, never markup. `message_id` grows with time within a room."""

    message_id: int
    person_id: str
    name: str
    text: str
    sent_at: Instant


class ChatSnapshot(Wire, frozen=True, kw_only=True):
    """The newest messages, oldest first; older ones by `chat_page`."""

    messages: tuple[ChatMessage, ...] = ()
    has_more: bool = False
    """Whether older messages exist."""


class MediaSnapshot(Wire, frozen=True, kw_only=True):
    """What a page needs before it can make transports."""

    epoch: int
    """Grows when the room's media was rebuilt: transports of an older epoch are gone."""
    is_available: bool


class RoomSnapshot(Wire, frozen=True, kw_only=True):
    """Everything a page knows of the room after the event numbered `seq`."""

    seq: int
    room: RoomInfo
    meeting: MeetingInfo
    participants: tuple[Participant, ...]
    """In order of joining."""
    chat: ChatSnapshot
    documents: DocumentsSnapshot
    media: MediaSnapshot


class You(Wire, frozen=True, kw_only=True):
    """What only this connection's participant is told."""

    participant_id: str
    connection_id: str
    role: RoomRole
    permitted: tuple[str, ...]
    """Names of the requests that the table lets this role make in a live room."""
    chat_read_up_to: int
    """`message_id` of the newest message this person has read; 0 when none."""


class MediaSettings(Wire, frozen=True, kw_only=True):
    """The same for every room: known before joining, so that Join needs no extra round trip."""

    router_rtp_capabilities: RtpCapabilities


class Inside(Wire, frozen=True, kw_only=True):
    """Somebody in the room, as shown to people at the door."""

    participant_id: str
    person_id: str
    name: str


class RoomPreview(Wire, frozen=True, kw_only=True):
    """`GET /api/rooms/SLUG`: what the pre-join page shows."""

    room: RoomInfo
    inside: tuple[Inside, ...]
    media: MediaSettings
    permitted: tuple[str, ...]
    """As in `You`: a page that may send nothing asks for no camera and no microphone."""


class RoomSummary(Wire, frozen=True, kw_only=True):
    """A room in the list of the home page."""

    room: RoomInfo
    inside_count: int


class SignedIn(Wire, frozen=True, kw_only=True):
    """`GET /api/session`: who is signed in, and where they can go."""

    person: Person
    programme_name: str
    rooms: tuple[RoomSummary, ...]
