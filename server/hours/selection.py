"""Pairs that somebody asks for, and the days between which they are looked at. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from protocol.errors import ErrorCode
from protocol.hours import MAX_DAYS, HoursProgramme, OpenEntries, PairSummary, Standing, StandingCount
from protocol.hours_queries import PairWords, ProgrammeQuery
from protocol.tasks import RoomPerson
from server.errors import UserError
from server.hours.figures import Figures
from server.hours.folded import folded
from server.hours.overview import Overview
from server.hours.pair_book import PairBook, current_term, term_info
from server.store.hours_log import EntryFilter

_YEAR = timedelta(weeks=52)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """Pairs, and the days between which they are looked at."""

    overview: Overview
    first_day: date
    last_day: date
    books: Sequence[PairBook]
    """Those that need most first."""


def select(overview: Overview, wanted: ProgrammeQuery) -> Selection:
    """Return the pairs that fit, and are pairs on one of the days, or have an entry of one.

    Raises `UserError`.
    """
    first_day, last_day = days_of(overview, wanted.first_day, wanted.last_day)
    fitting = (book for book in overview.books.values() if _fits(book, wanted) and _has(book, wanted.person_id))
    return Selection(
        overview, first_day, last_day, in_need(one for one in fitting if _is_pair(one, first_day, last_day))
    )


def in_need(books: Iterable[PairBook]) -> list[PairBook]:
    """Return pairs, those that need most first."""
    return sorted(books, key=lambda book: book.need)


def days_of(overview: Overview, first_day: date | None, last_day: date | None) -> tuple[date, date]:
    """Return between which days: as said, else in the present term, else in the year up to today.

    Raises `UserError`.
    """
    today = overview.today
    term = current_term(overview.agreements, today)
    if first_day is None and last_day is None and term is not None:
        return term.first_day, term.last_day
    if last_day is None:
        last_day = today if first_day is None else max(first_day, today)
    if first_day is None:
        first_day = last_day - _YEAR + _ONE_DAY if last_day - date.min >= _YEAR else date.min
    if first_day > last_day:
        raise UserError(ErrorCode.BAD_REQUEST, "`from` is the first day, and `to` the last one.")
    if (last_day - first_day).days >= MAX_DAYS:
        raise UserError(ErrorCode.BAD_REQUEST, f"At most {MAX_DAYS} days are looked at together.")
    return first_day, last_day


def summarised(selection: Selection, open_entries: OpenEntries) -> HoursProgramme:
    """Return what a selection comes to. Takes some 50 ms for 200,000 entries, which is for a thread."""
    agreements, today = selection.overview.agreements, selection.overview.today
    first_day, last_day, books = selection.first_day, selection.last_day, selection.books
    figures = Figures(books, first_day, last_day, agreements.policy.counted_states)
    counts = Counter(book.status.standing for book in books)
    summaries = []
    for book in books:
        minutes, count = book.credited(first_day, last_day)
        summaries.append(PairSummary(status=book.status, credited_minutes=minutes, meeting_count=count))
    return HoursProgramme(
        today=today.isoformat(),
        time_zone=agreements.zone.key,
        first_day=first_day.isoformat(),
        last_day=last_day.isoformat(),
        terms=tuple(map(term_info, agreements.terms)),
        credited_minutes=figures.credited_minutes,
        waiting_minutes=figures.waiting_minutes,
        disputed_count=figures.disputed_count,
        standings=tuple(StandingCount(standing=each, pair_count=counts[each]) for each in Standing),
        weeks=figures.weeks(today),
        contacts=figures.contacts(),
        answers=figures.answers(),
        open_entries=open_entries,
        pairs=tuple(summaries),
    )


def among_fitting(wanted: EntryFilter, overview: Overview, words: PairWords) -> EntryFilter:
    """Return a filter for the entries of those pairs only that are meant by words."""
    asked = overview.books.keys() if wanted.pair_ids is None else overview.books.keys() & wanted.pair_ids
    return replace(wanted, pair_ids=[each for each in asked if _fits(overview.books[each], words)])


def _fits(book: PairBook, wanted: PairWords) -> bool:
    status = book.status
    parts = folded(wanted.q).split()
    return (
        wanted.kind in (None, status.kind)
        and wanted.standing in (None, status.standing)
        and (not parts or any(_has_all(parts, one.name) for one in _people(book)))
    )


def _has_all(parts: Sequence[str], name: str) -> bool:
    name = folded(name)
    return all(part in name for part in parts)


def _has(book: PairBook, person_id: str | None) -> bool:
    return person_id is None or any(one.person_id == person_id for one in _people(book))


def _people(book: PairBook) -> list[RoomPerson]:
    status = book.status
    return [one for one in (status.mentor, status.mentee, status.substitute) if one is not None]


def _is_pair(book: PairBook, first_day: date, last_day: date) -> bool:
    pair = book.pair
    is_one = pair.is_present and pair.starts_on <= last_day and (pair.ends_on is None or pair.ends_on >= first_day)
    # Also where somebody has left the programme, or the pair was ended as of an earlier day: it is in the log.
    return is_one or book.entries.has_any(first_day, last_day)
