"""The room's audio slots as pages see them: what they receive them with, and who is in which."""

from dataclasses import dataclass

from protocol.errors import ErrorCode
from protocol.events import MediaSpeakers
from protocol.rtp import ConsumerOptions, MediaKind
from server.errors import UserError
from server.ids import create_id
from server.media import messages as m
from server.media import ortc
from server.media.books import MediaBooks
from server.media.capabilities import CODECS
from server.media.endpoint import MediaTransport
from server.room.feature import Meeting

_CODEC = next(codec for codec in CODECS if codec.capability.kind is MediaKind.AUDIO)
_CNAME = "slots"
"""Of all of them: they come from one place, and belong to no picture."""


@dataclass(frozen=True, slots=True)
class SlotsOffer:
    """Consumers of all slots, as a page is told and as the worker is."""

    options: tuple[ConsumerOptions, ...]
    subscriptions: list[m.SlotSubscription]


def offer_slots(transport: MediaTransport) -> SlotsOffer:
    """Make a consumer for each slot, entered nowhere yet. Raises `UserError` when the page cannot play sound."""
    capabilities = transport.capabilities
    if capabilities is None or not ortc.can_consume(_CODEC, capabilities):
        raise UserError(ErrorCode.CANNOT_CONSUME, "This browser cannot play that.")
    options, subscriptions = [], []
    for number in range(m.AUDIO_SLOTS):
        stream = m.ConsumerStream(ssrc=transport.take_ssrc(), mid=transport.take_mid(), cname=_CNAME)
        consumer_id = create_id("co")
        subscriptions.append(m.SlotSubscription(consumer_id=consumer_id, stream=stream))
        options.append(
            ConsumerOptions(
                id=consumer_id,
                producer_id=f"slot{number}",
                kind=MediaKind.AUDIO,
                rtp_parameters=ortc.consumer_parameters(_CODEC, _CODEC.capability.parameters, capabilities, stream),
                producer_paused=False,
            )
        )
    return SlotsOffer(tuple(options), subscriptions)


def nobody(router_id: str) -> m.SpeakersChanged:
    """Return what a worker would tell of a room in which nobody is heard."""
    return m.SpeakersChanged(router_id=router_id, slots=[None] * m.AUDIO_SLOTS, talking=[], dominant=None)


class SpeakerNotices:
    """Tells a meeting who is heard: a worker knows producers, a page knows participants."""

    def __init__(self, meeting: Meeting, books: MediaBooks) -> None:
        self._meeting = meeting
        self._books = books
        self._speakers = nobody("")
        self._notice = self._create_notice()

    def on_changed(self, speakers: m.SpeakersChanged) -> None:
        """Take what the worker tells."""
        self._speakers = speakers
        self.update()

    def update(self) -> None:
        """Tell the room who is heard, if that has changed or somebody is known only now."""
        notice = self._create_notice()
        if notice != self._notice:
            self._notice = notice
            self._meeting.notify(notice)

    def tell_again(self, endpoint_id: str) -> None:
        """Tell one page that has come in."""
        self._meeting.notify(self._notice, endpoint_id=endpoint_id)

    def _create_notice(self) -> MediaSpeakers:
        speakers = self._speakers
        return MediaSpeakers(
            slots=tuple(self._participant(producer_id) for producer_id in speakers.slots),
            talking=tuple(who for producer_id in speakers.talking if (who := self._participant(producer_id))),
            dominant=self._participant(speakers.dominant),
        )

    def _participant(self, producer_id: str | None) -> str | None:
        producer = self._books.producers.get(producer_id) if producer_id is not None else None
        return producer.participant_id if producer is not None else None
