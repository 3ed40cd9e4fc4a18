"""What becomes of messages, whatever the other side and the database do; and the tasks that see to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from structlog.testing import capture_logs

from server.clock import SystemClock
from server.errors import StoreError
from server.outbox.channel import SENT, Outcome, Verdict
from server.outbox.courier import LOOK_EVERY_S, STORE_RETRY_S, Courier
from server.outbox.service import OutboxService
from server.store.database import Database
from server.store.models import OutboxMessageRow
from server.store.outbox import NewMessage, OutboxRepository, Settlement, WaitingMessage
from tests.support.clock import ManualClock
from tests.support.rows import all_rows
from tests.support.waiting import until

LATER = Outcome(Verdict.LATER, "greylisted")
NEVER = Outcome(Verdict.NEVER, "no such mailbox")
AWAY = Outcome(Verdict.AWAY, "refused")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


class OtherSide:
    """A channel whose other side does as it is told."""

    name = "mail"
    batch = 3

    def __init__(self, answer: Callable[[str], Outcome] = lambda _key: SENT) -> None:
        self.answer = answer
        self.got: list[str] = []
        self.at_most: int | None = None
        """So many messages it has time for."""
        self.at_once = 0
        self.busy = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.is_closed = False

    async def send(self, messages: Sequence[WaitingMessage]) -> Sequence[Outcome]:
        self.busy += 1
        self.at_once = max(self.at_once, self.busy)
        tried = messages[: self.at_most]
        self.got += [one.key for one in tried]
        await self.may_answer.wait()
        self.busy -= 1
        return [self.answer(one.key) for one in tried]

    async def close(self) -> None:
        self.is_closed = True


class Failing(OutboxRepository):
    """A repository whose database is away when a test says so."""

    is_away = False

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        if self.is_away:
            raise StoreError("The database is away.")
        await super().settle(settlements)

    async def due(self, channel: str, *, at: int, limit: int) -> list[WaitingMessage]:
        if self.is_away:
            raise StoreError("The database is away.")
        return await super().due(channel, at=at, limit=limit)


class Post:
    """A courier, driven by hand."""

    def __init__(self, database: Database, clock: ManualClock, other_side: OtherSide) -> None:
        self.database = database
        self.clock = clock
        self.other_side = other_side
        self.repository = Failing(database, ["mail"])
        self.courier = Courier(other_side, self.repository, clock, Random(1))

    async def put(self, *keys: str) -> None:
        messages = [NewMessage("mail", key, '"x"') for key in keys]
        async with self.database.session() as session:
            await self.repository.put(session, messages, at=self.clock.now_ms())

    async def deliver_all(self) -> float:
        """Deliver until there is nothing to do, and return for how long."""
        for _ in range(1_000):
            delay = await self.courier.deliver()
            if delay > 0:
                return delay
        raise AssertionError("it does not come to an end")

    async def states(self) -> dict[str, str]:
        def state(row: dict[str, object]) -> str:
            return "sent" if row["sent_at"] else "given up" if row["given_up_at"] else f"tried {row['attempts']}"

        return {str(row["key"]): state(row) for row in await all_rows(self.database, OutboxMessageRow)}


@pytest.fixture
def other_side() -> OtherSide:
    return OtherSide()


@pytest.fixture
def post(database: Database, clock: ManualClock, other_side: OtherSide) -> Post:
    return Post(database, clock, other_side)


async def test_what_is_due_is_sent_once_in_order(post: Post) -> None:
    keys = [f"m{number}" for number in range(10)]
    await post.put(*keys)
    assert await post.deliver_all() == LOOK_EVERY_S
    assert await post.deliver_all() == LOOK_EVERY_S
    assert post.other_side.got == keys
    assert set((await post.states()).values()) == {"sent"}
    assert (post.courier.figures.sent, post.courier.figures.waiting) == (10, 0)


async def test_what_there_was_no_time_for_is_sent_with_the_next(post: Post) -> None:
    post.other_side.at_most = 2
    keys = [f"m{number}" for number in range(4)]
    await post.put(*keys)
    await post.deliver_all()
    assert post.other_side.got == keys
    assert set((await post.states()).values()) == {"sent"}


async def test_what_is_refused_for_now_comes_back_later_and_later_behind_the_others(post: Post) -> None:
    post.other_side.answer = lambda key: LATER if key == "slow" else SENT
    await post.put("slow", "quick")
    times: list[int] = []
    began = post.clock.now_ms()
    for _ in range(7):
        await post.deliver_all()
        times.append((post.clock.now_ms() - began) // 1000)
        [row] = [row for row in await all_rows(post.database, OutboxMessageRow) if row["key"] == "slow"]
        assert row["last_error"] == "greylisted"
        post.clock.advance(seconds=(row["due_at"] - post.clock.now_ms()) / 1000 - 0.01)
        assert await post.deliver_all() == pytest.approx(0.01), "not before"
        post.clock.advance(seconds=0.01)
    assert post.other_side.got == ["slow", "quick", *["slow"] * 6]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(0.75 * wanted <= gap <= 1.25 * wanted for gap, wanted in zip(gaps, (60, 120, 240, 480), strict=False))
    post.other_side.answer = lambda _key: SENT
    await post.deliver_all()
    assert (await post.states())["slow"] == "sent"


async def test_what_is_refused_for_now_for_three_days_is_given_up(post: Post) -> None:
    post.other_side.answer = lambda _key: LATER
    await post.put("a")
    began = post.clock.now_ms()
    for _ in range(90):
        await post.deliver_all()
        if (await post.states())["a"] == "given up":
            break
        post.clock.advance(seconds=HOUR)
    assert 3 * DAY <= (post.clock.now_ms() - began) / 1000 < 3 * DAY + 7 * HOUR
    assert post.courier.figures.given_up == 1


async def test_what_is_refused_for_good_is_given_up_at_once(post: Post) -> None:
    post.other_side.answer = lambda key: NEVER if key == "bad" else SENT
    await post.put("bad", "good")
    with capture_logs() as lines:
        await post.deliver_all()
    assert await post.states() == {"bad": "given up", "good": "sent"}
    assert [(line["event"], line["reason"]) for line in lines] == [("outbox_given_up", "no such mailbox")]


async def test_an_other_side_that_is_away_is_left_alone_and_gets_everything_when_it_is_back(post: Post) -> None:
    post.other_side.answer = lambda _key: AWAY
    keys = [f"m{number}" for number in range(9)]
    await post.put(*keys)
    attempts = 0
    for _ in range(8 * 60):  # eight hours, looked at every minute
        attempts -= len(post.other_side.got)
        await post.deliver_all()
        attempts += len(post.other_side.got)
        post.clock.advance(seconds=MINUTE)
    assert len(post.other_side.got) == attempts
    assert 30 <= attempts / 3 <= 45, "every quarter of an hour at last"
    assert post.courier.figures.failed == attempts / 3
    assert await post.states() == dict.fromkeys(keys, "tried 0"), "it is no fault of theirs"
    assert post.courier.figures.waiting == 9
    assert post.courier.figures.oldest_s == pytest.approx(8 * HOUR, abs=2 * MINUTE)
    post.other_side.answer = lambda _key: SENT
    post.other_side.got.clear()
    post.clock.advance(seconds=15 * MINUTE)
    await post.deliver_all()
    assert post.other_side.got == keys


async def test_what_waits_for_who_is_away_is_given_up_after_three_days(post: Post) -> None:
    post.other_side.answer = lambda _key: AWAY
    await post.put("old")
    post.clock.advance(days=5)
    await post.deliver_all()
    assert await post.states() == {"old": "tried 0"}, "we were away ourselves"
    for _ in range(2):
        post.clock.advance(seconds=15 * MINUTE)
        await post.deliver_all()
    assert await post.states() == {"old": "given up"}


async def test_our_own_mistake_stops_nobody_elses_message(post: Post) -> None:
    def answer(key: str) -> Outcome:
        if key == "poison":
            raise LookupError("password")
        return SENT

    post.other_side.answer = answer
    await post.put("a", "poison", "b", "c", "d")
    with capture_logs() as lines:
        await post.deliver_all()
    assert await post.states() == {"poison": "tried 1"} | dict.fromkeys("abcd", "sent")
    assert {line["event"] for line in lines} == {"outbox_broken"}
    assert "password" not in str(lines)


async def test_with_the_database_away_nothing_is_sent(post: Post) -> None:
    await post.put("a")
    post.repository.is_away = True
    assert await post.courier.deliver() == STORE_RETRY_S
    assert post.other_side.got == []
    post.repository.is_away = False
    await post.deliver_all()
    assert post.other_side.got == ["a"]


async def test_what_was_sent_while_the_database_went_away_is_not_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.outbox.courier.STORE_RETRY_S", 0.01)
    await post.put("a", "b")
    post.other_side.may_answer.clear()
    delivering = asyncio.create_task(post.courier.deliver())
    await until(lambda: post.other_side.busy == 1)
    post.repository.is_away = True
    with capture_logs() as lines:
        post.other_side.may_answer.set()
        await until(lambda: sum(line["event"] == "store_failed" for line in lines) >= 3)
        assert not delivering.done()
        post.repository.is_away = False
        await delivering
    await post.deliver_all()
    assert post.other_side.got == ["a", "b"]
    assert await post.states() == {"a": "sent", "b": "sent"}


async def test_what_was_sent_and_never_noted_is_sent_again_by_the_next_start(post: Post) -> None:
    await post.put("a")
    post.other_side.may_answer.clear()
    delivering = asyncio.create_task(post.courier.deliver())
    await until(lambda: post.other_side.busy == 1)
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    next_start = Post(post.database, post.clock, OtherSide())
    await next_start.deliver_all()
    assert next_start.other_side.got == post.other_side.got == ["a"], "at least once"


async def test_nobody_waits_for_a_write_while_something_is_sent(post: Post) -> None:
    await post.put("a")
    post.other_side.may_answer.clear()
    delivering = asyncio.create_task(post.courier.deliver())
    await until(lambda: post.other_side.busy == 1)
    async with asyncio.timeout(5):
        await post.put("b")
    post.other_side.may_answer.set()
    await delivering


@asynccontextmanager
async def running(database: Database, *channels: OtherSide) -> AsyncIterator[tuple[OutboxService, OutboxRepository]]:
    repository = OutboxRepository(database, [channel.name for channel in channels])
    service = OutboxService(repository, channels, SystemClock(), retention=timedelta(days=30))
    service.start()
    try:
        yield service, repository
    finally:
        await service.close()


async def put(database: Database, repository: OutboxRepository, channel: str, *keys: str) -> None:
    async with database.session() as session:
        messages = [NewMessage(channel, key, '"x"') for key in keys]
        await repository.put(session, messages, at=SystemClock().now_ms())


async def test_whoever_puts_something_wakes_the_outbox(database: Database, other_side: OtherSide) -> None:
    async with running(database, other_side) as (service, repository):
        for number in range(20):
            await put(database, repository, "mail", f"m{number}")
            await until(lambda number=number: len(other_side.got) == number + 1)  # type: ignore[misc]
        await until(lambda: service.figures[0].sent == 20)
        assert other_side.at_once == 1
    assert other_side.is_closed


async def test_one_channel_waits_for_no_other(database: Database, other_side: OtherSide) -> None:
    store = OtherSide()
    store.name = "xapi"
    async with running(database, other_side, store) as (_, repository):
        other_side.may_answer.clear()
        await put(database, repository, "mail", "m1", "m2", "m3", "m4")
        await until(lambda: other_side.busy == 1)
        await put(database, repository, "xapi", "x1")
        await until(lambda: store.got == ["x1"])
        assert other_side.got == ["m1", "m2", "m3"]
        other_side.may_answer.set()
        await until(lambda: len(other_side.got) == 4)
        assert other_side.at_once == 1


async def test_stopping_waits_for_what_is_being_sent(database: Database, other_side: OtherSide) -> None:
    async with running(database, other_side) as (service, repository):
        other_side.may_answer.clear()
        await put(database, repository, "mail", "a")
        await until(lambda: other_side.busy == 1)
        closing = asyncio.create_task(service.close())
        await asyncio.sleep(0)
        assert not closing.done()
        other_side.may_answer.set()
        await closing
    [row] = await all_rows(database, OutboxMessageRow)
    assert row["sent_at"] is not None


async def test_stopping_does_not_wait_for_ever(
    database: Database, other_side: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.outbox.service._CLOSE_TIMEOUT_S", 0.05)
    async with running(database, other_side) as (service, repository):
        other_side.may_answer.clear()
        await put(database, repository, "mail", "a")
        await until(lambda: other_side.busy == 1)
        async with asyncio.timeout(10):
            await service.close()
    assert other_side.is_closed


async def test_old_texts_are_forgotten_and_the_start_does_it(
    database: Database, clock: ManualClock, post: Post, other_side: OtherSide
) -> None:
    await post.put("a")
    await post.deliver_all()
    service = OutboxService(post.repository, [other_side], clock, retention=timedelta(days=30))
    clock.advance(days=30)
    await service.tidy()
    [row] = await all_rows(database, OutboxMessageRow)
    assert row["body"] == '"x"'
    clock.advance(seconds=1)
    service.start()
    async with asyncio.timeout(10):
        while (await all_rows(database, OutboxMessageRow))[0]["body"]:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
    await service.close()
