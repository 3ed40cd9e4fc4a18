"""A request that arrives again is not applied again."""

import asyncio

import pytest

from protocol.requests import ChatSent
from protocol.room import ChatMessage
from protocol.wire import Wire
from server.room.outcomes import Outcomes


class Work:
    """Something that must not be done twice."""

    def __init__(self) -> None:
        self.done = 0
        self.may_end = asyncio.Event()
        self.error: BaseException | None = None

    async def __call__(self) -> Wire:
        await self.may_end.wait()
        self.done += 1
        if self.error is not None:
            raise self.error
        message = ChatMessage(message_id=self.done, person_id="p", name="P", text="t", sent_at=0)
        return ChatSent(message=message)


async def test_a_repeated_request_gets_the_first_reply() -> None:
    outcomes, work = Outcomes(8), Work()
    work.may_end.set()
    first = await outcomes.once("a", work)
    assert await outcomes.once("a", work) is first
    assert await outcomes.once("b", work) is not first
    assert work.done == 2


async def test_a_request_that_arrives_again_meanwhile_waits_for_the_same_reply() -> None:
    outcomes, work = Outcomes(8), Work()
    first = asyncio.create_task(outcomes.once("a", work))
    second = asyncio.create_task(outcomes.once("a", work))
    third = asyncio.create_task(outcomes.once("a", work))
    await asyncio.wait([first, second, third], timeout=0)
    third.cancel()  # whoever gives up waiting takes nothing from the others
    work.may_end.set()
    assert await first is await second
    assert work.done == 1
    with pytest.raises(asyncio.CancelledError):
        await third


async def test_a_failure_is_shared_by_who_waits_and_then_forgotten() -> None:
    outcomes, work = Outcomes(8), Work()
    work.error = LookupError("disk")
    first = asyncio.create_task(outcomes.once("a", work))
    second = asyncio.create_task(outcomes.once("a", work))
    await asyncio.wait([first, second], timeout=0)
    work.may_end.set()
    assert list(await asyncio.gather(first, second, return_exceptions=True)) == [work.error, work.error]
    assert work.done == 1
    assert len(outcomes) == 0
    work.error = None
    assert isinstance(await outcomes.once("a", work), ChatSent)


async def test_a_cancelled_request_can_be_made_again() -> None:
    outcomes, work = Outcomes(8), Work()
    first = asyncio.create_task(outcomes.once("a", work))
    await asyncio.wait([first], timeout=0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.may_end.set()
    assert isinstance(await outcomes.once("a", work), ChatSent)


async def test_only_the_newest_replies_are_remembered_and_a_running_request_is_never_forgotten() -> None:
    outcomes, quick, slow = Outcomes(3), Work(), Work()
    quick.may_end.set()
    running = asyncio.create_task(outcomes.once("slow", slow))
    await asyncio.wait([running], timeout=0)
    for key in "abcdef":
        await outcomes.once(key, quick)
    assert len(outcomes) == 3
    again = asyncio.create_task(outcomes.once("slow", slow))
    await asyncio.wait([again], timeout=0)
    slow.may_end.set()
    assert await running is await again
    assert slow.done == 1
    done = quick.done
    await outcomes.once("f", quick)
    assert quick.done == done
    await outcomes.once("a", quick)
    assert quick.done == done + 1
