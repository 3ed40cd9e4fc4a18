"""How much a publisher may send: what its uplink carries and what its subscribers can take.

The uplink is estimated from when packets were sent and when they arrived, by aiortc's port of libwebrtc's receive-side
estimator. Video without layers is one encoding for all subscribers: one slow line must not cost everybody the picture,
and one fast line must not drown the others, so the lower quartile of what they can take counts.
"""

from collections.abc import Sequence

from aiortc.rate import RemoteBitrateEstimator

MIN_BITRATE = 200_000
INITIAL_BITRATE = 800_000
"""Until a line has been measured."""
MAX_BITRATE = 2_500_000
"""Of each video: a camera in all its layers, or a screen."""
_SEND_TIMES = 1 << 24
MAX_SILENCE_S = 2.0
"""After a longer one we measure afresh: aiortc's counters loop once for every millisecond since the last packet."""


class UplinkEstimator:
    """What a publisher's line to us carries, in bits a second."""

    def __init__(self) -> None:
        self._estimator = RemoteBitrateEstimator()
        self._last_at: float | None = None
        self._is_measured = False
        self._newest_sent = 0
        self.bitrate = INITIAL_BITRATE
        """The newest estimate."""

    def add(self, ssrc: int, size: int, send_time: int, now: float) -> None:
        """Take note of a packet: its size in bytes, its 24-bit abs-send-time, and when it came.

        One that was overtaken only counts as received: to aiortc's filter, a group of packets that ends before the one
        before it is one that took 64 seconds, and for minutes it would find that the line has become faster.
        """
        now_ms = int(now * 1000)
        if self._last_at is None:
            self._newest_sent = send_time
        elif now - self._last_at > MAX_SILENCE_S:
            self._newest_sent = send_time
            self._start_afresh(now_ms)
        self._last_at = now
        if (send_time - self._newest_sent) % _SEND_TIMES >= _SEND_TIMES // 2:
            self._estimator.incoming_bitrate.add(size, now_ms)
            return
        self._newest_sent = send_time
        estimate = self._estimator.add(arrival_time_ms=now_ms, abs_send_time=send_time, payload_size=size, ssrc=ssrc)
        if estimate is not None:
            self.bitrate = estimate[0]
            self._is_measured = True

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
