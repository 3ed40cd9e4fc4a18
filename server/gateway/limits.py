"""How much a connection, and a person, may ask before they are trusted with anything."""

import math
from collections import OrderedDict
from enum import Enum, auto

from server.clock import Clock

MESSAGES_PER_S = 80.0
"""A page that draws sends thirty changes a second, and fifteen times where the pointer is."""
MESSAGES_AT_ONCE = 300
"""Joining a full room takes some 60 media requests at once, coming back to it as many again."""
REQUESTS_IN_FLIGHT = 150
"""Of one connection, begun and not answered yet."""
CONNECTIONS_PER_PERSON = 12
JOINS_AT_ONCE = 60
"""Of one person. A phone on a bad line comes back ten times a minute, and a dozen pages all at once after a restart."""
JOINS_PER_S = 1.0
"""In the long run."""
QUEUED_BYTES = 1_048_576
"""For one connection, on their way out. More than the largest snapshot; a connection with more is closed."""
QUEUED_BYTES_FOR_NOTICES = 131_072
"""A connection with more goes without notices."""
QUEUED_BYTES_WHEN_DRAINED = 16_384
"""A connection with no more has caught up, and is told that it went without notices."""


class Verdict(Enum):
    """What is to be done with a message."""

    TAKE = auto()
    REFUSE = auto()
    """Too many: answer that, and no more."""
    CLOSE = auto()
    """So many that refusing does not help."""


class MessageBucket:
    """A token bucket that goes as far below zero as it is deep before the connection is to be closed."""

    def __init__(self, clock: Clock, per_s: float = MESSAGES_PER_S, at_once: int = MESSAGES_AT_ONCE) -> None:
        self._clock = clock
        self._per_s = per_s
        self._at_once = at_once
        self._tokens = float(at_once)
        self._filled_at = clock.monotonic()

    def take(self) -> Verdict:
        """Count one message."""
        now = self._clock.monotonic()
        filled = self._tokens + (now - self._filled_at) * self._per_s
        self._tokens = min(filled, self._at_once) - 1
        self._filled_at = now
        if self._tokens >= 0:
            return Verdict.TAKE
        return Verdict.REFUSE if self._tokens >= -self._at_once else Verdict.CLOSE


class Joins:
    """How often people enter rooms. Each time rows are written, and everybody who is inside is told."""

    def __init__(self, clock: Clock, per_s: float = JOINS_PER_S, at_once: int = JOINS_AT_ONCE) -> None:
        self._clock = clock
        self._every_s = 1 / per_s
        self._ahead_s = (at_once - 1) * self._every_s
        self._made_up_at: OrderedDict[str, float] = OrderedDict()
        """By person: when all that they have done would be within the rate. Who has done something last, last."""

    def take(self, person_id: str) -> int:
        """Count one and return 0; or count nothing, and return in how many seconds it may be tried again."""
        now = self._clock.monotonic()
        made_up_at = max(now, self._made_up_at.get(person_id, 0.0))
        if made_up_at - now > self._ahead_s:
            return math.ceil(made_up_at - now - self._ahead_s)
        self._made_up_at[person_id] = made_up_at + self._every_s
        self._made_up_at.move_to_end(person_id)
        while self._made_up_at[next(iter(self._made_up_at))] <= now:
            self._made_up_at.popitem(last=False)
        return 0
