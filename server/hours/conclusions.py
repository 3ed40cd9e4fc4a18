"""What follows from a meeting once all of it is written: attendance, and whatever else is to be told of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from server.clock import Clock
from server.hours.attendance import attendance_of, records_of
from server.logs import log_failure
from server.store.attendance import AttendanceRepository

RETRY_S = 2.0
MAX_RETRY_S = 60.0
_CLOSE_TIMEOUT_S = 5.0

MeetingRecorded = Callable[[str], Awaitable[None]]
"""Told of a meeting that is over and written. May be told again of the same one; raises when it wants to be."""

_log = structlog.get_logger(__name__)


class Conclusions:
    """Draws them in the background, one meeting after the other, until it has succeeded.

    What one start of the server leaves undone, the next one does.
    """

    def __init__(self, repository: AttendanceRepository, clock: Clock, on_meeting_recorded: MeetingRecorded) -> None:
        self._repository = repository
        self._clock = clock
        self._on_meeting_recorded = on_meeting_recorded
        self._waiting: dict[str, None] = {}
        """Meetings, in order."""
        self._has_news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, with what is over and was not concluded yet."""
        self.add(*await self._repository.unrecorded())
        self._task = asyncio.create_task(self._run(), name="conclusions of meetings")

    async def close(self) -> None:
        """Try once more what is left, and stop; the next start does the rest. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self.draw()

    def add(self, *meeting_ids: str) -> None:
        """Have meetings concluded that are over, with all of their events written."""
        self._waiting.update(dict.fromkeys(meeting_ids))
        self._has_news.set()

    async def draw(self) -> bool:
        """Try every meeting that waits, and tell whether none is left."""
        for meeting_id in list(self._waiting):
            try:
                await self._conclude(meeting_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again, and the others before
                log_failure(_log, "meeting_not_concluded", error, meeting_id=meeting_id)
            else:
                del self._waiting[meeting_id]
        return not self._waiting

    async def _conclude(self, meeting_id: str) -> None:
        history = await self._repository.load_history(meeting_id)
        if history is None:  # the database never took it
            return
        await self._repository.replace({meeting_id: records_of(attendance_of(history))})
        await self._on_meeting_recorded(meeting_id)
        await self._repository.mark_recorded(meeting_id, self._clock.now_ms())

    async def _run(self) -> None:
        retry_s = RETRY_S
        while True:
            self._has_news.clear()
            is_done = await self.draw()
            retry_s = RETRY_S if is_done else min(MAX_RETRY_S, retry_s * 2)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if is_done else retry_s):
                    await self._has_news.wait()
