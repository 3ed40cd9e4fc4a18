"""How many rows the hours log has, looked at now and then: whoever takes the newest ones away makes it shorter."""

import asyncio

import structlog

from server.logs import log_failure
from server.store.hours_log import HoursLogRepository

LOOK_EVERY_S = 15.0

_log = structlog.get_logger(__name__)


class LogLength:
    """The task that looks. What the database said last is kept while it is away."""

    def __init__(self, log: HoursLogRepository) -> None:
        self._repository = log
        self._rows: int | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def rows(self) -> int | None:
        """The number of the newest row, as the database said last; `None`: it has not been asked yet."""
        return self._rows

    async def start(self) -> None:
        """Look, and go on looking. Raises `StoreError` when the first look fails."""
        await self.look()
        self._task = asyncio.create_task(self._run(), name="hours: length of the log")

    async def close(self) -> None:
        """Stop. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> None:
        """Ask the database. Raises `StoreError`."""
        newest = await self._repository.newest()
        self._rows = 0 if newest is None else newest.number

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look may see it
                log_failure(_log, "log_length_unknown", error)
