from server.media.worker.report import LoopLag


def test_lag_is_how_much_later_than_expected_a_timer_fires_at_worst() -> None:
    now = 100.0
    lag = LoopLag(lambda: now)
    for late_s in (0.0, 0.25, 0.125):
        lag.expect(0.5)
        now += 0.5 + late_s
        lag.note_fired()
    assert lag.take() == 0.25
    assert lag.take() == 0.0, "since the last time"


def test_a_timer_that_fires_early_has_no_lag() -> None:
    now = 100.0
    lag = LoopLag(lambda: now)
    lag.expect(1.0)
    now += 0.5
    lag.note_fired()
    assert lag.take() == 0.0
