"""Whose turn it is."""

import asyncio
from contextlib import suppress

from protocol.errors import ErrorCode
from server.documents.pictures.turns import Turns
from server.errors import UserError


class Queue:
    """People who want turns; each turn lasts until it is ended."""

    def __init__(self, most: int = 100, most_each: int = 100) -> None:
        self.turns = Turns(most=most, most_each=most_each)
        self.had: list[str] = []
        self._end = asyncio.Semaphore(0)

    async def want(self, name: str) -> asyncio.Task[None]:
        async def have_one() -> None:
            async with self.turns.taken(name[0]):
                self.had.append(name)
                await self._end.acquire()

        task = asyncio.create_task(have_one())
        await settle()
        return task

    async def end_one(self) -> None:
        self._end.release()
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_at_a_time_each_person_s_in_order_and_everybody_in_turn() -> None:
    queue = Queue()
    tasks = [await queue.want(name) for name in ("a1", "a2", "a3", "a4", "b1", "b2", "c1")]
    assert queue.had == ["a1"]
    assert queue.turns.waiting == 6
    for _ in tasks:
        await queue.end_one()
    assert queue.had == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    await asyncio.gather(*tasks)
    assert queue.turns.waiting == 0


async def test_who_sends_many_makes_others_wait_for_one_only() -> None:
    queue = Queue()
    tasks = [await queue.want(f"a{number}") for number in range(20)]
    tasks.append(await queue.want("b"))
    await queue.end_one()
    assert queue.had == ["a0", "b"]
    for _ in tasks:
        await queue.end_one()
    await asyncio.gather(*tasks)


async def refusal(queue: Queue, name: str) -> ErrorCode | None:
    task = await queue.want(name)
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return None
    error = task.exception()
    return error.code if isinstance(error, UserError) else None


async def test_only_so_many_wait_and_only_so_many_of_one_person() -> None:
    queue = Queue(most=3, most_each=2)
    tasks = [await queue.want(name) for name in ("a1", "a2", "a3")]
    assert await refusal(queue, "a4") is ErrorCode.TOO_MANY
    tasks.append(await queue.want("b1"))
    assert await refusal(queue, "c1") is ErrorCode.TOO_MANY
    await queue.end_one()
    assert await refusal(queue, "c1") is None
    for _ in tasks:
        await queue.end_one()
    await asyncio.gather(*tasks)


async def test_who_no_longer_waits_is_passed_over() -> None:
    queue = Queue()
    tasks = [await queue.want(name) for name in ("a1", "b1", "b2", "c1")]
    tasks[1].cancel()
    await settle()
    assert queue.turns.waiting == 2
    for _ in tasks:
        await queue.end_one()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert queue.had == ["a1", "b2", "c1"]


async def test_a_turn_that_comes_just_as_somebody_goes_is_passed_on() -> None:
    queue = Queue()
    async with queue.turns.taken("a"):
        gone, last = [await queue.want(name) for name in ("b", "c")]
    gone.cancel()  # the turn is its own already
    await settle()
    assert gone.cancelled()
    assert queue.had == ["c"]
    await queue.end_one()
    await last
    async with asyncio.timeout(5), queue.turns.taken("d"):
        pass


async def test_a_turn_is_not_given_to_somebody_who_is_just_going() -> None:
    queue = Queue()
    async with queue.turns.taken("a"):
        gone, last = [await queue.want(name) for name in ("b", "c")]
        gone.cancel()  # and has not heard of it yet
    await settle()
    assert gone.cancelled()
    assert queue.had == ["c"]
    await queue.end_one()
    await last
    assert queue.turns.waiting == 0
