"""How much a publisher may send: what its uplink carries and what its subscribers can take.

The uplink is estimated from when packets were sent and when they arrived, by aiortc's port of libwebrtc's receive-side
estimator. Towards subscribers there is one encoding only, so one slow line must not cost everybody the picture, and
one fast line must not drown the others: the lower quartile of what they can take counts.
"""

from collections.abc import Sequence

from aiortc.rate import RemoteBitrateEstimator

MIN_BITRATE = 200_000
INITIAL_BITRATE = 800_000
"""Until a line has been measured."""
MAX_BITRATE = 2_500_000


class UplinkEstimator:
    """What a publisher's line to us carries, in bits a second."""

    def __init__(self) -> None:
        self._estimator = RemoteBitrateEstimator()
        self.bitrate = INITIAL_BITRATE
        """The newest estimate."""

    def add(self, ssrc: int, size: int, send_time: int, now: float) -> None:
        """Take note of a packet: its size in bytes, its 24-bit abs-send-time, and when it came."""
        estimate = self._estimator.add(
            arrival_time_ms=int(now * 1000), abs_send_time=send_time, payload_size=size, ssrc=ssrc
        )
        if estimate is not None:
            self.bitrate = estimate[0]


def publisher_bitrate(uplink: int | None, shares: Sequence[int]) -> int:
    """Return what to allow a publisher. `shares` is what each subscriber with an estimate can take of its video."""
    limits = [MAX_BITRATE]
    if uplink is not None:
        limits.append(uplink)
    if shares:
        limits.append(sorted(shares)[len(shares) // 4])
    return max(MIN_BITRATE, min(limits))
