"""A clock that stands still until it is moved."""


class ManualClock:
    """Time under the test's control; fits `server.clock.Clock`."""

    def __init__(self, now_ms: int = 1_750_000_000_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 1_000.0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return self._now_ms

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return self._monotonic

    def set_wall_clock(self, *, seconds: float) -> None:
        """Set the wall clock forward, or back, while no time passes."""
        self._now_ms += round(seconds * 1000)

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        passed = days * 86_400 + seconds
        self._now_ms += round(passed * 1000)
        self._monotonic += passed
