import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.worker.allocation import (
    ASSUMED_BASE_SHARE,
    FIRST_BACKOFF_S,
    HOLD_S,
    MAX_BACKOFF_S,
    START_BITRATE,
    TRIAL_LEAP,
    TRIAL_S,
    Allocation,
    Allocator,
    Cautious,
    Priority,
    WantedStream,
    _Backoff,
)
from server.media.worker.bandwidth import UplinkEstimator
from server.media.worker.rtp import abs_send_time

LAYERS = (150_000, 450_000, 1_400_000)
BASE = 60_000
"""Of the lowest layer's base temporal layer."""
PACKET_BITS = 8 * 1_200


def stage(stream_id: str, bitrates: tuple[int, ...] = LAYERS, top: int = 2, *, is_screen: bool = False) -> WantedStream:
    return WantedStream(stream_id, bitrates, top, Priority.STAGE, is_screen)


def tile(stream_id: str, bitrates: tuple[int, ...] = LAYERS, top: int = 0) -> WantedStream:
    return WantedStream(stream_id, bitrates, top, Priority.THUMBNAIL)


def taken_by(allocation: Allocation) -> int:
    """What the pictures take."""
    return sum(
        BASE if stream_id in allocation.thin else LAYERS[layer]
        for stream_id, layer in allocation.layers.items()
        if layer is not None
    )


def layers_at(estimate: int, wanted: Iterable[WantedStream]) -> dict[str, int | None]:
    """What a subscriber gets whose first estimate this is."""
    return Untrying().allocate(estimate, list(wanted), 0.0).layers


class Untrying(Allocator):
    """Gives only what the estimate allows."""

    def _try(self, *args: object) -> bool:
        return False


class Line:
    """A subscriber's line with the estimator of a browser at its end."""

    def __init__(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._free_at = 0.0
        self._on_the_way: list[tuple[float, float]] = []
        self._estimator = UplinkEstimator()

    @property
    def estimate(self) -> int | None:
        return self._estimator.bitrate if self._estimator._is_measured else None

    def send(self, bits: float, start: float, end: float) -> None:
        count = round(bits / PACKET_BITS)
        for number in range(count):
            sent_at = start + (end - start) * number / count
            done_at = max(self._free_at, sent_at) + PACKET_BITS / self._bitrate
            if done_at - sent_at < 1.0:  # else the queue is full
                self._free_at = done_at
                self._on_the_way.append((sent_at, done_at))
        while self._on_the_way and self._on_the_way[0][1] <= end:
            sent_at, came_at = self._on_the_way.pop(0)
            self._estimator.add(1, PACKET_BITS // 8, abs_send_time(sent_at), came_at)


def run(
    line: Line, seconds: int, wanted: Callable[[int], list[tuple[str, int, Priority]]], base: int | None = None
) -> list[Allocation]:
    """Let the allocator and the line work on each other; return what was allocated, four times a second."""
    allocator, history = Allocator(), []
    estimate, layers = None, dict[str, int | None]()
    for quarter in range(4 * seconds):
        now = 100 + quarter / 4
        is_fall = estimate is not None and (line.estimate or 0) < estimate
        if quarter % 4 == 0 or is_fall:  # as browsers do
            estimate = line.estimate
        streams = []
        for stream_id, top, priority in wanted(quarter // 4):
            current = layers.get(stream_id)
            sent = -1 if current is None else current
            bitrates = tuple(bitrate if layer <= sent else 0 for layer, bitrate in enumerate(LAYERS))
            streams.append(WantedStream(stream_id, bitrates, top, priority, base_bitrate=base))
        allocation = allocator.allocate(estimate, streams, now)
        layers = allocation.layers
        history.append(allocation)
        line.send(taken_by(allocation) / 4, now, now + 0.25)
    return history


def changes(history: list[Allocation]) -> int:
    return sum((before.layers, before.thin) != (after.layers, after.thin) for before, after in pairwise(history))


class TestImportance:
    def test_everybody_gets_the_lowest_layer_before_anybody_gets_more(self) -> None:
        assert layers_at(599_000, [stage("a"), tile("b", top=2), tile("c")]) == {"a": 0, "b": 0, "c": 0}
        assert layers_at(750_000, [stage("a"), tile("b", top=2), tile("c")]) == {"a": 1, "b": 0, "c": 0}

    def test_the_stage_is_raised_to_the_top_before_a_tile_is_raised_at_all(self) -> None:
        assert layers_at(1_549_000, [tile("t", top=1), stage("s")]) == {"s": 1, "t": 1}
        assert layers_at(1_550_000, [tile("t", top=1), stage("s")]) == {"s": 2, "t": 0}

    def test_equals_are_raised_layer_by_layer(self) -> None:
        assert layers_at(1_600_000, [stage("a"), stage("b")]) == {"a": 1, "b": 1}
        assert layers_at(1_850_000, [stage("a"), stage("b")]) == {"a": 2, "b": 1}

    def test_a_screen_goes_before_a_camera(self) -> None:
        wanted = [stage("camera"), stage("screen", (150_000, 900_000), 1, is_screen=True)]
        assert layers_at(1_100_000, wanted) == {"screen": 1, "camera": 0}
        assert layers_at(200_000, wanted) == {"screen": 0, "camera": None}

    def test_no_more_than_the_tile_is_large_enough_for(self) -> None:
        assert layers_at(9_000_000, [stage("a", top=1), tile("b"), tile("c", (700_000,), 2)]) == {
            "a": 1,
            "b": 0,
            "c": 0,
        }

    def test_the_least_important_goes_dark_and_says_so(self) -> None:
        allocator = Allocator()
        allocator.allocate(300_000, [tile("a"), tile("b")], 0.0)
        allocation = allocator.allocate(299_000, [tile("a"), tile("b"), tile("c")], 0.5)
        assert allocation.layers == {"a": 0, "b": None, "c": None}

    def test_a_layer_that_is_not_sent_now_can_be_asked_for(self) -> None:
        assert layers_at(2_000_000, [stage("a", (150_000, 0, 0))]) == {"a": 2}
        assert layers_at(1_000_000, [stage("a", (0, 0, 0))]) == {"a": 1}

    def test_layers_count_as_ascending(self) -> None:
        assert layers_at(899_000, [stage("a", (150_000, 900_000, 800_000))]) == {"a": 0}


class TestTemporalLayers:
    def at(self, estimate: int, *wanted: WantedStream) -> dict[str, int | str | None]:
        allocation = Untrying().allocate(estimate, wanted, 0.0)
        assert allocation.bitrate == taken_by(allocation)
        return {name: "thin" if name in allocation.thin else layer for name, layer in allocation.layers.items()}

    def test_before_a_picture_goes_dark_its_base_is_sent_alone(self) -> None:
        a = replace(tile("a"), base_bitrate=BASE)
        assert self.at(150_000, a) == {"a": 0}
        assert self.at(149_000, a) == {"a": "thin"}
        assert self.at(60_000, a) == {"a": "thin"}
        assert self.at(59_000, a) == {"a": None}

    def test_where_there_are_no_temporal_layers_it_goes_dark(self) -> None:
        assert self.at(149_000, tile("a")) == {"a": None}

    def test_nobody_is_dark_for_anybody_s_frames_and_nobody_thin_for_anybody_s_size(self) -> None:
        wanted = [replace(stream, base_bitrate=BASE) for stream in (tile("a"), tile("b"), stage("s"))]
        assert self.at(179_000, *wanted) == {"s": "thin", "a": "thin", "b": None}
        assert self.at(269_000, *wanted) == {"s": "thin", "a": "thin", "b": "thin"}
        assert self.at(270_000, *wanted) == {"s": 0, "a": "thin", "b": "thin"}
        assert self.at(449_000, *wanted) == {"s": 0, "a": 0, "b": "thin"}
        assert self.at(749_000, *wanted) == {"s": 0, "a": 0, "b": 0}
        assert self.at(750_000, *wanted) == {"s": 1, "a": 0, "b": 0}

    def test_a_base_that_was_not_measured_is_assumed(self) -> None:
        a = replace(tile("a"), base_bitrate=0)
        assert self.at(int(ASSUMED_BASE_SHARE * LAYERS[0]), a) == {"a": "thin"}
        assert self.at(int(ASSUMED_BASE_SHARE * LAYERS[0]) - 1, a) == {"a": None}

    def test_a_line_that_carries_the_base_shows_a_picture(self) -> None:
        history = run(Line(100_000), 150, lambda _: [("s", 2, Priority.STAGE)], BASE)
        late = history[30 * 4 :]
        assert sum(allocation.layers["s"] is None for allocation in late) < 0.1 * len(late)
        assert sum(allocation.thin == {"s"} for allocation in late) > 0.8 * len(late)
        assert changes(late) <= 12

    def test_a_line_that_gets_faster_gets_the_whole_picture(self) -> None:
        wanted = [replace(stage("s"), base_bitrate=BASE)]
        allocator = Allocator()
        slow = [allocator.allocate(70_000, wanted, float(second)) for second in range(10)]
        assert slow[-1].thin == {"s"}
        history = [allocator.allocate(int(70_000 * 1.08**second), wanted, 10.0 + second) for second in range(60)]
        assert history[-1].layers == {"s": 2}
        assert not history[-1].thin


class TestHysteresis:
    def test_what_does_not_fit_is_taken_away_at_once(self) -> None:
        allocator = Allocator()
        assert allocator.allocate(1_500_000, [stage("a")], 0.0).layers == {"a": 2}
        assert allocator.allocate(1_399_999, [stage("a")], 0.1).layers == {"a": 1}

    def test_what_fits_is_given_when_it_has_fitted_well_for_two_seconds(self) -> None:
        allocator, wanted = Allocator(), [stage("a", (900_000, 1_000_000), 1)]
        assert allocator.allocate(950_000, wanted, 0.0).layers == {"a": 0}
        assert allocator.allocate(1_400_000, wanted, 1.0).layers == {"a": 0}
        assert allocator.allocate(1_400_000, wanted, 2.9).layers == {"a": 0}
        assert allocator.allocate(1_400_000, wanted, 3.0).layers == {"a": 1}

    def test_a_layer_that_fails_soon_is_given_again_twice_as_late_each_time(self) -> None:
        allocator, wanted = Allocator(), [stage("a", (900_000, 1_000_000), 1)]
        now, lost_at, waits = 0.0, 0.0, list[float]()
        allocator.allocate(950_000, wanted, now)
        while len(waits) < 6:
            now += 0.25
            if allocator.allocate(1_400_000, wanted, now).layers == {"a": 1}:
                waits.append(now - lost_at)
                now = lost_at = now + 0.25
                allocator.allocate(950_000, wanted, now)
                now += TRIAL_S
                assert allocator.allocate(950_000, wanted, now).layers == {"a": 0}
        assert waits[1] >= FIRST_BACKOFF_S
        assert all(1.3 < after / before < 2.3 for before, after in pairwise(waits[1:5]))

    def test_a_failure_is_forgotten_when_somebody_asks_for_the_tile(self) -> None:
        allocator = Allocator()
        allocator.allocate(1_500_000, [stage("a", top=1)], 0.0)
        allocator.allocate(400_000, [stage("a", top=1)], 1.0)
        assert allocator._streams["a"].is_blocked(1, 2.0)
        allocator.allocate(400_000, [stage("a", top=2)], 2.0)
        assert not allocator._streams["a"].is_blocked(1, 2.0)

    def test_what_somebody_may_not_have_for_a_while_nobody_less_important_gets(self) -> None:
        allocator, wanted = Untrying(), [tile("a"), tile("b"), tile("cheap", (100_000,))]
        allocator.allocate(90_000, wanted, 0.0)
        allocator._streams["a"].backoffs[0] = _Backoff(until=3.0)
        for now in (0.5, 1.0):
            assert allocator.allocate(260_000, wanted, now).layers == dict.fromkeys(["a", "b", "cheap"])
        assert allocator.allocate(260_000, wanted, 2.5).layers == {"a": None, "b": None, "cheap": 0}
        assert allocator.allocate(260_000, wanted, 3.0).layers == {"a": 0, "b": None, "cheap": 0}

    def test_what_a_layer_cost_is_remembered_when_it_is_not_sent(self) -> None:
        allocator = Allocator()
        assert allocator.allocate(1_600_000, [stage("a", (100_000, 0, 0))], 0.0).layers == {"a": 2}
        assert allocator.allocate(1_600_000, [stage("a", (100_000, 300_000, 1_700_000))], 1.0).layers == {"a": 1}
        for second in range(2, 60):
            allocation = allocator.allocate(1_600_000, [stage("a", (100_000, 300_000, 0))], float(second))
            assert allocation.bitrate <= 400_000 or allocation.is_trial

    def test_whoever_is_new_or_more_important_does_not_wait(self) -> None:
        allocator = Untrying()
        allocator.allocate(310_000, [tile("a"), tile("b"), tile("c")], 0.0)
        assert allocator.allocate(310_000, [stage("c", top=0), tile("a"), tile("b")], 0.1).layers == {
            "c": 0,
            "a": 0,
            "b": None,
        }

    def test_what_arrives_stays_though_it_has_become_dearer(self) -> None:
        allocator = Allocator()
        for second in range(10):
            price = 100_000 + 40_000 * second
            allocation = allocator.allocate(150_000, [tile("a", (price,))], float(second), carried=price)
            assert allocation.layers == {"a": 0}
        assert allocator.allocate(150_000, [tile("a", (price,))], 10.0).layers == {"a": None}

    def test_cautious_is_worse_at_once_and_better_by_the_least_of_a_while(self) -> None:
        measure = Cautious(100, worse="lower", hold_s=HOLD_S)
        for measured, now, value in [(90, 0, 90), (112, 1, 90), (113, 2, 90), (150, 3, 90), (120, 4, 113)]:
            measure.add(measured, now)
            assert measure.value == value
        cost = Cautious(100, worse="higher", hold_s=HOLD_S)
        for measured, now, value in [(110, 0, 110), (88, 1, 110), (70, 2, 110), (89, 3, 110), (60, 4, 110)]:
            cost.add(measured, now)
            assert cost.value == value


class TestTrials:
    def test_before_the_first_estimate_nobody_is_dark(self) -> None:
        allocation = Allocator().allocate(None, [stage("s"), *(tile(str(n)) for n in range(9))], 0.0)
        assert allocation.is_trial
        assert set(allocation.layers.values()) == {0}
        assert Allocator().allocate(None, [stage("s"), tile("t")], 0.0).layers == {"s": 1, "t": 0}

    def test_an_estimate_that_we_limit_ourselves_keeps_no_tile_dark(self) -> None:
        allocator = Allocator()
        allocator.allocate(230_000, [tile("a")], 0.0)
        allocation = allocator.allocate(230_000, [tile(name) for name in "abcdefghi"], 1.0)
        assert allocation.is_trial
        assert sum(layer == 0 for layer in allocation.layers.values()) == int(TRIAL_LEAP * 230) // 150

    def test_an_estimate_below_what_is_sent_is_the_line_s(self) -> None:
        allocator = Allocator()
        allocator.allocate(460_000, [tile(name) for name in "abc"], 0.0)
        allocation = allocator.allocate(460_000, [tile(name) for name in "abcdefghi"], 1.0)
        assert not allocation.is_trial
        assert sum(layer == 0 for layer in allocation.layers.values()) == 3

    def test_a_lost_trial_does_not_cost_what_was_there_before(self) -> None:
        allocator, wanted = Allocator(), [tile("a"), tile("b")]
        allocator.allocate(230_000, [tile("a")], 0.0)
        assert allocator.allocate(230_000, wanted, 1.0).layers == {"a": 0, "b": 0}
        assert allocator.allocate(140_000, wanted, 2.0).layers == {"a": 0, "b": None}
        assert allocator.allocate(160_000, wanted, 4.0).layers == {"a": 0, "b": None}
        assert not allocator.allocate(160_000, wanted, 4.5).is_trial

    def test_what_was_there_before_goes_too_when_the_estimate_stays_below_it(self) -> None:
        allocator, wanted = Allocator(), [tile("a"), tile("b")]
        allocator.allocate(230_000, [tile("a")], 0.0)
        allocator.allocate(230_000, wanted, 1.0)
        allocator.allocate(140_000, wanted, 2.0)
        assert allocator.allocate(140_000, wanted, 2.0 + TRIAL_S).layers == {"a": None, "b": None}

    def test_where_all_is_dark_and_nothing_can_be_estimated_it_is_tried_again(self) -> None:
        allocator, wanted = Allocator(), [tile("a"), tile("b")]
        allocator.allocate(90_000, wanted, 0.0)
        allocator.allocate(90_000, wanted, TRIAL_S)
        assert allocator.allocate(90_000, wanted, TRIAL_S + FIRST_BACKOFF_S / 2).layers == {"a": None, "b": None}
        assert allocator.allocate(None, wanted, 60.0).layers == {"a": 0, "b": None}
        assert allocator.allocate(None, wanted, 65.0).layers == {"a": 0, "b": None}
        assert allocator.allocate(140_000, wanted, 66.0).layers == {"a": 0, "b": None}
        assert allocator.allocate(170_000, wanted, 67.0).layers["a"] == 0

    def test_a_fast_line_carries_everything_soon_and_nothing_is_taken_away_on_the_way(self) -> None:
        def wanted(second: int) -> list[tuple[str, int, Priority]]:
            tiles = 1 if second < 20 else 8
            return [("s", 2, Priority.STAGE), *((f"t{n}", 0, Priority.THUMBNAIL) for n in range(tiles))]

        history = run(Line(20_000_000), 45, wanted)
        assert history[-1].layers == {"s": 2, **{f"t{n}": 0 for n in range(8)}}
        speaker = [allocation.layers["s"] for allocation in history]
        assert all(after is not None and before is not None and after >= before for before, after in pairwise(speaker))
        assert not any(None in allocation.layers.values() for allocation in history[: 20 * 4])
        assert None not in history[25 * 4].layers.values()

    @pytest.mark.parametrize(("bitrate", "least"), [(300_000, 150_000), (900_000, 450_000)])
    def test_a_slow_line_is_used_and_not_tried_all_the_time(self, bitrate: int, least: int) -> None:
        history = run(
            Line(bitrate),
            150,
            lambda _: [("s", 2, Priority.STAGE), *((f"t{n}", 0, Priority.THUMBNAIL) for n in range(8))],
        )
        late = history[30 * 4 :]
        assert sum(least <= allocation.bitrate <= bitrate for allocation in late) > 0.85 * len(late)
        assert sum(allocation.layers["s"] is None for allocation in late) < 0.1 * len(late)
        assert changes(history[90 * 4 :]) <= 12


Tile = tuple[int, Priority, bool, int | None]
streams = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(Priority), st.booleans(), st.sampled_from((None, BASE))),
    min_size=1,
    max_size=9,
)
estimates = st.lists(st.tuples(st.floats(0.01, 6), st.none() | st.integers(0, 6_000_000)), min_size=1, max_size=60)


@given(streams, estimates)
def test_no_more_than_the_estimate_is_spent_but_in_bounded_trials(
    tiles: list[Tile], steps: list[tuple[float, int | None]]
) -> None:
    allocator, now, newest, highest = Allocator(), 0.0, None, 0
    wanted = [WantedStream(str(n), LAYERS, *what) for n, what in enumerate(tiles)]
    lowest = len(wanted) * LAYERS[0]
    for gap, estimate in steps:
        now += gap
        newest = estimate if estimate is not None else newest
        highest = max(highest, estimate or 0)
        allocation = allocator.allocate(estimate, wanted, now)
        taken = taken_by(allocation)
        assert allocation.bitrate == taken
        if allocation.is_trial:
            assert allocation.bitrate <= max(TRIAL_LEAP * highest, START_BITRATE, lowest)
        else:
            assert newest is not None
            assert taken == 0 or allocation.bitrate <= newest


@given(streams, estimates, st.data())
def test_nobody_is_darker_than_somebody_less_important_who_costs_as_much(
    tiles: list[Tile], steps: list[tuple[float, int | None]], data: st.DataObject
) -> None:
    allocator, now = Allocator(), 0.0
    has_base = data.draw(st.booleans())
    everybody = [WantedStream(str(n), LAYERS, *what[:3], BASE if has_base else None) for n, what in enumerate(tiles)]
    for gap, estimate in steps:
        now += gap
        wanted = [stream for stream in everybody if data.draw(st.integers(0, 9)) > 0]
        layers = allocator.allocate(estimate, wanted, now).layers
        order = sorted(wanted, key=lambda stream: (stream.priority, not stream.is_screen))
        is_dark = [layers[stream.stream_id] is None for stream in order]
        assert is_dark == sorted(is_dark)


def allocate_in_noise(
    allocator: Allocator, tiles: list[Tile], estimate: int, seed: int, cost_noise: float
) -> list[Allocation]:
    """Ten minutes with an estimate that is off by up to a tenth, each second anew."""
    noise, history = random.Random(seed), []
    for second in range(600):
        costs = [[int(cost * noise.uniform(1 - cost_noise, 1 + cost_noise)) for cost in LAYERS] for _ in tiles]
        wanted = [WantedStream(str(n), tuple(costs[n]), *what) for n, what in enumerate(tiles)]
        history.append(allocator.allocate(int(estimate * noise.uniform(0.9, 1.1)), wanted, float(second)))
    return history


@settings(max_examples=15)
@given(streams, st.integers(100_000, 6_000_000), st.integers(0, 2**32))
def test_noise_of_a_tenth_gives_nothing_that_it_takes_away_again(tiles: list[Tile], estimate: int, seed: int) -> None:
    history = allocate_in_noise(Untrying(), tiles, estimate, seed, cost_noise=0.0)
    assert all(after.bitrate <= before.bitrate for before, after in pairwise(history))


@settings(max_examples=15)
@given(streams, st.integers(100_000, 6_000_000), st.integers(0, 2**32))
def test_in_noise_little_is_tried_and_little_changes(tiles: list[Tile], estimate: int, seed: int) -> None:
    late = allocate_in_noise(Allocator(), tiles, estimate, seed, cost_noise=0.1)[120:]
    trials = sum(after.is_trial and not before.is_trial for before, after in pairwise(late))
    assert trials <= len(late) / MAX_BACKOFF_S + 2, "seven in all is usual"
    assert changes(late) <= 4 * trials + 16
