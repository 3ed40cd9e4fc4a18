"""Numbered events and what is remembered of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.events import ChatMessageSent, ParticipantLeft
from protocol.room import ChatMessage
from server.room.ring import EventRing


def fill(ring: EventRing, count: int) -> None:
    for number in range(1, count + 1):
        ring.append(ParticipantLeft(participant_id=str(number), reason="left"))


def test_events_are_numbered_from_one() -> None:
    ring = EventRing(4, 10_000)
    assert ring.seq == 0
    assert ring.append(ParticipantLeft(participant_id="a", reason="left")).seq == 1
    assert ring.seq == 1


@given(size=st.integers(1, 6), count=st.integers(0, 20), known=st.integers(-3, 24))
def test_what_is_missed_is_all_of_it_or_nothing(size: int, count: int, known: int) -> None:
    ring = EventRing(size, 10_000)
    fill(ring, count)
    missed = ring.since(known)
    if 0 <= count - known <= min(size, count):
        assert missed is not None
        assert [event.seq for event in missed] == list(range(known + 1, count + 1))
    else:
        assert missed is None


def test_a_ring_is_bounded_by_bytes_too() -> None:
    ring = EventRing(100, 10_000)
    for number in range(1, 8):
        text = "x" * 3_000
        sent = ChatMessage(message_id=number, person_id="p", name="P", text=text, sent_at=0)
        ring.append(ChatMessageSent(message=sent))
    missed = ring.since(4)
    assert missed is not None
    assert [event.seq for event in missed] == [5, 6, 7]
    assert ring.since(3) is None
    fill(ring, 1)
    missed = ring.since(4)
    assert missed is not None  # small ones take little
    assert len(missed) == 4


def test_an_event_beyond_the_bound_is_not_remembered() -> None:
    ring = EventRing(100, 100)
    ring.append(ParticipantLeft(participant_id="x" * 200, reason="left"))
    assert ring.since(0) is None
    assert ring.since(1) == ()
    fill(ring, 1)
    assert ring.since(1) is not None


@pytest.mark.parametrize(("known", "expected"), [(9, ()), (10, None), (6, 3), (5, None)])
def test_edges_of_a_full_ring(known: int, expected: object) -> None:
    ring = EventRing(3, 10_000)
    fill(ring, 9)
    missed = ring.since(known)
    assert (missed if missed is None or expected == () else len(missed)) == expected
