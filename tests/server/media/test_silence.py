import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.silence import Silence

WAITS = st.tuples(st.floats(0.1, 1), st.floats(0, 10))


def test_waits_that_end_on_time_count_in_full() -> None:
    silence = Silence(heard_at=7)
    for _ in range(4):
        silence.wait_ended(0.5, 0.5, heard_at=7)
    assert (silence.listened_s, silence.passed_s) == (2, 2)


@pytest.mark.parametrize(("took_s", "counts_s"), [(0.5, 0.5), (0.6, 0.4), (1.0, 0), (30.0, 0), (0.4, 0.5)])
def test_what_a_wait_was_late_does_not_count(took_s: float, counts_s: float) -> None:
    silence = Silence(heard_at=7)
    silence.wait_ended(0.5, took_s, heard_at=7)
    assert silence.listened_s == pytest.approx(counts_s)
    assert silence.passed_s == took_s


def test_a_word_ends_the_silence() -> None:
    silence = Silence(heard_at=7)
    silence.wait_ended(0.5, 0.5, heard_at=7)
    silence.wait_ended(0.5, 0.5, heard_at=8)
    assert (silence.listened_s, silence.passed_s) == (0, 0)


@given(st.lists(WAITS))
def test_it_never_counts_more_than_was_waited_for(waits: list[tuple[float, float]]) -> None:
    silence = Silence(heard_at=7)
    for asked_s, late_s in waits:
        silence.wait_ended(asked_s, asked_s + late_s, heard_at=7)
    assert 0 <= silence.listened_s <= sum(asked_s for asked_s, _ in waits)
