from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.newcomers import FIRST_CHECK_S, MAX_NEWCOMERS, MAX_PER_SOURCE, Newcomers

HERE, THERE = b"here", b"there"


def test_one_source_has_a_share_and_the_others_have_theirs() -> None:
    newcomers: Newcomers[int] = Newcomers()
    assert newcomers.add(-1, THERE, 0.0) is None
    for number in range(MAX_PER_SOURCE):
        assert newcomers.add(number, HERE, 0.0) is None
    assert newcomers.add(-2, THERE, 0.0) is None
    assert newcomers.add(MAX_PER_SOURCE, HERE, 0.0) == 0, "the first one from there, not the first of all"
    newcomers.remove(0)
    newcomers.remove(7)
    assert newcomers.add(MAX_PER_SOURCE + 1, HERE, 0.0) is None
    assert newcomers.add(MAX_PER_SOURCE + 2, HERE, 0.0) == 1


def test_when_there_are_too_many_the_first_one_has_to_go() -> None:
    newcomers: Newcomers[int] = Newcomers()
    for number in range(MAX_NEWCOMERS):
        assert newcomers.add(number, number.to_bytes(2, "big"), 0.0) is None
    newcomers.remove(0)
    assert newcomers.add(-1, HERE, 0.0) is None
    assert newcomers.add(-2, HERE, 0.0) == 1


def test_who_has_had_their_time_is_named_and_nobody_else() -> None:
    newcomers: Newcomers[str] = Newcomers()
    for at, name in enumerate(("first", "second", "third")):
        newcomers.add(name, HERE, float(at))
    newcomers.remove("first")
    assert newcomers.overdue(1.0 + FIRST_CHECK_S) == []
    assert newcomers.overdue(1.5 + FIRST_CHECK_S) == ["second"]
    assert newcomers.overdue(9.0 + FIRST_CHECK_S) == ["second", "third"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.sampled_from([HERE, THERE]))))
def test_whoever_comes_and_goes_nothing_is_kept_of_who_is_gone(steps: list[tuple[bool, int, bytes]]) -> None:
    newcomers: Newcomers[int] = Newcomers()
    there: set[int] = set()
    for is_coming, number, source in steps:
        if is_coming and number not in there:
            newcomers.add(number, source, 0.0)
            there.add(number)
        elif not is_coming:
            newcomers.remove(number)
            there.discard(number)
        assert len(newcomers) == len(there)
        assert {at for at in range(10) if at in newcomers} == there
        assert {at for neighbours in newcomers._by_source.values() for at in neighbours} == there
    for number in there:
        newcomers.remove(number)
    assert not newcomers._by_source
