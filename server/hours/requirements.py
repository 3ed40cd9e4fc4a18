"""How far a pair is with a rule, on a day. Pure: contacts, days and the day itself come in, a standing comes out.

What holds for all rules:

- Contact counts from the pair's first day to its last one, and up to today: what is entered for later changes nothing.
- On days of leave without a substitute clocks stand still: they do not count towards an interval, and nothing is
  owed for them. The same goes for days outside of terms, where a rule is for terms only. Contact on such days counts.
- A pair that is not begun is on track. One that is over stands as it did at its end: met, or overdue for good.
- More contact never makes a standing worse, nor does leave.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from protocol.hours import ContactType, RequirementStatus, Shortfall, Standing, Unit
from server.hours.calendar import Calendar, Days, Pauses, Span, span_of
from server.hours.rules import Base, ContactRule, Counted, MeetingsRule, MinutesRule, Per, PlanRule, Rule, Step

_TOLERATED = 5
"""Whoever is behind by more than a fifth is at risk."""
_EARLY = 3
"""Nobody is at risk before a third of the time has passed: a weekly talk may be on Wednesday."""
_LATE = 4
"""What is to be done by a day is at risk when less than a quarter of the time is left."""
_WEEK = 7
_FROM_BEST = tuple(Standing)


class Contact(NamedTuple):
    """What a pair did on a day, as far as it counts."""

    day: date
    minutes: int
    contact_type: str


class Missed(NamedTuple):
    """What a period that is over has missed; fields as in `Shortfall`."""

    first_day: date
    last_day: date
    done: int
    needed: int
    missing: int

    def shortfall(self) -> Shortfall:
        """Return it as pages and programs see it."""
        return Shortfall(
            first_day=self.first_day.isoformat(),
            last_day=self.last_day.isoformat(),
            done=self.done,
            needed=self.needed,
            missing=self.missing,
        )


class Assessment(NamedTuple):
    """How far a pair is with one rule; fields as in `RequirementStatus`."""

    standing: Standing
    done: int
    needed: int
    unit: Unit
    first_day: date | None = None
    last_day: date | None = None
    due_on: date | None = None
    next_step: str | None = None
    missed: Missed | None = None

    def status(self, requirement_id: str, name: str, counted: Counted) -> RequirementStatus:
        """Return it as pages and programs see it. `counted` is what counts for the rule."""
        return RequirementStatus(
            requirement_id=requirement_id,
            name=name,
            standing=self.standing,
            unit=self.unit,
            done=self.done,
            needed=self.needed,
            first_day=_iso(self.first_day),
            last_day=_iso(self.last_day),
            due_on=_iso(self.due_on),
            next_step=self.next_step,
            shortfall=None if self.missed is None else self.missed.shortfall(),
            contact_types=counted.contact_types,
            minimum_minutes=counted.minimum_minutes,
        )


class PlannedStep(NamedTuple):
    """A step of a plan, and what it was done with."""

    name: str
    due_on: date | None
    contact: Contact | None
    """`None`: it is still to be done."""
    counted: Counted
    """What ticks it."""


class Tally:
    """Contacts of a pair that count, summed up once and asked often. Days are numbers."""

    __slots__ = ("_days", "_distinct", "_sums", "contacts")

    def __init__(self, contacts: Sequence[tuple[int, int, str]]) -> None:
        """Take contacts in the order of their days."""
        self.contacts = contacts
        self._days = [day for day, _, _ in contacts]
        self._sums = list(accumulate((minutes for _, minutes, _ in contacts), initial=0))
        self._distinct: list[int] | None = None

    def minutes(self, first: int, last: int) -> int:
        """Return how many there are from one day to another."""
        until = self._sums[bisect_right(self._days, last)]
        return max(0, until - self._sums[bisect_left(self._days, first)])

    def meetings(self, first: int, last: int) -> int:
        """Return on how many days there was contact."""
        if self._distinct is None:
            self._distinct = sorted(set(self._days))
        return max(0, bisect_right(self._distinct, last) - bisect_left(self._distinct, first))

    def last(self, first: int, last: int) -> int | None:
        """Return the last day with contact."""
        place = bisect_right(self._days, last) - 1
        return self._days[place] if place >= 0 and self._days[place] >= first else None

    def first_from(self, day: int) -> int:
        """Return the place of the first contact on a day or later."""
        return bisect_left(self._days, day)


class PairHistory:
    """All of a pair that rules ask for: from when to when it is, its leave, and its contacts in any order."""

    __slots__ = ("_contacts", "_leaves", "_pauses", "_tallies", "first", "is_without_leave", "last")

    def __init__(
        self,
        starts_on: date,
        ends_on: date | None = None,
        *,
        leaves: Iterable[Days] = (),
        contacts: Iterable[tuple[int, int, str]] = (),
    ) -> None:
        """Take only leave without a substitute: with one, everything goes on.

        Contacts are day (a number, `date.toordinal`), minutes and contact type.
        """
        self.first = starts_on.toordinal()
        self.last = None if ends_on is None else ends_on.toordinal()
        self._leaves = Pauses(map(span_of, leaves))
        self.is_without_leave = not self._leaves.spans
        self._contacts = sorted(contacts)
        self._tallies: dict[tuple[tuple[ContactType, ...] | None, int], Tally] = {}
        self._pauses: dict[Calendar, Pauses] = {}

    def pauses(self, calendar: Calendar | None) -> Pauses:
        """Return when its clocks stand still: on leave, and with a calendar also in its holidays."""
        if calendar is None:
            return self._leaves
        if self.is_without_leave:
            return calendar.holidays
        found = self._pauses.get(calendar)
        if found is None:
            found = self._pauses[calendar] = Pauses((*self._leaves.spans, *calendar.holidays.spans))
        return found

    def tally(self, rule: Base) -> Tally:
        """Return the contacts that count for a rule."""
        key = rule.contact_types, rule.minimum_minutes
        found = self._tallies.get(key)
        if found is None:
            found = self._tallies[key] = Tally(_counted(self._contacts, *key))
        return found


class Assessor:
    """Tells on one day, by one programme's calendar, how far pairs are."""

    def __init__(self, calendar: Calendar, today: date) -> None:
        self._calendar = calendar
        self._today = today.toordinal()

    def assess(self, rule: Rule, pair: PairHistory) -> Assessment:
        """Return how far a pair is with a rule."""
        case = _Case(rule, pair, self._calendar, self._today)
        match rule:
            case MinutesRule() if rule.average_over is not None:
                return _average(rule, Per(rule.average_over), case)
            case MinutesRule():
                return _period(rule.minutes, rule.per, Unit.MINUTES, case)
            case MeetingsRule():
                return _period(rule.meetings, rule.per, Unit.MEETINGS, case)
            case ContactRule():
                return _contact(rule, case)
            case PlanRule():
                return _plan(rule, case)

    def plan(self, rule: PlanRule, pair: PairHistory) -> list[PlannedStep]:
        """Return the steps that a pair has taken or still owes, by the day on which they are due."""
        case = _Case(rule, pair, self._calendar, self._today)
        ticked = _ticked(rule.steps, case)
        owed = _owed_steps(rule.steps, case)
        return [
            PlannedStep(step.name, _day(due), _contact_at(ticked.get(place), case), rule.counted_for(step))
            for place in _by_due_day(rule.steps)
            for step in (rule.steps[place],)
            if (place in ticked or place in owed) and (due := _due_day(step, case)) is not None
        ]


def worst(standings: Iterable[Standing]) -> Standing | None:
    """Return the worst of several standings; `None`: there is none."""
    return max(standings, key=_FROM_BEST.index, default=None)


class _Case:
    """A pair, a rule and a day."""

    __slots__ = ("base", "calendar", "is_begun", "is_over", "last", "now", "pair", "pauses", "tally")

    def __init__(self, rule: Base, pair: PairHistory, calendar: Calendar, today: int) -> None:
        self.pair = pair
        self.calendar = calendar
        self.pauses = pair.pauses(calendar if rule.in_terms_only else None)
        self.base = calendar.holidays if rule.in_terms_only else None
        self.tally = pair.tally(rule)
        self.is_begun = today >= pair.first
        self.is_over = pair.last is not None and today > pair.last
        self.now = pair.last if pair.last is not None and today > pair.last else today
        """Today, or the pair's last day."""

    def window(self, span: Span) -> Span:
        """Return what of a period is the pair's."""
        last = span[1] if self.pair.last is None else min(span[1], self.pair.last)
        return max(span[0], self.pair.first), last

    def length(self, per: Per, span: Span) -> int:
        """Return for how many days a period's whole amount is owed: for a year in terms only, those of its terms."""
        if per is Per.YEAR and self.base is not None:
            return self.base.running(*span)
        return span[1] - span[0] + 1

    def owed(self, amount: int, per: Per, span: Span) -> int:
        """Return what of a period's amount a pair owes, which was not there, or on leave, for some of it."""
        return _share(amount, self.pauses.running(*self.window(span)), self.length(per, span))

    def done(self, unit: Unit, first: int, last: int) -> int:
        """Return what was done from one day to another, up to now."""
        count = self.tally.minutes if unit is Unit.MINUTES else self.tally.meetings
        return count(max(first, self.pair.first), min(last, self.now))


def _period(amount: int, per: Per, unit: Unit, case: _Case) -> Assessment:
    """Assess an amount in each period.

    Owed is the amount, or its share for the days on which clocks run (halves are rounded up). *Met*: it is done.
    *Overdue*: what was missing at the end of the period before has not been done since, or the pair is over. *At
    risk*: a third of the pair's part of the period has passed, and less than four fifths of the share of the days
    before today is done. On a day that is in no term, a rule per term is on track.
    """
    span = case.calendar.period(per, case.now)
    if span is None:
        return Assessment(Standing.ON_TRACK, 0, 0, unit)
    first, last = case.window(span)
    owed = case.owed(amount, per, span)
    done = case.done(unit, *span)
    before = case.calendar.period_before(per, span)
    missed = None if before is None else _missed(case, case.window(before), case.owed(amount, per, before), unit, done)
    due: int | None = last
    if not case.is_begun:
        standing = Standing.ON_TRACK
    elif missed is not None:
        standing, due = Standing.OVERDUE, missed.last_day.toordinal()
    elif done >= owed:
        standing, due = Standing.MET, None
    elif case.is_over:
        standing = Standing.OVERDUE
    else:
        is_early = _EARLY * (case.now - first) < last - first + 1
        share = amount * case.pauses.running(first, case.now - 1) * (_TOLERATED - 1)
        is_behind = not is_early and done * case.length(per, span) * _TOLERATED < share
        standing = Standing.AT_RISK if is_behind else Standing.ON_TRACK
    return Assessment(standing, done, owed, unit, _day(span[0]), _day(span[1]), _day(due), missed=missed)


def _missed(case: _Case, before: Span, owed: int, unit: Unit, since: int) -> Missed | None:
    """Return what a part of a period has missed, of which so much was done since; `None`: nothing any more."""
    done = case.done(unit, *before)
    missing = owed - done - since
    if missing <= 0:
        return None
    return Missed(date.fromordinal(before[0]), date.fromordinal(before[1]), done, owed, missing)


def _average(rule: MinutesRule, over: Per, case: _Case) -> Assessment:
    """Assess an amount that is owed on average, over the weeks or months so far of a term or year.

    What is done more in one makes up for another; with the next term or year all begins anew. *Met*: also this week or
    month is covered, whatever happens in the rest of it. *At risk*: the weeks or months before it are not. *Overdue*:
    and more is missing than is owed for a whole one, or the pair is over. On a day that is in no term, an average over
    a term is on track.
    """
    frame = case.calendar.period(over, case.now)
    current = case.calendar.period(rule.per, case.now)
    if frame is None or current is None:
        return Assessment(Standing.ON_TRACK, 0, 0, Unit.MINUTES)
    last = case.window((current[0], min(current[1], frame[1])))[1]
    done = case.done(Unit.MINUTES, *frame)
    owed = _owed_on_average(rule, frame[0], last, case)
    due: int | None = last
    missed: Missed | None = None
    if not case.is_begun:
        standing = Standing.ON_TRACK
    elif done >= owed:
        standing, due = Standing.MET, None
    elif case.is_over:
        standing = Standing.OVERDUE
    else:
        before = case.window((frame[0], current[0] - 1))
        since = case.done(Unit.MINUTES, current[0], frame[1])
        behind = _missed(case, before, _owed_on_average(rule, frame[0], current[0] - 1, case), Unit.MINUTES, since)
        if behind is not None and behind.missing > rule.minutes:
            standing, due, missed = Standing.OVERDUE, current[0] - 1, behind
        else:
            standing = Standing.ON_TRACK if behind is None else Standing.AT_RISK
    return Assessment(standing, done, owed, Unit.MINUTES, _day(frame[0]), _day(last), _day(due), missed=missed)


def _owed_on_average(rule: MinutesRule, first: int, last: int, case: _Case) -> int:
    if rule.per is Per.WEEK:
        return _share(rule.minutes, case.pauses.running(*case.window((first, last))), _WEEK)
    owed = 0
    while first <= last:
        month = case.calendar.period(rule.per, first)
        if month is None:
            break
        part = case.window((first, min(month[1], last)))
        owed += _share(rule.minutes, case.pauses.running(*part), month[1] - month[0] + 1)
        first = month[1] + 1
    return owed


def _contact(rule: ContactRule, case: _Case) -> Assessment:
    """Assess an interval between contacts; the pair's first day counts as one.

    Counted are the days since the last contact on which clocks ran, today included. *Overdue*: more than the rule
    allows. *At risk*: less than a quarter of them is left. *Met*: neither; *on track*: neither, and no contact yet.
    """
    contact = case.tally.last(case.pair.first, case.now)
    since = case.pair.first if contact is None else contact
    passed = case.pauses.running(since + 1, case.now)
    left = rule.every_days - passed
    if not case.is_begun:
        standing = Standing.ON_TRACK
    elif left < 0:
        standing = Standing.OVERDUE
    elif case.is_over:
        standing = Standing.MET
    elif _LATE * left < rule.every_days:
        standing = Standing.AT_RISK
    else:
        standing = Standing.ON_TRACK if contact is None else Standing.MET
    due = case.pauses.running_day(since, rule.every_days)
    if due is not None and case.pair.last is not None and due > case.pair.last:
        due = None
    return Assessment(standing, passed, rule.every_days, Unit.DAYS, _day(since), _day(due), _day(due))


def _plan(rule: PlanRule, case: _Case) -> Assessment:
    """Assess a plan: which contact ticks which step is told by `PlanRule`.

    A step is due on its day since the pair's first one; while clocks stand still, that day moves on, but not the one
    from which a contact ticks it. Steps that would be due after the pair's last day are not owed. *Met*: all that are
    owed are ticked. *Overdue*: one of the others was due before today, or the pair is over. *At risk*: less than a
    quarter of the days from a step's first one to when it is due is left.
    """
    ticked = _ticked(rule.steps, case)
    passed = case.pauses.running(case.pair.first + 1, case.now)
    owed = _owed_steps(rule.steps, case)
    missing = [rule.steps[place] for place in owed if place not in ticked]
    if not case.is_begun:
        standing = Standing.ON_TRACK
    elif not missing:
        standing = Standing.MET
    elif case.is_over or any(passed > step.day for step in missing):
        standing = Standing.OVERDUE
    elif any(_LATE * (step.day - passed) < max(1, step.day - step.from_day) for step in missing):
        standing = Standing.AT_RISK
    else:
        standing = Standing.ON_TRACK
    return Assessment(
        standing,
        len(ticked),
        len(ticked.keys() | set(owed)),
        Unit.STEPS,
        _day(case.pair.first),
        _day(_due_day(rule.steps[owed[-1]], case)) if owed else None,
        _day(_due_day(missing[0], case)) if missing else None,
        missing[0].name if missing else None,
    )


def _owed_steps(steps: Sequence[Step], case: _Case) -> list[int]:
    """Return the places of the steps that are due while the pair is one, by the day on which they are."""
    last = None if case.pair.last is None else case.pauses.running(case.pair.first + 1, case.pair.last)
    return [place for place in _by_due_day(steps) if last is None or steps[place].day <= last]


def _contact_at(place: int | None, case: _Case) -> Contact | None:
    if place is None:
        return None
    day, minutes, kind = case.tally.contacts[place]
    return Contact(date.fromordinal(day), minutes, kind)


def _ticked(steps: Sequence[Step], case: _Case) -> dict[int, int]:
    """Return the places of the steps that are ticked, each with that of the contact it is ticked by."""
    ticked: dict[int, int] = {}
    waiting = _by_due_day(steps)
    contacts = case.tally.contacts
    first = case.pair.first
    place = 0
    while waiting:
        # Contacts before any of them has begun tick nothing.
        place = max(place, case.tally.first_from(first + min(steps[one].from_day for one in waiting)))
        found = None
        while found is None:
            if place == len(contacts) or contacts[place][0] > case.now:
                return ticked
            day, minutes, kind = contacts[place]
            found = next((one for one in waiting if _ticks(steps[one], day - first, minutes, kind)), None)
            place += 1
        waiting.remove(found)
        ticked[found] = place - 1
    return ticked


def _ticks(step: Step, offset: int, minutes: int, kind: str) -> bool:
    return (
        offset >= step.from_day
        and minutes >= step.minimum_minutes
        and (step.contact_types is None or kind in step.contact_types)
    )


def _by_due_day(steps: Sequence[Step]) -> list[int]:
    return sorted(range(len(steps)), key=lambda place: steps[place].day)


def _due_day(step: Step, case: _Case) -> int | None:
    return case.pauses.running_day(case.pair.first, step.day)


def _share(amount: int, days: int, of: int) -> int:
    """Return the part of an amount for some of its days; halves are rounded up."""
    return 0 if days == 0 else (2 * amount * days + of) // (2 * of)


def _counted(
    contacts: Sequence[tuple[int, int, str]], types: tuple[ContactType, ...] | None, minimum_minutes: int
) -> Sequence[tuple[int, int, str]]:
    if types is None and minimum_minutes == 0:
        return contacts
    return [one for one in contacts if one[1] >= minimum_minutes and (types is None or one[2] in types)]


def _day(number: int | None) -> date | None:
    return None if number is None else date.fromordinal(number)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
