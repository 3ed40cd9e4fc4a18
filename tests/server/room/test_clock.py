from server.room.clock import MeetingClock
from tests.support.clock import ManualClock


def test_a_meeting_opens_by_the_wall_clock_and_goes_on_without_it() -> None:
    wall = ManualClock()
    clock = MeetingClock(wall)
    opened_at = wall.now_ms()
    assert clock.now_ms() == opened_at
    for step_s in (3_600, -7_200):
        wall.set_wall_clock(seconds=step_s)
        assert clock.now_ms() == opened_at
    wall.advance(seconds=12.345)
    assert clock.now_ms() == opened_at + 12_345


def test_instants_of_two_meetings_compare_without_their_offsets() -> None:
    wall = ManualClock()
    first = MeetingClock(wall)
    wall.advance(seconds=10)
    wall.set_wall_clock(seconds=-3_600)
    second = MeetingClock(wall)
    assert first.now_ms() - second.now_ms() == 3_600_000
    assert first.now_ms() - first.offset_ms == second.now_ms() - second.offset_ms
