"""The outbox: a task for each channel that sends what is due, and one that forgets what was sent long ago."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import structlog

from server.clock import Clock
from server.logs import log_failure
from server.outbox.channel import Channel
from server.outbox.courier import ChannelFigures, Courier
from server.outbox.retries import GIVE_UP_AFTER
from server.store.outbox import OutboxRepository

TIDY_EVERY_S = 3_600.0
_CLOSE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class OutboxService:
    """Everything that is to be sent to elsewhere."""

    def __init__(
        self,
        repository: OutboxRepository,
        channels: Sequence[Channel],
        clock: Clock,
        *,
        retention: timedelta,
        random: Random | None = None,
    ) -> None:
        """What was sent, or given up, is kept for `retention`; that it was, for ever."""
        self._repository = repository
        self._channels = channels
        self._clock = clock
        self._retention = retention
        random = random or Random()  # noqa: S311 - spreads retries
        self._couriers = [Courier(channel, repository, clock, random) for channel in channels]
        self._tasks: list[asyncio.Task[None]] = []
        repository.on_put(self._wake)

    @property
    def figures(self) -> Sequence[ChannelFigures]:
        """How each channel is doing."""
        return [courier.figures for courier in self._couriers]

    def start(self) -> None:
        """Begin to send."""
        self._tasks = [
            asyncio.create_task(courier.run(), name=f"outbox: {channel.name}")
            for courier, channel in zip(self._couriers, self._channels, strict=True)
        ]
        self._tasks.append(asyncio.create_task(self._run_tidying(), name="outbox: tidying"))

    async def close(self) -> None:
        """Stop, when what is being sent is noted, if that does not take long. Idempotent."""
        tasks, self._tasks = self._tasks, []
        for courier in self._couriers:
            courier.end()
        if tasks:
            *sending, tidying = tasks
            tidying.cancel()
            if sending:
                await asyncio.wait(sending, timeout=_CLOSE_TIMEOUT_S)
            for task in sending:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for channel in self._channels:
            await channel.close()

    async def tidy(self) -> None:
        """Forget what was settled long ago, and give up what waits for a channel that there is not any more."""
        now = self._clock.now_ms()
        await self._repository.give_up_others(
            created_before=now - _milliseconds(GIVE_UP_AFTER), error="its channel is not configured", at=now
        )
        await self._repository.forget_bodies(settled_before=now - _milliseconds(self._retention))

    async def _run_tidying(self) -> None:
        while True:
            try:
                await self.tidy()
            except Exception as error:  # noqa: BLE001 - the next time will do
                log_failure(_log, "outbox_not_tidied", error)
            await asyncio.sleep(TIDY_EVERY_S)

    def _wake(self) -> None:
        for courier in self._couriers:
            courier.wake()


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
