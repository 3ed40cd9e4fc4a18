"""When something is due that follows many small changes: some time after the last one, but not for ever later. Pure."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Wait:
    ends_at: float
    latest_at: float


class Delays(Generic[K]):
    """What waits, by key. Instants are seconds of one monotonic clock."""

    def __init__(self, quiet_s: float, longest_s: float) -> None:
        """Let everything wait until nothing has touched it for `quiet_s`, `longest_s` at most."""
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._waits: dict[K, _Wait] = {}

    @property
    def next_at(self) -> float | None:
        """When the first one is due; `None` while nothing waits."""
        return min((wait.ends_at for wait in self._waits.values()), default=None)

    def is_waiting(self, key: K) -> bool:
        """Tell whether something waits."""
        return key in self._waits

    def touch(self, key: K, now: float) -> bool:
        """Have something wait from now on, or longer; return whether it is due earlier than it was before."""
        wait = self._waits.get(key)
        latest_at = now + self._longest_s if wait is None else wait.latest_at
        touched = self._waits[key] = _Wait(min(now + self._quiet_s, latest_at), latest_at)
        return wait is None or touched.ends_at < wait.ends_at

    def put(self, key: K, at: float) -> None:
        """Have something be due at `at`, however it is touched meanwhile."""
        self._waits[key] = _Wait(at, at)

    def take_due(self, now: float) -> list[K]:
        """Take out what is due, in the order in which it became so."""
        due = [key for key, wait in self._waits.items() if wait.ends_at <= now]
        due.sort(key=lambda key: self._waits[key].ends_at)
        for key in due:
            del self._waits[key]
        return due
