"""Keep a snapshot current: snapshot + events = the snapshot the server would make now.

The page has the same function in TypeScript; both are held to the vectors in `protocol/vectors/`.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from protocol.document_replay import apply_document_event
from protocol.events import (
    ChatMessageSent,
    DocumentAdded,
    DocumentChanged,
    DocumentRemoved,
    MediaReset,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    PresenterChanged,
    QualitiesChanged,
    RoomEvent,
)
from protocol.room import MediaSnapshot, RoomSnapshot

CHAT_SNAPSHOT_MESSAGES = 50
"""A snapshot holds at most so many messages; what falls out is read by `chat_page`."""


class SequenceGapError(ValueError):
    """An event does not follow the snapshot: something in between is missing."""


def apply_event(snapshot: RoomSnapshot, event: RoomEvent) -> RoomSnapshot:
    """Return the snapshot after `event`. An event already contained changes nothing.

    Raises `SequenceGapError` when `event` is not the next one.
    """
    if event.seq <= snapshot.seq:
        return snapshot
    if event.seq != snapshot.seq + 1:
        raise SequenceGapError(f"event {event.seq} does not follow {snapshot.seq}")
    after = replace(snapshot, seq=event.seq)
    people = snapshot.participants
    match event:
        case ParticipantJoined(participant=joined):
            return replace(after, participants=(*people, joined))
        case ParticipantChanged(participant=changed):
            return replace(
                after,
                participants=tuple(changed if p.participant_id == changed.participant_id else p for p in people),
            )
        case QualitiesChanged(qualities=qualities):
            return replace(
                after,
                participants=tuple(
                    replace(p, quality=qualities[p.participant_id]) if p.participant_id in qualities else p
                    for p in people
                ),
            )
        case ParticipantLeft(participant_id=gone):
            return replace(after, participants=tuple(p for p in people if p.participant_id != gone))
        case ChatMessageSent(message=message):
            messages = (*snapshot.chat.messages, message)
            kept = messages[-CHAT_SNAPSHOT_MESSAGES:]
            has_more = snapshot.chat.has_more or len(kept) < len(messages)
            return replace(after, chat=replace(snapshot.chat, messages=kept, has_more=has_more))
        case DocumentAdded() | DocumentChanged() | DocumentRemoved() | PresenterChanged():
            return replace(after, documents=apply_document_event(snapshot.documents, event))
        case MediaReset(epoch=epoch, is_available=is_available):
            return replace(after, media=MediaSnapshot(epoch=epoch, is_available=is_available))


def apply_events(snapshot: RoomSnapshot, events: Iterable[RoomEvent]) -> RoomSnapshot:
    """Apply `events` in order."""
    for event in events:
        snapshot = apply_event(snapshot, event)
    return snapshot
