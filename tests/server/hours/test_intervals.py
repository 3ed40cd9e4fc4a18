"""Presence counted once, against counting instant by instant."""

from datetime import UTC, date, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.hours.intervals import Interval, Intervals, by_day, first_instant, overlap, shifted, total, union, without

HOUR, DAY = 3_600_000, 86_400_000
ANY = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: Interval(pair[0], sum(pair))))
ZONES = st.sampled_from(
    ["America/Chicago", "America/Havana", "America/Sao_Paulo", "Asia/Beirut", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
).map(ZoneInfo)
INSTANTS = st.integers(946_684_800_000, 1_893_456_000_000)  # 2000 to 2030


def instants(intervals: Intervals | list[Interval]) -> set[int]:
    return {instant for interval in intervals for instant in range(interval.start, interval.end)}


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000  # type: ignore[arg-type, misc]


@given(ANY)
def test_a_union_has_each_instant_once_in_order(intervals: list[Interval]) -> None:
    united = union(intervals)
    assert instants(united) == instants(intervals)
    assert total(united) == len(instants(intervals))
    assert all(before.end < after.start for before, after in pairwise(united))


@given(ANY, st.integers(0, 10))
def test_grace_fills_gaps_up_to_its_length_and_no_others(intervals: list[Interval], grace: int) -> None:
    united = union(intervals)
    gaps = [Interval(before.end, after.start) for before, after in pairwise(united)]
    filled = [gap for gap in gaps if total((gap,)) <= grace]
    assert instants(union(intervals, grace=grace)) == instants(united) | instants(filled)


@given(ANY, st.randoms())
def test_neither_order_nor_repetition_matters(intervals: list[Interval], random: Random) -> None:
    shuffled = intervals * 2
    random.shuffle(shuffled)
    assert union(shuffled) == union(intervals)


@given(ANY, ANY)
def test_an_overlap_is_what_is_in_both(one: list[Interval], other: list[Interval]) -> None:
    both = overlap(union(one), union(other))
    assert instants(both) == instants(one) & instants(other)
    assert both == union(both) == overlap(union(other), union(one))


@given(ANY, ANY)
def test_what_is_left_without_others_is_in_the_one_only(one: list[Interval], other: list[Interval]) -> None:
    left = without(union(one), union(other))
    assert instants(left) == instants(one) - instants(other)
    assert left == union(left)


@given(ANY, st.integers(-100, 100))
def test_intervals_are_as_long_on_another_clock(intervals: list[Interval], by: int) -> None:
    moved = shifted(union(intervals), by)
    assert instants(moved) == {instant + by for instant in instants(intervals)}


@given(st.lists(st.tuples(INSTANTS, st.integers(0, 3 * DAY)), max_size=4), ZONES)
def test_days_share_out_all_of_it(pairs: list[tuple[int, int]], zone: ZoneInfo) -> None:
    intervals = union(Interval(start, start + length) for start, length in pairs)
    days = by_day(intervals, zone)
    assert sum(days.values()) == total(intervals)
    for day, length in days.items():
        whole = Interval(first_instant(day, zone), first_instant(date.fromordinal(day.toordinal() + 1), zone))
        assert length == total(overlap(intervals, (whole,))) > 0


@pytest.mark.parametrize(
    ("zone", "start", "end", "days"),
    [
        (
            "America/Chicago",
            utc(2026, 3, 8, 5),
            utc(2026, 3, 9, 5),
            {date(2026, 3, 7): HOUR, date(2026, 3, 8): 23 * HOUR},
        ),
        ("America/Chicago", utc(2026, 11, 1, 5), utc(2026, 11, 2, 6), {date(2026, 11, 1): 25 * HOUR}),
        ("Asia/Beirut", utc(2026, 3, 28, 21), utc(2026, 3, 28, 23), {date(2026, 3, 28): HOUR, date(2026, 3, 29): HOUR}),
        (
            "Pacific/Apia",
            utc(2011, 12, 30, 9),
            utc(2011, 12, 30, 11),
            {date(2011, 12, 29): HOUR, date(2011, 12, 31): HOUR},
        ),
    ],
    ids=["clocks go forward", "clocks go back", "midnight is left out", "a day is left out"],
)
def test_days_are_those_of_the_place(zone: str, start: int, end: int, days: dict[date, int]) -> None:
    assert by_day((Interval(start, end),), ZoneInfo(zone)) == days


def test_an_interval_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends after"):
        Interval(2, 1)
