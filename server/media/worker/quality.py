"""A participant's connection in one word, from what is measured of their streams in both directions.

Pure: time is an argument (seconds of a monotonic clock).
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

WORSE_AFTER_S = 3.0
BETTER_AFTER_S = 10.0


class Mark(IntEnum):
    """How good a connection is. The lower the worse."""

    POOR = 0
    FAIR = 1
    GOOD = 2


class Measures(NamedTuple):
    """Of one stream in one direction, over a second or so. `None` where it is not known."""

    loss: float | None = None
    """Fraction of the packets that did not come, before retransmission: 0 to 1."""
    jitter_ms: float | None = None
    """RFC 3550 section 6.4.1."""
    round_trip_ms: float | None = None


FAIR_FROM = Measures(loss=0.03, jitter_ms=30.0, round_trip_ms=250.0)
"""In-band FEC and the jitter buffer hide what is below; people begin to talk over each other above 150 ms one way
(ITU-T G.114)."""
POOR_FROM = Measures(loss=0.10, jitter_ms=80.0, round_trip_ms=500.0)
"""Words are lost, or conversation becomes a turn of speeches."""


def judge(measures: Measures) -> Mark:
    """Return what a stream is like now: as bad as the worst of its measures."""
    if _reaches(measures, POOR_FROM):
        return Mark.POOR
    return Mark.FAIR if _reaches(measures, FAIR_FROM) else Mark.GOOD


def _reaches(measures: Measures, limits: Measures) -> bool:
    return any(
        value is not None and limit is not None and value >= limit
        for value, limit in zip(measures, limits, strict=True)
    )


class ConnectionQuality:
    """The mark that is shown. It changes when it has been wrong for a while, in one direction all the time."""

    def __init__(self) -> None:
        self.mark = Mark.GOOD
        self._change: tuple[Mark, float] | None = None
        """What the mark would be changed to, and since when at least that much."""

    def update(self, streams: Iterable[Measures], now: float) -> Mark:
        """Take note of what the streams are like now and return the mark; call it about once a second.

        The worst stream counts. Without any stream nothing is known, and the mark stays.
        """
        current = min((judge(stream) for stream in streams), default=self.mark)
        if current == self.mark:
            self._change = None
            return self.mark
        change = self._change
        is_worse = current < self.mark
        if change is None or (change[0] < self.mark) != is_worse:
            change = (current, now)
        # The mildest of all that would do: a moment of "poor" within seconds of "fair" makes it no more than "fair".
        quality, since = (max if is_worse else min)(change[0], current), change[1]
        self._change = (quality, since)
        if now - since >= (WORSE_AFTER_S if is_worse else BETTER_AFTER_S):
            self.mark, self._change = quality, None
        return self.mark
