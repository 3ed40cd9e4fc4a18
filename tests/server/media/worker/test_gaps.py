from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.gaps import MAX_GAP, Gaps


def test_what_a_line_may_lose_at_once_is_a_gap_and_more_is_none() -> None:
    assert Gaps(100).take(MAX_GAP, 10.0)
    assert not Gaps(100).take(MAX_GAP + 1, 10.0)


def test_gaps_that_follow_each_other_need_time() -> None:
    gaps = Gaps(100)
    assert gaps.take(MAX_GAP, 10.0)
    assert not gaps.take(51, 10.5)
    assert gaps.take(50, 10.5)
    assert not gaps.take(1, 9.0), "time that goes back allows nothing"
    assert gaps.take(0, 100.0)
    assert gaps.take(MAX_GAP, 99.0), "nor does it take anything"


@given(
    st.floats(1, 2_000),
    st.lists(st.tuples(st.integers(0, 2 * MAX_GAP), st.floats(0, 2)), max_size=100),
)
def test_no_more_is_ever_missing_than_time_allows(per_s: float, steps: list[tuple[int, float]]) -> None:
    gaps, now, missing = Gaps(per_s), 0.0, 0
    for count, pause in steps:
        now += pause
        if gaps.take(count, now):
            missing += count
        assert missing <= MAX_GAP + now * per_s + 1e-6
