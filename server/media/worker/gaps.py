"""Whether a gap in a publisher's sequence numbers is loss, or a jump that subscribers must not see.

SRTP carries 16 bits of a number whose upper ones a receiver guesses by the packet before (RFC 3711 section 3.3.1): who
misses half of 65,536 numbers guesses wrong, and can decrypt nothing more of that stream. Whatever a publisher does, the
numbers in a subscriber's stream therefore run no faster than packets can have been lost. Pure.
"""

MAX_GAP = 512
"""Numbers. After more, nothing is asked for packet by packet, either."""
SOUND_PER_S = 100
"""Numbers that can be missing of a sound: browsers send no more packets, of 10 ms."""
PICTURES_PER_S = 1_000
"""Of a camera's layer, or a screen."""


class Gaps:
    """Of one stream; `per_s` numbers a second may be missing in the long run, `MAX_GAP` of them at once."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._allowed = float(MAX_GAP)
        self._at = 0.0

    def take(self, missing: int, now: float) -> bool:
        """Tell whether so many numbers may be missing `now` (seconds of a monotonic clock), and count them."""
        if now > self._at:
            self._allowed = min(MAX_GAP, self._allowed + (now - self._at) * self._per_s)
            self._at = now
        if missing > self._allowed:
            return False
        self._allowed -= missing
        return True
