"""Weeks, months, terms and years, and days on which clocks stand still."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from server.hours.calendar import Calendar, Pauses, Span, monday_of, week_of
from server.hours.rules import Per

FALL = date(2026, 8, 17), date(2026, 12, 18)
SPRING = date(2027, 1, 5), date(2027, 5, 28)
CALENDAR = Calendar([SPRING, FALL], "08-01")


def shown(span: Span | None) -> str | None:
    return None if span is None else f"{date.fromordinal(span[0])} {date.fromordinal(span[1])}"


def period(per: Per, day: date) -> str | None:
    return shown(CALENDAR.period(per, day.toordinal()))


def test_a_week_is_from_monday_to_sunday() -> None:
    for day in (23, 26, 29):
        assert period(Per.WEEK, date(2026, 11, day)) == "2026-11-23 2026-11-29"
    assert period(Per.WEEK, date(2026, 11, 30)) == "2026-11-30 2026-12-06"


@given(st.dates())
def test_a_week_begins_with_the_monday_before_its_days_or_on_it(day: date) -> None:
    monday = date.fromordinal(monday_of(week_of(day.toordinal())))
    assert monday.weekday() == 0
    assert 0 <= (day - monday).days < 7


def test_a_month_ends_with_its_last_day() -> None:
    assert period(Per.MONTH, date(2026, 12, 31)) == "2026-12-01 2026-12-31"
    assert period(Per.MONTH, date(2028, 2, 1)) == "2028-02-01 2028-02-29"


def test_a_school_year_begins_on_the_programmes_day() -> None:
    assert period(Per.YEAR, date(2026, 7, 31)) == "2025-08-01 2026-07-31"
    assert period(Per.YEAR, date(2026, 8, 1)) == "2026-08-01 2027-07-31"


def test_a_day_between_terms_is_in_none() -> None:
    assert period(Per.TERM, FALL[0]) == period(Per.TERM, FALL[1]) == "2026-08-17 2026-12-18"
    assert period(Per.TERM, date(2026, 12, 19)) is None
    assert period(Per.TERM, date(2026, 8, 16)) is None
    assert period(Per.TERM, date(2027, 5, 29)) is None


def test_before_a_term_comes_the_one_before_it_whatever_is_between_them() -> None:
    spring = CALENDAR.period(Per.TERM, SPRING[0].toordinal())
    assert spring is not None
    fall = CALENDAR.period_before(Per.TERM, spring)
    assert shown(fall) == "2026-08-17 2026-12-18"
    assert fall is not None
    assert CALENDAR.period_before(Per.TERM, fall) is None
    year = CALENDAR.period(Per.YEAR, SPRING[0].toordinal())
    assert year is not None
    assert shown(CALENDAR.period_before(Per.YEAR, year)) == "2025-08-01 2026-07-31"


def test_holidays_are_all_days_outside_of_terms() -> None:
    assert CALENDAR.holidays.running(FALL[0].toordinal(), FALL[1].toordinal()) == 124
    assert CALENDAR.holidays.running(FALL[1].toordinal(), SPRING[0].toordinal()) == 2
    assert Calendar([], "08-01").holidays.running(1, 1_000_000) == 0


days = st.integers(700_000, 700_060)
spans = st.lists(st.tuples(days, st.integers(0, 10)).map(lambda one: (one[0], one[0] + one[1])), max_size=5)


@given(spans, days, days)
def test_running_days_are_those_that_are_in_no_pause(pauses: list[Span], first: int, last: int) -> None:
    stopped = {day for start, end in pauses for day in range(start, end + 1)}
    assert Pauses(pauses).running(first, last) == len(set(range(first, last + 1)) - stopped)


@given(spans, days, st.integers(0, 40))
def test_a_running_day_is_the_first_one_by_which_clocks_have_run_so_long(
    pauses: list[Span], after: int, count: int
) -> None:
    day = Pauses(pauses).running_day(after, count)
    assert day is not None
    assert Pauses(pauses).running(after + 1, day) == count
    assert count == 0 or Pauses(pauses).running(after + 1, day - 1) == count - 1


def test_clocks_that_stand_still_for_ever_never_get_there() -> None:
    assert CALENDAR.holidays.running_day(SPRING[1].toordinal(), 1) is None
