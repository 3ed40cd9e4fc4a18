"""What a bot knows of its room: the snapshot, kept current by the events."""

from collections.abc import Callable, Collection

from msgspec.structs import replace

from protocol.events import (
    ConnectionClosing,
    MediaProducerClosed,
    MediaReset,
    MediaSpeakers,
    MediaTransportClosed,
    Notice,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    QualitiesChanged,
    RoomEvent,
    RoomEventBase,
)
from protocol.room import Participant, RoomSnapshot, Source, You

_MAX_EARLY = 1_024


class RoomView:
    """Participants and their producers, without I/O."""

    def __init__(self, on_changed: Callable[[], None]) -> None:
        self.participant_id = ""
        self.participants: dict[str, Participant] = {}
        """Everybody in the room, in order of joining."""
        self.missed_events = 0
        """Gaps in the numbers of the events."""
        self.closings: list[str] = []
        """What the server closed of ours, with its reasons."""
        self.speakers: MediaSpeakers | None = None
        """Who is heard, as told last."""
        self._on_changed = on_changed
        self._seq = -1
        self._epoch = 0
        self._early: list[RoomEvent] = []

    def begin(self, you: You, snapshot: RoomSnapshot) -> None:
        """Take the answer of `room_join`, and the events that overtook it."""
        self.participant_id = you.participant_id
        self.participants = {participant.participant_id: participant for participant in snapshot.participants}
        self._seq = snapshot.seq
        self._epoch = snapshot.media.epoch
        early, self._early = self._early, []
        for event in early:
            self.on_event(event)
        self._on_changed()

    def producers_of_others(self, sources: Collection[Source]) -> set[str]:
        """Return the ids of the producers of `sources` that are not ours, paused ones too."""
        return {
            producer.producer_id
            for participant in self.participants.values()
            if participant.participant_id != self.participant_id
            for producer in participant.producers
            if producer.source in sources
        }

    def on_event(self, event: RoomEvent | Notice) -> None:
        """Apply one event, or take note of a notice."""
        if not isinstance(event, RoomEventBase):
            self._on_notice(event)
        elif self._seq < 0:
            if len(self._early) < _MAX_EARLY:
                self._early.append(event)
        elif event.seq > self._seq:
            self.missed_events += event.seq - self._seq - 1
            self._seq = event.seq
            self._apply(event)

    def _on_notice(self, notice: Notice) -> None:
        if isinstance(notice, MediaTransportClosed | MediaProducerClosed):
            self.closings.append(f"{type(notice).__name__}: {notice.reason}")
        elif isinstance(notice, MediaSpeakers):
            self.speakers = notice
        elif isinstance(notice, ConnectionClosing):
            self.closings.append(f"{notice.code}: {notice.text}")

    def _apply(self, event: RoomEvent) -> None:
        if isinstance(event, ParticipantJoined | ParticipantChanged):
            self.participants[event.participant.participant_id] = event.participant
        elif isinstance(event, QualitiesChanged):
            for participant_id, quality in event.qualities.items():
                if (participant := self.participants.get(participant_id)) is not None:
                    self.participants[participant_id] = replace(participant, quality=quality)
        elif isinstance(event, ParticipantLeft):
            self.participants.pop(event.participant_id, None)
        elif isinstance(event, MediaReset):
            if event.epoch != self._epoch:
                self.closings.append("the room's media was rebuilt")
            self._epoch = event.epoch
        self._on_changed()
