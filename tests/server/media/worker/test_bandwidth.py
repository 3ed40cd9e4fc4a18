from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.bandwidth import (
    INITIAL_BITRATE,
    MAX_BITRATE,
    MIN_BITRATE,
    UplinkEstimator,
    publisher_bitrate,
)
from server.media.worker.rtp import abs_send_time

PACKET_BYTES = 1_200


def estimate_after(seconds: float, *, sent_bps: float, line_bps: float) -> int:
    """Send at one rate through a line with another, and return what the estimator makes of the arrivals."""
    estimator, interval = UplinkEstimator(), 8 * PACKET_BYTES / sent_bps
    free_at = 0.0
    for number in range(int(seconds / interval)):
        sent_at = 100 + number * interval
        free_at = max(free_at, sent_at) + 8 * PACKET_BYTES / line_bps
        estimator.add(1, PACKET_BYTES, abs_send_time(sent_at), free_at)
    return estimator.bitrate


def test_a_line_that_queues_is_noticed() -> None:
    assert estimate_after(10, sent_bps=2_000_000, line_bps=700_000) < 800_000


def test_a_line_that_carries_everything_may_carry_more() -> None:
    assert estimate_after(20, sent_bps=1_000_000, line_bps=50_000_000) > 1_200_000


def test_a_line_is_not_judged_before_it_was_measured() -> None:
    assert UplinkEstimator().bitrate == INITIAL_BITRATE


def test_the_uplink_limits() -> None:
    assert publisher_bitrate(600_000, []) == 600_000
    assert publisher_bitrate(None, []) == MAX_BITRATE


def test_one_slow_subscriber_of_many_does_not_limit_and_most_of_them_do() -> None:
    assert publisher_bitrate(None, [300_000] + [2_000_000] * 9) == 2_000_000
    assert publisher_bitrate(None, [300_000] * 9 + [2_000_000]) == 300_000


@given(st.none() | st.integers(0, 10**10), st.lists(st.integers(0, 10**10)))
def test_what_a_publisher_may_send_stays_within_reason(uplink: int | None, shares: list[int]) -> None:
    assert MIN_BITRATE <= publisher_bitrate(uplink, shares) <= MAX_BITRATE
