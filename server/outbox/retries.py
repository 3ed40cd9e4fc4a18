"""When something is tried again that could not be sent, and until when. Pure."""

from datetime import timedelta
from random import Random

FIRST_DELAY_S = 60.0
LONGEST_DELAY_S = 6 * 3_600.0
LONGEST_AWAY_S = 15 * 60.0
"""One attempt in so long is nothing to a server that is away, and the day's mail is not late when it is back."""
GIVE_UP_AFTER = timedelta(days=3)
TRIES_AT_LEAST = 3
"""Before something is given up: it may have been waiting while we were not running."""
_SPREAD = 0.2


def delay_s(attempts: int, random: Random, longest_s: float = LONGEST_DELAY_S) -> float:
    """Return how long to wait after so many attempts that have failed: each time about twice as long."""
    doubled = FIRST_DELAY_S * 2.0 ** min(max(attempts, 1) - 1, 20)
    # What has failed together does not come back together.
    return max(FIRST_DELAY_S, min(longest_s, doubled * random.uniform(1 - _SPREAD, 1 + _SPREAD)))


def is_too_old(created_at: int, now: int, tries: int) -> bool:
    """Tell whether a message that could not be sent once more is given up. Instants are in milliseconds."""
    return tries >= TRIES_AT_LEAST and now - created_at >= GIVE_UP_AFTER // timedelta(milliseconds=1)
