"""TCP connections that have not yet shown a password: how many there may be, and for how long. No I/O.

They cost memory and a file descriptor before anything is known of who is there. When there are too many, of one address
or in all, those who are there longest give way, because a page needs a round trip for its first check and a flood never
passes it: who only holds places keeps nobody out.
"""

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
        self._by_source: dict[Source, dict[Newcomer, None]] = {}
        """The earliest first, here, too."""

    def __contains__(self, newcomer: Newcomer) -> bool:
        return newcomer in self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, newcomer: Newcomer, source: Source, now: float) -> Newcomer | None:
        """Take note of one more; return who has to go for it."""
        self._waiting[newcomer] = (source, now)
        neighbours = self._by_source.setdefault(source, {})
        neighbours[newcomer] = None
        if len(neighbours) > MAX_PER_SOURCE:
            return next(iter(neighbours))
        return next(iter(self._waiting)) if len(self._waiting) > MAX_NEWCOMERS else None

    def remove(self, newcomer: Newcomer) -> None:
        """Forget one that has passed its check, or is gone. Idempotent."""
        if (noted := self._waiting.pop(newcomer, None)) is None:
            return
        source, _ = noted
        del self._by_source[source][newcomer]
        if not self._by_source[source]:
            del self._by_source[source]

    def overdue(self, now: float) -> list[Newcomer]:
        """Return those who have had their time."""
        found = []
        for newcomer, (_, since) in self._waiting.items():
            if now - since <= FIRST_CHECK_S:
                break
            found.append(newcomer)
        return found
