from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.lines.line import Impairment, Line
from server.media.worker.bandwidth import (
    INITIAL_BITRATE,
    MAX_BITRATE,
    MAX_SILENCE_S,
    MIN_BITRATE,
    UplinkEstimator,
    publisher_bitrate,
)
from server.media.worker.rtp import abs_send_time

PACKET_BYTES = 1_200


def estimator_after(seconds: float, *, sent_bps: float, line_bps: float) -> UplinkEstimator:
    """Send at one rate through a line with another."""
    estimator, interval = UplinkEstimator(), 8 * PACKET_BYTES / sent_bps
    free_at = 0.0
    for number in range(int(seconds / interval)):
        sent_at = 100 + number * interval
        free_at = max(free_at, sent_at) + 8 * PACKET_BYTES / line_bps
        estimator.add(1, PACKET_BYTES, abs_send_time(sent_at), free_at)
    return estimator


def estimate_after(seconds: float, *, sent_bps: float, line_bps: float) -> int:
    """Return what the estimator makes of the arrivals."""
    return estimator_after(seconds, sent_bps=sent_bps, line_bps=line_bps).bitrate


def test_a_line_that_queues_is_noticed() -> None:
    assert estimate_after(10, sent_bps=2_000_000, line_bps=700_000) < 800_000


def test_a_line_that_carries_everything_may_carry_more() -> None:
    assert estimate_after(20, sent_bps=1_000_000, line_bps=50_000_000) > 1_200_000


@pytest.mark.parametrize("seed", range(4))
def test_packets_that_overtake_each_other_do_not_stop_the_measurement(seed: int) -> None:
    estimator, line = UplinkEstimator(), Line[float](Impairment(loss=0.2, delay_s=0.1, jitter_s=0.03), Random(seed))
    for millisecond in range(60_000):
        now = 100 + millisecond / 1_000
        if millisecond % 50 < 5:  # a burst of 5 packets at each frame: 960 kbit/s, of which 770 arrive
            line.put(now, PACKET_BYTES, now)
        for sent_at in line.due(now):
            estimator.add(1, PACKET_BYTES, abs_send_time(sent_at), now)
    assert 800_000 < estimator.bitrate < 1.5 * 960_000


@pytest.mark.parametrize("seed", range(4))
def test_a_publisher_whose_line_becomes_a_bad_one_goes_on_sending(seed: int) -> None:
    estimator, line = UplinkEstimator(), Line[float](Impairment(), Random(seed))
    sent_bps, told = 900_000.0, list[int]()
    for millisecond in range(60_000):
        now = 100 + millisecond / 1_000
        if millisecond == 15_000:
            line.change(Impairment(loss=0.2, delay_s=0.1, jitter_s=0.03))
        if millisecond % 50 == 0:
            for _ in range(max(1, round(sent_bps / 8 / 20 / PACKET_BYTES))):
                line.put(now, PACKET_BYTES, now)
        for sent_at in line.due(now):
            estimator.add(1, PACKET_BYTES, abs_send_time(sent_at), now)
        if millisecond % 1_000 == 999:
            estimator.tick(now)
            told.append(estimator.bitrate)
            sent_bps = min(1.08 * sent_bps, estimator.bitrate, 1_500_000)
    assert min(told[15:]) > 500_000


def test_packets_that_left_together_are_measured_as_one() -> None:
    together, singly = UplinkEstimator(), UplinkEstimator()
    sizes = dict[UplinkEstimator, list[int]]()
    for estimator, gap_s in ((together, 0.0005), (singly, 0.006)):
        original, sizes[estimator] = estimator._estimator.add, []

        def add(*, payload_size: int, original: Any = original, seen: list[int] = sizes[estimator], **rest: int) -> Any:
            seen.append(payload_size)
            return original(payload_size=payload_size, **rest)

        estimator._estimator.add = add  # type: ignore[method-assign,assignment]
        for number in range(40):
            sent_at = 100 + number // 4 / 30 + number % 4 * gap_s
            estimator.add(1, PACKET_BYTES, abs_send_time(sent_at), sent_at + 0.05)
    assert sizes[together] == [4 * PACKET_BYTES] * 9, "the last one may go on"
    assert sizes[singly] == [PACKET_BYTES] * 39


def standing_queue(*, share: float, own_s: float = 0.0) -> list[int]:
    """Return the bitrates of a minute in which `share` of what is sent above 400 kbit/s stands as a queue of 1 s."""
    estimator, told, now = UplinkEstimator(), list[int](), 100.0
    for second in range(60):
        queue_s = 0.0 if second < 5 else own_s + share * max(0.0, estimator.bitrate - 400_000) / 1_000_000
        for number in range(100):
            sent_at = now + number / 100
            estimator.add(1, 625, abs_send_time(sent_at), sent_at + 0.02 + queue_s)
        now += 1.0
        estimator.tick(now + 0.02 + queue_s)
        told.append(estimator.bitrate)
    return told


def test_a_queue_that_stands_is_drained() -> None:
    assert min(standing_queue(share=0.0)[20:]) > 740_000
    told = standing_queue(share=1.0)
    assert min(told[20:40]) < 560_000
    assert min(told[40:]) < 560_000


def test_a_queue_of_somebody_else_s_is_not_drained_for_ever() -> None:
    assert min(standing_queue(share=0.0, own_s=0.5)) > 200_000


def test_a_line_is_not_judged_before_it_was_measured() -> None:
    assert UplinkEstimator().bitrate == INITIAL_BITRATE


def test_a_day_s_silence_is_not_counted_through_and_what_the_line_carries_is_not_forgotten() -> None:
    estimator = estimator_after(20, sent_bps=1_000_000, line_bps=50_000_000)
    known, before = estimator.bitrate, estimator._estimator
    now = 120 + 8 * 3_600.0
    for number in range(200):
        estimator.add(1, PACKET_BYTES, abs_send_time(now), now)
        assert estimator._estimator is not before
        if number == 1:
            assert estimator._estimator.incoming_bitrate._origin_ms == 1_000 * (120 + 8 * 3_600)
        assert known <= estimator.bitrate < 1.2 * known
        now += 0.01


def test_a_line_that_was_not_measured_before_a_silence_is_measured_after_it() -> None:
    estimator = estimator_after(1, sent_bps=1_000_000, line_bps=50_000_000)
    estimator.add(1, PACKET_BYTES, abs_send_time(500), 500.0)
    assert estimator.bitrate == INITIAL_BITRATE
    assert not estimator._estimator.rate_control.current_bitrate_initialized


def test_a_short_silence_is_part_of_the_measurement() -> None:
    estimator = UplinkEstimator()
    before = estimator._estimator
    for now in (100.0, 100.0 + MAX_SILENCE_S):
        estimator.add(1, PACKET_BYTES, abs_send_time(now), now)
    assert estimator._estimator is before


def test_the_uplink_limits() -> None:
    assert publisher_bitrate(600_000, [[]]) == 600_000
    assert publisher_bitrate(None, [[]]) == MAX_BITRATE


def test_one_slow_subscriber_of_many_does_not_limit_and_most_of_them_do() -> None:
    assert publisher_bitrate(None, [[300_000] + [2_000_000] * 9]) == 2_000_000
    assert publisher_bitrate(None, [[300_000] * 9 + [2_000_000]]) == 300_000


def test_a_shared_screen_takes_nothing_from_the_camera_beside_it() -> None:
    assert publisher_bitrate(None, [[], []]) == 2 * MAX_BITRATE
    assert publisher_bitrate(None, [[], [400_000]]) == MAX_BITRATE + 400_000
    assert publisher_bitrate(900_000, [[], []]) == 900_000, "but the uplink is the same for both"


@given(st.none() | st.integers(0, 10**10), st.lists(st.lists(st.integers(0, 10**10)), min_size=1, max_size=2))
def test_what_a_publisher_may_send_stays_within_reason(uplink: int | None, videos: list[list[int]]) -> None:
    assert MIN_BITRATE <= publisher_bitrate(uplink, videos) <= len(videos) * MAX_BITRATE
