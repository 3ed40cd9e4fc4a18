"""Something that is done so many times a second, on time."""

import asyncio
from collections.abc import Callable

from loadtest.bots.delay import Samples


class Pace:
    """Calls `act` from `start` to `stop`. What is late is not made up for by going faster."""

    def __init__(self, per_s: float, act: Callable[[], None], lateness: Samples) -> None:
        self._interval_s = 1 / per_s
        self._act = act
        self._lateness = lateness
        self._loop = asyncio.get_running_loop()
        self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self, phase: float) -> None:
        """Begin after `phase`, 0 to 1, of an interval, so that not everybody acts at once."""
        self._due_at = self._loop.time() + phase * self._interval_s
        self._timer = self._loop.call_at(self._due_at, self._tick)

    def stop(self) -> None:
        """Stop. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        now = self._loop.time()
        self._lateness.add(int((now - self._due_at) * 1e9))
        self._due_at = max(self._due_at + self._interval_s, now)
        self._timer = self._loop.call_at(self._due_at, self._tick)
        self._act()
