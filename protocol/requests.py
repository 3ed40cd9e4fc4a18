"""What a page may ask, and what it is answered.

`REQUESTS` maps every request's name to its type, reply and kind. Adding a request means: a struct here, a row in
`protocol.permissions`, a handler in a feature, `python -m protocol`.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from protocol.document_requests import (
    DocumentAuthors,
    DocumentAuthorsRead,
    DocumentBeginAnew,
    DocumentClose,
    DocumentCreate,
    DocumentCreated,
    DocumentHistory,
    DocumentKept,
    DocumentList,
    DocumentLock,
    DocumentMore,
    DocumentOpen,
    DocumentOpened,
    DocumentPage,
    DocumentPart,
    DocumentPresenceSet,
    DocumentPresent,
    DocumentRemove,
    DocumentRename,
    DocumentRestore,
    DocumentUpdate,
    DocumentVersionFound,
    DocumentVersionRead,
    DocumentVersions,
)
from protocol.events import RoomEvent
from protocol.room import ChatMessage, MediaSettings, RoomSnapshot, Source, You
from protocol.rtp import (
    MAX_LAYERS,
    ConsumerOptions,
    DtlsParameters,
    IceParameters,
    IceServer,
    RtpCapabilities,
    RtpParameters,
    TransportOptions,
)
from protocol.wire import MAX_CHAT_PAGE, Empty, Id, Instant, Mutation, Request, Slug, Wire


class RoomJoin(Mutation, frozen=True, kw_only=True):
    """Enter a room, or come back to it after a lost connection.

    `endpoint_id` names this open page: made once per page load, kept over reconnects, so that its transports live on.
    With `meeting_id` and `last_seq` of what the page has seen, the answer may be the events it missed. `person_id` is
    whom the page shows as oneself: nobody enters as somebody else who has signed in in the same browser since.
    """

    protocol_version: int
    slug: Slug
    endpoint_id: Id
    person_id: Id | None = None
    meeting_id: Id | None = None
    last_seq: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Joined(Wire, frozen=True, kw_only=True):
    """Exactly one of `snapshot` and `missed` is set."""

    you: You
    media: MediaSettings
    snapshot: RoomSnapshot | None = None
    missed: tuple[RoomEvent, ...] | None = None
    """Every event after `last_seq`, in order."""
    now: Instant
    """When it was answered: pages tell the server's time by it, not by their own clocks."""


class RoomLeave(Mutation, frozen=True, kw_only=True):
    """Leave with this endpoint. The participant goes when it was the last one."""


class ChatSend(Mutation, frozen=True, kw_only=True):
    """Write to everybody in the room. Persisted before it is acknowledged or shown to anybody."""

    text: str


class ChatSent(Wire, frozen=True, kw_only=True):
    """The message as stored."""

    message: ChatMessage


class ChatTyping(Request, frozen=True, kw_only=True):
    """Tell the others that one is typing, or has stopped. Transient: may be dropped."""

    is_typing: bool


class ChatPage(Request, frozen=True, kw_only=True):
    """Read messages older than `before`."""

    before: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHAT_PAGE)] = MAX_CHAT_PAGE


class ChatHistory(Wire, frozen=True, kw_only=True):
    """A page of messages, oldest first."""

    messages: tuple[ChatMessage, ...]
    has_more: bool


class ChatRead(Mutation, frozen=True, kw_only=True):
    """Remember, for this person, that everything up to a message was read. Never moves back."""

    up_to: Annotated[int, msgspec.Meta(ge=0)]


class MediaTransportCreate(Mutation, frozen=True, kw_only=True):
    """Make a WebRTC transport for this endpoint, replacing its earlier one of the same direction.

    `rtp_capabilities` (of the mediasoup device) is needed for `recv`.
    """

    direction: Literal["send", "recv"]
    rtp_capabilities: RtpCapabilities | None = None


class MediaTransportCreated(Wire, frozen=True, kw_only=True):
    """The server's side of the new transport."""

    transport: TransportOptions


class MediaTransportConnect(Mutation, frozen=True, kw_only=True):
    """Give the page's DTLS parameters: mediasoup-client's `connect` event."""

    transport_id: Id
    dtls_parameters: DtlsParameters


class MediaIceRestart(Mutation, frozen=True, kw_only=True):
    """Begin ICE anew, because this page's network has changed: for mediasoup-client's `restartIce()`."""

    transport_id: Id


class MediaIceRestarted(Wire, frozen=True, kw_only=True):
    """The transport's new credentials; the former ones hold until these are used."""

    ice_parameters: IceParameters
    ice_servers: tuple[IceServer, ...] = ()
    """Relays to look for another way by: the credentials that the page has may have expired."""


class MediaTransportClose(Mutation, frozen=True, kw_only=True):
    """Close a transport with its producers and consumers."""

    transport_id: Id


class MediaProduce(Mutation, frozen=True, kw_only=True):
    """Send a track: mediasoup-client's `produce` event. Replaces the participant's producer of the same source.

    Screens beyond the room's number of them are refused with `too_many_screens`.
    """

    transport_id: Id
    source: Source
    rtp_parameters: RtpParameters
    is_paused: bool = False


class MediaProduced(Wire, frozen=True, kw_only=True):
    """The new producer's id."""

    producer_id: str


class MediaProducerUpdate(Mutation, frozen=True, kw_only=True):
    """Mute or unmute, camera off or on."""

    producer_id: Id
    is_paused: bool


class MediaProducerClose(Mutation, frozen=True, kw_only=True):
    """Stop sending a track."""

    producer_id: Id


class MediaConsume(Mutation, frozen=True, kw_only=True):
    """Receive another participant's track. The consumer starts paused: resume it once the page can play it."""

    transport_id: Id
    producer_id: Id


class MediaConsumed(Wire, frozen=True, kw_only=True):
    """What mediasoup-client's `consume()` takes."""

    consumer: ConsumerOptions


class MediaAudioSlots(Mutation, frozen=True, kw_only=True):
    """Receive the room's audio slots: whoever talks is heard in one of them, oneself never.

    Asked again on the same transport, the answer is the same. `media_speakers` tells who is in which slot.
    """

    transport_id: Id


class MediaAudioSlotsConsumed(Wire, frozen=True, kw_only=True):
    """A consumer for each slot, in order, for mediasoup-client's `consume()`; they are not paused."""

    consumers: tuple[ConsumerOptions, ...]


class MediaConsumerUpdate(Mutation, frozen=True, kw_only=True):
    """Pause or resume a consumer, and say how large a picture there is a use for.

    Resuming video asks the publisher for a keyframe. `max_layer` is the largest simulcast layer wanted, from 0, the
    smallest picture, and `is_large` whether it is what the page mainly shows: it comes first on a line that is too slow
    for everything. Without `max_layer` neither changes.
    """

    consumer_id: Id
    is_paused: bool
    max_layer: Annotated[int, msgspec.Meta(ge=0, lt=MAX_LAYERS)] | None = None
    is_large: bool = False


class MediaConsumerClose(Mutation, frozen=True, kw_only=True):
    """Stop receiving a track."""

    consumer_id: Id


@dataclass(frozen=True, slots=True)
class RequestType:
    """A request's name on the wire with the types of its fields and of its reply."""

    name: str
    fields: type[Request]
    reply: type[Wire]


REQUESTS: dict[str, RequestType] = {
    row.name: row
    for row in (
        RequestType("room_join", RoomJoin, Joined),
        RequestType("room_leave", RoomLeave, Empty),
        RequestType("chat_send", ChatSend, ChatSent),
        RequestType("chat_typing", ChatTyping, Empty),
        RequestType("chat_page", ChatPage, ChatHistory),
        RequestType("chat_read", ChatRead, Empty),
        RequestType("document_create", DocumentCreate, DocumentCreated),
        RequestType("document_rename", DocumentRename, Empty),
        RequestType("document_lock", DocumentLock, Empty),
        RequestType("document_remove", DocumentRemove, Empty),
        RequestType("document_restore", DocumentRestore, Empty),
        RequestType("document_begin_anew", DocumentBeginAnew, Empty),
        RequestType("document_page", DocumentPage, DocumentList),
        RequestType("document_open", DocumentOpen, DocumentOpened),
        RequestType("document_more", DocumentMore, DocumentPart),
        RequestType("document_update", DocumentUpdate, DocumentKept),
        RequestType("document_presence", DocumentPresenceSet, Empty),
        RequestType("document_close", DocumentClose, Empty),
        RequestType("document_present", DocumentPresent, Empty),
        RequestType("document_versions", DocumentVersions, DocumentHistory),
        RequestType("document_version", DocumentVersionRead, DocumentVersionFound),
        RequestType("document_authors", DocumentAuthorsRead, DocumentAuthors),
        RequestType("media_transport_create", MediaTransportCreate, MediaTransportCreated),
        RequestType("media_transport_connect", MediaTransportConnect, Empty),
        RequestType("media_ice_restart", MediaIceRestart, MediaIceRestarted),
        RequestType("media_transport_close", MediaTransportClose, Empty),
        RequestType("media_produce", MediaProduce, MediaProduced),
        RequestType("media_producer_update", MediaProducerUpdate, Empty),
        RequestType("media_producer_close", MediaProducerClose, Empty),
        RequestType("media_consume", MediaConsume, MediaConsumed),
        RequestType("media_audio_slots", MediaAudioSlots, MediaAudioSlotsConsumed),
        RequestType("media_consumer_update", MediaConsumerUpdate, Empty),
        RequestType("media_consumer_close", MediaConsumerClose, Empty),
    )
}
REQUEST_NAMES: dict[type[Request], str] = {row.fields: row.name for row in REQUESTS.values()}
