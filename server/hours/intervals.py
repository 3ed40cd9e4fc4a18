"""Arithmetic of presence. Pure: instants are UTC milliseconds since 1970, lengths are milliseconds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to, and without, `end`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it starts. Raises `ValueError`."""
        if self.end < self.start:
            raise ValueError("an interval ends after it starts")

    @property
    def length(self) -> int:
        """How long it is."""
        return self.end - self.start


Intervals = tuple[Interval, ...]
"""In order, apart from each other, and none of them empty."""


def union(intervals: Iterable[Interval], *, grace: int = 0) -> Intervals:
    """Return what is in any of `intervals`, each instant once, however they are ordered and overlap.

    Gaps of up to `grace` are filled.
    """
    found: list[Interval] = []
    for interval in sorted(intervals):
        if interval.length == 0:
            continue
        if found and interval.start - found[-1].end <= grace:
            found[-1] = Interval(found[-1].start, max(found[-1].end, interval.end))
        else:
            found.append(interval)
    return tuple(found)


def overlap(one: Intervals, other: Intervals) -> Intervals:
    """Return what is in both."""
    return tuple(_overlap(one, other))


def without(one: Intervals, other: Intervals) -> Intervals:
    """Return what is in `one` and not in `other`."""
    return tuple(_without(one, other))


def shifted(intervals: Intervals, by: int) -> Intervals:
    """Return the same on a clock that is ahead by `by` milliseconds."""
    return tuple(Interval(interval.start + by, interval.end + by) for interval in intervals)


def total(intervals: Intervals) -> int:
    """Return how long all of them are together."""
    return sum(interval.length for interval in intervals)


def by_day(intervals: Intervals, zone: tzinfo) -> Mapping[date, int]:
    """Return how long the parts of `intervals` are that are on each day of a time zone, and only days that have any.

    A day begins at its first instant, also where the clocks change at midnight. Terms begin and end with days.
    """
    lengths: dict[date, int] = {}
    for interval in intervals:
        start = interval.start
        while start < interval.end:
            day = datetime.fromtimestamp(start / 1_000, zone).date()
            end = min(interval.end, first_instant(day + _ONE_DAY, zone))
            lengths[day] = lengths.get(day, 0) + end - start
            start = end
    return lengths


def first_instant(day: date, zone: tzinfo) -> int:
    """Return when a day begins in a time zone.

    A midnight that the clocks leave out is the moment of their change; of one that comes twice, the first one counts.
    """
    return round(datetime.combine(day, time.min, zone).astimezone(UTC).timestamp() * 1_000)


def _overlap(one: Intervals, other: Intervals) -> Iterator[Interval]:
    mine, theirs = iter(one), iter(other)
    left, right = next(mine, None), next(theirs, None)
    while left is not None and right is not None:
        start, end = max(left.start, right.start), min(left.end, right.end)
        if start < end:
            yield Interval(start, end)
        if left.end < right.end:
            left = next(mine, None)
        else:
            right = next(theirs, None)


def _without(one: Intervals, other: Intervals) -> Iterator[Interval]:
    holes = iter(other)
    hole = next(holes, None)
    for interval in one:
        start = interval.start
        while hole is not None and hole.end <= start:
            hole = next(holes, None)
        while hole is not None and hole.start < interval.end:
            if start < hole.start:
                yield Interval(start, hole.start)
            start = hole.end
            if hole.end >= interval.end:
                break  # it may reach into the next one
            hole = next(holes, None)
        if start < interval.end:
            yield Interval(start, interval.end)
