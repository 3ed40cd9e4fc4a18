"""Runs the hooks of one meeting's features: one after the other, in the order in which things happened."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

import structlog

from server.logs import log_failure
from server.room.feature import Feature

HOOK_TIMEOUT_S = 5.0
"""A hook that takes longer is cancelled: what it waits for must not keep people at the door."""

Hook = Callable[[Feature], Awaitable[None]]

_log = structlog.get_logger(__name__)


class HookRunner:
    """A queue of hooks with the one task that runs them.

    A hook that raises or takes too long is logged; the other features and later hooks do not notice. The queue is
    bounded by what fills it: joining waits for its hook, so a connection has at most its arrival and departure in it.
    """

    def __init__(self, features: Sequence[Feature], room_id: str) -> None:
        self._features = features
        self._room_id = room_id
        self._queue: deque[tuple[str, Hook, asyncio.Future[None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    def submit(self, name: str, hook: Hook) -> asyncio.Future[None]:
        """Run `hook` on every feature after everything submitted before. The result is set when it has run.

        Whoever waits for it may give up; the hook runs all the same.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((name, hook, done))
        if self._task is None:
            # Whoever comes first starts the task for all: what they are logging with is not the others'.
            self._task = asyncio.create_task(self._drain(), name=f"hooks of {self._room_id}", context=Context())
        return done

    async def run_at_once(self, name: str, hook: Hook) -> None:
        """Run `hook` on every feature, concurrently with each other and with everything submitted."""
        await asyncio.gather(*(self._run(name, hook, feature) for feature in self._features))

    async def join(self) -> None:
        """Wait until everything submitted so far has run."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _drain(self) -> None:
        try:
            while self._queue:
                name, hook, done = self._queue.popleft()
                for feature in self._features:
                    await self._run(name, hook, feature)
                if not done.done():
                    done.set_result(None)
        finally:
            self._task = None

    async def _run(self, name: str, hook: Hook, feature: Feature) -> None:
        try:
            async with asyncio.timeout(HOOK_TIMEOUT_S):
                await hook(feature)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other features must not notice
            feature_name = type(feature).__name__
            log_failure(_log, "hook_failed", error, hook=name, feature=feature_name, room_id=self._room_id)
