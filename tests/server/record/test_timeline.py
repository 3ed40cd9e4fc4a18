"""What happened, in order."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents import DocumentKind
from protocol.record import Begun, Came, Moment, Said, Stay, Went
from protocol.room import ChatMessage
from server.record.timeline import first_of, moments_within, people_of, timeline_of
from server.record.visits import Visit
from server.store.meetings import Beginning


def visit(person_id: str, came_at: int, went_at: int | None) -> Visit:
    return Visit(person_id=person_id, name=person_id.title(), is_observing=False, came_at=came_at, went_at=went_at)


def message(message_id: int, sent_at: int) -> ChatMessage:
    return ChatMessage(message_id=message_id, person_id="ana", name="Ana", text="Hello", sent_at=sent_at)


def moment(at: int) -> Moment:
    return Moment(at=at, document_id="document_1", text="Fractions")


def test_everything_that_happened_is_told_in_its_order() -> None:
    beginning = Beginning(
        document_id="document_1",
        kind=DocumentKind.NOTES,
        title="Today",
        created_at=20,
        person_id="ana",
        name="Ana",
    )
    visits = [visit("ana", 10, 30), visit("ben", 20, None), visit("ana", 40, 50)]
    timeline, is_cut = timeline_of(visits, [message(1, 30)], [beginning], [moment(30)], 100)
    assert not is_cut
    assert [(type(entry), entry.at) for entry in timeline] == [
        (Came, 10),
        (Came, 20),
        (Begun, 20),
        (Said, 30),
        (Moment, 30),
        (Went, 30),
        (Came, 40),
        (Went, 50),
    ]
    assert [entry.is_back for entry in timeline if isinstance(entry, Came)] == [False, False, True]


def test_people_are_named_once_with_all_their_stays() -> None:
    ana, ben = people_of([visit("ana", 10, 30), visit("ben", 20, None), visit("ana", 40, 50)])
    assert (ana.name, ana.stays) == ("Ana", (Stay(came_at=10, went_at=30), Stay(came_at=40, went_at=50)))
    assert (ben.name, ben.stays) == ("Ben", (Stay(came_at=20, went_at=None),))


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(1, 30))
def test_of_much_the_beginning_is_told(instants: list[int], limit: int) -> None:
    messages = [message(number, at) for number, at in enumerate(sorted(instants))]
    timeline, is_cut = timeline_of([], messages, [], [], limit)
    assert [entry.at for entry in timeline] == sorted(instants)[:limit]
    assert is_cut is (len(instants) > limit)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 40))
def test_of_long_talk_the_beginning_is_told(lengths: list[int], characters: int) -> None:
    messages = [msgspec.structs.replace(message(number, 1), text="x" * length) for number, length in enumerate(lengths)]
    first, is_cut = first_of(messages, characters)
    assert first == messages[: len(first)]
    assert sum(lengths[: len(first)]) <= characters
    assert is_cut is (len(first) < len(messages))
    if is_cut:
        assert sum(lengths[: len(first) + 1]) > characters


def test_what_is_no_moment_of_the_meeting_is_left_out() -> None:
    moments = [moment(at) for at in (9, 10, 50, 51)]
    assert [one.at for one in moments_within(moments, 10, 50)] == [10, 50]
