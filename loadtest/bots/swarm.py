"""Many bots in one process and event loop: what they share, how fast they may come in, how they all go."""

import asyncio
from collections.abc import Iterable
from random import Random
from types import TracebackType

import aiohttp

from loadtest.bots.bot import Bot, Surroundings
from loadtest.bots.delay import Samples
from loadtest.bots.dtls import create_certificate
from loadtest.bots.intake import Intake

MAX_JOINING = 8
"""Bots that join at the same time."""


class Swarm:
    """Owns its bots: `async with Swarm(url) as swarm`; leaving the block closes them all."""

    def __init__(
        self, server_url: str, *, seed: int = 1, line: tuple[str, int] | None = None, open_every: int = 1
    ) -> None:
        """With `open_every` above 1, bots are made to take many packets: see `Surroundings`, `Intake`."""
        self.bots: list[Bot] = []
        self.delays = Samples()
        self._server_url = server_url
        self._line = line
        self._open_every = open_every
        self._chance = Random(seed)  # noqa: S311 - makes runs alike, hides nothing
        self._connector: aiohttp.TCPConnector | None = None
        self._surroundings: Surroundings | None = None

    async def __aenter__(self) -> "Swarm":
        self._connector = aiohttp.TCPConnector(limit=0)
        self._surroundings = Surroundings(
            self._server_url,
            create_certificate(),
            self._connector,
            self.delays,
            open_every=self._open_every,
            intake=Intake() if self._open_every > 1 else None,
            line=self._line,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            outcomes = await asyncio.gather(*(bot.close() for bot in self.bots), return_exceptions=True)
        finally:
            if self._connector:
                await self._connector.close()
        failure = next((outcome for outcome in outcomes if isinstance(outcome, BaseException)), None)
        if failure and error is None:
            raise failure

    def create_bot(self) -> Bot:
        """Make a bot that has not joined yet."""
        if self._surroundings is None:
            raise RuntimeError("the swarm has not been entered")
        bot = Bot(self._surroundings, Random(self._chance.getrandbits(64)))  # noqa: S311
        self.bots.append(bot)
        return bot

    async def close_bot(self, bot: Bot) -> None:
        """Close one of the bots and forget it."""
        self.bots.remove(bot)
        await bot.close()

    async def subscribe_all(self, links: Iterable[str], slug: str, *, tiles: int | None = None) -> list[Bot]:
        """Let one bot a link join and receive everybody, `MAX_JOINING` at a time; raises the first failure."""
        gate = asyncio.Semaphore(MAX_JOINING)

        async def enter(link: str) -> Bot:
            async with gate:
                bot = self.create_bot()
                await bot.open_link(link)
                await bot.join(slug)
                await bot.subscribe(tiles=tiles)
                return bot

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(enter(link)) for link in links]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return [task.result() for task in tasks]
