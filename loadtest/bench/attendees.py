"""People who want to be in a meeting, whatever happens to the server: they come back by themselves, as pages do."""

import asyncio
import time
from random import Random

from loadtest.bench.crash_truth import Visit
from loadtest.bots.errors import BotError
from loadtest.bots.signalling import random_id
from loadtest.documents.page import BoardPage

_FIRST_WAIT_S, _MOST_WAIT_S = 0.4, 8.0
"""As in the page's `backoff.ts`."""


class Attendee:
    """One person with one page. `start`, then `close`; what it knows of its own time is in `visits`."""

    def __init__(self, name: str, server_url: str, cookie: str, room: str) -> None:
        self.name = name
        self.cookie = cookie
        self.visits: list[Visit] = []
        self._server_url = server_url
        self._room = room
        self._endpoint_id = random_id()
        self._dice = Random(name)  # noqa: S311 - spreads waiting, hides nothing
        self._task: asyncio.Task[None] | None = None

    @property
    def is_inside(self) -> bool:
        """Tell whether the page is in the room, as far as it knows."""
        return bool(self.visits) and self.visits[-1].gone_at is None

    def start(self) -> None:
        """Come in, and come back whenever the connection is gone."""
        self._task = asyncio.create_task(self._attend(), name=f"attendee {self.name}")

    async def close(self) -> None:
        """Stay away. Raises what went wrong."""
        if self._task is not None:
            self._task.cancel()
            [outcome] = await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            if isinstance(outcome, Exception):
                raise outcome

    async def _attend(self) -> None:
        failures = 0
        while True:
            page = BoardPage(self._server_url, _ignore)
            try:
                visit = await self._come_in(page)
            except (BotError, TimeoutError):
                page.close()
                await asyncio.sleep(self._wait_s(failures))
                failures += 1
                continue
            failures = 0
            try:
                await page.lost()
            finally:
                visit.gone_at = time.monotonic()
                page.close()

    async def _come_in(self, page: BoardPage) -> Visit:
        await page.connect(self.cookie)
        asked_at = time.monotonic()
        joined = await page.join(self._room, self._endpoint_id)
        if joined.snapshot is None:
            raise BotError("no snapshot of a meeting that is new to the page")
        visit = Visit(joined.snapshot.meeting.meeting_id, asked_at, time.monotonic())
        self.visits.append(visit)
        return visit

    def _wait_s(self, failures: int) -> float:
        longest: float = min(_MOST_WAIT_S, _FIRST_WAIT_S * 2 ** min(failures, 16))
        return longest * (0.5 + self._dice.random() / 2)


def _ignore(_name: str, _data: bytes) -> None:
    """Nobody looks."""
