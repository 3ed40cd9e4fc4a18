"""Which steps may follow which, and what they come to."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import ContactType, EntryAction, EntryState, Side
from server.hours.log.rows import Entry, LogRow, Step, fold
from server.hours.log.steps import (
    Actor,
    Measurement,
    Refusal,
    StepRefusedError,
    measured_again,
    needs_reason,
    next_step,
    permitted,
)
from tests.server.hours.log.rows import AUTHORS, COORDINATOR, MENTEE, MENTOR, PROPOSED, chained, step

A, S = EntryAction, EntryState
BOTH = frozenset({Side.MENTOR, Side.MENTEE})
PEOPLE_SIDES = (Side.MENTOR, Side.MENTEE, Side.COORDINATOR)


class Log:
    """An entry, and steps taken from its sides."""

    def __init__(self, first: Step = PROPOSED) -> None:
        self.steps = [first]

    @property
    def rows(self) -> list[LogRow]:
        return chained(self.steps)

    @property
    def entry(self) -> Entry:
        entry = fold(self.rows)
        assert entry is not None
        return entry

    def take(self, action: EntryAction, side: Side, text: str | None = None, **values: object) -> EntryState:
        person_id = AUTHORS[side]
        assert person_id is not None
        actor = Actor(side=side, person_id=person_id, at=len(self.steps))
        self.steps.append(next_step(self.entry, action, actor, text=text, **values))  # type: ignore[arg-type]
        return self.entry.state

    def measure(self, measured_ms: int, minutes: int, mentor_id: str = MENTOR) -> Step | None:
        found = Measurement(
            mentor_id=mentor_id,
            contact_type=ContactType.CONFERENCE,
            measured_ms=measured_ms,
            credited_minutes=minutes,
        )
        again = measured_again(self.entry, found, 99)
        if again is not None:
            self.steps.append(again)
        return again


def refusal(log: Log, action: EntryAction, side: Side, text: str | None = None, **values: object) -> Refusal | None:
    try:
        log.take(action, side, text, **values)
    except StepRefusedError as error:
        return error.refusal
    return None


def test_nothing_is_no_entry() -> None:
    assert fold([]) is None


def test_both_confirm_and_the_coordinator_approves() -> None:
    log = Log()
    assert log.entry.state is S.PROPOSED
    assert log.take(A.CONFIRMED, Side.MENTEE) is S.PROPOSED
    assert log.take(A.CONFIRMED, Side.MENTOR) is S.CONFIRMED
    assert log.take(A.APPROVED, Side.COORDINATOR) is S.APPROVED
    assert [permitted(log.entry, side, "x") for side in (Side.MENTOR, Side.MENTEE)] == [(), ()]


def test_nobody_confirms_twice_and_nobody_confirms_for_both() -> None:
    log = Log()
    log.take(A.CONFIRMED, Side.MENTOR)
    assert refusal(log, A.CONFIRMED, Side.MENTOR) is Refusal.NOT_NOW
    assert refusal(log, A.CONFIRMED, Side.COORDINATOR) is Refusal.NOT_NOW
    assert refusal(log, A.APPROVED, Side.MENTOR) is Refusal.NOT_NOW


def test_who_disputes_says_why_and_ends_it_by_confirming() -> None:
    log = Log()
    log.take(A.CONFIRMED, Side.MENTOR)
    log.take(A.CONFIRMED, Side.MENTEE)
    assert refusal(log, A.DISPUTED, Side.MENTEE) is Refusal.NO_REASON
    assert log.take(A.DISPUTED, Side.MENTEE, "I had left.") is S.DISPUTED
    assert log.entry.confirmed == {Side.MENTOR}
    assert refusal(log, A.DISPUTED, Side.MENTEE, "Again.") is Refusal.NOT_NOW
    assert refusal(log, A.APPROVED, Side.COORDINATOR, "As it is.") is Refusal.NOT_NOW
    assert log.take(A.CONFIRMED, Side.MENTEE) is S.CONFIRMED
    assert log.entry.text == "I had left."


def test_a_dispute_of_the_one_is_not_ended_by_the_other() -> None:
    log = Log()
    log.take(A.DISPUTED, Side.MENTEE, "Longer.")
    log.take(A.DISPUTED, Side.MENTOR, "Shorter.")
    assert log.take(A.CONFIRMED, Side.MENTOR) is S.DISPUTED
    assert log.take(A.ADJUSTED, Side.MENTOR, "Agreed.", credited_minutes=40) is S.DISPUTED
    assert log.take(A.CONFIRMED, Side.MENTEE) is S.CONFIRMED


def test_an_adjustment_is_confirmed_by_who_made_it_and_by_nobody_else() -> None:
    log = Log()
    log.take(A.CONFIRMED, Side.MENTOR)
    assert refusal(log, A.ADJUSTED, Side.MENTEE, credited_minutes=45) is Refusal.NO_REASON
    assert refusal(log, A.ADJUSTED, Side.MENTEE, "Why?") is Refusal.NO_CHANGE
    assert refusal(log, A.ADJUSTED, Side.MENTEE, "Why?", credited_minutes=30) is Refusal.NO_CHANGE
    log.take(A.ADJUSTED, Side.MENTEE, "We went on by phone.", credited_minutes=45, contact_type=ContactType.PHONE)
    entry = log.entry
    assert entry.confirmed == {Side.MENTEE}
    assert (entry.latest.credited_minutes, entry.latest.contact_type) == (45, ContactType.PHONE)
    assert entry.latest.measured_ms == PROPOSED.measured_ms


def test_a_coordinators_adjustment_is_for_both_to_confirm_and_ends_a_dispute() -> None:
    log = Log()
    log.take(A.CONFIRMED, Side.MENTOR)
    log.take(A.DISPUTED, Side.MENTEE, "No.")
    assert log.take(A.ADJUSTED, Side.COORDINATOR, "I have asked them: it is right.") is S.PROPOSED
    assert (log.entry.confirmed, log.entry.disputed) == (frozenset(), frozenset())
    assert refusal(log, A.ADJUSTED, Side.COORDINATOR, "Again.") is Refusal.NO_CHANGE


def test_a_coordinator_approves_what_not_both_have_confirmed_only_with_a_reason() -> None:
    log = Log()
    assert refusal(log, A.APPROVED, Side.COORDINATOR) is Refusal.NO_REASON
    assert log.take(A.APPROVED, Side.COORDINATOR, "She is ill.") is S.APPROVED
    assert refusal(log, A.APPROVED, Side.COORDINATOR, "Again.") is Refusal.NOT_NOW


def test_what_was_approved_is_adjusted_by_a_coordinator_only_and_then_open_again() -> None:
    log = Log()
    log.take(A.APPROVED, Side.COORDINATOR, "So be it.")
    assert refusal(log, A.ADJUSTED, Side.MENTOR, "More.", credited_minutes=60) is Refusal.NOT_NOW
    assert log.take(A.ADJUSTED, Side.COORDINATOR, "A mistake.", credited_minutes=20) is S.PROPOSED


def test_a_coordinator_withdraws_whatever_it_is_with_a_reason() -> None:
    log = Log()
    assert refusal(log, A.WITHDRAWN, Side.MENTOR, "Mine.") is Refusal.NOT_NOW
    assert refusal(log, A.WITHDRAWN, Side.COORDINATOR) is Refusal.NO_REASON
    log.take(A.APPROVED, Side.COORDINATOR, "Yes.")
    assert log.take(A.WITHDRAWN, Side.COORDINATOR, "No.") is S.WITHDRAWN
    assert [permitted(log.entry, side, str(AUTHORS[side])) for side in Side] == [()] * len(Side)


def test_what_was_entered_by_hand_is_confirmed_by_its_author_who_may_withdraw_it() -> None:
    log = Log(step(A.ENTERED, Side.MENTEE, measured_ms=None, meeting_id=None))
    assert log.entry.confirmed == {Side.MENTEE}
    assert refusal(log, A.WITHDRAWN, Side.MENTOR) is Refusal.NOT_NOW
    assert log.take(A.CONFIRMED, Side.MENTOR) is S.CONFIRMED
    assert log.take(A.WITHDRAWN, Side.MENTEE) is S.WITHDRAWN


def test_what_a_coordinator_has_entered_is_for_both_to_confirm() -> None:
    log = Log(step(A.ENTERED, Side.COORDINATOR, measured_ms=None, meeting_id=None))
    assert (log.entry.state, log.entry.confirmed) == (S.PROPOSED, frozenset())
    assert refusal(log, A.WITHDRAWN, Side.COORDINATOR) is Refusal.NO_REASON


def test_what_was_measured_anew_is_to_be_confirmed_anew_only_if_it_is_credited_otherwise() -> None:
    log = Log()
    log.take(A.CONFIRMED, Side.MENTOR)
    assert log.measure(1_800_000, 30) is None
    assert log.measure(1_800_500, 30) is not None
    assert log.entry.confirmed == {Side.MENTOR}
    assert log.measure(1_900_000, 32) is not None
    assert (log.entry.confirmed, log.entry.latest.credited_minutes) == (frozenset(), 32)
    assert log.measure(1_900_000, 32) is None


@pytest.mark.parametrize("locked", ["adjusted", "approved", "withdrawn"])
def test_what_was_measured_anew_is_only_noted_beside_what_people_have_decided(locked: str) -> None:
    log = Log()
    if locked == "adjusted":
        log.take(A.ADJUSTED, Side.MENTOR, "More.", credited_minutes=31)
    elif locked == "approved":
        log.take(A.ADJUSTED, Side.MENTOR, "More.", credited_minutes=31)
        log.take(A.CONFIRMED, Side.MENTEE)
        log.take(A.APPROVED, Side.COORDINATOR)
    else:
        log.take(A.WITHDRAWN, Side.COORDINATOR, "No.")
    before = log.entry
    assert log.measure(2_400_000, 40, mentor_id="person_s") is None
    assert log.measure(2_400_000, 40) is not None
    assert log.measure(2_400_000, 40) is None
    after = log.entry
    assert after.latest.measured_ms == 2_400_000
    assert after.latest.credited_minutes == before.latest.credited_minutes
    assert (after.state, after.confirmed, after.text) == (before.state, before.confirmed, before.text)


def test_a_text_that_was_erased_does_not_bring_back_an_earlier_one() -> None:
    log = Log()
    log.take(A.ADJUSTED, Side.MENTOR, "First.", credited_minutes=31)
    log.take(A.DISPUTED, Side.MENTEE, "Second.")
    log.take(A.CONFIRMED, Side.MENTEE)
    rows = log.rows
    rows[2] = replace(rows[2], step=replace(rows[2].step, text=None), text_salt="")
    entry = fold(rows)
    assert entry is not None
    assert entry.text is None
    assert entry.latest.credited_minutes == 31


TRIES = st.tuples(
    st.sampled_from(EntryAction),
    st.sampled_from(PEOPLE_SIDES),
    st.sampled_from([None, "Because."]),
    st.none() | st.integers(0, 960),
    st.none() | st.sampled_from(ContactType),
)
FIRST = st.sampled_from(
    [PROPOSED, *(step(A.ENTERED, side, measured_ms=None, meeting_id=None) for side in PEOPLE_SIDES)]
)


@given(FIRST, st.lists(TRIES, max_size=12))
def test_whatever_is_tried_only_what_is_permitted_happens_and_the_promises_hold(
    first: Step, tries: list[tuple[EntryAction, Side, str | None, int | None, ContactType | None]]
) -> None:
    log = Log(first)
    for action, side, text, minutes, contact_type in tries:
        before = log.entry
        is_permitted = action in permitted(before, side, str(AUTHORS[side]))
        refused = refusal(log, action, side, text, credited_minutes=minutes, contact_type=contact_type)
        after = log.entry
        if refused is not None:
            assert after == before
            assert is_permitted == (refused is not Refusal.NOT_NOW)
            assert refused is not Refusal.NO_REASON or text is None
            continue
        assert is_permitted
        assert text is not None or not needs_reason(before, side, action)
        assert after.number == before.number + 1
        assert not before.is_withdrawn
        # Minutes change by adjusting only, and whoever has said yes has said it to these.
        said = (before.latest.credited_minutes, before.latest.contact_type)
        if (after.latest.credited_minutes, after.latest.contact_type) != said:
            assert action is A.ADJUSTED
            assert after.confirmed <= {side}
        assert after.confirmed - before.confirmed <= {side}
        assert after.disputed - before.disputed <= {side}
        assert not after.confirmed & after.disputed
        if after.state is S.CONFIRMED:
            assert after.confirmed == BOTH
        if after.state is S.APPROVED:
            assert side is Side.COORDINATOR
            assert before.state in (S.CONFIRMED, S.PROPOSED)
        assert after.latest.measured_ms == first.measured_ms
        assert after.latest.day == date(2026, 11, 30)
    assert not any(person in permitted(log.entry, Side.SERVER, person) for person in (MENTOR, MENTEE, COORDINATOR))
