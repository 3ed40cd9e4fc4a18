"""Periods of a programme's days, and days on which clocks stand still.

Pure; days are numbers (`date.toordinal`).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from server.hours.rules import Per

Days = tuple[date, date]
"""From the first day to the last one, both included."""
Span = tuple[int, int]
"""The same, as numbers."""

_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()
_WEEK = 7


def span_of(days: Days) -> Span:
    """Return days as numbers."""
    return days[0].toordinal(), days[1].toordinal()


class Pauses:
    """Days on which clocks stand still: nothing is owed for them."""

    __slots__ = ("_spans",)

    def __init__(self, spans: Iterable[Span]) -> None:
        merged: list[Span] = []
        for first, last in sorted(spans):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self._spans = tuple(merged)

    @property
    def spans(self) -> Sequence[Span]:
        """In order, and apart from each other."""
        return self._spans

    def running(self, first: int, last: int) -> int:
        """Return on how many days from `first` to `last` clocks run; 0 when there are no such days."""
        if last < first:
            return 0
        count = last - first + 1
        for start, end in self._spans:
            if start > last:
                break
            if end >= first:
                count -= min(end, last) - max(start, first) + 1
        return count

    def running_day(self, after: int, count: int) -> int | None:
        """Return the day on which clocks that began with the end of day `after` have run for `count` days.

        `None`: never.
        """
        if count == 0:
            return after
        day = after + count
        for start, end in self._spans:
            if start > day:
                break
            if end > after:
                day += end - max(start, after + 1) + 1
        return day if day <= _LAST else None


def week_of(day: int) -> int:
    """Return the number of the week that a day is in."""
    return (day - 1) // _WEEK  # day 1 was a Monday


def monday_of(week: int) -> int:
    """Return the day that a week begins with."""
    return week * _WEEK + 1


class Calendar:
    """Weeks, months, terms and school years."""

    def __init__(self, terms: Iterable[Days], school_year_starts: str) -> None:
        """Take the terms, which do not overlap, and the school year's first day as `MM-DD`."""
        self._terms = sorted(map(span_of, terms))
        self._first_days = [first for first, _ in self._terms]
        self._year_starts = int(school_year_starts[:2]), int(school_year_starts[3:])
        self.holidays = Pauses(self._gaps())

    def period(self, per: Per, day: int) -> Span | None:
        """Return the period that a day is in; `None`: it is in no term."""
        match per:
            case Per.WEEK:
                return monday_of(week_of(day)), monday_of(week_of(day) + 1) - 1
            case Per.MONTH:
                return _month(day)
            case Per.TERM:
                place = bisect_right(self._first_days, day) - 1
                return self._terms[place] if place >= 0 and day <= self._terms[place][1] else None
            case Per.YEAR:
                return _year(day, *self._year_starts)

    def period_before(self, per: Per, span: Span) -> Span | None:
        """Return the period before one; `None`: there is none."""
        if per is not Per.TERM:
            return self.period(per, span[0] - 1)
        place = bisect_right(self._first_days, span[0] - 1) - 1
        return self._terms[place] if place >= 0 else None

    def _gaps(self) -> Iterable[Span]:
        day = _FIRST
        for first, last in self._terms:
            if day < first:
                yield day, first - 1
            day = last + 1
        yield day, _LAST


@lru_cache(maxsize=1_024)
def _month(day: int) -> Span:
    of = date.fromordinal(day)
    after = date(of.year + of.month // 12, of.month % 12 + 1, 1)
    return of.replace(day=1).toordinal(), after.toordinal() - 1


@lru_cache(maxsize=1_024)
def _year(day: int, month: int, day_of_month: int) -> Span:
    of = date.fromordinal(day)
    begun = of.year if (of.month, of.day) >= (month, day_of_month) else of.year - 1
    return date(begun, month, day_of_month).toordinal(), date(begun + 1, month, day_of_month).toordinal() - 1
