"""What one transport's packets tell of its line, each way, and how good a connection that makes.

Streams share the line, so their packets are counted together: one packet lost of a stream with one packet a second says
nothing. Pure: time is an argument (seconds of a monotonic clock).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from server.media.worker.feedback import Reception
from server.media.worker.quality import ConnectionQuality, Measures, Quality
from server.media.worker.rtcp import ReportBlock

WINDOW_TICKS = 8
"""Seconds that are looked at. libwebrtc reports on sound every 5 s, give or take a half."""
MIN_PACKETS = 100
"""In the window; of fewer the lost ones tell nothing."""
TROUBLE_TICKS = 3
"""Seconds in which losses, or packets that take longer than before, mean that the line is full."""
TROUBLE_PACKETS = 20
"""Reported on in that time; of fewer the lost ones tell nothing."""
TROUBLE_LOSS = 0.02
TROUBLE_DELAY_S = 0.15
"""More than the shortest round trip of the window: packets queue up somewhere."""
_MAX_EXPECTED = 20_000
"""Packets between two reports; more is another count, or a joke."""
_MAX_SENT_REPORTS = 256
_UNKNOWN = Measures()


@dataclass(slots=True)
class _Second:
    """What was noted within one second; where nothing was, infinity."""

    expected: int = 0
    lost: float = 0.0
    jitter_s: float = inf
    round_trip_s: float = inf


class _Direction:
    """Of jitter and round trip the least counts: a line that is slow is never fast."""

    def __init__(self) -> None:
        self.now = _Second()
        self._past: deque[_Second] = deque(maxlen=WINDOW_TICKS)

    @property
    def is_troubled(self) -> bool:
        """Whether the last seconds show losses or a queue."""
        recent = list(self._past)[-TROUBLE_TICKS:]
        expected, lost = sum(second.expected for second in recent), sum(second.lost for second in recent)
        if expected >= TROUBLE_PACKETS and lost > TROUBLE_LOSS * expected:
            return True
        round_trips = [second.round_trip_s for second in self._past if second.round_trip_s < inf]
        return bool(round_trips) and round_trips[-1] > min(round_trips) + TROUBLE_DELAY_S

    def tick(self) -> Iterator[Measures]:
        """Begin the next second; return what the window says, if that is anything."""
        self._past.append(self.now)
        self.now = _Second()
        expected, lost, jitter_s, round_trip_s = 0, 0.0, inf, inf
        for second in self._past:
            expected += second.expected
            lost += second.lost
            jitter_s = min(jitter_s, second.jitter_s)
            round_trip_s = min(round_trip_s, second.round_trip_s)
        measures = Measures(
            loss=max(0.0, lost) / expected if expected >= MIN_PACKETS else None,
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
        self._reported: dict[int, tuple[int, int]] = {}
        """By SSRC, the highest sequence number and the packets lost that were reported last."""
        self._sent_reports: dict[tuple[int, int], float] = {}
        """When sender reports were sent, by SSRC and the middle of their NTP time; the oldest are forgotten."""

    @property
    def is_troubled(self) -> bool:
        """Whether the way to the page shows losses or a queue, as far as the page has reported."""
        return self._to_page.is_troubled

    def on_received(self, reception: Reception, *, is_audio: bool) -> None:
        """Take note of what came of one stream since its last report block was made."""
        second, interval = self._from_page.now, reception.interval
        second.expected += interval.expected
        second.lost += interval.lost
        if is_audio and interval.expected > 0:  # a picture's packets leave one after the other: that is no jitter
            second.jitter_s = min(second.jitter_s, reception.jitter_s)

    def on_sent_report(self, ssrc: int, ntp: int, now: float) -> None:
        """Remember when a sender report left."""
        self._sent_reports[ssrc, ntp >> 16 & 0xFFFFFFFF] = now
        if len(self._sent_reports) > _MAX_SENT_REPORTS:
            del self._sent_reports[next(iter(self._sent_reports))]

    def on_report(self, block: ReportBlock, origin: Reception | None, clock_rate: int | None, now: float) -> int:
        """Take note of what the page says of a stream that it gets; return how many packets more it has lost.

        What was wrong when the stream came to us, from `origin`, is not held against this line. Jitter counts with a
        `clock_rate`, that of sound.
        """
        second = self._to_page.now
        sent_at = self._sent_reports.get((block.ssrc, block.last_sender_report))
        if sent_at is not None:
            round_trip_s = now - sent_at - block.delay / 65_536
            if round_trip_s >= 0:
                second.round_trip_s = min(second.round_trip_s, round_trip_s)
        highest, lost_before = self._reported.get(block.ssrc, (block.highest_sequence, block.packets_lost))
        self._reported[block.ssrc] = (block.highest_sequence, block.packets_lost)
        expected = (block.highest_sequence - highest) & 0xFFFFFFFF
        if not 0 < expected < _MAX_EXPECTED:
            return 0
        lost = max(0, min(expected, block.packets_lost - lost_before))
        second.expected += expected
        second.lost += max(0.0, lost - expected * origin.recent_loss) if origin is not None else lost
        if clock_rate is not None:
            jitter_s = block.jitter / clock_rate - (origin.jitter_s if origin is not None else 0.0)
            second.jitter_s = min(second.jitter_s, max(0.0, jitter_s))
        return lost

    def forget(self, ssrc: int) -> None:
        """Take note that a stream is not sent any more. Idempotent."""
        self._reported.pop(ssrc, None)

    def tick(self, now: float) -> Quality:
        """Return the mark, once a second."""
        return self._quality.update([*self._from_page.tick(), *self._to_page.tick()], now)
