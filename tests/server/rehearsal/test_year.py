"""An invented year is as large as its plan says, the same each time, and such as could have been."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from server.hours.attendance import ENDINGS, JOINED
from server.rehearsal.names import name_of
from server.rehearsal.year import LARGE_CASELOAD, Plan, meetings_of, pairs_of

SUNDAY = date(2026, 11, 29)


def plan(pairs: int = 24, days: int = 10) -> Plan:
    return Plan(pairs=pairs, days=days, last_day=SUNDAY, zone=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize("pairs", [1, 10, 24, 1_000])
def test_everybody_has_a_mentor_and_large_programmes_have_large_caseloads(pairs: int) -> None:
    found = pairs_of(plan(pairs))
    assert [pair.mentee for pair in found] == list(range(pairs))
    loads = plan(pairs).caseloads
    assert sum(loads) == pairs
    assert (LARGE_CASELOAD in loads) == (pairs == 1_000)


def test_school_is_on_workdays_with_a_break_in_the_middle() -> None:
    days = plan(days=60).school_days
    assert len(days) == 60
    assert days[-1] == date(2026, 11, 27)
    assert all(day.weekday() < 5 for day in days)
    assert max((later - day).days for day, later in pairwise(days)) >= 14


def test_the_same_plan_gives_the_same_year() -> None:
    assert list(meetings_of(plan())) == list(meetings_of(plan()))


def test_every_connection_comes_does_things_and_goes_within_its_meeting() -> None:
    kinds = set[str]()
    for _, meetings in meetings_of(plan(pairs=100, days=20)):
        for meeting in meetings:
            for connection in (each for visitor in meeting.visitors for each in visitor.connections):
                happenings = connection.happenings
                kinds |= {one.kind for one in happenings}
                moments = [one.at for one in happenings]
                assert moments == sorted(moments)
                assert meeting.opened_at <= moments[0] <= moments[-1] <= meeting.closed_at
                assert happenings[0].kind == JOINED
                spoken = [(one.at - (one.length_ms or 0), one.at) for one in happenings if one.kind == "spoke"]
                assert all(start < end for start, end in spoken)
                assert all(end <= start for (_, end), (start, _) in pairwise([(0, moments[0]), *spoken]))
                assert [one.kind in ENDINGS for one in happenings] == [False] * (len(happenings) - 1) + [True]
    assert {"lost", "crashed", "left", "spoke", "media_on", "camera_off"} <= kinds


def test_names_are_different_people() -> None:
    assert len({name_of(number) for number in range(2_500)}) == 2_500
