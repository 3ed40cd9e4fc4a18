"""Figures of several pairs between two days: weeks, kinds of contact, how long answers take. Pure."""

from collections import Counter
from collections.abc import Collection
from datetime import date

from protocol.hours import AnswerTimes, ContactMinutes, EntryState, HoursWeek
from server.hours.calendar import monday_of, week_of
from server.hours.pair_book import PairBook, Sums
from server.hours.showing import Contacts, show_weeks
from server.store.hours_figures import ANSWER_STEP_MS

_HOUR_MS = 3_600_000
_NO_ANSWER = -1


class Figures:
    """What some pairs have done between two days."""

    def __init__(
        self, books: Collection[PairBook], first_day: date, last_day: date, counted: Collection[EntryState]
    ) -> None:
        self._books = books
        self._first_day, self._last_day = first_day, last_day
        sums = Sums()
        for book in books:
            book.entries.add_to(sums, first_day.toordinal(), last_day.toordinal())
        self._answers = sums.answers
        self._weeks: dict[int, Contacts] = {}
        self._contacts = Contacts()
        self.credited_minutes = self.waiting_minutes = self.disputed_count = self.open_count = 0
        for monday, contact_type, state, minutes, count in sums.parts():
            if state in counted and minutes > 0:
                self.credited_minutes += minutes
                self._contacts.add(contact_type, minutes, count)
                self._weeks.setdefault(monday, Contacts()).add(contact_type, minutes, count)
            if state is EntryState.PROPOSED:
                self.waiting_minutes += minutes
                self.open_count += count
            elif state is EntryState.DISPUTED:
                self.disputed_count += count

    def contacts(self) -> tuple[ContactMinutes, ...]:
        """Return how much counts by kind of contact."""
        return self._contacts.shown()

    def weeks(self, today: date) -> tuple[HoursWeek, ...]:
        """Return the weeks that have begun, oldest first, without a gap."""
        first, last = self._first_day.toordinal(), min(self._last_day, today).toordinal()
        mondays = map(monday_of, range(week_of(first), week_of(last) + 1))
        return show_weeks(self._weeks, ((day, date.fromordinal(day).isoformat()) for day in mondays))

    def answers(self) -> AnswerTimes:
        """Return how long it took until both had said yes, and what is open."""
        given = Counter({steps: count for steps, count in self._answers.items() if steps != _NO_ANSWER})
        open_days = (book.open_since(self._first_day, self._last_day) for book in self._books)
        oldest = min((day for day in open_days if day is not None), default=None)
        return AnswerTimes(
            median_hours=_hours_until(given, 0.5),
            slow_hours=_hours_until(given, 0.9),
            answered_count=given.total(),
            open_count=self.open_count,
            oldest_open_on=None if oldest is None else oldest.isoformat(),
        )


def _hours_until(answers: Counter[int], share: float) -> float | None:
    """Return in how many hours a share of the answers was there."""
    wanted = answers.total() * share
    seen = 0
    for steps, count in sorted(answers.items()):
        seen += count
        if seen >= wanted:
            return round(steps * ANSWER_STEP_MS / _HOUR_MS, 1)
    return None
