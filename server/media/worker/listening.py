"""What listeners lose of a sound, by which its speaker chooses how much of the bitrate goes into protection (Opus FEC).

Everybody pays for that, so of many listeners the worst few do not decide, and who reports no more is forgotten. Pure.
"""

from collections.abc import Iterable
from typing import NamedTuple

FORGET_TICKS = 10
"""Seconds after a listener's last report. libwebrtc reports on sound every 5 s, give or take a half."""
MOST_LOSS = 51
"""In 1/256: 20 %. libwebrtc takes no more into account when it sets up Opus (`kMaxPacketLossFraction`)."""
FEW = 10
"""Of so many listeners, the worst one decides."""
SPARED = 10
"""Of more listeners, the worst one in so many is left to its line."""


class Loss(NamedTuple):
    """What listeners lose, in 1/256."""

    fraction: int = 0
    listeners: int = 0
    """How many there are, each of whom loses at most that, but for those who are left to their lines."""


class ReportedLoss:
    """What one listener reported last."""

    __slots__ = ("_fraction", "_ticks_left")

    def __init__(self) -> None:
        self._fraction = self._ticks_left = 0

    def on_report(self, fraction: int) -> None:
        """Take note of a report block's fraction lost, in 1/256."""
        self._fraction, self._ticks_left = fraction, FORGET_TICKS

    def tick(self) -> None:
        """Take note that a second has passed."""
        self._ticks_left -= 1

    @property
    def loss(self) -> Loss:
        """What is still true of it."""
        return Loss(self._fraction, 1) if self._ticks_left > 0 else Loss()


def decisive_loss(losses: Iterable[Loss]) -> Loss:
    """Return what a speaker is to protect itself against for all of these listeners."""
    known = sorted(losses, reverse=True)
    listeners = sum(loss.listeners for loss in known)
    spared = listeners // SPARED if listeners > FEW else 0
    for loss in known:
        spared -= loss.listeners
        if loss.listeners and spared < 0:
            return Loss(min(MOST_LOSS, loss.fraction), listeners)
    return Loss()
