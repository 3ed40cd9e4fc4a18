"""The sound of one room: who talks, who is in which audio slot, and every packet's way into it.

What comes from somebody without a slot is only remembered, for a tenth of a second; so what a participant costs does
not grow with the room. To the room's other workers, which have slots of their own, goes twice as much as has slots
here: what they need to choose from.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from server.media.messages import AUDIO_LEVEL_ID, AUDIO_SLOTS
from server.media.worker.arrangement import Packet
from server.media.worker.listening import Loss, decisive_loss
from server.media.worker.plumbing import Plumbing
from server.media.worker.rtp import forwarded_extension
from server.media.worker.slot import Slot
from server.media.worker.slots import AudioSlots, History
from server.media.worker.speakers import NO_LEVEL, UPDATE_INTERVAL_S, Speakers

if TYPE_CHECKING:
    from server.media.worker.producer import Producer
    from server.media.worker.transport import Transport

MAX_PASSED_ON = 2 * AUDIO_SLOTS
"""So many voices go to other workers: those who are heard there are among them, although each ranks for itself."""
MAX_TALKING = 16
"""So many of those who talk are told of, the most important ones."""


class Heard(NamedTuple):
    """Who is heard, by producer id: as in `SpeakersChanged`."""

    slots: tuple[str | None, ...]
    talking: tuple[str, ...]
    dominant: str | None

    def is_like(self, other: "Heard") -> bool:
        """Whether it is worth no word: in a noisy room the order of those who talk changes ten times a second."""
        same = (self.slots, self.dominant) == (other.slots, other.dominant)
        return same and set(self.talking) == set(other.talking)


class _Voice:
    """An unmuted publisher."""

    __slots__ = ("history", "producer", "slot")

    def __init__(self, producer: "Producer") -> None:
        self.producer = producer
        self.slot: Slot | None = None
        self.history = History()
        """What came lately, while without a slot."""


class RoomAudio:
    """`on_heard` is told when it changes who is heard."""

    def __init__(self, plumbing: Plumbing, on_heard: Callable[[Heard], None]) -> None:
        self.slots = [Slot(plumbing) for _ in range(AUDIO_SLOTS)]
        self._clock = plumbing.clock
        self._on_heard = on_heard
        self._speakers = Speakers()
        self._assignment = AudioSlots(AUDIO_SLOTS)
        self._voices: dict[str, _Voice] = {}
        self._passed_on: set[str] = set()
        self._told = Heard((None,) * AUDIO_SLOTS, (), None)
        self._told_at = self._update_at = 0.0
        self.loss = Loss()
        """What listeners lose. Speakers are told, so that they protect themselves."""

    def follow(self, producer: "Producer") -> None:
        """Take note that a producer came, was muted or unmuted. Pictures make no sound."""
        if producer.is_video:
            return
        if producer.is_paused:
            self.remove(producer.producer_id)
        elif producer.producer_id not in self._voices:
            self._voices[producer.producer_id] = _Voice(producer)
            self._speakers.add(producer.producer_id)
            self._change(self._clock())

    def remove(self, producer_id: str) -> None:
        """Hear no more of a producer, from now on. Idempotent."""
        if (voice := self._voices.pop(producer_id, None)) is not None:
            voice.producer.may_be_heard = False
            self._speakers.remove(producer_id)
            self._change(self._clock())

    def put(self, producer_id: str, packet: Packet, now: float) -> None:
        """Take a packet of a producer's: forward it and pass it on, or remember it for a moment."""
        voice = self._voices.get(producer_id)
        if voice is None:
            return
        extension, level = forwarded_extension(packet.data)
        if self._speakers.put(producer_id, level if extension == AUDIO_LEVEL_ID else NO_LEVEL, now):
            self._change(now, is_urgent=now >= self._told_at + UPDATE_INTERVAL_S)
        for outlet in voice.producer.outlets:
            outlet.put(0, packet)
        if voice.slot is not None:
            voice.slot.forward(packet, now, now)
        else:
            voice.history.put(packet, now)
        if now >= self._update_at:
            self.update(now)

    def tick(self, now: float) -> None:
        """Do what is due every second: nobody may be sending."""
        self.loss = self._measure_loss()
        self.update(now)

    def update(self, now: float) -> None:
        """Compare the speakers."""
        self._update_at = now + UPDATE_INTERVAL_S
        self._speakers.update(now)
        self._change(now)

    def _measure_loss(self) -> Loss:
        """Sum up what all pages have reported, of each the worst of its slots: nobody counts more than once."""
        losses: dict[Transport, Loss] = {}
        for consumer in [consumer for slot in self.slots for consumer in slot.consumers]:
            losses[consumer.transport] = max(consumer.reported.loss, losses.get(consumer.transport, Loss()))
        return decisive_loss(losses.values())

    def _change(self, now: float, *, is_urgent: bool = True) -> None:
        """Bring the slots in line with who talks, and tell it; the next update will when it is not urgent."""
        self._choose_passed_on(now)
        self._assign(now)
        heard = Heard(tuple(self._assignment.speakers), self._speakers.talking[:MAX_TALKING], self._speakers.dominant)
        if is_urgent and not heard.is_like(self._told):
            self._told, self._told_at = heard, now
            self._on_heard(heard)

    def _choose_passed_on(self, now: float) -> None:
        """Choose who may be heard on other workers, who is new from the beginning of what they are saying."""
        chosen = {*self._speakers.active(MAX_PASSED_ON), *self._speakers.heard(AUDIO_SLOTS)}
        for speaker in self._passed_on - chosen:
            if (former := self._voices.get(speaker)) is not None:
                former.producer.may_be_heard = False
        for speaker in chosen - self._passed_on:
            voice = self._voices[speaker]
            voice.producer.may_be_heard = True
            for outlet in voice.producer.outlets:
                for packet, _ in voice.history.recent(now):
                    outlet.put(0, packet)
        self._passed_on = chosen

    def _assign(self, now: float) -> None:
        before = tuple(self._assignment.speakers)
        changed = self._assignment.assign(self._speakers.heard(AUDIO_SLOTS))
        for speaker in before:
            if speaker in self._voices and speaker not in self._assignment.speakers:
                self._voices[speaker].slot = None
        for number in changed:
            speaker = self._assignment.speakers[number]
            assert speaker is not None  # noqa: S101 - a slot that is returned has somebody
            self._take_slot(speaker, self.slots[number], now)

    def _take_slot(self, speaker: str, slot: Slot, now: float) -> None:
        """Let somebody be heard in a slot, from the beginning of what they are saying."""
        voice = self._voices[speaker]
        voice.slot = slot
        slot.change(voice.producer.transport.group, voice.producer.layers[0].reception)
        held = voice.history.take(now)
        if self._speakers.is_talking(speaker):
            for packet, came_at in held:
                slot.forward(packet, came_at, now)
