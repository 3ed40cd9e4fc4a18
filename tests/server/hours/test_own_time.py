"""Somebody's own time: with several people at once it is there once, against counting minute by minute."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import ContactType
from server.hours.intervals import Interval, total, union
from server.hours.own_time import OwnEntry, minutes_of
from server.hours.policy import HoursPolicy

MINUTE = 60_000
DAY = date(2026, 11, 30)
POLICY = HoursPolicy()
SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), min_size=1, max_size=3)


def entry(*spans: tuple[int, int], meeting: str = "m", credited: int | None = None, clock: str = "node") -> OwnEntry:
    """Return an entry of times in minutes, from and for how long; credited is what was measured, or as said."""
    together = union(Interval(start * MINUTE, (start + length) * MINUTE) for start, length in spans)
    measured = total(together) // MINUTE
    return OwnEntry(
        day=DAY,
        meeting_id=meeting,
        clock=clock,
        together=together,
        credited_minutes=measured if credited is None else credited,
        contact_type=ContactType.CONFERENCE,
    )


def own(*entries: OwnEntry) -> int:
    return sum(minutes_of(entries, POLICY).values())


@given(st.lists(SPANS, max_size=5))
def test_every_minute_counts_once(all_spans: list[list[tuple[int, int]]]) -> None:
    minutes = {minute for spans in all_spans for start, length in spans for minute in range(start, start + length)}
    assert own(*(entry(*spans) for spans in all_spans)) == len(minutes)


@given(st.lists(st.tuples(SPANS, st.integers(0, 120)), min_size=1, max_size=5))
def test_it_is_never_less_than_the_longest_nor_more_than_all(said: list[tuple[list[tuple[int, int]], int]]) -> None:
    entries = [entry(*spans, credited=credited) for spans, credited in said]
    credited = [one.credited_minutes for one in entries]
    assert max(credited) <= own(*entries) <= sum(credited)


def test_one_after_the_other_in_the_same_meeting_counts_both() -> None:
    assert own(entry((0, 30)), entry((30, 30)), entry((58, 32))) == 90


def test_two_rooms_at_once_are_one_hour() -> None:
    assert own(entry((0, 60)), entry((0, 60), meeting="other")) == 60


def test_what_was_adjusted_stays_beside_what_is_shared() -> None:
    assert own(entry((0, 30), credited=45), entry((28, 32))) == 45 + 30


def test_a_pair_s_limit_is_not_that_of_a_person() -> None:
    entries = [entry((start, 60), credited=60) for start in (0, 50, 100)]
    assert sum(minutes_of(entries, HoursPolicy(minutes_per_day_limit=60)).values()) == 160


def test_clocks_that_cannot_be_compared_share_nothing() -> None:
    assert own(entry((0, 30)), entry((0, 30), meeting="other", clock="another node")) == 60


def test_where_it_is_not_known_any_more_the_longest_of_the_meeting_counts() -> None:
    unknown = [entry(credited=60), entry(credited=20), entry(meeting="other", credited=15)]
    assert own(*unknown) == 75


def test_kinds_of_contact_share_out_all_of_it() -> None:
    observed = replace(entry((50, 30)), contact_type=ContactType.OBSERVATION)
    assert minutes_of([entry((0, 60)), observed], POLICY) == {ContactType.CONFERENCE: 60, ContactType.OBSERVATION: 20}
