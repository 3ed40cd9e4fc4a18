"""Arithmetic of presence. Pure: instants are UTC milliseconds since 1970, lengths are milliseconds."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

_ONE_DAY = timedelta(days=1)


class _Span(NamedTuple):
    start: int
    end: int


class Interval(_Span):
    """From `start` up to, and without, `end`. A tuple, because a school year has millions."""

    __slots__ = ()

    def __new__(cls, start: int, end: int) -> "Interval":
        """Refuse an interval that ends before it starts. Raises `ValueError`."""
        if end < start:
            raise ValueError("an interval ends after it starts")
        return tuple.__new__(cls, (start, end))


Intervals = tuple[Interval, ...]
"""In order, apart from each other, and none of them empty."""


def union(intervals: Iterable[Interval], *, grace: int = 0) -> Intervals:
    """Return what is in any of `intervals`, each instant once, however they are ordered and overlap.

    Gaps of up to `grace` are filled.
    """
    found: list[Interval] = []
    for interval in sorted(intervals):
        start, end = interval
        if start == end:
            continue
        if found and start - found[-1].end <= grace:
            found[-1] = Interval(found[-1].start, max(found[-1].end, end))
        else:
            found.append(interval)
    return tuple(found)


def overlap(one: Intervals, other: Intervals) -> Intervals:
    """Return what is in both."""
    if len(one) == 1 and len(other) == 1:
        return _common(one[0], other[0])
    return tuple(_overlap(one, other)) if one and other else ()


def without(one: Intervals, other: Intervals) -> Intervals:
    """Return what is in `one` and not in `other`."""
    return tuple(_without(one, other)) if other else one


def shifted(intervals: Intervals, by: int) -> Intervals:
    """Return the same on a clock that is ahead by `by` milliseconds."""
    return tuple(Interval(interval.start + by, interval.end + by) for interval in intervals)


def total(intervals: Intervals) -> int:
    """Return how long all of them are together."""
    return sum([end - start for start, end in intervals])


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


def _common(one: Interval, other: Interval) -> Intervals:
    """Return what is in two, without making anew what is one of them: most of the time it is."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start >= end:
        return ()
    return (one if (start, end) == one else other if (start, end) == other else Interval(start, end),)


def _overlap(one: Intervals, other: Intervals) -> Iterator[Interval]:
    mine, theirs = iter(one), iter(other)
    left, right = next(mine, None), next(theirs, None)
    while left is not None and right is not None:
        yield from _common(left, right)
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
