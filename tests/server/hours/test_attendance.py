"""Who was how long in a meeting, from events and headers."""

from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.roles import RoomRole
from server.hours.attendance import ENDINGS, Attendance, attendance_of, records_of
from server.hours.intervals import Interval, Intervals, overlap, total, union
from server.store.attendance import ConnectionHistory, MeetingHistory, PresenceEvent

Event = tuple[str, int] | tuple[str, int, int]


def connection(
    connection_id: str,
    joined_at: int,
    left_at: int | None,
    *events: Event,
    person_id: str = "ana",
    last_seen_at: int | None = None,
) -> ConnectionHistory:
    """Make a connection with its `joined`, what is given, and, when it has left, its ending."""
    numbers = count()
    given: list[Event] = [("joined", joined_at), *events]
    if left_at is not None:
        given.append(("left", left_at))
    return ConnectionHistory(
        connection_id=connection_id,
        person_id=person_id,
        participant_id=person_id,
        room_role=RoomRole.PARTICIPANT,
        joined_at=joined_at,
        last_seen_at=last_seen_at if last_seen_at is not None else left_at or joined_at,
        left_at=left_at,
        events=tuple(
            PresenceEvent(seq=next(numbers), kind=kind, at=at, length_ms=length[0] if length else None, is_late=False)
            for kind, at, *length in given
        ),
    )


def meeting(*connections: ConnectionHistory) -> MeetingHistory:
    return MeetingHistory(
        meeting_id="meeting_1",
        room_id="room_1",
        node_id="node_1",
        clock_offset=0,
        opened_at=0,
        closed_at=None,
        connections=connections,
    )


def of_ana(*connections: ConnectionHistory) -> Attendance:
    return attendance_of(meeting(*connections))["ana"]


def spans(intervals: Intervals) -> list[tuple[int, int]]:
    return [(interval.start, interval.end) for interval in intervals]


def test_two_tabs_at_once_count_once() -> None:
    ana = of_ana(connection("a", 0, 60), connection("b", 40, 100), connection("c", 130, 150))
    assert spans(ana.present) == [(0, 100), (130, 150)]
    assert (ana.first_at, ana.last_at) == (0, 150)


def test_everybody_has_their_own_time_in_order_of_coming() -> None:
    found = attendance_of(meeting(connection("b", 5, 9, person_id="ben"), connection("a", 7, 20)))
    assert {person: spans(each.present) for person, each in found.items()} == {"ben": [(5, 9)], "ana": [(7, 20)]}
    assert list(found) == ["ben", "ana"]


def test_who_is_still_there_counts_up_to_the_lease() -> None:
    assert spans(of_ana(connection("a", 10, None, last_seen_at=70)).present) == [(10, 70)]


def test_an_ending_that_only_an_event_knows_counts() -> None:
    assert spans(of_ana(connection("a", 10, None, ("crashed", 50), last_seen_at=70)).present) == [(10, 50)]


def test_of_two_endings_the_earlier_one_counts() -> None:
    assert spans(of_ana(connection("a", 10, 90, ("crashed", 50))).present) == [(10, 50)]


def test_who_was_gone_at_once_was_there_for_no_time() -> None:
    ana = of_ana(connection("a", 10, 10))
    assert (ana.present, ana.first_at, ana.last_at) == ((), 10, 10)


def test_what_was_on_counts_while_it_was() -> None:
    events: list[Event] = [("media_on", 5), ("microphone_on", 10), ("microphone_off", 30), ("microphone_on", 50)]
    ana = of_ana(connection("a", 0, 100, *events, ("camera_on", 90)))
    assert spans(ana.media) == [(5, 100)]
    assert spans(ana.microphone) == [(10, 30), (50, 100)]
    assert spans(ana.camera) == [(90, 100)]


def test_what_was_on_ends_with_the_connection_that_said_so() -> None:
    ana = of_ana(connection("a", 0, 40, ("media_on", 5), ("media_off", 60)), connection("b", 50, 90, ("media_on", 70)))
    assert spans(ana.media) == [(5, 40), (70, 90)]


def test_on_twice_is_on_once_and_off_without_on_is_nothing() -> None:
    events: list[Event] = [
        ("camera_off", 5),
        ("camera_on", 10),
        ("camera_on", 15),
        ("camera_off", 20),
        ("camera_off", 30),
    ]
    assert spans(of_ana(connection("a", 0, 100, *events)).camera) == [(10, 20)]


def test_nobody_speaks_longer_than_they_are_there() -> None:
    ana = of_ana(connection("a", 0, 40, ("spoke", 10, 5), ("spoke", 45, 10), ("spoke", 20, -3)))
    assert ana.spoke_ms == 10  # 5 to 10, and 35 to 40


def test_the_sums_are_those_of_the_intervals() -> None:
    history = meeting(connection("a", 0, 40, ("media_on", 5), ("microphone_on", 10), ("spoke", 30, 7)))
    [record] = records_of(attendance_of(history))
    assert (record.person_id, record.first_at, record.last_at) == ("ana", 0, 40)
    assert (record.present_ms, record.media_ms, record.microphone_ms, record.camera_ms) == (40, 35, 30, 0)
    assert record.spoke_ms == 7


KINDS = st.sampled_from(
    [*sorted(ENDINGS), "media_on", "media_off", "microphone_on", "microphone_off", "camera_on", "camera_off", "spoke"]
)
EVENTS = st.lists(st.tuples(KINDS, st.integers(-5, 60), st.integers(-5, 60)), max_size=12)
CONNECTIONS = st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 50), EVENTS), min_size=1, max_size=5)


def measures(ana: Attendance) -> list[Intervals]:
    return [ana.media, ana.microphone, ana.camera]


@given(CONNECTIONS, st.randoms())
def test_whatever_was_recorded_all_of_it_is_within_presence(
    drawn: list[tuple[int, int | None, list[tuple[str, int, int]]]], random: Random
) -> None:
    connections = [
        connection(str(number), joined_at, None if length is None else joined_at + length, *events)
        for number, (joined_at, length, events) in enumerate(drawn)
    ]
    ana = of_ana(*connections)
    ends = [[event.at for event in each.events if event.kind in ENDINGS] or [each.last_seen_at] for each in connections]
    stays = [Interval(each.joined_at, max(each.joined_at, *end)) for each, end in zip(connections, ends, strict=True)]
    assert overlap(ana.present, union(stays)) == ana.present
    for intervals in measures(ana):
        assert overlap(intervals, ana.present) == intervals == union(intervals)
    assert 0 <= ana.spoke_ms <= total(ana.present)
    random.shuffle(connections)
    assert of_ana(*connections) == ana


@pytest.mark.parametrize("kind", sorted(ENDINGS))
def test_every_ending_ends(kind: str) -> None:
    assert spans(of_ana(connection("a", 10, None, (kind, 30), last_seen_at=70)).present) == [(10, 30)]
