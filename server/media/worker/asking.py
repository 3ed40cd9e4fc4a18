"""What a layer asks its publisher for, when it is due: packets that are missing, and keyframes."""

import asyncio
from math import inf
from typing import TYPE_CHECKING

from server.media.worker.feedback import KeyframeThrottle, MissingPackets
from server.media.worker.plumbing import Plumbing

if TYPE_CHECKING:
    from server.media.worker.layer import Layer

_NACKED_AT_ONCE = 256
"""Sequence numbers in one NACK: at worst 4 bytes each."""


class Asking:
    """Asks through the layer's transport. What comes is taken out of `missing`."""

    def __init__(self, layer: "Layer", plumbing: Plumbing) -> None:
        self.missing = MissingPackets()
        """By number as it is forwarded."""
        self._layer = layer
        self._transport = layer.producer.transport
        self._plumbing = plumbing
        self._throttle = KeyframeThrottle() if layer.producer.is_video else None
        self._keyframe_timer: asyncio.TimerHandle | None = None
        self._nack_timer: asyncio.TimerHandle | None = None
        self._nack_due_at = inf
        """When that goes off."""

    def packets(self, first: int, end: int, now: float) -> None:
        """Ask for `first` up to, not including, `end`: now, or as soon as that may be done."""
        if not self.missing.on_gap(first, end, now):
            self.keyframe()
        elif now >= self.missing.may_ask_at:
            self._send_nacks()
        elif self._nack_due_at > self.missing.may_ask_at:
            self._set_nack_timer(self.missing.may_ask_at, now)

    def keyframe(self) -> None:
        """Ask for a keyframe, now or as soon as the throttle allows."""
        if self._throttle is None or self._layer.producer.is_paused:
            return
        now = self._plumbing.clock()
        if self._throttle.ask(now):
            self._transport.request_keyframe(self._layer)
        elif self._keyframe_timer is None and self._throttle.due_at is not None:
            self._keyframe_timer = self._plumbing.call_later(self._throttle.due_at - now, self._on_keyframe_timer)

    def close(self) -> None:
        """Ask no more. Idempotent."""
        for timer in (self._keyframe_timer, self._nack_timer):
            if timer is not None:
                timer.cancel()

    def _on_keyframe_timer(self) -> None:
        self._keyframe_timer = None
        if self._throttle is None:
            return
        now = self._plumbing.clock()
        if self._throttle.take_due(now):
            self._transport.request_keyframe(self._layer)
        elif self._throttle.due_at is not None:
            self._keyframe_timer = self._plumbing.call_later(self._throttle.due_at - now, self._on_keyframe_timer)

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
        given_up = self.missing.given_up
        due = self.missing.take_due(now)
        if self.missing.given_up > given_up:
            self.keyframe()  # who gets this layer cannot go on without, and would wait seconds before asking
        for start in range(0, len(due), _NACKED_AT_ONCE):
            numbers = [sequence + self._layer.skipped & 0xFFFF for sequence in due[start : start + _NACKED_AT_ONCE]]
            request_again(self._layer, numbers)
        self._set_nack_timer(self.missing.next_due, now)
