"""What holds for every rule, pair and day."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from protocol.hours import ContactType, Standing
from server.hours.calendar import Calendar, Days
from server.hours.requirements import Assessment, Assessor, Contact, PairHistory
from server.hours.rules import ContactRule, MeetingsRule, MinutesRule, Over, Per, PlanRule, Rule, Step

ORIGIN = date(2026, 7, 20)
"""Within a hundred days of it a month, a school year and a term begin and end."""
WORSE = tuple(Standing).index

offsets = st.integers(0, 100)
days = offsets.map(lambda offset: ORIGIN + timedelta(offset))
stretches = st.tuples(days, st.integers(0, 25)).map(lambda one: (one[0], one[0] + timedelta(one[1])))
types = st.sampled_from((ContactType.CONFERENCE, ContactType.PHONE))
contacts = st.builds(Contact, days, st.integers(0, 90), types)
restricted = {
    "contact_types": st.none() | st.tuples(types),
    "minimum_minutes": st.sampled_from((0, 20)),
    "in_terms_only": st.booleans(),
}
steps = st.builds(
    lambda name, from_day, length, kinds, least: Step(
        name=name, from_day=from_day, day=from_day + length, contact_types=kinds, minimum_minutes=least
    ),
    st.sampled_from(("a", "b")),
    st.integers(0, 50),
    st.integers(0, 30),
    st.none() | st.tuples(types),
    st.sampled_from((0, 20)),
)
rules = st.one_of(
    st.builds(
        MinutesRule,
        minutes=st.integers(1, 400),
        per=st.sampled_from((Per.WEEK, Per.MONTH)),
        average_over=st.none() | st.sampled_from(Over),
        **restricted,
    ),
    st.builds(MinutesRule, minutes=st.integers(1, 2_000), per=st.sampled_from((Per.TERM, Per.YEAR)), **restricted),
    st.builds(MeetingsRule, meetings=st.integers(1, 6), per=st.sampled_from(Per), **restricted),
    st.builds(ContactRule, every_days=st.integers(1, 30), **restricted),
    st.builds(PlanRule, steps=st.lists(steps, min_size=1, max_size=5).map(tuple), **restricted),
)
calendars = st.lists(st.integers(1, 40), max_size=5).map(
    lambda lengths: Calendar(
        [
            (ORIGIN + timedelta(sum(lengths[:n])), ORIGIN + timedelta(sum(lengths[: n + 1]) - 1))
            for n in range(0, len(lengths), 2)
        ],
        "08-01",
    )
)


@dataclass(frozen=True)
class Case:
    """A rule, a pair, and a day."""

    rule: Rule
    calendar: Calendar
    today: date
    begun: date
    ends_on: date | None
    leaves: tuple[Days, ...]
    contacts: tuple[Contact, ...]

    @property
    def found(self) -> Assessment:
        numbered = ((day.toordinal(), minutes, kind) for day, minutes, kind in self.contacts)
        history = PairHistory(self.begun, self.ends_on, leaves=self.leaves, contacts=numbered)
        return Assessor(self.calendar, self.today).assess(self.rule, history)


cases = st.builds(
    lambda rule, calendar, today, begun, length, leaves, met: Case(
        rule, calendar, today, begun, None if length is None else begun + timedelta(length), tuple(leaves), tuple(met)
    ),
    rules,
    calendars,
    days,
    days,
    st.none() | st.integers(0, 80),
    st.lists(stretches, max_size=3),
    st.lists(contacts, max_size=12),
)


@given(cases, contacts)
def test_more_contact_never_makes_anything_worse(case: Case, more: Contact) -> None:
    without, with_it = case.found, replace(case, contacts=(*case.contacts, more)).found
    assert WORSE(with_it.standing) <= WORSE(without.standing)


@given(cases, stretches)
def test_leave_never_makes_anything_worse(case: Case, more: Days) -> None:
    without, with_it = case.found, replace(case, leaves=(*case.leaves, more)).found
    assert WORSE(with_it.standing) <= WORSE(without.standing)


@given(cases, st.randoms(use_true_random=False))
def test_the_order_in_which_contacts_come_does_not_matter(case: Case, random: Random) -> None:
    shuffled = list(case.contacts)
    random.shuffle(shuffled)
    assert replace(case, contacts=tuple(shuffled)).found == case.found


@given(cases, st.lists(contacts, max_size=12))
def test_what_is_entered_for_later_changes_nothing_today(case: Case, more: list[Contact]) -> None:
    later = [one for one in more if one.day > case.today]
    assert replace(case, contacts=(*case.contacts, *later)).found == case.found


@given(cases)
def test_what_is_left_is_told_with_a_day_that_is_not_over(case: Case) -> None:
    found = case.found
    assert found.done >= 0
    assert found.needed >= 0
    if found.due_on is not None and (case.ends_on is None or case.today <= case.ends_on):
        is_late = found.due_on < case.today
        assert not is_late or found.standing in (Standing.OVERDUE, Standing.AT_RISK)


@given(st.integers(1, 60), st.integers(0, 30), st.lists(stretches, max_size=3))
def test_an_interval_is_overdue_on_the_day_after_it_and_not_before(
    every_days: int, since: int, leaves: list[Days]
) -> None:
    met_on = ORIGIN + timedelta(since)
    case = Case(
        ContactRule(every_days=every_days),
        Calendar([], "08-01"),
        met_on,
        ORIGIN,
        None,
        tuple(leaves),
        (Contact(met_on, 1, ContactType.PHONE),),
    )
    due_on = case.found.due_on
    assert due_on is not None
    assert replace(case, today=due_on).found.standing is not Standing.OVERDUE
    stopped = {first + timedelta(n) for first, last in leaves for n in range((last - first).days + 1)}
    after = due_on + timedelta(1)
    while after in stopped:
        assert replace(case, today=after).found.standing is not Standing.OVERDUE
        after += timedelta(1)
    assert replace(case, today=after).found.standing is Standing.OVERDUE


@given(cases)
def test_whoever_does_all_that_is_needed_has_met_it_or_is_told_what_is_overdue(case: Case) -> None:
    found = case.found
    if isinstance(case.rule, MinutesRule | MeetingsRule) and found.needed and found.done >= found.needed:
        assert found.standing is not Standing.AT_RISK
    if found.standing is Standing.MET and not isinstance(case.rule, ContactRule):
        assert found.done >= found.needed


@given(cases)
def test_what_a_period_has_missed_is_overdue_and_just_that_makes_up_for_it(case: Case) -> None:
    missed = case.found.missed
    if missed is None:
        return
    assert case.found.standing is Standing.OVERDUE
    assert case.found.due_on == missed.last_day
    assert missed.first_day <= missed.last_day < case.today
    assert 0 < missed.missing <= missed.needed - missed.done
    if isinstance(case.rule, MinutesRule) and missed.missing >= case.rule.minimum_minutes:
        last = case.today if case.ends_on is None else min(case.today, case.ends_on)
        kind = ContactType.CONFERENCE if case.rule.contact_types is None else case.rule.contact_types[0]
        enough = Contact(last, missed.missing, kind)
        assert replace(case, contacts=(*case.contacts, enough)).found.missed is None
