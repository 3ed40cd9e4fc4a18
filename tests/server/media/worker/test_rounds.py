"""Who is served when, if not everybody at once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.rounds import Rounds


@given(st.integers(1, 30), st.integers(0, 200))
def test_in_each_round_everybody_once_and_never_many_at_a_time(turns: int, count: int) -> None:
    rounds = Rounds[int](turns)
    for one in range(count):
        rounds.add(one)
    for _ in range(2):
        assert rounds.is_over
        served = [rounds.next() for _ in range(turns)]
        assert Counter(one for some in served for one in some) == Counter(range(count))
        assert max(map(len, served)) <= -(-count // turns)


@given(st.integers(1, 20), st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=200))
def test_who_stays_is_served_every_so_many_turns_whoever_comes_and_goes(
    turns: int, changes: list[tuple[bool, int]]
) -> None:
    rounds, here, served_at = Rounds[int](turns), set[int](), dict[int, int]()
    for now, (comes, one) in enumerate(changes):
        if comes and one not in here:
            here.add(one)
            rounds.add(one)
        elif not comes:
            here.discard(one)
            served_at.pop(one, None)
            rounds.remove(one)
        for each in rounds.next():
            assert each in here
            assert now - served_at.get(each, now - turns) == turns
            served_at[each] = now
    assert all(now >= len(changes) - turns for now in served_at.values())
