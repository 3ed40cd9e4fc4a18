"""When a line is full, and when it is only bad."""

from random import Random

import pytest

from server.media.worker.congestion import PROOF_TICKS, Condition, Congestion

SENT = 600_000


def test_a_good_line_is_not_full() -> None:
    congestion = Congestion()
    assert not any(congestion.is_full(Condition(0.01, 0.05), SENT) for _ in range(60))


@pytest.mark.parametrize("condition", [Condition(loss=0.2), Condition(queue_s=0.6), Condition(0.1, 0.3)])
def test_a_line_that_suffers_while_much_is_sent_is_full(condition: Condition) -> None:
    congestion = Congestion()
    assert all(congestion.is_full(condition, SENT) for _ in range(60))


@pytest.mark.parametrize("condition", [Condition(loss=0.2), Condition(queue_s=0.6)])
def test_once_less_helps_it_was_full_and_is_no_longer(condition: Condition) -> None:
    congestion = Congestion()
    assert congestion.is_full(condition, SENT)
    assert not congestion.is_full(Condition(0.0), SENT // 3)
    assert congestion.is_full(condition, SENT), "nothing was learned"


@pytest.mark.parametrize("condition", [Condition(loss=0.2), Condition(queue_s=0.6), Condition(0.2, 0.6)])
def test_what_stays_when_less_is_sent_is_the_line_s_own(condition: Condition) -> None:
    congestion = Congestion()
    assert congestion.is_full(condition, SENT)
    told = [congestion.is_full(condition, SENT // 3) for _ in range(PROOF_TICKS)]
    assert told == [*[True] * (PROOF_TICKS - 1), False]
    assert not any(congestion.is_full(condition, SENT) for _ in range(60))
    assert congestion.is_full(Condition(0.5, 1.2), SENT), "that is more"


def test_less_that_helps_but_not_enough_is_not_the_end() -> None:
    congestion = Congestion()
    assert congestion.is_full(Condition(0.6), SENT)
    assert all(congestion.is_full(Condition(0.2), SENT // 2) for _ in range(PROOF_TICKS))
    assert all(congestion.is_full(Condition(0.2), SENT // 2) for _ in range(60))
    assert not congestion.is_full(Condition(0.0), SENT // 5)


def test_losses_of_little_are_not_ours_unless_it_waits_long() -> None:
    congestion = Congestion()
    told = [congestion.is_full(Condition(0.2, 0.2), 50_000) for _ in range(PROOF_TICKS + 1)]
    assert told == [*[True] * PROOF_TICKS, False]
    congestion = Congestion()
    assert all(congestion.is_full(Condition(0.2, 1.0), 50_000) for _ in range(60))


def test_losses_while_nothing_is_sent_are_never_ours() -> None:
    congestion = Congestion()
    assert congestion.is_full(Condition(0.6), SENT)
    told = [congestion.is_full(Condition(0.2), 0) for _ in range(PROOF_TICKS)]
    assert not told[-1]
    assert congestion.own_loss == 0.2


def test_a_line_that_gets_better_is_measured_by_what_it_is_then() -> None:
    congestion = Congestion()
    for _ in range(PROOF_TICKS + 1):
        congestion.is_full(Condition(0.2), 0)
    for _ in range(30):
        assert not congestion.is_full(Condition(0.0), SENT)
    assert congestion.is_full(Condition(0.1), SENT)


def test_a_queue_that_grows_slowly_is_one_all_the_same() -> None:
    congestion = Congestion()
    told = [congestion.is_full(Condition(queue_s=0.005 * second), SENT) for second in range(60)]
    assert not any(told[:30])
    assert all(told[32:])


def test_too_few_packets_change_nothing() -> None:
    congestion = Congestion()
    assert not congestion.is_full(Condition(None), SENT)
    assert congestion.is_full(Condition(0.3), SENT)
    assert congestion.is_full(Condition(None), SENT)


def test_chance_in_three_seconds_of_sound_is_not_taken_for_more_loss() -> None:
    random, congestion = Random(1), Congestion()
    for _ in range(PROOF_TICKS + 1):
        congestion.is_full(Condition(0.2), 0)
    told = [
        congestion.is_full(Condition(sum(random.random() < 0.2 for _ in range(150)) / 150), SENT) for _ in range(600)
    ]
    assert sum(told) < 12


def test_what_was_not_measured_is_not_the_line_s_own() -> None:
    congestion = Congestion()
    assert congestion.is_full(Condition(0.3), SENT)
    told = [congestion.is_full(Condition(None), 0) for _ in range(PROOF_TICKS)]
    assert not told[-1]
    assert congestion.own_loss == 0.0
    assert congestion.is_full(Condition(0.3), SENT)


def test_a_line_over_which_as_much_arrives_as_before_is_full_however_much_it_loses() -> None:
    congestion, sent = Congestion(), 10 * SENT
    for _ in range(12):
        assert congestion.is_full(Condition(1 - SENT / sent), sent)
        sent = max(sent // 2, int(1.1 * SENT))


def test_the_worst_second_of_the_beginning_counts() -> None:
    """The mean of three seconds has seen one bad one when it is looked at first."""
    congestion = Congestion()
    assert congestion.is_full(Condition(0.27, peak_loss=0.8), SENT)
    assert all(congestion.is_full(Condition(0.6, peak_loss=0.8), SENT // 2) for _ in range(PROOF_TICKS + 1))
