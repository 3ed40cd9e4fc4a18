from hypothesis import given
from hypothesis import strategies as st

from server.media.worker.listening import FEW, FORGET_TICKS, MOST_LOSS, SPARED, Loss, ReportedLoss, decisive_loss

losses = st.builds(Loss, st.integers(0, 255), st.integers(0, 30))


def test_among_few_the_worst_line_decides() -> None:
    assert decisive_loss([Loss(3, 1)] * (FEW - 1) + [Loss(40, 1)]) == Loss(40, FEW)


def test_one_of_many_does_not_decide() -> None:
    assert decisive_loss([Loss(3, 1)] * FEW + [Loss(40, 1)]) == Loss(3, FEW + 1)


def test_more_than_a_tenth_of_many_do() -> None:
    assert decisive_loss([Loss(3, 1)] * 89 + [Loss(40, 1)] * 11) == Loss(40, 100)
    assert decisive_loss([Loss(3, 1)] * 90 + [Loss(40, 1)] * 10) == Loss(3, 100)


def test_a_few_on_another_worker_are_a_few_of_all() -> None:
    assert decisive_loss([Loss(3, 95), Loss(40, 5)]) == Loss(3, 100)
    assert decisive_loss([Loss(3, 80), Loss(40, 20)]) == Loss(40, 100)


def test_opus_makes_no_use_of_more() -> None:
    assert decisive_loss([Loss(255, 1)]) == Loss(MOST_LOSS, 1)


def test_without_listeners_nothing_is_lost() -> None:
    assert decisive_loss([]) == decisive_loss([Loss()]) == Loss()


def test_who_reports_no_more_is_forgotten() -> None:
    reported = ReportedLoss()
    assert reported.loss == Loss(), "and who has not reported yet is nobody"
    reported.on_report(20)
    for _ in range(FORGET_TICKS - 1):
        reported.tick()
    assert reported.loss == Loss(20, 1)
    reported.tick()
    assert reported.loss == Loss()
    reported.on_report(0)
    assert reported.loss == Loss(0, 1)


@given(st.lists(losses))
def test_never_more_than_a_tenth_of_many_lose_more(known: list[Loss]) -> None:
    decisive = decisive_loss(known)
    assert decisive.listeners == sum(loss.listeners for loss in known)
    worse = sum(loss.listeners for loss in known if min(MOST_LOSS, loss.fraction) > decisive.fraction)
    assert worse * SPARED <= decisive.listeners
    assert decisive.listeners > FEW or not worse
