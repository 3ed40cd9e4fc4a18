"""Whether a line is full: it loses packets, or makes them wait, and would not if less were sent.

A weak radio loses one packet in five whatever is sent. To send it less and less would leave its owner without any
picture, and help nobody. So when losses or a queue appear we wait for what the allocator does about it: if they are
still there once much less is sent, and less arrives then, they are the line's own, and only more than that counts from
then on. Over a line that is far too narrow as much arrives as before, however much is lost.

Pure: called once a second.
"""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

MIN_QUEUE_S = 0.15
MIN_LOSS = 0.02
LOSS_GROWTH = 1.5
"""Of the line's own loss. With 150 packets, as sound has in three seconds, 20 % is known to ± 3 %."""
LESS = 0.5
"""Of what was sent when it began: enough less for a full line to be no longer full."""
LITTLE = 100_000
"""Bits a second. A line that loses of so little is not full, unless it also has a long queue."""
LOSSY = 0.1
"""Over a line that loses more, requests and answers go twice: one of them may be lost, too."""
LONG_QUEUE_S = 0.4
SAME = 0.6
"""Of the loss, or queue, then: about the same."""
LESS_ARRIVED = 0.75
"""Of what arrived then. A line that loses by chance delivers less in proportion, a full one as much as before."""
GROWTH, JITTER_S = 1.25, 0.05
"""A queue is longer than it was by more than that."""
PEAK_TICKS = 2
"""Losses are known as a mean of some seconds: the peak of their beginning comes so much later."""
PROOF_TICKS = 4
"""Seconds for which less was sent: reports look three seconds back."""
_ADAPTATION = 0.15
"""Of what is known of the line's own loss, each second: it varies by chance. Its own delay does not."""


class Condition(NamedTuple):
    """What the other end has reported lately."""

    loss: float | None = None
    """Fraction of the packets that did not arrive when first sent. `None`: too few to tell."""
    queue_s: float = 0.0
    """How much longer the round trip is than the shortest."""
    peak_loss: float = 0.0
    """The worst single second of those that `loss` is the mean of."""


@dataclass(slots=True)
class _Suspicion:
    """Losses, or a queue, that may be ours."""

    loss: float
    """At its worst."""
    queue_s: float
    sent: int
    less_for: int = 0


class Congestion:
    """Call `is_full` every second."""

    def __init__(self) -> None:
        self.own_loss = 0.0
        """What the line loses whatever is sent."""
        self.own_queue_s = 0.0
        self._suspicion: _Suspicion | None = None

    @property
    def bearable(self) -> float:
        """How many bits a second would tell whether the line is full: infinitely many while it does not look so."""
        return LESS * self._suspicion.sent if self._suspicion is not None else inf

    def is_full(self, condition: Condition, sent: int) -> bool:
        """Tell whether less should be sent than `sent` bits a second, which is what was being sent."""
        loss, queue_s, peak_loss = condition
        is_unknown = loss is None
        if loss is None:
            loss = self._suspicion.loss if self._suspicion is not None else self.own_loss
        most_own = self.own_loss * LOSS_GROWTH + MIN_LOSS
        if loss <= most_own and queue_s <= self.own_queue_s + MIN_QUEUE_S:
            self._suspicion = None
            self.own_loss += _ADAPTATION * (loss - self.own_loss)
            self.own_queue_s = min(self.own_queue_s, queue_s)
            return False
        before = self._suspicion
        least = 0 if queue_s > LONG_QUEUE_S else LITTLE
        if before is None or sent > max(LESS * before.sent, least):
            most = max(sent, before.sent) if before is not None else sent
            self._suspicion = _Suspicion(loss, queue_s, most)
            return True
        before.less_for += 1
        if before.less_for <= PEAK_TICKS:
            before.loss = max(before.loss, peak_loss)
        if before.less_for < PROOF_TICKS:
            return True
        if is_unknown and before.loss > most_own:
            self._suspicion = None
            return False
        has_less_arrived = sent <= least or sent * (1 - loss) <= LESS_ARRIVED * before.sent * (1 - before.loss)
        is_same = loss >= SAME * before.loss and _is_same_queue(before.queue_s, queue_s)
        if sent and not (is_same and has_less_arrived):
            self._suspicion = _Suspicion(loss, queue_s, sent)  # it helped, but was not enough
            return True
        self.own_loss, self.own_queue_s, self._suspicion = loss, queue_s, None
        return False


def _is_same_queue(before_s: float, queue_s: float) -> bool:
    return SAME * before_s <= queue_s <= GROWTH * before_s + JITTER_S
