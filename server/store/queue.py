"""Who may write next. Nobody waits without end, and nobody waits for what has just failed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.errors import StoreError

TURN_TIMEOUT_S = 5.0
"""Longer than a write waits for another program's lock: who queues behind that one learns the reason."""


class WriteQueue:
    """One at a time, first come first served. When the store fails somebody, those who queue behind give up, too."""

    def __init__(self, overdue: str) -> None:
        self._turn = asyncio.Lock()
        self._overdue = overdue
        """The reason that operators are given when a turn does not come in time."""
        self._failures = 0
        self._reason = ""
        """Of the latest failure."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it. Raises `StoreError` when none comes, or whoever was before us has failed."""
        failures = self._failures
        await self._wait()
        try:
            if self._failures > failures:
                # They may have waited long for it; if everybody behind them did so again, the queue would grow.
                raise StoreError(self._reason)
            try:
                yield
            except StoreError as error:
                self._failures += 1
                self._reason = error.reason
                raise
        finally:
            self._turn.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await self._turn.acquire()
        except TimeoutError as error:
            raise StoreError(self._overdue) from error
