"""What a layer asks its publisher for, when it is due: packets that are missing, and keyframes."""

import asyncio
from math import inf
from typing import TYPE_CHECKING

from server.media.worker.feedback import GIVE_SOUND_UP_S, GIVE_UP_S, KeyframeRequests, MissingPackets
from server.media.worker.plumbing import Plumbing

if TYPE_CHECKING:
    from server.media.worker.layer import Layer

_NACKED_AT_ONCE = 256
"""Sequence numbers in one NACK: at worst 4 bytes each."""


class Asking:
    """Asks through the layer's transport. What comes is taken out of `missing`."""

    def __init__(self, layer: "Layer", plumbing: Plumbing) -> None:
        self.missing = MissingPackets(GIVE_UP_S if layer.producer.is_video else GIVE_SOUND_UP_S)
        """By number as it is forwarded."""
        self._layer = layer
        self._transport = layer.producer.transport
        self._plumbing = plumbing
        self._keyframes = KeyframeRequests()
        self._keyframe_timer: asyncio.TimerHandle | None = None
        self._nack_timer: asyncio.TimerHandle | None = None
        self._nack_due_at = inf
        """When that goes off."""

    def packets(self, first: int, end: int, now: float) -> None:
        """Ask for `first` up to, not including, `end`: now, or as soon as that may be done."""
        if not self.missing.on_gap(first, end, now):
            if self._layer.is_needed:
                self.keyframe()
        elif now >= self.missing.may_ask_at:
            self._send_nacks()
        elif self._nack_due_at > self.missing.may_ask_at:
            self._set_nack_timer(self.missing.may_ask_at, now)

    @property
    def awaits_keyframe(self) -> bool:
        """Whether a keyframe was asked for, and has not come."""
        return self._keyframes.are_open

    def keyframe(self) -> None:
        """Ask for a keyframe, now or as soon as that may be done."""
        producer = self._layer.producer
        if not producer.is_video or producer.is_paused:
            return
        now = self._plumbing.clock()
        if self._keyframes.ask(self._layer.newest.sequence, now):
            self._transport.request_keyframe(self._layer)
        self._set_keyframe_timer(now)

    def on_keyframe(self, sequence: int) -> None:
        """Take note of a keyframe that begins with this packet."""
        self._keyframes.on_keyframe(sequence)
        self.missing.on_keyframe(sequence)

    def close(self) -> None:
        """Ask no more. Idempotent."""
        for timer in (self._keyframe_timer, self._nack_timer):
            if timer is not None:
                timer.cancel()

    def _on_keyframe_timer(self) -> None:
        self._keyframe_timer = None
        if not self._layer.is_needed:
            self._keyframes.cancel()
            return
        now = self._plumbing.clock()
        if self._keyframes.take_due(now):
            self._transport.request_keyframe(self._layer)
        self._set_keyframe_timer(now)

    def _set_keyframe_timer(self, now: float) -> None:
        """One that is set is not later than the next request."""
        due_at = self._keyframes.due_at
        if self._keyframe_timer is None and due_at is not None:
            self._keyframe_timer = self._plumbing.call_later(due_at - now, self._on_keyframe_timer)

    def _set_nack_timer(self, due_at: float | None, now: float) -> None:
        if self._nack_timer is not None:
            self._nack_timer.cancel()
        self._nack_timer, self._nack_due_at = None, inf
        if due_at is not None:
            self._nack_timer = self._plumbing.call_later(max(0.0, due_at - now), self._send_nacks)
            self._nack_due_at = due_at

    def _send_nacks(self) -> None:
        now = self._plumbing.clock()
        request_again = self._transport.request_again
        assert request_again is not None  # noqa: S101 - or nothing would be missed here
        overdue = self.missing.overdue
        due = self.missing.take_due(now, is_needed=self._layer.is_needed)
        if self.missing.overdue > overdue:
            self.keyframe()  # who gets this layer cannot go on without, and would wait seconds before asking
        for start in range(0, len(due), _NACKED_AT_ONCE):
            numbers = [sequence + self._layer.skipped & 0xFFFF for sequence in due[start : start + _NACKED_AT_ONCE]]
            for _ in range(2 if self._layer.reception.is_lossy else 1):
                request_again(self._layer, numbers)
        self._set_nack_timer(self.missing.next_due, now)
