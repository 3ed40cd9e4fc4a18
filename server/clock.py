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
    """The machine's wall clock, read once and moved on by the monotonic clock.

    A step of the wall clock (NTP, a suspended laptop) therefore never makes a duration negative.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return int((self._offset_s + time.monotonic()) * 1000)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()
