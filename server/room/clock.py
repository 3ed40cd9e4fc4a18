"""The clock of one meeting."""

from server.clock import Clock


class MeetingClock:
    """The wall clock as it was when the meeting opened, and from there on only the monotonic one.

    Whatever is done to the wall clock meanwhile, what two instants of the meeting are apart is what really passed.
    Fits `server.clock.Clock`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offset_ms = clock.now_ms() - self._monotonic_ms()
        """What its instants are ahead of the process's monotonic clock: without it, those of two meetings compare."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, as far as nobody has set the clock since the meeting opened."""
        return self.offset_ms + self._monotonic_ms()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, for durations and deadlines."""
        return self._clock.monotonic()

    def _monotonic_ms(self) -> int:
        return round(self._clock.monotonic() * 1_000)
