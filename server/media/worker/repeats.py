"""What is sent again to one subscriber, and how much of it: asking costs little, answers are large."""

from server.media.worker.arrangement import Packet

MAX_RETRANSMISSIONS_PER_S = 300
"""Of one stream. A subscriber that asks for more has a problem that retransmission makes worse."""
MAX_RETRANSMISSIONS_IN_ALL_PER_S = 1_000
"""Of all streams of a transport: as many as nine pictures have packets."""
MAX_LOOKUPS_PER_S = 3_000
"""Sequence numbers of one stream that are looked up, whether they are found or not."""


class TransportRepeats:
    """What all streams to one subscriber share."""

    def __init__(self) -> None:
        self.refill()

    def refill(self) -> None:
        """Begin the next second."""
        self.left = MAX_RETRANSMISSIONS_IN_ALL_PER_S


class RepeatBudget:
    """Of one stream, for a second."""

    def __init__(self, shared: TransportRepeats) -> None:
        self._shared = shared
        self.refill()

    def refill(self) -> None:
        """Begin the next second."""
        self._retransmissions = MAX_RETRANSMISSIONS_PER_S
        self._lookups = MAX_LOOKUPS_PER_S

    def look_up(self, sequences: tuple[int, ...]) -> tuple[int, ...]:
        """Return those of the sequence numbers asked for that may be looked up."""
        if min(self._retransmissions, self._shared.left) <= 0:
            return ()
        allowed = sequences[: self._lookups]
        self._lookups -= len(allowed)
        return allowed

    def take(self) -> bool:
        """Tell whether one more packet may be sent again, and count it."""
        if min(self._retransmissions, self._shared.left) <= 0:
            return False
        self._retransmissions -= 1
        self._shared.left -= 1
        return True


class Repeated:
    """What was sent again, in answer to one request; copies count, too."""

    def __init__(self) -> None:
        self.packets = 0
        self.lost: list[int] = []
        """The 16-bit numbers that the subscriber's own line had lost. What came late to us was asked for, too."""

    def add(self, number: int, packet: Packet) -> None:
        """Count a packet, which the subscriber has under this number."""
        self.packets += 1
        if not packet.is_late:
            self.lost.append(number)
