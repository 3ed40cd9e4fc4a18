import time

import pytest

from server.clock import SystemClock


def test_the_wall_clock_is_followed_when_it_is_set_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: (before + 3_600_000) * 1_000_000)
    assert clock.now_ms() == before + 3_600_000


def test_a_wall_clock_that_is_set_back_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: (before - 3_600_000) * 1_000_000)
    assert clock.now_ms() == before
