"""What a worker counts while it works, for its report."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from server.media.messages import Distribution

DropReason = Literal[
    "bad_check", "unknown_source", "unknown_stream", "not_authentic", "malformed", "over_limit", "duplicate", "paused"
]
"""Why a packet that came went no further.

- `bad_check`: no check of ours, or one without the password
- `unknown_source`: from an address that never passed a check
- `unknown_stream`: nobody announced its SSRC or payload type
- `not_authentic`: SRTP refuses it, as forged or as a replay, or there are no keys yet
- `malformed`: neither DTLS nor RTP
- `over_limit`: more than one transport or stream may send
- `duplicate`: it came already, or was given up, or only probed the bandwidth
- `paused`: its stream is not to be forwarded just now
"""


class Histogram:
    """How many observations lie between fixed bounds."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        """Up to and including each bound, and above the last."""
        self._total = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Count `value`, seen so many times."""
        self._counts[bisect_left(self._bounds, value)] += times
        self._total += value * times

    def distribution(self) -> Distribution:
        """Return what was counted so far."""
        return Distribution(bounds=list(self._bounds), counts=list(self._counts), total=self._total)


def _no_drops() -> dict[str, int]:
    return dict.fromkeys(get_args(DropReason), 0)


@dataclass(slots=True)
class Counters:
    """Totals since the worker started that no single object could count. In: from pages to us; out: to pages."""

    drops: dict[str, int] = field(default_factory=_no_drops)
    """By `DropReason`."""
    too_large: int = 0
    """Packets that are too large to be sent."""
    not_protected: int = 0
    """Packets that SRTP refused to encrypt."""
    piped_in: int = 0
    """Packets that came from other workers."""
    piped_out: int = 0
    """Packets that went to other workers."""
    not_piped: int = 0
    """Packets that another worker did not take in time, or that is gone."""
    lost_in: int = 0
    """Packets that publishers sent and that did not come, before retransmission."""
    lost_out: int = 0
    """The same of subscribers, as they tell."""
    nacks_in: int = 0
    nacks_out: int = 0
    keyframe_requests_in: int = 0
    keyframe_requests_out: int = 0
    retransmissions_in: int = 0
    """Packets that came because we asked for them again."""
    retransmissions_out: int = 0
