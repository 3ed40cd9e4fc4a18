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
    """The machine's clocks. When the wall clock is set back, time goes on at half its pace until it has caught up.

    It neither goes back, since rooms tell what came before by it, nor stands still for as long as the clock was ahead.
    """

    def __init__(self) -> None:
        self._latest_ns = 0
        self._read_at_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; never goes back within a process."""
        monotonic_ns = time.monotonic_ns()
        slowly_ns = self._latest_ns + (monotonic_ns - self._read_at_ns) // 2
        self._latest_ns, self._read_at_ns = max(time.time_ns(), slowly_ns), monotonic_ns
        return self._latest_ns // 1_000_000

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()
