"""How long is waited between attempts, and when nobody waits any more."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from server.outbox.retries import FIRST_DELAY_S, LONGEST_DELAY_S, delay_s, is_too_old

DAY_MS = 86_400_000


@given(st.integers(min_value=0, max_value=100_000), st.integers())
def test_a_delay_is_between_a_minute_and_six_hours(attempts: int, seed: int) -> None:
    assert FIRST_DELAY_S <= delay_s(attempts, Random(seed)) <= LONGEST_DELAY_S


@given(st.integers(min_value=2, max_value=8), st.integers())
def test_each_delay_is_longer_than_the_one_before(attempts: int, seed: int) -> None:
    random = Random(seed)
    assert delay_s(attempts + 1, random) > 1.3 * delay_s(attempts, random)


def test_what_fails_together_does_not_come_back_together() -> None:
    random = Random(1)
    assert len({round(delay_s(5, random)) for _ in range(50)}) > 25


def test_a_server_that_was_down_for_a_week_still_tries() -> None:
    assert not is_too_old(0, 7 * DAY_MS, tries=1)
    assert is_too_old(0, 7 * DAY_MS, tries=3)
    assert not is_too_old(0, 3 * DAY_MS - 1, tries=1_000)
    assert is_too_old(0, 3 * DAY_MS, tries=1_000)
