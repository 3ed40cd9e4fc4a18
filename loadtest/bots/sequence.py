"""What became of the packets of one RTP stream, told by their sequence numbers: came, came twice, missing, lost."""

from dataclasses import dataclass

_HALF = 0x8000
MAX_GAP = 1_000
"""A jump by more is a new start of the stream, not a loss to be asked for again."""
NACK_INTERVAL_S = 0.05
"""How long an answer to a NACK may take before it is asked for again; about a round trip."""
MAX_NACKS = 10
"""How often a packet is asked for before it counts as lost: as in Chromium."""


@dataclass(slots=True)
class _Missing:
    """A packet that later ones have overtaken."""

    nack_count: int = 0
    nack_at: float = 0.0


class SequenceLog:
    """Follows one stream over the wrap of its 16-bit numbers (RFC 3550 appendix A.1)."""

    __slots__ = (
        "_first",
        "_missing",
        "_reported_expected",
        "_reported_received",
        "duplicates",
        "highest",
        "lost",
        "raw_lost",
        "received",
        "recovered",
        "reordered",
        "restarts",
    )

    def __init__(self) -> None:
        self.highest = -1
        """Highest number so far, extended by the count of wraps; -1 before the first packet."""
        self.received = 0
        """Distinct packets that came in the stream itself."""
        self.duplicates = 0
        self.reordered = 0
        """Packets that came in the stream itself, after a later one."""
        self.raw_lost = 0
        """Packets that the network lost: they have not come in the stream itself (so far)."""
        self.recovered = 0
        """Those of the raw losses that came as a retransmission."""
        self.lost = 0
        """Packets given up: asked for `MAX_NACKS` times, or part of a gap too wide to ask."""
        self.restarts = 0
        self._first = -1
        self._missing: dict[int, _Missing] = {}
        self._reported_expected = 0
        self._reported_received = 0

    @property
    def expected(self) -> int:
        """How many packets the numbers say were sent (RFC 3550 appendix A.3)."""
        return self.highest - self._first + 1 if self.highest >= 0 else 0

    @property
    def missing_count(self) -> int:
        """How many packets may still come."""
        return len(self._missing)

    def on_packet(self, sequence: int) -> bool:
        """Note a packet of the stream itself; tell whether it is new, and not a duplicate."""
        step = (sequence - self.highest) & 0xFFFF
        if step == 1 and self.highest >= 0:
            self.highest += 1
            self.received += 1
            return True
        return self._on_unexpected(sequence, step)

    def on_retransmission(self, sequence: int) -> bool:
        """Note the retransmission of packet `sequence`; tell whether it was missing."""
        extended = self._extend(sequence)
        if self._missing.pop(extended, None) is None:
            self.duplicates += 1
            return False
        self.recovered += 1
        return True

    def due_nacks(self, now: float) -> list[int]:
        """Return the 16-bit numbers to ask for at `now`, in order; gives up on those that were asked for too often."""
        due: list[int] = []
        for extended, missing in list(self._missing.items()):
            if missing.nack_at > now:
                continue
            if missing.nack_count == MAX_NACKS:
                del self._missing[extended]
                self.lost += 1
                continue
            missing.nack_count += 1
            missing.nack_at = now + NACK_INTERVAL_S
            due.append(extended & 0xFFFF)
        return due

    def take_fraction_lost(self) -> int:
        """Return the loss since the last call in 1/256, as a receiver report carries it (RFC 3550 section 6.4.1)."""
        expected = self.expected - self._reported_expected
        received = self.received - self._reported_received
        self._reported_expected, self._reported_received = self.expected, self.received
        lost = expected - received
        return min(255, (lost << 8) // expected) if expected > 0 and lost > 0 else 0

    def _on_unexpected(self, sequence: int, step: int) -> bool:
        if self.highest < 0:
            self.highest = self._first = sequence
            self.received = 1
            return True
        if step == 0:
            self.duplicates += 1
            return False
        if step < _HALF:
            self._on_gap(step)
            return True
        return self._on_late(self.highest - (0x10000 - step))

    def _on_gap(self, step: int) -> None:
        skipped = step - 1
        self.raw_lost += skipped
        if skipped > MAX_GAP:
            self.restarts += 1
            self.lost += skipped
        else:
            self._missing.update((self.highest + offset, _Missing()) for offset in range(1, step))
        self.highest += step
        self.received += 1

    def _on_late(self, extended: int) -> bool:
        if extended < self._first:
            self._missing.update((number, _Missing()) for number in range(extended + 1, self._first))
            self.raw_lost += self._first - extended - 1
            self._first = extended
        elif self._missing.pop(extended, None) is None:
            self.duplicates += 1
            return False
        else:
            self.raw_lost -= 1
        self.received += 1
        self.reordered += 1
        return True

    def _extend(self, sequence: int) -> int:
        """Return the extended number nearest to the highest one."""
        offset = (sequence - self.highest) & 0xFFFF
        return self.highest + (offset if offset < _HALF else offset - 0x10000)
