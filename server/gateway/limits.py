"""How much a connection may ask before it is trusted with anything."""

from enum import Enum, auto

from server.clock import Clock

MESSAGES_PER_S = 80.0
"""A page that draws sends thirty changes a second, and fifteen times where the pointer is."""
MESSAGES_AT_ONCE = 300
"""Joining a full room takes some 60 media requests at once, coming back to it as many again."""
REQUESTS_IN_FLIGHT = 150
"""Of one connection, begun and not answered yet."""
CONNECTIONS_PER_PERSON = 12
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
