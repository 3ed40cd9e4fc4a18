"""What a receiver owes a publisher: reports, requests for lost packets, requests for keyframes.

Pure: bytes never enter here, and time is an argument (seconds of a monotonic clock).
"""

from math import inf
from typing import NamedTuple

from server.media.worker.congestion import LOSSY
from server.media.worker.rtcp import ReportBlock, SenderReport
from server.media.worker.rtp import unwrap_sequence

KEYFRAME_INTERVAL_S = 1.0
KEYFRAME_REPEAT_S = 0.5
"""A request, or its answer, may be lost, or take long: the next one is repeated after twice as long."""
MAX_KEYFRAME_REQUESTS = 4
"""For one keyframe; somebody who still misses it will ask again."""
MIN_NACK_INTERVAL_S = 0.025
MAX_NACK_INTERVAL_S = 0.1
"""Between two requests for the same packet: a quarter of the time in which one was answered lately. A sender does not
answer twice within a round trip, but any of the requests, and of the answers, may be lost."""
_REQUESTS_PER_ANSWER = 4
NACK_SPACING_S = 0.005
"""Between any two requests: a first loss is asked for at once, what is missed right after it together."""
OVERDUE_S = 1.0
"""Who waits for a packet for so long may get a keyframe earlier."""
GIVE_UP_S = 2.0
"""Browsers keep what they have sent for one to three seconds."""
GIVE_SOUND_UP_S = 1.0
"""No page waits so long before it plays."""
MAX_MISSING = 512
"""A larger gap is not asked for packet by packet."""
_TELLING = 20
"""Packets; of fewer, the lost ones tell nothing."""
_FIRST_CYCLE = 1 << 16
"""Unbounded sequence numbers start one cycle up, so that a late packet's number is never negative."""


class KeyframeRequests:
    """After a keyframe none is asked for until a second is over: who asks too early is deferred, not dropped."""

    def __init__(self) -> None:
        self._last = -inf
        self._newest = 0
        self._left = 0
        self.due_at: float | None = None
        """When the next request is to be sent."""

    @property
    def are_open(self) -> bool:
        """Whether a keyframe is awaited, and will be asked for again."""
        return self._left > 0

    def ask(self, newest: int, now: float) -> bool:
        """Tell whether to send a request now; else `due_at` says when. `newest`: the last packet before."""
        self._newest = newest
        self._left = self._left or MAX_KEYFRAME_REQUESTS
        if self.due_at is None:
            self.due_at = max(now, self._last + KEYFRAME_INTERVAL_S)
        return self.take_due(now)

    def take_due(self, now: float) -> bool:
        """Tell whether a request is due, and count it as sent."""
        if self.due_at is None or now < self.due_at:
            return False
        self._last = now
        self._left -= 1
        waiting_s = KEYFRAME_REPEAT_S * 2 ** (MAX_KEYFRAME_REQUESTS - 1 - self._left)
        self.due_at = now + waiting_s if self._left else None
        return True

    def on_keyframe(self, sequence: int) -> None:
        """Take note of a keyframe that begins with this packet: what was asked for before it came is answered."""
        if sequence > self._newest:
            self.cancel()

    def cancel(self) -> None:
        """Ask no more."""
        self._left, self.due_at = 0, None


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

    @property
    def is_lossy(self) -> bool:
        """Whether much was lost of what the last report was about."""
        return self.interval.expected >= _TELLING and self.interval.lost > LOSSY * self.interval.expected

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

    def on_repaired(self) -> None:
        """Take note that the last packet that was added had been lost, and was sent again."""
        self._received -= 1

    def on_sender_report(self, report: SenderReport, now: float) -> None:
        """Remember what the next receiver report refers to."""
        self._report = (report.ntp >> 16 & 0xFFFFFFFF, now)

    def block(self, ssrc: int, now: float, *, given_up: int, worst_loss: int = 0) -> ReportBlock | None:
        """Return the report of what came since the last one, or `None` before the first packet.

        The fraction is what the line loses, the worst one on the way to a listener being `worst_loss` (in 1/256). The
        cumulative number is what stayed lost after retransmission: `given_up`. A browser chooses its FEC by the
        former, and how much it sends by the latter: sending less does not help against a line that loses by chance,
        and a line that is too narrow is found out by its delays.
        """
        if self.highest is None:
            return None
        expected = self.highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = max(0, expected_now - (self._received - self._received_before))
        self._expected_before, self._received_before = expected, self._received
        self.interval = Interval(expected_now, lost_now)
        last_report, reported_at = self._report or (0, now)
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=min(255, max(worst_loss, (lost_now << 8) // expected_now if lost_now else 0)),
            packets_lost=given_up,
            highest_sequence=self.highest - _FIRST_CYCLE,
            jitter=min(int(self._jitter), 0xFFFFFFFF),
            last_sender_report=last_report,
            delay=min(int((now - reported_at) * 65_536), 0xFFFFFFFF),
        )


class MissingPackets:
    """Packets of one stream that are asked for again (NACK), by unbounded sequence number, for `patience_s`."""

    def __init__(self, patience_s: float = GIVE_UP_S) -> None:
        self._patience_s = patience_s
        self.given_up = 0
        """How many packets that were needed will never come."""
        self.overdue = 0
        """How many have, or had, been missed for so long that a keyframe would be better."""
        self.may_ask_at = -inf
        """Nothing is due before."""
        self._missing: dict[int, _Missing] = {}
        self._interval_s = MAX_NACK_INTERVAL_S

    def on_gap(self, first: int, end: int, now: float) -> bool:
        """Miss `first` up to, not including, `end`. False when that is too much: forget all, ask for a keyframe."""
        if len(self._missing) + end - first > MAX_MISSING:
            self.give_up(end - first)
            return False
        for sequence in range(first, end):
            self._missing[sequence] = _Missing(now, now)
        return True

    def give_up(self, count: int = 0) -> None:
        """Ask for nothing that is missing any more, nor for `count` packets that never were."""
        self.given_up += len(self._missing) + count
        self._missing.clear()

    def on_keyframe(self, first: int) -> None:
        """Take note of a keyframe that begins with the packet `first`: what was missed before needs none."""
        self._missing = {at: gap._replace(is_overdue=gap.is_overdue or at < first) for at, gap in self._missing.items()}

    def take(self, sequence: int, now: float, *, is_answer: bool = True) -> float | None:
        """Return for how long a packet that has come was missed; `None` if it was not.

        `is_answer`: it was sent again.
        """
        missing = self._missing.pop(sequence, None)
        if missing is None:
            return None
        missed_s = now - missing.since
        if is_answer:
            smoothed = self._interval_s + (missed_s / _REQUESTS_PER_ANSWER - self._interval_s) / 8
            self._interval_s = min(MAX_NACK_INTERVAL_S, max(MIN_NACK_INTERVAL_S, smoothed))
        return missed_s

    def take_due(self, now: float, *, is_needed: bool = True) -> list[int]:
        """Return what to ask for now, in order, and give up what has been missed for too long.

        What nobody needs is not asked for, and no loss when it does not come.
        """
        due: list[int] = []
        if now < self.may_ask_at:
            return due
        for sequence, missing in list(self._missing.items()):
            if missing.due_at > now:
                continue
            missed_s = now - missing.since
            is_overdue = missing.is_overdue or (is_needed and missed_s >= OVERDUE_S)
            self.overdue += is_overdue and not missing.is_overdue
            if missed_s >= self._patience_s:
                del self._missing[sequence]
                self.given_up += is_needed
                continue
            self._missing[sequence] = _Missing(missing.since, now + self._interval_s, is_overdue=is_overdue)
            if is_needed:
                due.append(sequence)
        self.may_ask_at = now + NACK_SPACING_S
        return sorted(due)

    @property
    def next_due(self) -> float | None:
        """When to call `take_due` again."""
        if not self._missing:
            return None
        return max(self.may_ask_at, min(missing.due_at for missing in self._missing.values()))


class _Missing(NamedTuple):
    since: float
    due_at: float
    is_overdue: bool = False
