"""Who may write next, and who need not wait for it."""

import asyncio

import pytest

from server.errors import StoreError
from server.store.queue import WriteQueue

SOON = 30
"""Seconds that a test may take when it fails."""


@pytest.fixture
def queue() -> WriteQueue:
    return WriteQueue("It takes too long.")


class Writer:
    """Somebody in the queue, who goes on when told to."""

    def __init__(self, queue: WriteQueue) -> None:
        self.has_turn, self._may_end = asyncio.Event(), asyncio.Event()
        self._error: Exception | None = None
        self._task = asyncio.create_task(self._write(queue))

    async def _write(self, queue: WriteQueue) -> None:
        async with queue.turn():
            self.has_turn.set()
            await self._may_end.wait()
            if self._error is not None:
                raise self._error

    async def end(self, error: Exception | None = None) -> None:
        """Let them finish or fail; raises whatever ends them."""
        self._error = error
        self._may_end.set()
        async with asyncio.timeout(SOON):
            await self._task


async def line_up(queue: WriteQueue, count: int) -> list[Writer]:
    """Return the first, who has their turn, and those who wait behind, in order."""
    writers = [Writer(queue) for _ in range(count)]
    async with asyncio.timeout(SOON):
        await writers[0].has_turn.wait()
    assert not any(writer.has_turn.is_set() for writer in writers[1:])
    return writers


async def test_turns_come_one_by_one_in_order(queue: WriteQueue) -> None:
    writers = await line_up(queue, 3)
    for writer, behind in zip(writers, [*writers[1:], None], strict=True):
        await writer.end()
        if behind is not None:
            async with asyncio.timeout(SOON):
                await behind.has_turn.wait()


async def test_those_behind_a_failure_give_up_for_the_same_reason(queue: WriteQueue) -> None:
    first, *behind = await line_up(queue, 4)
    with pytest.raises(StoreError, match="The disk is full"):
        await first.end(StoreError("The disk is full."))
    late = Writer(queue)
    for writer in behind:
        with pytest.raises(StoreError, match="The disk is full"):
            await writer.end()
        assert not writer.has_turn.is_set()
    await late.end()
    assert late.has_turn.is_set(), "who came afterwards tries again"


async def test_another_mistake_is_only_ones_own(queue: WriteQueue) -> None:
    first, second = await line_up(queue, 2)
    with pytest.raises(ValueError, match="mine"):
        await first.end(ValueError("mine"))
    await second.end()
    assert second.has_turn.is_set()


async def test_a_turn_that_does_not_come_is_not_waited_for(queue: WriteQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.queue.TURN_TIMEOUT_S", 0.02)
    first, second = await line_up(queue, 2)
    with pytest.raises(StoreError, match="too long"):
        await second.end()
    await first.end()
    third = Writer(queue)
    await third.end()
    assert third.has_turn.is_set(), "waiting in vain has taken nobody's turn"
