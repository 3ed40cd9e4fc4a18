import pytest

from loadtest.bench.crash_truth import Account, Visit, overlap, pair_account, person_account, total, union

KILLED = [20.0, 50.0]


def visit(asked_at: float, joined_at: float, gone_at: float | None) -> Visit:
    return Visit("m", asked_at, joined_at, gone_at)


def test_spans_that_touch_are_one_and_what_lies_in_two_counts_once() -> None:
    assert union([(5, 7), (1, 3), (3, 4), (6, 6.5), (9, 9)]) == [(1, 4), (5, 7)]
    assert total([(0, 10), (2, 5), (20, 21)]) == 11
    assert overlap([(0, 10), (20, 30)], [(5, 25)]) == [(5, 10), (20, 25)]
    assert overlap([(0, 5)], [(5, 9)]) == []


def test_certain_is_up_to_the_kill_and_possible_until_it_was_noticed() -> None:
    inside = visit(9.0, 10.0, 20.25)
    assert inside.certain(KILLED) == (10.0, 20.0)
    assert inside.possible == (9.0, 20.25)


def test_a_line_that_was_lost_before_the_kill_ends_when_that_was_noticed() -> None:
    assert visit(9.0, 10.0, 15.0).certain(KILLED) == (10.0, 15.0)


@pytest.mark.parametrize(
    ("recorded_s", "lost_s", "invented_s"), [(10.0, 0.0, 0.0), (6.0, 4.0, 0.0), (11.25, 0.0, 0.0), (12.0, 0.0, 0.75)]
)
def test_less_than_certain_is_lost_and_more_than_possible_is_invented(
    recorded_s: float, lost_s: float, invented_s: float
) -> None:
    account = person_account([visit(9.0, 10.0, 20.25)], KILLED, recorded_s)
    assert account == Account(certain_s=10.0, possible_s=11.25, recorded_s=recorded_s)
    assert (account.lost_s, account.invented_s) == (lost_s, invented_s)


def test_two_people_s_time_is_when_both_were_there() -> None:
    one = [visit(9.0, 10.0, 20.5), visit(29.0, 30.0, 50.5)]
    other = [visit(14.0, 15.0, 20.25), visit(34.0, 35.0, 50.25)]
    account = pair_account(one, other, KILLED, 20.0)
    assert (account.certain_s, account.possible_s) == (5.0 + 15.0, 6.25 + 16.25)


def test_what_is_recorded_twice_shows_although_each_meeting_alone_is_right() -> None:
    visits = [visit(10.0, 10.0, 20.0)]
    assert person_account(visits, KILLED, 2 * 10.0).invented_s == 10.0
