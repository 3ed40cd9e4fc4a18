"""Time as the server sees it, injected so that tests need not wait."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall clock for what is shown and stored, monotonic clock for durations."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; never goes back within a process."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, for durations and deadlines."""
        ...


class SystemClock:
    """The machine's clocks. A wall clock that is set back stands still until it has caught up."""

    def __init__(self) -> None:
        self._latest_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; never goes back within a process."""
        self._latest_ms = max(self._latest_ms, time.time_ns() // 1_000_000)
        return self._latest_ms

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()
