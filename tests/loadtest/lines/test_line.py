import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.lines.line import MAX_PACKETS, Impairment, Line

PACKET_S = 0.01


def run(impairment: Impairment, count: int, *, size: int = 1_000, seed: int = 1) -> list[float | None]:
    """Put `count` packets on a line, one each 10 ms; return for each when it comes out."""
    line: Line[int] = Line(impairment, random.Random(seed))
    fates = []
    for number in range(count):
        now = number * PACKET_S
        fates.append(line.put(number, size, now))
        list(line.due(now))
    return fates


def test_a_line_that_does_nothing_gives_out_everything_at_once_in_order() -> None:
    line: Line[int] = Line(Impairment(), random.Random(1))
    assert [line.put(number, 100, 5.0) for number in range(10)] == [5.0] * 10
    assert list(line.due(5.0)) == list(range(10))
    assert line.next_at is None


def test_as_many_packets_are_lost_as_was_said() -> None:
    fates = run(Impairment(loss=0.2), 20_000)
    assert fates.count(None) / len(fates) == pytest.approx(0.2, abs=0.01)
    assert mean_run(fates) == pytest.approx(1.25, abs=0.05)  # of independent losses


def test_bursts_lose_as_many_in_longer_runs() -> None:
    fates = run(Impairment(loss=0.1, burst_packets=5), 50_000)
    assert fates.count(None) / len(fates) == pytest.approx(0.1, abs=0.01)
    assert mean_run(fates) == pytest.approx(5, abs=0.3)


def mean_run(fates: list[float | None]) -> float:
    """Return how many packets are lost in a row, on average."""
    starts = sum(fate is None and before is not None for before, fate in zip([0.0, *fates], fates, strict=False))
    return fates.count(None) / starts


def test_each_packet_is_delayed_within_the_jitter() -> None:
    fates = run(Impairment(delay_s=0.1, jitter_s=0.03), 5_000)
    delays = [comes_at - number * PACKET_S for number, comes_at in enumerate(fates) if comes_at is not None]
    assert len(delays) == 5_000
    assert min(delays) == pytest.approx(0.07, abs=0.001)
    assert max(delays) == pytest.approx(0.13, abs=0.001)
    assert sum(delays) / len(delays) == pytest.approx(0.1, abs=0.001)


def test_reordered_packets_overtake_the_others() -> None:
    line: Line[int] = Line(Impairment(delay_s=0.05, reorder=0.1), random.Random(1))
    for number in range(1_000):
        line.put(number, 100, number * PACKET_S)
    order = list(line.due(100.0))
    overtaking = sum(later < earlier for earlier, later in itertools.pairwise(order))
    assert sorted(order) == list(range(1_000))
    assert 70 < overtaking < 130


def test_a_limited_rate_spaces_packets_and_loses_what_the_queue_cannot_hold() -> None:
    line: Line[int] = Line(Impairment(rate_bits_per_s=80_000, queue_bytes=3_000), random.Random(1))
    fates = [line.put(number, 1_000, 0.0) for number in range(5)]
    assert fates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert fates[3:] == [None, None]
    assert (line.overflowed, line.lost) == (2, 0)
    assert line.put(5, 1_000, 0.101) == pytest.approx(0.4)  # one has left in the meantime
    assert line.put(6, 1_000, 9.0) == pytest.approx(9.1)  # the line was idle: nothing is saved up


def test_nothing_is_given_out_before_its_time() -> None:
    line: Line[str] = Line(Impairment(delay_s=0.1), random.Random(1))
    line.put("packet", 100, 1.0)
    assert line.next_at == pytest.approx(1.1)
    assert list(line.due(1.05)) == []
    assert list(line.due(1.2)) == ["packet"]


def test_a_line_may_become_another_one() -> None:
    line: Line[str] = Line(Impairment(delay_s=0.1), random.Random(1))
    line.put("before", 100, 0.0)
    line.change(Impairment(loss=1))
    assert line.put("after", 100, 0.0) is None
    assert list(line.due(0.1)) == ["before"]


def test_a_line_holds_a_bounded_number_of_packets() -> None:
    line: Line[int] = Line(Impairment(delay_s=1), random.Random(1))
    for number in range(MAX_PACKETS + 3):
        line.put(number, 1, 0.0)
    assert line.overflowed == 3
    line.clear()
    assert line.next_at is None


@pytest.mark.parametrize(
    "impossible",
    [
        {"loss": 1.1},
        {"reorder": -0.1},
        {"delay_s": -1},
        {"delay_s": 0.01, "jitter_s": 0.02},
        {"loss": 0.1, "burst_packets": 0.5},
        {"loss": 0.9, "burst_packets": 2},
    ],
)
def test_what_no_line_can_do_is_refused(impossible: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"shares|negative|before|short"):
        Impairment(**impossible)  # type: ignore[arg-type]


impairments = st.builds(
    Impairment,
    loss=st.floats(0, 0.5),
    delay_s=st.floats(0.05, 0.3),
    jitter_s=st.floats(0, 0.05),
    reorder=st.floats(0, 0.5),
    rate_bits_per_s=st.sampled_from((0.0, 50_000.0, 1e6)),
    queue_bytes=st.integers(0, 20_000),
)


@given(impairment=impairments, steps=st.lists(st.floats(0, 0.1), max_size=200), seed=st.integers(0, 1_000))
def test_every_packet_comes_out_once_at_its_time_or_is_counted_as_lost(
    impairment: Impairment, steps: list[float], seed: int
) -> None:
    line: Line[int] = Line(impairment, random.Random(seed))
    now, came, promised = 0.0, list[int](), dict[int, float]()
    for number, step in enumerate(steps):
        now += step
        for packet in line.due(now):
            assert promised[packet] <= now
            came.append(packet)
        comes_at = line.put(number, 500, now)
        if comes_at is not None:
            assert comes_at >= now
            promised[number] = comes_at
    came += line.due(now + 1_000)
    assert sorted(came) == sorted(promised)
    assert line.taken == len(steps)
    assert line.lost + line.overflowed == len(steps) - len(promised)
