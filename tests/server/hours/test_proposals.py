"""What is proposed after a meeting, against counting second by second."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import ContactType
from protocol.roles import RoomKind
from server.hours.intervals import Interval, Intervals, total, union
from server.hours.policy import HoursPolicy, Rounding
from server.hours.proposals import (
    MeetingPresence,
    PairInMeeting,
    Proposal,
    credited_minutes,
    entry_id_of,
    propose,
    shared_time,
)

MENTOR, MENTEE, OTHER, SUBSTITUTE = "mentor", "mentee", "other", "substitute"
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * 1_000
TODAY = date(2026, 11, 30)
EXACT = HoursPolicy(grace_s=0)


def pair(mentor_id: str = MENTOR, **on_days: str | None) -> PairInMeeting:
    return PairInMeeting(
        pair_id="pair", mentee_id=MENTEE, mentor_on=lambda day: on_days.get(f"d{day:%Y%m%d}", mentor_id)
    )


def meeting(
    meeting_id: str = "meeting",
    kind: RoomKind = RoomKind.ONE_TO_ONE,
    *,
    opened_at: int = NOON,
    node_id: str = "node",
    offset: int | None = 0,
    observers: tuple[str, ...] = (),
    **present: list[tuple[int, int]],
) -> MeetingPresence:
    """Make one; who was there is said in milliseconds after it was opened."""
    return MeetingPresence(
        meeting_id=meeting_id,
        room_kind=kind,
        opened_at=opened_at,
        node_id=node_id,
        clock_offset=offset,
        present={
            who: union(Interval(opened_at + start, opened_at + end) for start, end in times)
            for who, times in present.items()
        },
        observers=observers,
    )


def proposed(
    found: MeetingPresence,
    *others: MeetingPresence,
    policy: HoursPolicy = EXACT,
    zone: tzinfo = UTC,
    of: PairInMeeting | None = None,
) -> list[Proposal]:
    return propose(found, others, [of or pair()], policy, zone)


def figures(proposals: list[Proposal]) -> dict[date, tuple[int, int]]:
    return {one.day: (one.found.measured_ms, one.found.credited_minutes) for one in proposals}


def test_a_pairs_time_is_when_both_were_there() -> None:
    whole = meeting(mentor=[(0, 20 * MINUTE), (30 * MINUTE, HOUR)], mentee=[(10 * MINUTE, 40 * MINUTE)])
    (one,) = proposed(whole)
    assert (one.entry_id, one.day) == (entry_id_of("pair", "meeting", TODAY), TODAY)
    assert (one.found.mentor_id, one.found.contact_type) == (MENTOR, ContactType.CONFERENCE)
    assert (one.found.measured_ms, one.found.credited_minutes) == (20 * MINUTE, 20)


def test_who_never_met_has_nothing_proposed() -> None:
    assert proposed(meeting(mentor=[(0, MINUTE)], mentee=[(MINUTE, HOUR)])) == []
    assert proposed(meeting(mentor=[(0, HOUR)])) == []
    assert proposed(meeting(mentee=[(0, HOUR)]), of=pair(MENTEE)) == []


def test_gaps_up_to_the_grace_are_credited_and_not_measured() -> None:
    whole = meeting(mentor=[(0, HOUR)], mentee=[(0, 10 * MINUTE), (11 * MINUTE, 20 * MINUTE)])
    assert figures(proposed(whole)) == {TODAY: (19 * MINUTE, 19)}
    assert figures(proposed(whole, policy=HoursPolicy(grace_s=60))) == {TODAY: (19 * MINUTE, 20)}
    assert figures(proposed(whole, policy=HoursPolicy(grace_s=59))) == {TODAY: (19 * MINUTE, 19)}


@pytest.mark.parametrize(
    ("length", "rounding", "minutes"),
    [
        (29_999, Rounding.NEAREST, 0),
        (30_000, Rounding.NEAREST, 1),
        (89_999, Rounding.NEAREST, 1),
        (119_999, Rounding.DOWN, 1),
        (120_000, Rounding.DOWN, 2),
        (20 * HOUR, Rounding.NEAREST, 960),
    ],
)
def test_time_is_credited_in_whole_minutes_up_to_what_a_day_has(length: int, rounding: Rounding, minutes: int) -> None:
    assert credited_minutes(length, HoursPolicy(rounding=rounding)) == minutes


def test_a_meeting_over_midnight_makes_two_entries() -> None:
    late = meeting(opened_at=NOON + 11 * HOUR, mentor=[(0, 3 * HOUR)], mentee=[(0, 2 * HOUR)])
    found = proposed(late)
    assert figures(found) == {TODAY: (HOUR, 60), TODAY + timedelta(days=1): (HOUR, 60)}
    assert len({one.entry_id for one in found}) == 2


def test_midnight_is_the_programmes_also_on_days_without_one() -> None:
    # In Havana clocks go from 23:59:59 to 01:00 on 14 March 2027: that day begins at 05:00 UTC.
    opened_at = int(datetime(2027, 3, 14, 4, tzinfo=UTC).timestamp()) * 1_000
    night = meeting(opened_at=opened_at, mentor=[(0, 3 * HOUR)], mentee=[(0, 3 * HOUR)])
    assert figures(proposed(night, zone=ZoneInfo("America/Havana"))) == {
        date(2027, 3, 13): (HOUR, 60),
        date(2027, 3, 14): (2 * HOUR, 120),
    }
    assert figures(proposed(night)) == {date(2027, 3, 14): (3 * HOUR, 180)}


def test_a_substitute_is_the_mentor_on_days_of_leave_and_nobody_before_the_pair_began() -> None:
    times = [(0, 3 * HOUR)]
    night = meeting(opened_at=NOON + 11 * HOUR, mentor=times, mentee=times, substitute=[(0, 90 * MINUTE)])
    found = proposed(night, of=pair(d20261201=SUBSTITUTE))
    assert [(one.found.mentor_id, one.found.measured_ms) for one in found] == [
        (MENTOR, HOUR),
        (SUBSTITUTE, 30 * MINUTE),
    ]
    assert [one.day for one in proposed(night, of=pair(d20261130=None))] == [date(2026, 12, 1)]


@pytest.mark.parametrize(
    ("kind", "observers", "other", "contact_type"),
    [
        (RoomKind.ONE_TO_ONE, (), 0, ContactType.CONFERENCE),
        (RoomKind.ONE_TO_ONE, (), 30 * MINUTE, ContactType.CONFERENCE),
        (RoomKind.ONE_TO_ONE, (), 30 * MINUTE + 1, ContactType.GROUP),
        (RoomKind.ROUND_UP, (), HOUR, ContactType.GROUP),
        (RoomKind.LOUNGE, (OTHER,), HOUR, ContactType.GROUP),
        (RoomKind.LOUNGE, (MENTOR,), HOUR, ContactType.OBSERVATION),
        (RoomKind.LESSON, (), HOUR, ContactType.OBSERVATION),
    ],
)
def test_the_contact_type_follows_from_the_room_and_from_who_was_there(
    kind: RoomKind, observers: tuple[str, ...], other: int, contact_type: ContactType
) -> None:
    times = [(0, HOUR)]
    whole = meeting(kind=kind, observers=observers, mentor=times, mentee=times, other=[(0, other)])
    assert [one.found.contact_type for one in proposed(whole)] == [contact_type]


def test_who_are_in_two_meetings_at_once_are_counted_in_the_earlier_one() -> None:
    times = [(0, HOUR)]
    first = meeting("b", mentor=times, mentee=times)
    # On a clock that was set an hour ahead in between: by the node's own, it began 20 minutes after the first one.
    second = meeting("a", opened_at=NOON + HOUR + 20 * MINUTE, offset=HOUR, mentor=times, mentee=times)
    assert figures(proposed(first, second)) == {TODAY: (HOUR, 60)}
    assert figures(proposed(second, first)) == {TODAY: (20 * MINUTE, 20)}
    elsewhere = meeting("c", node_id="another", mentor=times, mentee=times)
    assert figures(proposed(elsewhere, first, second)) == {TODAY: (HOUR, 60)}
    unknown = meeting("d", offset=None, opened_at=NOON + 1, mentor=times, mentee=times)
    assert figures(proposed(unknown, first)) == {TODAY: (HOUR, 60)}


def test_which_meeting_was_first_says_the_nodes_clock_and_not_the_one_that_is_set() -> None:
    times = [(0, HOUR)]
    first = meeting("b", mentor=times, mentee=times)
    # The clock was set two hours back in between.
    second = meeting("a", opened_at=NOON - 100 * MINUTE, offset=-2 * HOUR, mentor=times, mentee=times)
    assert figures(proposed(first, second)) == {TODAY: (HOUR, 60)}
    assert figures(proposed(second, first)) == {TODAY: (20 * MINUTE, 20)}


def test_of_two_meetings_that_were_opened_at_once_one_counts() -> None:
    times = [(0, HOUR)]
    one, two = meeting("a", mentor=times, mentee=times), meeting("b", mentor=times, mentee=times)
    assert figures(proposed(one, two)) == {TODAY: (HOUR, 60)}
    assert proposed(two, one) == []


def test_where_the_minutes_come_from_is_told_stretch_by_stretch() -> None:
    first = meeting("a", mentor=[(0, HOUR)], mentee=[(0, 30 * MINUTE)])
    late = NOON + 12 * HOUR
    second = meeting("b", opened_at=NOON + 1, mentor=[(0, 13 * HOUR)], mentee=[(10 * MINUTE, 13 * HOUR)])
    found = shared_time(second, [first], (MENTOR, MENTEE), TODAY, UTC)
    assert found.together == (Interval(NOON + 1 + 10 * MINUTE, late),)
    assert found.counted_elsewhere == (Interval(NOON + 1 + 10 * MINUTE, NOON + 30 * MINUTE),)
    measured = figures(proposed(second, first))[TODAY][0]
    assert measured == total(found.together) - total(found.counted_elsewhere)
    assert shared_time(first, [second], (MENTOR, MENTEE), TODAY, UTC).counted_elsewhere == ()


TIMES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda it: (it[0], sum(it))), max_size=4)
MEETINGS = st.lists(st.tuples(st.integers(0, 30), st.integers(-5, 5), TIMES, TIMES), min_size=1, max_size=4)


def seconds(intervals: Intervals, offset: int) -> set[int]:
    return {instant - offset for one in intervals for instant in range(one.start, one.end, SECOND)}


@given(MEETINGS, st.sampled_from(["UTC", "America/Havana", "America/New_York"]), st.integers(-40, 40))
def test_no_second_counts_twice_and_none_is_lost(
    made: list[tuple[int, int, list[tuple[int, int]], list[tuple[int, int]]]], zone_name: str, before_midnight: int
) -> None:
    zone = ZoneInfo(zone_name)
    midnight = int(datetime(2026, 11, 1, tzinfo=zone).timestamp())
    together: set[int] = set()
    meetings = []
    for number, (opened, ahead, mentor, mentee) in enumerate(made):
        opened_at = (midnight + before_midnight + opened + ahead) * SECOND
        times = [[(a * SECOND, b * SECOND) for a, b in one] for one in (mentor, mentee)]
        one = meeting(f"m{number}", opened_at=opened_at, offset=ahead * SECOND, mentor=times[0], mentee=times[1])
        meetings.append(one)
        together |= seconds(one.present[MENTOR], ahead * SECOND) & seconds(one.present[MENTEE], ahead * SECOND)
    found = [one for each in meetings for one in proposed(each, *(m for m in meetings if m is not each), zone=zone)]
    assert sum(one.found.measured_ms for one in found) == len(together) * SECOND
    assert len({one.entry_id for one in found}) == len(found)
