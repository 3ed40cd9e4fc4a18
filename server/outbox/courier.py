"""Sends what is due in one channel, one batch after the other.

No transaction is open while something is sent. What was sent and could not be noted (the database is away) is noted
before anything else is sent; where that does not happen any more it is sent once more by the next start.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import structlog

from server.clock import Clock
from server.logs import log_failure
from server.outbox.channel import Channel, Outcome, Verdict
from server.outbox.retries import LONGEST_AWAY_S, delay_s, is_too_old
from server.store.outbox import Backlog, OutboxRepository, Settlement, WaitingMessage
from server.tracebacks import in_one_line

LOOK_EVERY_S = 60.0
"""Commands put messages too, and tell nobody."""
STORE_RETRY_S = 5.0
LONGEST_SEND_S = 3_600.0
"""Longer than any channel takes: who is cut off has sent what nobody knows of."""
_COUNT_EVERY_S = 15.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """How a channel is doing. Totals are since the start."""

    name: str
    waiting: int
    oldest_s: float
    """For how long what waits longest has."""
    sent: int
    failed: int
    """Attempts that came to nothing, but may not the next time."""
    given_up: int


class Courier:
    """One channel's."""

    def __init__(self, channel: Channel, repository: OutboxRepository, clock: Clock, random: Random) -> None:
        self._channel = channel
        self._repository = repository
        self._clock = clock
        self._random = random
        self._has_news = asyncio.Event()
        self._is_closing = asyncio.Event()
        self._away_until = 0.0
        """Until then the other side is left alone."""
        self._failures = 0
        """How often in a row it took nothing at all."""
        self._backlog = Backlog(0, None, None)
        self._counted_at: float | None = None
        self._totals = dict.fromkeys(Verdict, 0)

    @property
    def figures(self) -> ChannelFigures:
        """How the channel is doing; what waits is counted now and then."""
        oldest_at = self._backlog.oldest_at
        return ChannelFigures(
            name=self._channel.name,
            waiting=self._backlog.count,
            oldest_s=0.0 if oldest_at is None else max(0.0, (self._clock.now_ms() - oldest_at) / 1000),
            sent=self._totals[Verdict.SENT],
            failed=self._totals[Verdict.LATER] + self._totals[Verdict.AWAY],
            given_up=self._totals[Verdict.NEVER],
        )

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._has_news.set()

    def end(self) -> None:
        """Have `run` return after what is under way."""
        self._is_closing.set()
        self._has_news.set()

    async def run(self) -> None:
        """Send what becomes due, until `end`."""
        while not self._is_closing.is_set():
            self._has_news.clear()
            delay = await self.deliver()
            if delay > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._has_news.wait()

    async def deliver(self) -> float:
        """Send one batch of what is due; return after how many seconds to look again."""
        now = self._clock.now_ms()
        away_s = self._away_until - self._clock.monotonic()
        try:
            if away_s > 0:
                await self._count(at_once=False)
                return min(away_s, LOOK_EVERY_S)
            messages = await self._repository.due(self._channel.name, at=now, limit=self._channel.batch)
            await self._count(at_once=not messages)
        except Exception as error:  # noqa: BLE001 - what is due stays due
            log_failure(_log, "outbox_not_read", error, channel=self._channel.name)
            return STORE_RETRY_S
        if not messages:
            next_due_at = self._backlog.next_due_at
            until_s = LOOK_EVERY_S if next_due_at is None else (next_due_at - now) / 1000
            return min(max(until_s, 0.0), LOOK_EVERY_S)
        outcomes = await self._send(messages)
        self._judge(outcomes)
        await self._keep([self._settle(*one) for one in zip(messages, outcomes, strict=False)])
        return 0.0

    async def _send(self, messages: Sequence[WaitingMessage]) -> Sequence[Outcome]:
        try:
            async with asyncio.timeout(LONGEST_SEND_S):
                return await self._channel.send(messages)
        except Exception as error:  # noqa: BLE001 - a mistake of ours: one message that we cannot send stops no other
            # Not what it says: libraries quote what they were given.
            where = in_one_line(error)["at"]
            _log.error("outbox_broken", channel=self._channel.name, kind=type(error).__name__, at=where)
            if len(messages) > 1:
                return [(await self._send([message]))[0] for message in messages]
            return [Outcome(Verdict.LATER, f"our mistake: {type(error).__name__}")]

    def _judge(self, outcomes: Sequence[Outcome]) -> None:
        """Leave the other side alone for a while when it took nothing."""
        away = next((outcome for outcome in outcomes if outcome.verdict is Verdict.AWAY), None)
        if away is None:
            self._failures = 0
            return
        self._failures += 1
        self._totals[Verdict.AWAY] += 1
        pause_s = delay_s(self._failures, self._random, LONGEST_AWAY_S)
        self._away_until = self._clock.monotonic() + pause_s
        _log.warning(
            "outbox_away",
            channel=self._channel.name,
            reason=away.reason,
            retry_s=round(pause_s),
            waiting=self._backlog.count,
        )

    def _settle(self, message: WaitingMessage, outcome: Outcome) -> Settlement:
        now = self._clock.now_ms()
        verdict, reason = outcome.verdict, outcome.reason or None
        attempts = message.attempts + (verdict is not Verdict.AWAY)
        tries = self._failures if verdict is Verdict.AWAY else attempts
        if verdict in (Verdict.LATER, Verdict.AWAY) and is_too_old(message.created_at, now, tries):
            verdict = Verdict.NEVER
        if verdict is not Verdict.AWAY:  # which was no attempt
            self._totals[verdict] += 1
        if verdict is Verdict.SENT:
            return Settlement(message.message_id, attempts, message.due_at, None, sent_at=now)
        if verdict is Verdict.NEVER:
            _log.warning(
                "outbox_given_up", channel=self._channel.name, message_id=message.message_id, reason=outcome.reason
            )
            return Settlement(message.message_id, attempts, message.due_at, reason, given_up_at=now)
        due_at = message.due_at
        if verdict is Verdict.LATER:
            due_at = now + round(delay_s(attempts, self._random) * 1000)
        return Settlement(message.message_id, attempts, due_at, reason)

    async def _keep(self, settlements: Sequence[Settlement]) -> None:
        """Note what came of it, however long that takes: else all of it would be sent again."""
        while True:
            try:
                await self._repository.settle(settlements)
            except Exception as error:  # noqa: BLE001 - it is tried again
                log_failure(_log, "outbox_not_noted", error, channel=self._channel.name, messages=len(settlements))
            else:
                return
            if self._is_closing.is_set():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(STORE_RETRY_S):
                    await self._is_closing.wait()

    async def _count(self, *, at_once: bool) -> None:
        now = self._clock.monotonic()
        if at_once or self._counted_at is None or now - self._counted_at >= _COUNT_EVERY_S:
            self._backlog = await self._repository.backlog(self._channel.name)
            self._counted_at = now
