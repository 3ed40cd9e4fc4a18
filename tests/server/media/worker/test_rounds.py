"""Who is served when, if not everybody at once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.rounds import Rounds


@given(st.integers(1, 30), st.lists(st.integers(0, 200), min_size=1, max_size=5))
def test_in_each_round_everybody_once_and_never_many_at_a_time(turns: int, counts: list[int]) -> None:
    rounds_left = iter(counts)
    rounds = Rounds(turns, lambda: range(next(rounds_left)))
    for count in counts:
        served = [rounds.next() for _ in range(turns)]
        assert Counter(one for some in served for one in some) == Counter(range(count))
        assert max(map(len, served)) <= -(-count // turns)
