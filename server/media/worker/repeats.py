"""How much is sent again to one subscriber."""

MAX_RETRANSMISSIONS_PER_S = 300
"""A subscriber that asks for more has a problem that retransmission makes worse."""
MAX_LOOKUPS_PER_S = 3_000
"""Sequence numbers looked up for one subscriber, whether they are found or not."""


class RepeatBudget:
    """Of one stream, for a second."""

    def __init__(self) -> None:
        self.refill()

    def refill(self) -> None:
        """Begin the next second."""
        self._retransmissions = MAX_RETRANSMISSIONS_PER_S
        self._lookups = MAX_LOOKUPS_PER_S

    def look_up(self, sequences: tuple[int, ...]) -> tuple[int, ...]:
        """Return those of the sequence numbers asked for that may be looked up."""
        if self._retransmissions <= 0:
            return ()
        allowed = sequences[: self._lookups]
        self._lookups -= len(allowed)
        return allowed

    def take(self) -> bool:
        """Tell whether one more packet may be sent again, and count it."""
        self._retransmissions -= 1
        return self._retransmissions >= 0
