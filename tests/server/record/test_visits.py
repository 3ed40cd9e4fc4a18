"""Who was in a meeting, for how long, and who may know it."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from protocol.roles import RoomRole
from server.record.visits import Visit, visits_of, visits_seen_by
from server.store.meetings import Attendance

ANA, BEN, EVE = "person_ana", "person_ben", "person_eve"


def stay(
    person_id: str, joined_at: int, left_at: int | None, role: RoomRole = RoomRole.PARTICIPANT, participant: str = "p"
) -> Attendance:
    return Attendance(
        meeting_id="m",
        participant_id=participant,
        person_id=person_id,
        name=person_id.removeprefix("person_").title(),
        room_role=role,
        joined_at=joined_at,
        left_at=left_at,
    )


def times(visits: list[Visit]) -> list[tuple[str, int, int | None]]:
    return [(visit.person_id, visit.came_at, visit.went_at) for visit in visits]


ends = st.one_of(st.none(), st.integers(0, 60))
attendances = st.lists(
    st.builds(
        lambda person_id, joined_at, lasted, role: stay(
            person_id, joined_at, None if lasted is None else joined_at + lasted, role
        ),
        st.sampled_from([ANA, BEN, EVE]),
        st.integers(0, 100),
        ends,
        st.sampled_from([RoomRole.PARTICIPANT, RoomRole.OBSERVER]),
    ),
    max_size=12,
)
CLOSED_AT = 300


def instants(visits: list[Visit], person_id: str) -> set[int]:
    return {
        at
        for visit in visits
        if visit.person_id == person_id
        for at in range(visit.came_at, (CLOSED_AT if visit.went_at is None else visit.went_at) + 1)
    }


@given(attendances)
def test_a_persons_visits_are_the_union_of_their_stays(attendance: list[Attendance]) -> None:
    visits = visits_seen_by("nobody", visits_of(attendance, None), sees_everybody=True)
    assert [visit.came_at for visit in visits] == sorted(visit.came_at for visit in visits)
    for person_id in (ANA, BEN, EVE):
        stays = [replace(one, left_at=CLOSED_AT if one.left_at is None else one.left_at) for one in attendance]
        expected = {
            at for one in stays if one.person_id == person_id for at in range(one.joined_at, (one.left_at or 0) + 1)
        }
        assert instants(visits, person_id) == expected
        own = [visit for visit in visits if visit.person_id == person_id]
        assert all(one.went_at is not None and one.went_at < other.came_at for one, other in pairwise(own))


@given(st.permutations(range(6)), attendances)
def test_the_order_in_which_stays_are_read_does_not_matter(order: list[int], attendance: list[Attendance]) -> None:
    shuffled = [attendance[index] for index in order if index < len(attendance)] + attendance[6:]
    assert times(visits_of(shuffled, CLOSED_AT)) == times(visits_of(attendance, CLOSED_AT))


@given(attendances)
def test_who_is_not_told_of_observers_learns_of_those_alone_who_were_there_with_them(
    attendance: list[Attendance],
) -> None:
    visits = visits_of(attendance, CLOSED_AT)
    seen = visits_seen_by(ANA, visits, sees_everybody=False)
    there = instants(visits, ANA)
    for person_id in (BEN, EVE):
        shown = [visit for visit in visits if visit.person_id == person_id and not visit.is_observing]
        shown += [
            visit
            for visit in visits
            if visit.person_id == person_id and visit.is_observing and instants([visit], person_id) & there
        ]
        assert instants(seen, person_id) == instants(shown, person_id)
    assert instants(seen, ANA) == there


def test_a_meeting_that_is_over_has_nobody_in_it() -> None:
    assert times(visits_of([stay(ANA, 10, None)], 50)) == [(ANA, 10, 50)]
    assert times(visits_of([stay(ANA, 10, None)], None)) == [(ANA, 10, None)]


def test_an_observer_who_joins_in_is_known_from_then_on() -> None:
    eve = [stay(EVE, 10, 20, RoomRole.OBSERVER), stay(EVE, 20, 40)]
    visits = visits_of([*eve, stay(BEN, 30, 40)], 50)
    assert times(visits_seen_by(BEN, visits, sees_everybody=False)) == [(EVE, 20, 40), (BEN, 30, 40)]
    assert times(visits_seen_by(BEN, visits, sees_everybody=True)) == [(EVE, 10, 40), (BEN, 30, 40)]
