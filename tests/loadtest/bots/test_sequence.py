import random

from hypothesis import given
from hypothesis import strategies as st

from loadtest.bots.sequence import MAX_GAP, MAX_NACKS, NACK_INTERVAL_S, SequenceLog


def feed(log: SequenceLog, *numbers: int) -> None:
    for number in numbers:
        log.on_packet(number & 0xFFFF)


def test_an_unbroken_stream_loses_nothing_over_the_wrap() -> None:
    log = SequenceLog()
    feed(log, *range(65_530, 65_530 + 70_000))
    assert (log.received, log.expected, log.raw_lost, log.duplicates) == (70_000, 70_000, 0, 0)
    assert log.highest == 65_530 + 69_999


def test_a_gap_over_the_wrap_is_asked_for_and_filled_by_retransmission() -> None:
    log = SequenceLog()
    feed(log, 65_534, 65_538)
    assert log.due_nacks(0) == [65_535, 0, 1]
    assert log.raw_lost == 3
    assert log.on_retransmission(0)
    assert log.on_retransmission(65_535)
    assert (log.recovered, log.missing_count, log.raw_lost) == (2, 1, 3)


def test_a_late_packet_is_reordered_and_no_loss() -> None:
    log = SequenceLog()
    feed(log, 10, 12, 11)
    assert (log.reordered, log.raw_lost, log.missing_count, log.received) == (1, 0, 0, 3)


def test_a_packet_from_before_the_first_moves_the_start() -> None:
    log = SequenceLog()
    feed(log, 10, 7)
    assert (log.expected, log.received, log.missing_count) == (4, 2, 2)


def test_repeats_are_duplicates_whatever_way_they_came() -> None:
    log = SequenceLog()
    feed(log, 1, 2, 4)
    assert not log.on_packet(4)
    assert not log.on_packet(1)
    assert log.on_retransmission(3)
    assert not log.on_retransmission(3)
    assert not log.on_packet(3)
    assert (log.duplicates, log.recovered, log.raw_lost) == (4, 1, 1)


def test_a_packet_is_asked_for_again_only_after_the_interval() -> None:
    log = SequenceLog()
    feed(log, 1, 3)
    assert log.due_nacks(0) == [2]
    assert log.due_nacks(NACK_INTERVAL_S / 2) == []
    assert log.due_nacks(NACK_INTERVAL_S) == [2]


def test_a_packet_asked_for_too_often_is_lost() -> None:
    log = SequenceLog()
    feed(log, 1, 3)
    for attempt in range(MAX_NACKS):
        assert log.due_nacks(attempt * 1.0) == [2]
    assert log.due_nacks(MAX_NACKS * 1.0) == []
    assert (log.lost, log.missing_count) == (1, 0)


def test_a_jump_is_a_new_start_and_not_asked_for() -> None:
    log = SequenceLog()
    feed(log, 1, 1 + MAX_GAP + 2)
    assert (log.restarts, log.lost, log.missing_count) == (1, MAX_GAP + 1, 0)


def test_fraction_lost_covers_the_time_since_the_last_report() -> None:
    log = SequenceLog()
    feed(log, 0, 1, 2, 3)
    assert log.take_fraction_lost() == 0
    feed(log, 5, 7)
    assert log.take_fraction_lost() == 128
    assert log.take_fraction_lost() == 0


@given(
    start=st.integers(0, 65_535),
    fates=st.lists(st.sampled_from(("comes", "lost", "rtx", "twice")), min_size=1, max_size=300),
    seed=st.integers(0, 1_000),
)
def test_counts_agree_with_what_was_done_to_the_stream(start: int, fates: list[str], seed: int) -> None:
    """Whatever is dropped, repeated, retransmitted and slightly reordered, the sums say so."""
    fates = ["comes", *fates, "comes"]
    arrivals = [(number, fate) for number, fate in enumerate(fates) if fate in ("comes", "twice")]
    middle = arrivals[1:-1]
    chance = random.Random(seed)
    middle.sort(key=lambda arrival: arrival[0] + chance.uniform(0, 3))
    log = SequenceLog()
    for number, fate in (arrivals[0], *middle, arrivals[-1]):
        feed(log, *[start + number] * (2 if fate == "twice" else 1))
    for number, fate in enumerate(fates):
        if fate == "rtx":
            assert log.on_retransmission((start + number) & 0xFFFF)
    lost = fates.count("lost")
    assert log.expected == len(fates)
    assert log.received == len(arrivals)
    assert log.duplicates == fates.count("twice")
    assert log.recovered == fates.count("rtx")
    assert log.raw_lost == lost + fates.count("rtx")
    assert log.missing_count == lost
