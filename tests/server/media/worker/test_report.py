from server.media.worker.report import LoopLag
from tests.server.media.worker.rig import ManualTime


def test_lag_is_how_much_later_than_expected_a_timer_fires() -> None:
    time = ManualTime()
    lag = LoopLag(time)
    lag.expect(1.0)
    time.advance(1.25)
    assert lag.take() == 0.25


def test_a_timer_that_fires_early_has_no_lag() -> None:
    time = ManualTime()
    lag = LoopLag(time)
    lag.expect(1.0)
    time.advance(0.5)
    assert lag.take() == 0.0
