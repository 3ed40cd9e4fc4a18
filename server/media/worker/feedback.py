"""What a receiver owes a publisher: reports, requests for lost packets, requests for keyframes.

Pure: bytes never enter here, and time is an argument (seconds of a monotonic clock).
"""

from collections import deque
from typing import NamedTuple

from server.media.worker.rtcp import ReportBlock, SenderReport
from server.media.worker.rtp import unwrap_sequence

KEYFRAME_INTERVAL_S = 1.0
NACK_INTERVAL_S = 0.1
"""Between two requests for the same packet."""
NACK_ATTEMPTS = 8
MAX_MISSING = 512
"""A larger gap is not asked for packet by packet."""
_RECENT_REPORTS = 8
"""A subscriber's report may be so many seconds younger than the loss that it tells of."""
_FIRST_CYCLE = 1 << 16
"""Unbounded sequence numbers start one cycle up, so that a late packet's number is never negative."""


class KeyframeThrottle:
    """At most one keyframe request a second; one that comes too early is deferred, never dropped."""

    def __init__(self) -> None:
        self._last = -KEYFRAME_INTERVAL_S
        self.due_at: float | None = None
        """When the deferred request is to be sent."""

    def ask(self, now: float) -> bool:
        """Tell whether to send a request now; else `due_at` says when."""
        if self.due_at is None:
            self.due_at = max(now, self._last + KEYFRAME_INTERVAL_S)
        return self.take_due(now)

    def take_due(self, now: float) -> bool:
        """Tell whether the deferred request is due, and count it as sent."""
        if self.due_at is None or now < self.due_at:
            return False
        self.due_at = None
        self._last = now
        return True


class Interval(NamedTuple):
    """Packets between two reports. Fewer than none are lost when more came than were expected: late ones."""

    expected: int
    lost: int


class Reception:
    """Reception statistics of one stream (RFC 3550 appendix A.3 and A.8)."""

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._base = 0
        self.highest: int | None = None
        """Highest sequence number, unbounded."""
        self._received = 0
        self._expected_before = 0
        self._received_before = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._report: tuple[int, float] | None = None
        self.interval = Interval(0, 0)
        """What the last report was about."""
        self.recent_loss = 0.0
        """The largest fraction lost of the last reports: 0 to 1."""
        self._losses: deque[float] = deque(maxlen=_RECENT_REPORTS)

    @property
    def jitter_s(self) -> float:
        """RFC 3550 section 6.4.1, in seconds."""
        return self._jitter / self._clock_rate

    def add(self, sequence: int, timestamp: int, now: float) -> int:
        """Count a packet and return its unbounded sequence number."""
        if self.highest is None:
            self._base = self.highest = unbounded = sequence + _FIRST_CYCLE
        else:
            unbounded = unwrap_sequence(sequence, self.highest)
            self.highest = max(self.highest, unbounded)
        self._received += 1
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self._clock_rate << 4:  # more is a new timestamp base, not jitter
                self._jitter += (change - self._jitter) / 16
        self._transit = transit
        return unbounded

    def on_sender_report(self, report: SenderReport, now: float) -> None:
        """Remember what the next receiver report refers to."""
        self._report = (report.ntp >> 16 & 0xFFFFFFFF, now)

    def block(self, ssrc: int, now: float) -> ReportBlock | None:
        """Return the report of what came since the last one, or `None` before the first packet."""
        if self.highest is None:
            return None
        expected = self.highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        self.interval = Interval(expected_now, lost_now)
        self._losses.append(max(0, lost_now) / max(1, expected_now))
        self.recent_loss = max(self._losses)
        last_report, reported_at = self._report or (0, now)
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=min(255, (lost_now << 8) // expected_now) if lost_now > 0 else 0,
            packets_lost=expected - self._received,
            highest_sequence=self.highest - _FIRST_CYCLE,
            jitter=min(int(self._jitter), 0xFFFFFFFF),
            last_sender_report=last_report,
            delay=min(int((now - reported_at) * 65_536), 0xFFFFFFFF),
        )


class MissingPackets:
    """Packets of one stream that are asked for again (NACK), by unbounded sequence number."""

    def __init__(self) -> None:
        self._missing: dict[int, tuple[int, float]] = {}
        """Attempts left, and when the next one is due."""

    def on_gap(self, first: int, end: int, now: float) -> bool:
        """Miss `first` up to, not including, `end`. False when that is too much: forget all, ask for a keyframe."""
        if len(self._missing) + end - first > MAX_MISSING:
            self._missing.clear()
            return False
        for sequence in range(first, end):
            self._missing[sequence] = (NACK_ATTEMPTS, now)
        return True

    def take(self, sequence: int) -> bool:
        """Tell whether the packet that has come was missed; it is no longer."""
        return self._missing.pop(sequence, None) is not None

    def take_due(self, now: float) -> list[int]:
        """Return what to ask for now, in order, and forget what was asked for often enough."""
        due = []
        for sequence, (attempts, at) in list(self._missing.items()):
            if at > now:
                continue
            if attempts == 0:
                del self._missing[sequence]
                continue
            self._missing[sequence] = (attempts - 1, now + NACK_INTERVAL_S)
            due.append(sequence)
        return sorted(due)

    @property
    def next_due(self) -> float | None:
        """When to call `take_due` again."""
        return min((at for _, at in self._missing.values()), default=None)
