"""How far a pair is with a rule: what is met, on track, at risk and overdue, to the day."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from protocol.hours import ContactType, RequirementStatus, Shortfall, Standing, Unit
from server.hours.calendar import Calendar, Days
from server.hours.requirements import Assessment, Assessor, Contact, Missed, PairHistory, worst
from server.hours.rules import ContactRule, MeetingsRule, MinutesRule, Over, Per, PlanRule, Rule, Step

FALL = date(2026, 8, 17), date(2026, 12, 18)
SPRING = date(2027, 1, 4), date(2027, 5, 28)
CALENDAR = Calendar([FALL, SPRING], "08-01")
BEGUN = date(2026, 8, 17)
"""A Monday."""
MET, ON_TRACK, AT_RISK, OVERDUE = Standing

WEEKLY = MinutesRule(minutes=60, per=Per.WEEK)
ON_AVERAGE = MinutesRule(minutes=60, per=Per.WEEK, average_over=Over.YEAR)
EVERY_14_DAYS = ContactRule(every_days=14)
TWICE_A_YEAR = MeetingsRule(meetings=2, per=Per.YEAR)


def contact(day: date, minutes: int = 30, kind: ContactType = ContactType.CONFERENCE) -> Contact:
    return Contact(day, minutes, kind)


def assess(
    rule: Rule,
    today: date,
    *contacts: Contact,
    begun: date = BEGUN,
    ends_on: date | None = None,
    leaves: Iterable[Days] = (),
) -> Assessment:
    numbered = ((day.toordinal(), minutes, kind) for day, minutes, kind in contacts)
    history = PairHistory(begun, ends_on, leaves=leaves, contacts=numbered)
    return Assessor(CALENDAR, today).assess(rule, history)


def standings(rule: Rule, first: date, last: date, *contacts: Contact, leaves: Iterable[Days] = ()) -> list[Standing]:
    days = range((last - first).days + 1)
    return [assess(rule, first + timedelta(n), *contacts, leaves=leaves).standing for n in days]


class TestContactEverySoManyDays:
    def test_the_last_day_is_not_overdue_and_the_day_after_it_is(self) -> None:
        met_on = date(2026, 9, 1)
        assert assess(EVERY_14_DAYS, met_on + timedelta(14), contact(met_on)).standing is AT_RISK
        late = assess(EVERY_14_DAYS, met_on + timedelta(15), contact(met_on))
        assert late == Assessment(OVERDUE, 15, 14, Unit.DAYS, met_on, date(2026, 9, 15), date(2026, 9, 15))

    def test_it_is_at_risk_when_less_than_a_quarter_of_the_interval_is_left(self) -> None:
        met_on = date(2026, 9, 1)
        found = standings(EVERY_14_DAYS, met_on, met_on + timedelta(15), contact(met_on))
        assert found == [MET] * 11 + [AT_RISK] * 4 + [OVERDUE]

    def test_with_just_a_quarter_left_it_is_not_at_risk_yet(self) -> None:
        met_on = date(2026, 9, 1)
        found = standings(ContactRule(every_days=12), met_on, met_on + timedelta(10), contact(met_on))
        assert found == [MET] * 10 + [AT_RISK]

    def test_without_any_contact_the_clock_starts_with_the_pair(self) -> None:
        found = standings(EVERY_14_DAYS, BEGUN, BEGUN + timedelta(15))
        assert found == [ON_TRACK] * 11 + [AT_RISK] * 4 + [OVERDUE]

    def test_leave_stops_the_clock(self) -> None:
        met_on = date(2026, 9, 1)
        leave = date(2026, 9, 10), date(2026, 9, 19)
        found = assess(EVERY_14_DAYS, date(2026, 9, 25), contact(met_on), leaves=[leave])
        assert (found.done, found.due_on, found.standing) == (14, date(2026, 9, 25), AT_RISK)
        assert assess(EVERY_14_DAYS, date(2026, 9, 26), contact(met_on), leaves=[leave]).standing is OVERDUE

    def test_holidays_stop_the_clock_of_a_rule_for_terms_only(self) -> None:
        rule = ContactRule(every_days=14, in_terms_only=True)
        met_on = date(2026, 12, 10)
        found = assess(rule, SPRING[0], contact(met_on))
        assert (found.done, found.due_on) == (9, date(2027, 1, 9))
        assert assess(EVERY_14_DAYS, SPRING[0], contact(met_on)).standing is OVERDUE

    def test_what_is_too_short_or_of_another_type_is_no_contact(self) -> None:
        rule = ContactRule(every_days=14, contact_types=(ContactType.PHONE,), minimum_minutes=10)
        today = date(2026, 9, 20)
        too_short, other = contact(today, 9, ContactType.PHONE), contact(today, 60)
        assert assess(rule, today, too_short, other).standing is OVERDUE
        assert assess(rule, today, too_short, other, contact(today, 10, ContactType.PHONE)).standing is MET

    def test_a_pair_that_is_over_is_not_asked_any_more(self) -> None:
        last = BEGUN + timedelta(14)
        assert assess(EVERY_14_DAYS, date(2027, 3, 1), ends_on=last).standing is MET
        found = assess(EVERY_14_DAYS, date(2027, 3, 1), ends_on=last + timedelta(1))
        assert (found.standing, found.due_on) == (OVERDUE, last), "it had become overdue while there was a pair"
        assert assess(EVERY_14_DAYS, last, ends_on=last - timedelta(1)).due_on is None

    def test_a_pair_that_is_yet_to_begin_is_on_track(self) -> None:
        found = assess(EVERY_14_DAYS, BEGUN - timedelta(100))
        assert (found.standing, found.due_on) == (ON_TRACK, BEGUN + timedelta(14))


class TestMinutesInEachPeriod:
    MONDAY = date(2026, 8, 24)

    def test_a_week_is_at_risk_when_a_third_of_it_has_passed_without_enough(self) -> None:
        full = contact(BEGUN, 60)
        found = standings(WEEKLY, self.MONDAY, self.MONDAY + timedelta(6), full)
        assert found == [ON_TRACK] * 3 + [AT_RISK] * 4
        assert standings(WEEKLY, BEGUN, BEGUN + timedelta(7), full) == [MET] * 7 + [ON_TRACK]

    def test_whoever_is_behind_by_up_to_a_fifth_is_on_track(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        today = date(2026, 9, 16)  # 15 of 30 days have passed: 150 minutes, four fifths of which are 120
        earlier = contact(date(2026, 8, 20), 300)
        assert assess(rule, today, earlier, contact(today, 120)).standing is ON_TRACK
        assert assess(rule, today, earlier, contact(today, 119)).standing is AT_RISK
        assert assess(rule, today, earlier, contact(today, 300)).standing is MET

    def test_a_month_is_at_risk_from_the_day_on_before_which_a_third_has_passed(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        found = standings(rule, date(2026, 9, 9), date(2026, 9, 12), contact(date(2026, 8, 20), 300))
        assert found == [ON_TRACK, ON_TRACK, AT_RISK, AT_RISK]

    def test_contacts_may_come_in_any_order(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        mixed = [contact(date(2026, 9, day), 2**n) for n, day in enumerate((20, 3, 28, 1, 10))]
        mixed += [contact(date(2026, 8, day), 1_000) for day in (30, 20)]
        assert assess(rule, date(2026, 9, 15), *mixed).done == 2 + 8 + 16

    def test_what_a_week_has_missed_is_overdue_until_it_is_made_up(self) -> None:
        first_week = contact(BEGUN, 45)
        late = assess(WEEKLY, self.MONDAY, first_week)
        sunday = date(2026, 8, 23)
        assert late._replace(missed=None) == Assessment(
            OVERDUE, 0, 60, Unit.MINUTES, self.MONDAY, date(2026, 8, 30), sunday
        )
        assert late.missed == Missed(BEGUN, sunday, 45, 60, 15)
        nearly = assess(WEEKLY, self.MONDAY, first_week, contact(self.MONDAY, 14))
        assert (nearly.standing, nearly.missed) == (OVERDUE, Missed(BEGUN, sunday, 45, 60, 1))
        made_up = assess(WEEKLY, self.MONDAY, first_week, contact(self.MONDAY, 15))
        assert (made_up.standing, made_up.missed) == (ON_TRACK, None)
        assert assess(WEEKLY, self.MONDAY, contact(date(2026, 8, 23), 60)).standing is ON_TRACK

    def test_who_begins_or_ends_within_a_period_owes_its_share(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        begun = date(2026, 9, 21)
        assert assess(rule, begun, begun=begun).needed == 100, "10 of 30 days"
        assert assess(rule, begun, begun=begun, ends_on=date(2026, 9, 25)).needed == 50
        over = assess(rule, date(2026, 10, 20), contact(begun, 49), begun=begun, ends_on=date(2026, 9, 25))
        assert (over.standing, over.needed, over.due_on) == (OVERDUE, 50, date(2026, 9, 25))
        enough = assess(rule, date(2026, 10, 20), contact(begun, 50), begun=begun, ends_on=date(2026, 9, 25))
        assert (enough.standing, enough.due_on) == (MET, None)

    def test_nothing_is_owed_for_days_on_leave(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        leave = date(2026, 9, 1), date(2026, 9, 15)
        found = assess(rule, date(2026, 9, 15), contact(BEGUN, 300), leaves=[leave])
        assert (found.needed, found.standing) == (150, ON_TRACK)
        away = assess(rule, date(2026, 9, 15), contact(BEGUN, 300), leaves=[(date(2026, 9, 1), date(2026, 9, 30))])
        assert (away.needed, away.standing) == (0, MET)

    def test_leave_at_the_end_does_not_make_anything_due_earlier(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        leave = date(2026, 9, 21), date(2026, 9, 30)
        found = assess(rule, date(2026, 9, 25), contact(BEGUN, 300), leaves=[leave])
        assert (found.standing, found.due_on) == (AT_RISK, date(2026, 9, 30))

    def test_a_rule_per_term_asks_for_nothing_between_terms(self) -> None:
        rule = MinutesRule(minutes=600, per=Per.TERM)
        assert assess(rule, FALL[1]).standing is AT_RISK
        between = assess(rule, FALL[1] + timedelta(1))
        assert between == Assessment(ON_TRACK, 0, 0, Unit.MINUTES)
        assert assess(rule, SPRING[0]).standing is OVERDUE, "what the last term has missed is not forgotten"
        assert assess(rule, SPRING[0], contact(FALL[1], 600)).standing is ON_TRACK

    def test_a_year_in_terms_only_owes_all_of_it_for_the_days_of_terms(self) -> None:
        rule = MinutesRule(minutes=3_000, per=Per.YEAR, in_terms_only=True)
        found = assess(rule, date(2026, 12, 25))
        assert (found.needed, found.first_day, found.last_day) == (3_000, date(2026, 8, 1), date(2027, 7, 31))
        assert assess(rule, date(2026, 12, 25), begun=SPRING[0]).needed == round(3_000 * 145 / 269)

    def test_a_year_that_has_no_terms_owes_nothing_in_terms_only(self) -> None:
        rule = MinutesRule(minutes=3_000, per=Per.YEAR, in_terms_only=True)
        found = Assessor(Calendar([], "08-01"), BEGUN).assess(rule, PairHistory(BEGUN))
        assert (found.needed, found.standing) == (0, MET)

    def test_contact_before_the_pair_began_or_after_it_ended_is_not_theirs(self) -> None:
        rule = MinutesRule(minutes=300, per=Per.MONTH)
        around = [contact(date(2026, 9, day), 100) for day in (9, 10, 20, 21)]
        found = assess(rule, date(2026, 9, 30), *around, begun=date(2026, 9, 10), ends_on=date(2026, 9, 20))
        assert found.done == 200


class TestMinutesOnAverage:
    def test_more_in_one_week_makes_up_for_another(self) -> None:
        much = contact(BEGUN, 180)
        found = standings(ON_AVERAGE, BEGUN, BEGUN + timedelta(35), much)
        assert found == [MET] * 21 + [ON_TRACK] * 7 + [AT_RISK] * 7 + [OVERDUE]

    def test_a_week_is_covered_when_the_average_holds_whatever_its_rest_brings(self) -> None:
        wednesday = BEGUN + timedelta(9)
        found = assess(ON_AVERAGE, wednesday, contact(BEGUN, 119))
        assert found == Assessment(
            ON_TRACK, 119, 120, Unit.MINUTES, date(2026, 8, 1), date(2026, 8, 30), date(2026, 8, 30)
        )
        assert assess(ON_AVERAGE, wednesday, contact(BEGUN, 119), contact(wednesday, 1)).standing is MET

    def test_a_whole_week_missing_is_at_risk_and_more_is_overdue(self) -> None:
        monday = BEGUN + timedelta(7)
        assert assess(ON_AVERAGE, monday).standing is AT_RISK
        assert assess(ON_AVERAGE, monday + timedelta(6)).standing is AT_RISK
        late = assess(ON_AVERAGE, monday + timedelta(7))
        assert (late.standing, late.due_on) == (OVERDUE, monday + timedelta(6))
        assert late.missed == Missed(BEGUN, monday + timedelta(6), 0, 120, 120)
        since = assess(ON_AVERAGE, monday + timedelta(8), contact(monday, 10), contact(monday + timedelta(7), 20))
        assert since.missed == Missed(BEGUN, monday + timedelta(6), 10, 120, 90)
        assert assess(ON_AVERAGE, monday + timedelta(7), contact(monday, 60)).standing is AT_RISK

    def test_an_average_of_months_takes_each_with_its_own_length(self) -> None:
        rule = MinutesRule(minutes=310, per=Per.MONTH, average_over=Over.TERM)
        found = assess(rule, date(2026, 10, 31), contact(BEGUN, 1_000))
        assert found.needed == 150 + 310 + 310, "15 of 31 days, and two whole months"
        ended = assess(rule, date(2026, 12, 24), begun=BEGUN, ends_on=date(2026, 12, 17))
        assert ended.needed == 150 + 310 * 3 + 170

    def test_an_average_begins_anew_with_each_term(self) -> None:
        rule = MinutesRule(minutes=60, per=Per.WEEK, average_over=Over.TERM)
        assert assess(rule, FALL[1]).standing is OVERDUE
        assert assess(rule, FALL[1] + timedelta(1)).standing is ON_TRACK
        assert assess(rule, SPRING[0]).standing is ON_TRACK

    def test_weeks_on_leave_and_in_holidays_are_not_owed(self) -> None:
        leave = BEGUN, BEGUN + timedelta(13)
        assert assess(ON_AVERAGE, BEGUN + timedelta(14), leaves=[leave]).needed == 60
        rule = MinutesRule(minutes=60, per=Per.WEEK, average_over=Over.YEAR, in_terms_only=True)
        before, after = assess(rule, date(2026, 12, 20)), assess(rule, date(2027, 1, 3))
        assert before.needed == after.needed == round(60 * 124 / 7)


class TestMeetings:
    def test_two_meetings_a_year_are_owed_in_time_and_met_by_two_days(self) -> None:
        begun = date(2026, 8, 1)
        one = contact(date(2026, 10, 1))
        assert assess(TWICE_A_YEAR, date(2026, 11, 1), begun=begun).standing is ON_TRACK
        assert assess(TWICE_A_YEAR, date(2027, 1, 1), begun=begun).standing is AT_RISK
        assert assess(TWICE_A_YEAR, date(2027, 1, 1), one, begun=begun).standing is ON_TRACK
        found = assess(TWICE_A_YEAR, date(2027, 1, 1), one, contact(date(2026, 12, 1)), begun=begun)
        assert (found.standing, found.done, found.needed, found.unit) == (MET, 2, 2, Unit.MEETINGS)

    def test_who_comes_back_on_the_same_day_has_met_once(self) -> None:
        day = date(2026, 9, 1)
        assert assess(TWICE_A_YEAR, day, contact(day, 10), contact(day, 20, ContactType.GROUP)).done == 1

    def test_a_missed_year_is_overdue_in_the_next_one_until_it_is_made_up(self) -> None:
        begun, today = date(2025, 8, 1), date(2026, 8, 20)
        one = contact(date(2026, 5, 1))
        late = assess(TWICE_A_YEAR, today, one, begun=begun)
        assert (late.standing, late.missed) == (OVERDUE, Missed(begun, date(2026, 7, 31), 1, 2, 1))
        assert assess(TWICE_A_YEAR, today, one, contact(today), begun=begun).standing is ON_TRACK

    def test_shares_of_meetings_are_rounded_and_halves_up(self) -> None:
        assert assess(TWICE_A_YEAR, date(2027, 7, 1), begun=date(2027, 7, 1)).needed == 0
        assert assess(TWICE_A_YEAR, date(2027, 7, 1), begun=date(2027, 3, 1)).needed == 1
        assert assess(TWICE_A_YEAR, date(2027, 7, 1), begun=date(2026, 8, 3)).needed == 2


class TestPlans:
    PLAN = PlanRule(
        steps=(
            Step(name="Day 60", from_day=45, day=60, contact_types=(ContactType.CONFERENCE,), minimum_minutes=30),
            Step(name="Day 30", from_day=15, day=30, contact_types=(ContactType.CONFERENCE,), minimum_minutes=30),
            *(Step(name=f"Follow-up {n}", from_day=61 + 30 * n, day=90 + 30 * n) for n in range(1, 7)),
        )
    )

    def on(self, day: int, *contacts: Contact, **also: object) -> Assessment:
        return assess(self.PLAN, BEGUN + timedelta(day), *contacts, **also)  # type: ignore[arg-type]

    def at(self, day: int, minutes: int = 30, kind: ContactType = ContactType.CONFERENCE) -> Contact:
        return contact(BEGUN + timedelta(day), minutes, kind)

    def test_steps_are_due_on_their_day_and_overdue_the_day_after(self) -> None:
        assert self.on(0) == Assessment(
            ON_TRACK, 0, 8, Unit.STEPS, BEGUN, BEGUN + timedelta(270), BEGUN + timedelta(30), "Day 30"
        )
        assert [self.on(day).standing for day in (26, 27, 30, 31)] == [ON_TRACK, AT_RISK, AT_RISK, OVERDUE]

    def test_a_step_is_ticked_by_the_next_contact_that_counts_for_it_from_its_first_day_on(self) -> None:
        assert self.on(20, self.at(14)).done == 0, "too early"
        assert self.on(20, self.at(20, 29)).done == 0, "too short"
        assert self.on(20, self.at(20, kind=ContactType.PHONE)).done == 0, "of another type"
        ticked = self.on(20, self.at(15))
        assert (ticked.done, ticked.next_step, ticked.due_on) == (1, "Day 60", BEGUN + timedelta(60))

    def test_a_step_that_is_overdue_is_ticked_late_and_before_those_that_are_due_later(self) -> None:
        assert self.on(50, self.at(50)).next_step == "Day 60"
        assert self.on(50, self.at(50), self.at(49)).done == 2

    def test_one_contact_ticks_one_step(self) -> None:
        followed = [self.at(30), self.at(60), *(self.at(90 + 30 * n, 5, ContactType.PHONE) for n in range(1, 6))]
        found = self.on(250, *followed)
        assert (found.done, found.standing, found.next_step) == (7, ON_TRACK, "Follow-up 6")
        assert self.on(250, *followed, self.at(241, 5, ContactType.EMAIL)).standing is MET

    def test_leave_moves_what_is_due_but_not_when_it_may_be_done(self) -> None:
        leave = BEGUN + timedelta(1), BEGUN + timedelta(10)
        assert [self.on(day, leaves=[leave]).standing for day in (40, 41)] == [AT_RISK, OVERDUE]
        assert self.on(15, self.at(15), leaves=[leave]).done == 1

    def test_a_pair_that_ends_owes_the_steps_up_to_its_last_day(self) -> None:
        short = BEGUN + timedelta(60)
        found = self.on(61, self.at(30), self.at(60), ends_on=short)
        assert (found.standing, found.needed, found.next_step) == (MET, 2, None)
        assert self.on(61, self.at(30), ends_on=short).standing is OVERDUE
        assert self.on(61, self.at(30), ends_on=short - timedelta(1)).standing is MET
        nothing = self.on(1, ends_on=BEGUN)
        assert (nothing.standing, nothing.needed, nothing.last_day) == (MET, 0, None)

    def test_a_step_tells_what_ticks_it_which_is_what_counts_for_it_and_for_the_plan(self) -> None:
        both = ContactType.CONFERENCE, ContactType.VISIT
        rule = PlanRule(
            contact_types=both,
            minimum_minutes=20,
            steps=(
                Step(name="Any", day=1),
                Step(name="Visit", day=2, contact_types=(ContactType.PHONE, ContactType.VISIT), minimum_minutes=30),
                Step(name="Call", day=3, contact_types=(ContactType.PHONE,), minimum_minutes=5),
            ),
        )
        steps = Assessor(CALENDAR, BEGUN).plan(rule, PairHistory(BEGUN))
        assert [(step.name, step.counted.contact_types, step.counted.minimum_minutes) for step in steps] == [
            ("Any", both, 20),
            ("Visit", (ContactType.VISIT,), 30),
            ("Call", (), 20),
        ]

    def test_a_step_of_a_plan_for_everything_counts_what_it_says_itself(self) -> None:
        [first, *_, last] = Assessor(CALENDAR, BEGUN).plan(self.PLAN, PairHistory(BEGUN))
        assert (first.counted.contact_types, first.counted.minimum_minutes) == ((ContactType.CONFERENCE,), 30)
        assert (last.counted.contact_types, last.counted.minimum_minutes) == (None, 0)

    def test_a_step_on_the_first_day_is_due_on_it(self) -> None:
        rule = PlanRule(steps=(Step(name="Welcome", day=0),))
        assert [assess(rule, BEGUN + timedelta(day)).standing for day in (0, 1)] == [AT_RISK, OVERDUE]
        assert assess(rule, BEGUN, leaves=[(BEGUN - timedelta(5), BEGUN + timedelta(5))]).due_on == BEGUN


def test_an_assessment_is_told_with_days_in_iso_8601() -> None:
    found = assess(EVERY_14_DAYS, BEGUN).status("requirement_1", "Every two weeks", EVERY_14_DAYS)
    assert found == RequirementStatus(
        requirement_id="requirement_1",
        name="Every two weeks",
        standing=ON_TRACK,
        unit=Unit.DAYS,
        done=0,
        needed=14,
        first_day="2026-08-17",
        last_day="2026-08-31",
        due_on="2026-08-31",
        next_step=None,
        shortfall=None,
        contact_types=None,
        minimum_minutes=0,
    )


def test_what_counts_for_a_requirement_is_told_with_it() -> None:
    rule = ContactRule(every_days=30, contact_types=(ContactType.VISIT,), minimum_minutes=30)
    found = assess(rule, BEGUN).status("requirement_1", "A visit a month", rule)
    assert (found.contact_types, found.minimum_minutes) == ((ContactType.VISIT,), 30)


def test_what_was_missed_is_told_with_the_days_in_which_it_was() -> None:
    thursday = BEGUN + timedelta(3)
    found = assess(
        WEEKLY, BEGUN + timedelta(9), contact(thursday, 12), contact(BEGUN + timedelta(8), 10), begun=thursday
    )
    assert found.status("requirement_1", "An hour a week", WEEKLY).shortfall == Shortfall(
        first_day="2026-08-20", last_day="2026-08-23", done=12, needed=34, missing=12
    ), "four of seven days, and ten minutes since"


@pytest.mark.parametrize(
    ("several", "expected"),
    [((), None), ((MET,), MET), ((AT_RISK, OVERDUE, MET), OVERDUE), ((ON_TRACK, MET), ON_TRACK)],
)
def test_a_pair_stands_as_with_the_worst_of_its_requirements(
    several: tuple[Standing, ...], expected: Standing | None
) -> None:
    assert worst(several) is expected
