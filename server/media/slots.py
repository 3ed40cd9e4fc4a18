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
from server.media.span import Span
from server.media.worker_process import WorkerProcess
from server.room.feature import Meeting

_CODEC = next(codec for codec in CODECS if codec.capability.kind is MediaKind.AUDIO)
_CNAME = "slots"
"""Of all of them: they come from one place, and belong to no picture."""
_NOBODY = m.SpeakersChanged(router_id="", slots=[None] * m.AUDIO_SLOTS, talking=[], dominant=None)


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


class SpeakerNotices:
    """Tells a meeting who is heard: a worker knows producers, a page knows participants.

    Who is in which slot, each of a meeting's workers decides for its own pages; whoever is on none gets the home's.
    """

    def __init__(self, meeting: Meeting, books: MediaBooks, span: Span) -> None:
        self._meeting = meeting
        self._books = books
        self._span = span
        self._notice = self._create_notice(None)
        """The home's, as it was told last."""
        self._elsewhere: dict[WorkerProcess, MediaSpeakers] = {}
        """Those of the meeting's other workers."""

    def on_changed(self, worker: WorkerProcess, speakers: m.SpeakersChanged) -> None:
        """Take what a worker tells."""
        if (share := self._span.shares.get(worker)) is not None:
            share.speakers = speakers
        self.update()

    def update(self) -> None:
        """Tell the room who is heard, if that has changed or somebody is known only now."""
        home, *others = self._span.shares or [None]
        notice = self._create_notice(home)
        is_told_anew = notice != self._notice
        if is_told_anew:
            self._notice = notice
            self._meeting.notify(notice)
        self._meeting.set_talking(self._talking())
        before = self._elsewhere
        self._elsewhere = {worker: self._create_notice(worker) for worker in others if worker is not None}
        for worker, other in self._elsewhere.items():
            if is_told_anew or before.get(worker) != other:
                self._tell_pages_on(worker, other)

    def tell_again(self, endpoint_id: str) -> None:
        """Tell one page that has come in, or has got its transports elsewhere."""
        worker = next(filter(None, map(self._span.worker_of, self._books.transports_of(endpoint_id))), None)
        notice = self._elsewhere.get(worker, self._notice) if worker is not None else self._notice
        self._meeting.notify(notice, endpoint_id=endpoint_id)

    def _talking(self) -> set[str]:
        """Return who talks by what any of the workers hears."""
        shares = self._span.shares.values()
        producers = [each for share in shares if share.speakers is not None for each in share.speakers.talking]
        return {who for producer_id in producers if (who := self._participant(producer_id)) is not None}

    def _tell_pages_on(self, worker: WorkerProcess, notice: MediaSpeakers) -> None:
        transports = self._books.transports.values()
        pages = {each.endpoint.endpoint_id: None for each in transports if self._span.worker_of(each) is worker}
        for endpoint_id in pages:
            self._meeting.notify(notice, endpoint_id=endpoint_id)

    def _create_notice(self, worker: WorkerProcess | None) -> MediaSpeakers:
        share = self._span.shares.get(worker) if worker is not None else None
        speakers = share.speakers if share is not None and share.speakers is not None else _NOBODY
        return MediaSpeakers(
            slots=tuple(self._participant(producer_id) for producer_id in speakers.slots),
            talking=tuple(who for producer_id in speakers.talking if (who := self._participant(producer_id))),
            dominant=self._participant(speakers.dominant),
        )

    def _participant(self, producer_id: str | None) -> str | None:
        producer = self._books.producers.get(producer_id) if producer_id is not None else None
        return producer.participant_id if producer is not None else None
