"""How much a connection may ask."""

from server.gateway.limits import MessageBucket, Verdict
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
