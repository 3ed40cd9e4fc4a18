"""When something is due that follows many small changes."""

from hypothesis import given
from hypothesis import strategies as st

from server.documents.delays import Delays

QUIET_S, LONGEST_S = 3.0, 20.0


def delays() -> Delays[str]:
    return Delays(QUIET_S, LONGEST_S)


def test_it_is_due_some_time_after_the_last_touch() -> None:
    waiting = delays()
    assert waiting.next_at is None
    waiting.touch("a", 0.0)
    waiting.touch("a", 2.0)
    assert waiting.next_at == 5.0
    assert waiting.take_due(4.9) == []
    assert waiting.take_due(5.0) == ["a"]
    assert not waiting.is_waiting("a")
    assert waiting.next_at is None


def test_what_is_due_earliest_comes_first() -> None:
    waiting = delays()
    for at, key in ((0.0, "a"), (1.0, "b"), (2.0, "a"), (9.0, "c")):
        waiting.touch(key, at)
    assert waiting.next_at == 4.0
    assert waiting.take_due(6.0) == ["b", "a"]
    assert waiting.next_at == 12.0


@given(st.lists(st.floats(0, QUIET_S), min_size=1, max_size=60))
def test_constant_touching_puts_it_off_so_long_at_most(pauses: list[float]) -> None:
    waiting, now = delays(), 0.0
    waiting.touch("a", now)
    for pause in pauses:
        now += pause
        if waiting.take_due(now):
            break
        assert now < LONGEST_S
        waiting.touch("a", now)
        assert waiting.next_at is not None
        assert waiting.next_at <= min(now + QUIET_S, LONGEST_S)


def test_an_instant_that_was_set_holds() -> None:
    waiting = delays()
    waiting.touch("a", 0.0)
    waiting.put("a", 1.0)
    waiting.touch("a", 0.5)
    assert waiting.take_due(1.0) == ["a"]
    waiting.put("b", 30.0)
    assert waiting.touch("b", 2.0)
    assert not waiting.touch("b", 2.0)
    assert waiting.next_at == 5.0, "what was put off comes earlier when there is news"
