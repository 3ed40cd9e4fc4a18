"""Which moments of a document are kept to go back to: many of today, few of long ago. Pure."""

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from itertools import pairwise

from server.store.documents import Version

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_APART_MS = ((_DAY_MS, _MINUTE_MS), (30 * _DAY_MS, _HOUR_MS))
"""Up to an age, one version is kept of every so many milliseconds."""
_APART_LATER_MS = _DAY_MS

CHANGES_UNTIL_SNAPSHOT = 2_000
"""So many are put together within some hundredths of a second when the document is opened."""
BYTES_UNTIL_SNAPSHOT = 1_048_576
"""At least; of a large document, as many as it has: whatever its size, each byte is written a few times in all."""
MS_UNTIL_SNAPSHOT = _MINUTE_MS


_LATE = 3
"""So many times as much as makes a snapshot due is enough, whoever is drawing just then."""
_LONGEST_WAIT_MS = 2 * _MINUTE_MS


class Due(Enum):
    """When to keep all of a document in one piece."""

    NOT_YET = auto()
    IN_A_PAUSE = auto()
    NOW = auto()


def snapshot_due(changes: int, size: int, age_ms: int, whole_size: int, waited_ms: int) -> Due:
    """Tell when to keep all of a document in one piece.

    After so many changes, of so many bytes, since so long; `whole_size` are the bytes of the last such piece, and a new
    one has waited for a pause for `waited_ms`.
    """
    amount = max(changes / CHANGES_UNTIL_SNAPSHOT, size / max(BYTES_UNTIL_SNAPSHOT, whole_size))
    if changes == 0 or (amount < 1 and age_ms < MS_UNTIL_SNAPSHOT):
        return Due.NOT_YET
    return Due.NOW if amount >= _LATE or waited_ms >= _LONGEST_WAIT_MS else Due.IN_A_PAUSE


def superfluous(versions: Sequence[Version], now: int) -> Iterable[Version]:
    """Return those of `versions`, oldest first, that another one follows within the same minute, hour or day.

    What is left are the last ones, of a day that is how its work ended.
    """
    for version, following in pairwise(versions):
        apart = _apart_ms(now - version.at)
        if version.at // apart == following.at // apart:
            yield version


def _apart_ms(age_ms: int) -> int:
    return next((apart for age, apart in _APART_MS if age_ms < age), _APART_LATER_MS)
