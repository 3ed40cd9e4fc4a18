"""What the server tells a page.

A *room event* is numbered: it changes the snapshot, and it can be replayed after a reconnect. A *notice* is not: it
is for this moment only, and the first thing to be dropped for a slow connection. The Socket.IO event's name is the
tag, its only argument the fields with the tag as `type`.
"""

from typing import Literal

from protocol.documents import DocumentInfo, DocumentPresence, Presenter
from protocol.room import ChatMessage, Participant, Quality
from protocol.wire import Wire


class RoomEventBase(Wire, frozen=True, kw_only=True, tag_field="type"):
    """A numbered change of the room."""

    seq: int = 0
    """Given by the room when it publishes: one more than the event before."""


class ParticipantJoined(RoomEventBase, frozen=True, kw_only=True, tag="participant_joined"):
    """Somebody came in."""

    participant: Participant


class ParticipantChanged(RoomEventBase, frozen=True, kw_only=True, tag="participant_changed"):
    """A participant is now as given: producers, mute state, connection."""

    participant: Participant


class QualitiesChanged(RoomEventBase, frozen=True, kw_only=True, tag="qualities_changed"):
    """Some participants' connections are now as good as given."""

    qualities: dict[str, Quality]
    """By participant id."""


Departure = Literal["left", "lost", "removed"]
"""On purpose (also by closing the page, or signing out), by the network, or by the programme: their session is over."""


class ParticipantLeft(RoomEventBase, frozen=True, kw_only=True, tag="participant_left"):
    """Somebody went, and is not waited for any more."""

    participant_id: str
    reason: Departure


class ChatMessageSent(RoomEventBase, frozen=True, kw_only=True, tag="chat_sent"):
    """Somebody wrote."""

    message: ChatMessage


class DocumentAdded(RoomEventBase, frozen=True, kw_only=True, tag="document_added"):
    """A page of the board, or notes, was begun, or a removed one was brought back."""

    document: DocumentInfo


class DocumentChanged(RoomEventBase, frozen=True, kw_only=True, tag="document_changed"):
    """A document's title, lock or health is now as given. What is in it comes by `document_updated`."""

    document: DocumentInfo


class DocumentRemoved(RoomEventBase, frozen=True, kw_only=True, tag="document_removed"):
    """A document was taken out of the room."""

    document_id: str


class PresenterChanged(RoomEventBase, frozen=True, kw_only=True, tag="presenter_changed"):
    """Whose view of the board the others are asked to follow; `None`: nobody's."""

    presenter: Presenter | None


class MediaReset(RoomEventBase, frozen=True, kw_only=True, tag="media_reset"):
    """The room's media is as given. With a new epoch every transport is gone and is to be made again."""

    epoch: int
    is_available: bool


RoomEvent = (
    ParticipantJoined
    | ParticipantChanged
    | QualitiesChanged
    | ParticipantLeft
    | ChatMessageSent
    | DocumentAdded
    | DocumentChanged
    | DocumentRemoved
    | PresenterChanged
    | MediaReset
)


class NoticeBase(Wire, frozen=True, kw_only=True, tag_field="type"):
    """Something for this moment only."""


class ChatTypingNotice(NoticeBase, frozen=True, kw_only=True, tag="chat_typing"):
    """A participant is typing, or has stopped. Forget it by yourself after 6 s."""

    participant_id: str
    is_typing: bool


class DocumentUpdated(NoticeBase, frozen=True, kw_only=True, tag="document_updated"):
    """An open document has changed, and the change is kept.

    The numbers have no gaps: a page that finds one, or hears of an update that is too large for a notice, opens the
    document again with its state vector.
    """

    document_id: str
    epoch: int
    seq: int
    update: bytes | None
    """`None`: too large."""


class DocumentPresences(NoticeBase, frozen=True, kw_only=True, tag="document_presence"):
    """Where some people are now in an open document."""

    document_id: str
    presences: tuple[DocumentPresence, ...]


class MediaTransportClosed(NoticeBase, frozen=True, kw_only=True, tag="media_transport_closed"):
    """A transport of this endpoint was closed by the server: no consent (RFC 7675), failed DTLS, or replaced."""

    transport_id: str
    reason: Literal["consent_expired", "dtls_failed", "dtls_closed", "replaced"]


class MediaProducerClosed(NoticeBase, frozen=True, kw_only=True, tag="media_producer_closed"):
    """A producer of this endpoint was closed by the server: the same person sends from another tab now."""

    producer_id: str
    reason: Literal["replaced"]


class MediaLayersWanted(NoticeBase, frozen=True, kw_only=True, tag="media_layers_wanted"):
    """So many simulcast layers of this endpoint's producer, counted from the smallest, are worth sending just now."""

    producer_id: str
    layers: int


class MediaConsumerDark(NoticeBase, frozen=True, kw_only=True, tag="media_consumer_dark"):
    """A consumer of this endpoint gets no picture because the line to it is too slow, or gets one again."""

    consumer_id: str
    is_dark: bool


class MediaSpeakers(NoticeBase, frozen=True, kw_only=True, tag="media_speakers"):
    """Who is heard now, by participant id. Told when it changes, and to every connection that has come in."""

    slots: tuple[str | None, ...]
    """Who is in which audio slot, in the order of `media_audio_slots`."""
    talking: tuple[str, ...]
    """Who talks, the most important first; with very many, only those."""
    dominant: str | None
    """Who has been talking most lately, whose picture comes first on a slow line; stays while nobody talks."""


class NoticesDropped(NoticeBase, frozen=True, kw_only=True, tag="notices_dropped"):
    """Tell a page that its connection was too slow for some notices, and has caught up: it asks for what they told.

    Never dropped itself.
    """


class ConnectionClosing(NoticeBase, frozen=True, kw_only=True, tag="connection_closing"):
    """The server is about to close this connection, and why. `should_reconnect` says whether to come back."""

    code: str
    text: str
    should_reconnect: bool


Notice = (
    ChatTypingNotice
    | DocumentUpdated
    | DocumentPresences
    | MediaTransportClosed
    | MediaProducerClosed
    | MediaLayersWanted
    | MediaConsumerDark
    | MediaSpeakers
    | NoticesDropped
    | ConnectionClosing
)
