import time
from itertools import pairwise

import pytest

from server.clock import SystemClock

SECOND = 1_000
HOUR = 3_600 * SECOND


class Machine:
    """The clocks of a computer, under control."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_ms, self.monotonic_ms = 1_750_000_000_000, 5_000
        monkeypatch.setattr(time, "time_ns", lambda: self.wall_ms * 1_000_000)
        monkeypatch.setattr(time, "monotonic_ns", lambda: self.monotonic_ms * 1_000_000)
        self.clock = SystemClock()

    def pass_time(self, length_ms: int) -> None:
        self.wall_ms += length_ms
        self.monotonic_ms += length_ms

    def set_wall_clock(self, by_ms: int) -> None:
        self.wall_ms += by_ms


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_the_wall_clock_is_followed_when_it_is_set_forward(machine: Machine) -> None:
    before = machine.clock.now_ms()
    machine.set_wall_clock(HOUR)
    assert machine.clock.now_ms() == before + HOUR
    machine.pass_time(SECOND)
    assert machine.clock.now_ms() == machine.wall_ms


def test_a_wall_clock_that_is_set_back_is_waited_for_at_half_pace(machine: Machine) -> None:
    before = machine.clock.now_ms()
    machine.set_wall_clock(-HOUR)
    assert machine.clock.now_ms() == before
    seen = [before]
    for _ in range(120 * 60):
        machine.pass_time(SECOND)
        seen.append(machine.clock.now_ms())
    assert {later - earlier for earlier, later in pairwise(seen)} == {SECOND // 2}
    assert seen[-1] == machine.wall_ms == before + HOUR
    machine.pass_time(SECOND)
    assert machine.clock.now_ms() == machine.wall_ms


def test_time_goes_on_however_often_it_is_asked_for(machine: Machine) -> None:
    before = machine.clock.now_ms()
    machine.set_wall_clock(-HOUR)
    for _ in range(SECOND):
        machine.pass_time(1)
        machine.clock.now_ms()
    assert machine.clock.now_ms() == before + SECOND // 2
