"""TCP connections that have not yet shown a password: how many there may be, and for how long. No I/O.

They cost memory and a file descriptor before anything is known of who is there. When there are too many, those who are
there longest give way, because a page needs a round trip for its first check and a flood never passes it.
"""

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

FIRST_CHECK_S = 8.0
"""Pages send the first check as soon as they are connected, or after those of some better candidates."""
MAX_NEWCOMERS = 512
MAX_PER_SOURCE = 64
"""A school class behind one address comes with two transports a page."""

Source = str | bytes
"""Who somebody is, by the address: see `check_limits.source_of`."""
Newcomer = TypeVar("Newcomer", bound=Hashable)


class Newcomers(Generic[Newcomer]):
    """Keeps the books. Whoever is added is removed by whoever added it."""

    def __init__(self) -> None:
        self._waiting: dict[Newcomer, tuple[Source, float]] = {}
        """Source and time of arrival, the earliest first."""
        self._sources: Counter[Source] = Counter()

    def __contains__(self, newcomer: Newcomer) -> bool:
        return newcomer in self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def admits(self, source: Source) -> bool:
        """Whether one more may come from `source`."""
        return self._sources[source] < MAX_PER_SOURCE

    def add(self, newcomer: Newcomer, source: Source, now: float) -> Newcomer | None:
        """Take note of one more; return who has to go for it."""
        self._waiting[newcomer] = (source, now)
        self._sources[source] += 1
        return next(iter(self._waiting)) if len(self._waiting) > MAX_NEWCOMERS else None

    def remove(self, newcomer: Newcomer) -> None:
        """Forget one that has passed its check, or is gone. Idempotent."""
        if (noted := self._waiting.pop(newcomer, None)) is None:
            return
        source, _ = noted
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]

    def overdue(self, now: float) -> list[Newcomer]:
        """Return those who have had their time."""
        found = []
        for newcomer, (_, since) in self._waiting.items():
            if now - since <= FIRST_CHECK_S:
                break
            found.append(newcomer)
        return found
