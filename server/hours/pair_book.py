"""What a pair's entries come to: how far it is on a day, what waits, how much was done between any two days. Pure.

An entry of no minutes is no contact: the two have agreed, or presence has shown, that nothing was.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate

from protocol.hours import ContactType, EntryState, PairStatus, Standing, TermInfo
from server.hours.calendar import Calendar, monday_of, week_of
from server.hours.requirements import PlannedStep
from server.hours.rules import Per
from server.hours.standings import Standings
from server.store.hours_figures import PairLines
from server.store.pairs import Pair
from server.store.requirements import Agreements, Term

_NEEDS_MOST = tuple(reversed(Standing))
_TYPES = tuple(ContactType)
_STATES = tuple(EntryState)
_TYPE_CODES = {contact_type.value: code for code, contact_type in enumerate(_TYPES)}
_STATE_CODES = {state.value: code for code, state in enumerate(_STATES)}
_DISPUTED, _PROPOSED = _STATE_CODES[EntryState.DISPUTED.value], _STATE_CODES[EntryState.PROPOSED.value]
_MINUTES_BITS, _SMALL_BITS = 12, 4
"""Of a number that says all of an entry but its day: week, contact type, state, minutes."""
_MINUTES_MASK, _SMALL_MASK = (1 << _MINUTES_BITS) - 1, (1 << _SMALL_BITS) - 1
_day_number = lru_cache(maxsize=8_192)(lambda day: date.fromisoformat(day).toordinal())


@dataclass(frozen=True, slots=True)
class PairEntries:
    """A pair's entries that are not withdrawn, in the order of their days; 16 bytes each."""

    _days: "array[int]"
    _codes: "array[int]"
    _answers: "array[int]"

    @classmethod
    def read(cls, lines: PairLines) -> "PairEntries":
        """Take entries as the store gives them."""
        found = sorted(
            (
                (number := _day_number(day)),
                _code(number, _TYPE_CODES[contact_type], _STATE_CODES[state], int(minutes)),
                int(answer),
            )
            for day, minutes, contact_type, state, answer in lines.entries()
        )
        days, codes, answers = zip(*found, strict=True)
        return cls(array("i", days), array("q", codes), array("i", answers))

    def __iter__(self) -> "zip[tuple[int, int]]":
        """Return day and code of each."""
        return zip(self._days, self._codes, strict=True)

    def has_any(self, first_day: date, last_day: date) -> bool:
        """Tell whether there is one between two days."""
        place = bisect_left(self._days, first_day.toordinal())
        return place < len(self._days) and self._days[place] <= last_day.toordinal()

    def add_to(self, sums: "Sums", first_day: int, last_day: int) -> None:
        """Add those between two days to the sums of several pairs."""
        start, end = bisect_left(self._days, first_day), bisect_right(self._days, last_day)
        sums.codes.update(self._codes[start:end])
        sums.answers.update(self._answers[start:end])


NO_ENTRIES = PairEntries(array("i"), array("q"), array("i"))


class Sums:
    """What entries come to, counted as they are; told apart afterwards."""

    def __init__(self) -> None:
        self.codes: Counter[int] = Counter()
        self.answers: Counter[int] = Counter()
        """By steps of `ANSWER_STEP_MS`; -1: no answer yet."""

    def parts(self) -> Iterable[tuple[int, ContactType, EntryState, int, int]]:
        """Return Monday, contact type, state, minutes and how many entries, in no order."""
        for code, count in self.codes.items():
            week, contact_type, state, minutes = _parts(code)
            yield monday_of(week), _TYPES[contact_type], _STATES[state], minutes * count, count


@dataclass(frozen=True, slots=True)
class PairBook:
    """A pair as it stands, and what of it counts, added up day by day."""

    pair: Pair
    status: PairStatus
    entries: PairEntries
    _open_days: "array[int]"
    """Of entries that not both have said yes to."""
    _days: "array[int]"
    _sums: "array[int]"

    def credited(self, first_day: date, last_day: date) -> tuple[int, int]:
        """Return how many minutes count from one day to another, and in how many entries."""
        start = bisect_left(self._days, first_day.toordinal())
        end = max(start, bisect_right(self._days, last_day.toordinal()))
        return self._sums[end] - self._sums[start], end - start

    def open_since(self, first_day: date, last_day: date) -> date | None:
        """Return the day of the oldest entry between two days that not both have said yes to."""
        place = bisect_left(self._open_days, first_day.toordinal())
        is_there = place < len(self._open_days) and self._open_days[place] <= last_day.toordinal()
        return date.fromordinal(self._open_days[place]) if is_there else None

    @property
    def need(self) -> tuple[int, str, str, str, str]:
        """What books are sorted by: those that need most first, then by the names of the two."""
        status = self.status
        place = len(_NEEDS_MOST) if status.standing is None else _NEEDS_MOST.index(status.standing)
        due_on = min((one.due_on for one in status.requirements if one.due_on), default="9999-12-31")
        return place, due_on, self.pair.mentor.name.casefold(), self.pair.mentee.name.casefold(), status.pair_id


class Bookkeeper:
    """Makes the books of pairs, by what a programme has agreed on, as of a day."""

    def __init__(self, agreements: Agreements, today: date) -> None:
        self._today = today
        self._standings = Standings(agreements, today)
        self._counted = {_STATE_CODES[state.value] for state in agreements.policy.counted_states}
        first_day, last_day = current_period(agreements, today)
        self._first, self._last = first_day.toordinal(), last_day.toordinal()

    def books(self, pairs: Iterable[Pair], entries: Mapping[str, PairEntries]) -> dict[str, PairBook]:
        """Return the books of pairs by id. Takes some 100 ms for 200,000 entries."""
        return {pair.pair_id: self._book(pair, entries.get(pair.pair_id, NO_ENTRIES)) for pair in pairs}

    def plan(self, book: PairBook) -> list[PlannedStep]:
        """Return the steps of a pair's plans, by the day on which they are due."""
        contacts = (
            (day, minutes, _TYPES[contact_type].value)
            for day, code in book.entries
            for _, contact_type, state, minutes in (_parts(code),)
            if state in self._counted and minutes > 0
        )
        return self._standings.plan_of(book.pair, contacts)

    def _book(self, pair: Pair, entries: PairEntries) -> PairBook:
        days, minutes_of, open_days, contacts = array("i"), array("i"), array("i"), []
        waiting = disputed = last_contact = 0
        for day, code in entries:
            _, contact_type, state, minutes = _parts(code)
            if state in self._counted and minutes > 0:
                days.append(day)
                minutes_of.append(minutes)
                contacts.append((day, minutes, _TYPES[contact_type].value))
            if state == _DISPUTED:
                disputed += 1
                continue
            if state == _PROPOSED:
                waiting += minutes
                open_days.append(day)
            if minutes > 0:
                last_contact = day
        standing = self._standings.of(pair, contacts)
        leave = pair.leave_on(self._today)
        status = PairStatus(
            pair_id=pair.pair_id,
            kind=pair.kind,
            mentor=pair.mentor,
            mentee=pair.mentee,
            substitute=None if leave is None else leave.substitute,
            is_on_leave=leave is not None,
            starts_on=pair.starts_on.isoformat(),
            ends_on=None if pair.ends_on is None else pair.ends_on.isoformat(),
            # Nothing can be made up for any more: it needs nobody.
            standing=None if pair.is_over_on(self._today) else standing.standing,
            requirements=standing.requirements,
            last_contact_on=date.fromordinal(last_contact).isoformat() if last_contact else None,
            minutes_this_term=sum(minutes for day, minutes, _ in contacts if self._first <= day <= self._last),
            waiting_minutes=waiting,
            disputed_count=disputed,
        )
        return PairBook(pair, status, entries, open_days, days, array("i", accumulate(minutes_of, initial=0)))


def current_period(agreements: Agreements, today: date) -> tuple[date, date]:
    """Return the first and last day of the present term, or, between terms, of the school year."""
    term = current_term(agreements, today)
    if term is not None:
        return term.first_day, term.last_day
    year = Calendar([], agreements.policy.school_year_starts).period(Per.YEAR, today.toordinal())
    return (today, today) if year is None else (date.fromordinal(year[0]), date.fromordinal(year[1]))


def current_term(agreements: Agreements, today: date) -> Term | None:
    """Return the term that a day is in."""
    return next((term for term in agreements.terms if term.first_day <= today <= term.last_day), None)


def term_info(term: Term) -> TermInfo:
    """Return a term as it travels."""
    return TermInfo(
        term_id=term.term_id,
        name=term.name,
        first_day=term.first_day.isoformat(),
        last_day=term.last_day.isoformat(),
    )


def read_entries(lines: Sequence[PairLines]) -> dict[str, PairEntries]:
    """Return entries by pair. Takes some 200 ms for 200,000."""
    return {one.pair_id: PairEntries.read(one) for one in lines}


def _code(day: int, contact_type: int, state: int, minutes: int) -> int:
    return ((week_of(day) << _SMALL_BITS | contact_type) << _SMALL_BITS | state) << _MINUTES_BITS | minutes


def _parts(code: int) -> tuple[int, int, int, int]:
    minutes, rest = code & _MINUTES_MASK, code >> _MINUTES_BITS
    state, rest = rest & _SMALL_MASK, rest >> _SMALL_BITS
    return rest >> _SMALL_BITS, rest & _SMALL_MASK, state, minutes
