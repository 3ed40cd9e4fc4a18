"""Finds out whether the database can really be written: the disk may be full, the folder or the connection gone."""

import asyncio

from server.clock import Clock
from server.errors import StoreError
from server.store.database import Database

FRESH_S = 5.0
"""So long a verdict counts, however often it is asked for."""
_ANSWER_TIMEOUT_S = 3.0
"""Longer than a write waits for a lock."""


class WriteProbe:
    """Writes when it is asked, one attempt at a time. `close` ends the one under way."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._identity = database.backend.identify()
        self._is_writable = False
        self._stale_at = clock.monotonic()
        self._attempt: asyncio.Task[None] | None = None

    async def is_writable(self) -> bool:
        """Tell whether a write succeeded just now. A disk that does not answer in time cannot be written."""
        if self._attempt is None and self._clock.monotonic() >= self._stale_at:
            self._attempt = asyncio.create_task(self._try(), name="write probe")
        if self._attempt is not None:
            # Not cancelled when it takes long: whoever asks next waits for the same attempt.
            done, _ = await asyncio.wait([self._attempt], timeout=_ANSWER_TIMEOUT_S)
            return bool(done) and self._is_writable
        return self._is_writable

    async def close(self) -> None:
        """End the attempt that is under way. Idempotent."""
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.gather(self._attempt, return_exceptions=True)

    async def _try(self) -> None:
        is_writable = False
        try:
            is_in_place = await asyncio.to_thread(self._database.backend.identify) == self._identity
            is_writable = is_in_place and await self._write()
        finally:
            self._is_writable = is_writable
            self._stale_at = self._clock.monotonic() + FRESH_S
            self._attempt = None

    async def _write(self) -> bool:
        try:
            async with self._database.session() as session:
                await session.execute(self._database.backend.probe)
        except StoreError:
            return False
        return True
