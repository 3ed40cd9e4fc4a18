"""What one transport's packets tell of its line, each way, and how good a connection that makes.

Streams share the line, so their packets are counted together: one packet lost of a stream with one packet a second says
nothing. Pure: time is an argument (seconds of a monotonic clock).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from server.media.worker.congestion import Condition
from server.media.worker.feedback import Reception
from server.media.worker.quality import ConnectionQuality, Mark, Measures
from server.media.worker.rtcp import ReportBlock

WINDOW_TICKS = 8
"""Seconds that are looked at. libwebrtc reports on sound every 5 s, give or take a half."""
MIN_PACKETS = 100
"""In the window; of fewer the lost ones tell nothing."""
RECENT_TICKS = 3
"""Seconds that tell how the line is just now."""
RECENT_PACKETS = 20
"""Reported on in that time; of fewer the lost ones tell nothing."""
SHORTEST_TICKS = 300
"""Seconds for which the shortest round trip is remembered. A queue may stand for minutes."""
USUALLY_LATE = 16
"""Packets of a stream that may be on their way for the second time at any moment."""
_MAX_EXPECTED = 20_000
"""Packets between two reports; more is another count, or a joke."""
_MAX_SENT_REPORTS = 256
_UNKNOWN = Measures()


@dataclass(slots=True)
class _Second:
    """What was noted within one second; where nothing was, infinity."""

    expected: int = 0
    lost: int = 0
    missed: int = 0
    """Lost, and asked for again."""
    jitter_s: float = inf
    round_trip_s: float = inf


class _Reported(NamedTuple):
    """Of a stream, so far."""

    highest: int
    """Sequence number."""
    lost: int
    """Packets that we have sent."""
    balance: int = 0
    """Below zero: what came after all, late or sent again, or was never sent, which the page has not reported yet."""


def _carried_over(before: int, balance: int) -> int:
    """Return how much of a balance is set off against what the next report tells to be lost.

    A gap before us is known to us earlier than to the page, which may never report it: browsers take a large one for a
    new beginning.
    """
    return max(balance, min(-USUALLY_LATE, before // 2)) if before < 0 else balance


class _Direction:
    """Of jitter and round trip the least counts: a line that is slow is never fast."""

    def __init__(self) -> None:
        self.now = _Second()
        self._past: deque[_Second] = deque(maxlen=WINDOW_TICKS)
        self._round_trips: deque[float] = deque(maxlen=SHORTEST_TICKS)

    @property
    def condition(self) -> Condition:
        """What the last seconds tell."""
        recent = list(self._past)[-RECENT_TICKS:]
        expected = sum(second.expected for second in recent)
        missed = sum(second.missed for second in recent)
        losses = (second.missed / second.expected for second in recent if second.expected >= RECENT_PACKETS)
        return Condition(
            loss=min(1.0, missed / expected) if expected >= RECENT_PACKETS else None,
            queue_s=self._newest_round_trip() - min(self._round_trips) if self._round_trips else 0.0,
            peak_loss=min(1.0, max(losses, default=0.0)),
        )

    def forget_round_trips(self) -> None:
        """Take note that packets go another way from now on."""
        self._round_trips.clear()

    def _newest_round_trip(self) -> float:
        known = (second.round_trip_s for second in reversed(self._past) if second.round_trip_s < inf)
        return next(known, min(self._round_trips))

    def tick(self) -> Iterator[Measures]:
        """Begin the next second; return what the window says, if that is anything."""
        self._past.append(self.now)
        if self.now.round_trip_s < inf:
            self._round_trips.append(self.now.round_trip_s)
        self.now = _Second()
        expected, lost, jitter_s, round_trip_s = 0, 0, inf, inf
        for second in self._past:
            expected += second.expected
            lost += second.lost
            jitter_s = min(jitter_s, second.jitter_s)
            round_trip_s = min(round_trip_s, second.round_trip_s)
        measures = Measures(
            loss=lost / expected if expected >= MIN_PACKETS else None,
            jitter_ms=1_000 * jitter_s if jitter_s < inf else None,
            round_trip_ms=1_000 * round_trip_s if round_trip_s < inf else None,
        )
        if measures != _UNKNOWN:
            yield measures


class Line:
    """Fed by a transport with what comes from its page (`on_received`) and what its page reports (`on_report`)."""

    def __init__(self) -> None:
        self._from_page = _Direction()
        self._to_page = _Direction()
        self._quality = ConnectionQuality()
        self._reported: dict[int, _Reported] = {}
        """By SSRC, what was reported last."""
        self._asked: dict[int, tuple[int, int]] = {}
        """By SSRC, the newest number that was asked for, and how many were since the last report."""
        self._sent_reports: dict[tuple[int, int], float] = {}
        """When sender reports were sent, by SSRC and the middle of their NTP time; the oldest are forgotten."""

    @property
    def condition(self) -> Condition:
        """How the way to the page is, as far as the page has reported."""
        return self._to_page.condition

    def on_moved(self) -> None:
        """Take note that packets go another way from now on."""
        self._to_page.forget_round_trips()

    def on_received(self, reception: Reception, *, is_audio: bool) -> None:
        """Take note of what came of one stream since its last report block was made."""
        second, interval = self._from_page.now, reception.interval
        second.expected += interval.expected
        second.lost += interval.lost
        if is_audio and interval.expected > 0:  # a picture's packets leave one after the other: that is no jitter
            second.jitter_s = min(second.jitter_s, reception.jitter_s)

    def on_sent_report(self, ssrc: int, ntp: int, now: float) -> None:
        """Remember when a sender report left. Of one that left twice, an answer does not tell which it answers."""
        key = (ssrc, ntp >> 16 & 0xFFFFFFFF)
        self._sent_reports[key] = inf if key in self._sent_reports else now
        if len(self._sent_reports) > _MAX_SENT_REPORTS:
            del self._sent_reports[next(iter(self._sent_reports))]

    def on_report(
        self, block: ReportBlock, unsent: int, origin_jitter_s: float, clock_rate: int | None, now: float
    ) -> int:
        """Take note of what the page says of a stream that it gets; return how many packets more its line has lost.

        What was wrong when the stream came to us is not held against this line: `unsent`, how many of its numbers have
        been passed over so far, and `origin_jitter_s`. Jitter counts with a `clock_rate`, that of sound.
        """
        second = self._to_page.now
        sent_at = self._sent_reports.get((block.ssrc, block.last_sender_report))
        if sent_at is not None:
            round_trip_s = now - sent_at - block.delay / 65_536
            if round_trip_s >= 0:
                second.round_trip_s = min(second.round_trip_s, round_trip_s)
        anew = _Reported(block.highest_sequence, block.packets_lost - unsent)
        before = self._reported.setdefault(block.ssrc, anew)
        expected = (block.highest_sequence - before.highest) & 0xFFFFFFFF
        if not expected:
            return 0
        if expected >= _MAX_EXPECTED or abs(anew.lost - before.lost) >= _MAX_EXPECTED:
            self._reported[block.ssrc] = anew
            return 0
        balance = before.balance + anew.lost - before.lost
        lost = max(0, min(expected, balance))
        self._reported[block.ssrc] = anew._replace(balance=_carried_over(before.balance, min(0, balance)))
        newest, asked = self._asked.get(block.ssrc, (0, 0))
        if asked:
            self._asked[block.ssrc] = (newest, 0)
        second.expected += expected
        second.lost += lost
        second.missed += lost + asked
        if clock_rate is not None:
            second.jitter_s = min(second.jitter_s, max(0.0, block.jitter / clock_rate - origin_jitter_s))
        return lost

    def on_nack(self, ssrc: int, sequences: Sequence[int]) -> None:
        """Take note of 16-bit numbers that a page asks for, of a stream that is sent again as it was.

        Of such a stream nothing is reported as lost that arrives in the end.
        """
        newest, asked = self._asked.get(ssrc, (sequences[0] - 1, 0))
        for sequence in sequences:
            ahead = (sequence - newest) & 0xFFFF
            if 0 < ahead < 0x8000:  # the same ones are asked for again and again
                newest, asked = sequence, asked + 1
        self._asked[ssrc] = (newest, asked)

    def forget(self, ssrc: int) -> None:
        """Take note that a stream is not sent any more. Idempotent."""
        self._reported.pop(ssrc, None)
        self._asked.pop(ssrc, None)

    def tick(self, now: float) -> Mark:
        """Return the mark, once a second."""
        return self._quality.update([*self._from_page.tick(), *self._to_page.tick()], now)
