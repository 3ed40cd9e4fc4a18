"""How much a connection may ask."""

from server.gateway.limits import JOINS_AT_ONCE, Joins, MessageBucket, Verdict
from tests.support.clock import ManualClock


def take(bucket: MessageBucket, count: int) -> list[Verdict]:
    return [bucket.take() for _ in range(count)]


def test_a_burst_is_taken_then_refused_then_too_much() -> None:
    bucket = MessageBucket(ManualClock(), per_s=10, at_once=5)
    assert take(bucket, 11) == [Verdict.TAKE] * 5 + [Verdict.REFUSE] * 5 + [Verdict.CLOSE]


def test_the_bucket_fills_with_time_and_not_beyond_its_depth() -> None:
    clock = ManualClock()
    bucket = MessageBucket(clock, per_s=10, at_once=5)
    take(bucket, 5)
    clock.advance(seconds=0.2)
    assert take(bucket, 3) == [Verdict.TAKE, Verdict.TAKE, Verdict.REFUSE]
    clock.advance(seconds=3600)
    assert take(bucket, 6) == [Verdict.TAKE] * 5 + [Verdict.REFUSE]


def test_whoever_keeps_to_the_rate_is_never_refused() -> None:
    clock = ManualClock()
    bucket = MessageBucket(clock, per_s=50, at_once=300)
    for _ in range(1_000):
        clock.advance(seconds=1 / 50)
        assert bucket.take() is Verdict.TAKE


def test_who_enters_too_often_is_told_how_long_to_wait_and_nobody_else() -> None:
    clock = ManualClock()
    joins = Joins(clock, per_s=0.5, at_once=3)
    assert [joins.take("ana") for _ in range(5)] == [0, 0, 0, 2, 2]
    assert joins.take("ben") == 0
    clock.advance(seconds=1.5)
    assert joins.take("ana") == 1
    clock.advance(seconds=0.5)
    assert [joins.take("ana") for _ in range(2)] == [0, 2]


def test_who_comes_back_all_the_time_on_a_bad_line_is_always_let_in() -> None:
    clock = ManualClock()
    joins = Joins(clock)
    for _ in range(1_000):
        assert joins.take("phone") == 0
        clock.advance(seconds=3)
    assert [joins.take("a dozen pages") for _ in range(JOINS_AT_ONCE)] == [0] * JOINS_AT_ONCE


def test_nobody_is_remembered_for_long() -> None:
    clock = ManualClock()
    joins = Joins(clock)
    for number in range(100):
        joins.take(f"person {number}")
    clock.advance(seconds=2)
    joins.take("ana")
    assert list(joins._made_up_at) == ["ana"]
