"""How much a publisher may send: what its uplink carries and what its subscribers can take.

The uplink is estimated from when packets were sent and when they arrived, by aiortc's port of libwebrtc's receive-side
estimator; queues that stand we find ourselves. Video without layers is one encoding for all subscribers: one slow line
must not cost everybody the picture, and one fast line must not drown the others, so the lower quartile of what they can
take counts.
"""

from collections import deque
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from aiortc.rate import RemoteBitrateEstimator

from server.media.worker.congestion import Condition, Congestion

MIN_BITRATE = 100_000
"""Of video: sound needs 40,000 beside it, and less climbs back too slowly once it was wrong."""
INITIAL_BITRATE = 800_000
"""Until a line has been measured."""
MAX_BITRATE = 2_500_000
"""Of each video: a camera in all its layers, or a screen."""
_SEND_TIMES = 1 << 24
_SEND_TIMES_PER_S = 1 << 18
_BURST = 5 * _SEND_TIMES_PER_S // 1_000
"""5 ms, as in libwebrtc (`inter_arrival.cc`)."""
MAX_SILENCE_S = 2.0
"""After a longer one we measure afresh: aiortc's counters loop once for every millisecond since the last packet."""


GROWTH = 1.1
"""What came without a queue is carried, and a little more can be tried: to aiortc's filter, jitter is a queue."""
CUT = 0.85
CUT_INTERVAL_S = 2.0
"""Less is sent a round trip later, and the queue needs time to drain."""
SHORTEST_TICKS = 120
"""Seconds for which the shortest way is remembered; two clocks drift apart by some milliseconds meanwhile."""


class _Burst(NamedTuple):
    """Packets that left together, as those of a picture do. libwebrtc's filter looks at them as one, too."""

    first_sent: int
    last_sent: int
    came_at: float
    size: int
    ssrc: int


class UplinkEstimator:
    """What a publisher's line to us carries, in bits a second. Its pictures are looked at: they are what is limited."""

    def __init__(self) -> None:
        self._estimator = RemoteBitrateEstimator()
        self._last_at: float | None = None
        self._is_measured = False
        self._newest_sent = 0
        self._burst: _Burst | None = None
        """What has not been measured yet: there may be more of it."""
        self._reference: int | None = None
        """What the first packet's way took, between two clocks: in 1/2**18 s, as all ways, and modulo 64 s."""
        self._shortest: int | None = None
        """Of this second's packets, longer than the reference."""
        self._ways: deque[int] = deque(maxlen=SHORTEST_TICKS)
        """The shortest of each second."""
        self._octets = 0
        self._ticked_at = 0.0
        self._carried = 0.0
        """What came in the last seconds, in bits a second."""
        self._congestion = Congestion()
        self._is_draining = False
        """Whether a queue of our making stands."""
        self._cut_at = -inf
        self.bitrate = INITIAL_BITRATE
        """The newest estimate."""

    def add(self, ssrc: int, size: int, send_time: int, now: float) -> None:
        """Take note of a packet: its size in bytes, its 24-bit abs-send-time, and when it came.

        One that was overtaken only counts as received: to aiortc's filter, a group of packets that ends before the one
        before it is one that took 64 seconds, and for minutes it would find that the line has become faster.
        """
        self._note_way(send_time, now)
        self._octets += size
        if self._last_at is None:
            self._newest_sent = send_time
        elif now - self._last_at > MAX_SILENCE_S:
            self._newest_sent = send_time
            self._burst = None
            self._start_afresh(int(now * 1000))
        self._last_at = now
        ahead = (send_time - self._newest_sent) % _SEND_TIMES
        if ahead >= _SEND_TIMES // 2:
            self._estimator.incoming_bitrate.add(size, int(now * 1000))
            return
        self._newest_sent = send_time
        burst = self._burst
        if burst is not None and (send_time - burst.first_sent) % _SEND_TIMES <= _BURST:
            self._burst = burst._replace(last_sent=send_time, came_at=now, size=burst.size + size)
            return
        if burst is not None:
            self._measure(burst)
        self._burst = _Burst(send_time, send_time, now, size, ssrc)

    def _measure(self, burst: "_Burst") -> None:
        estimate = self._estimator.add(
            arrival_time_ms=int(burst.came_at * 1000),
            abs_send_time=burst.last_sent,
            payload_size=burst.size,
            ssrc=burst.ssrc,
        )
        if estimate is not None:
            self.bitrate = min(estimate[0], self.bitrate) if self._is_draining else estimate[0]
            self._is_measured = True

    def tick(self, now: float) -> None:
        """Allow less while a queue of our making stands: call this once a second.

        To aiortc's filter, which looks for queues that grow, it is none.
        """
        if self._shortest is None:
            return
        elapsed_s, self._ticked_at = now - self._ticked_at, now
        self._carried += (8 * self._octets / max(1.0, elapsed_s) - self._carried) / 2
        self._octets = 0
        self._ways.append(self._shortest)
        queue = Condition(queue_s=(self._shortest - min(self._ways)) / _SEND_TIMES_PER_S)
        self._shortest = None
        if not self._congestion.is_full(queue, self.bitrate) or not self._is_measured:
            self._is_draining = False
        elif now - self._cut_at >= CUT_INTERVAL_S:
            self._is_draining, self._cut_at = True, now
            self.bitrate = int(CUT * self.bitrate)
        if self._is_draining:
            self._estimator.rate_control.set_estimate(self.bitrate, int(now * 1000))
        elif self._is_measured and self.bitrate < GROWTH * self._carried:
            self.bitrate = int(GROWTH * self._carried)
            self._estimator.rate_control.set_estimate(self.bitrate, int(now * 1000))

    def on_moved(self) -> None:
        """Take note that packets come another way from now on."""
        self._reference = self._shortest = None
        self._ways.clear()
        self._congestion = Congestion()

    def _note_way(self, send_time: int, now: float) -> None:
        way = int(now * _SEND_TIMES_PER_S) - send_time
        if self._reference is None:
            self._reference = way
        longer = (way - self._reference + _SEND_TIMES // 2) % _SEND_TIMES - _SEND_TIMES // 2
        if self._shortest is None or longer < self._shortest:
            self._shortest = longer

    def _start_afresh(self, now_ms: int) -> None:
        """Forget when packets came, but not what the line was found to carry."""
        self._estimator = RemoteBitrateEstimator()
        if self._is_measured:
            self._estimator.rate_control.set_estimate(self.bitrate, now_ms)


def publisher_bitrate(uplink: int | None, videos: Sequence[Sequence[int]]) -> int:
    """Return what to allow a publisher of `videos` for all of them together.

    Each is what every subscriber with an estimate can take of that video; empty for one with layers.
    """
    limit = sum(min(MAX_BITRATE, _lower_quartile(shares)) if shares else MAX_BITRATE for shares in videos)
    return max(MIN_BITRATE, limit if uplink is None else min(limit, uplink))


def _lower_quartile(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 4]
