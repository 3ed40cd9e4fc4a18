"""Reports of the hours log as files, for those who may have them: coordinators everything, everybody their own.

Entries are read in one go, as of one moment, put aside on the disk, and written as a file in a thread.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO

import msgspec

from protocol.errors import ErrorCode
from protocol.hours import ContactType, EntryState
from protocol.hours_queries import CalendarQuery, CertificateQuery, ReportQuery, StatementQuery
from protocol.room import Person
from protocol.tasks import RoomPerson
from server.clock import Clock
from server.edition import Paper
from server.errors import UserError
from server.hours.overview import Overview, Overviews
from server.hours.own_hours import OwnHours
from server.hours.pair_book import PairBook, current_term
from server.hours.policy import HoursPolicy, Rounding
from server.hours.selection import Selection, days_of, select
from server.hours.sight import check_is_coordinator, is_coordinator, is_own
from server.reports.calendar import to_calendar
from server.reports.certificate import to_certificate
from server.reports.labels import ENGLISH, LABELS, ReportLabels
from server.reports.rows import About, Certificate, Counting, DueItem, Entry, LogHead, Pair, Statement, StatementPair
from server.reports.statement import to_statement
from server.reports.table import to_csv
from server.reports.workbook import MAX_ENTRIES, TooManyEntriesError, write_workbook
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_report import HoursReportRepository, ReportFilter, ReportRow
from server.store.hours_views import EVERYBODY, EXPORTED, HoursViewRepository
from server.store.requirements import Term

_IN_MEMORY_BYTES = 4 * 2**20
"""Of entries that were put aside; more is on the disk."""
_NO_HASH = "0" * 64
_TYPES = {each.value: each for each in ContactType}
_STATES = {each.value: each for each in EntryState}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[ReportRow]).decode


@dataclass(frozen=True, slots=True)
class ReportFile:
    """Something to be saved."""

    title: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Aside:
    """Entries that were put aside, and what they are read with, as of the same moment."""

    file: IO[bytes]
    sizes: tuple[int, ...]
    head: LogHead
    """Of the log."""
    mentors: Mapping[str, str]
    """Names of those who are the mentor in an entry, by id."""

    def rows(self) -> Iterator[ReportRow]:
        """Return them again, in their order."""
        self.file.seek(0)
        for size in self.sizes:
            yield from _decode(self.file.read(size))


class HoursExports:
    """Makes files. The methods raise `UserError` and `StoreError`."""

    def __init__(
        self,
        reports: HoursReportRepository,
        facts: HoursFactsRepository,
        views: HoursViewRepository,
        own_hours: OwnHours,
        overviews: Overviews,
        programme_name: Callable[[], Awaitable[str]],
        clock: Clock,
    ) -> None:
        self._reports = reports
        self._own_hours = own_hours
        self._facts = facts
        self._views = views
        self._overviews = overviews
        self._programme_name = programme_name
        self._clock = clock
        self._busy: set[str] = set()

    async def report(self, person: Person, query: ReportQuery, ending: str) -> ReportFile:
        """Write all entries of the pairs that fit as `csv` or `xlsx`, for a coordinator."""
        check_is_coordinator(person)
        with self._at_work(person):
            selection = select(await self._overviews.of_all(), query)
            return await self.write_report(selection, query, ending, made_by=person.name, actor=person.person_id)

    async def write_report(
        self, selection: Selection, query: ReportQuery, ending: str, *, made_by: str, actor: str
    ) -> ReportFile:
        """Write all entries of some pairs as `csv` or `xlsx`, for whoever may have all, which is noted of `actor`."""
        days = f"{selection.first_day.isoformat()} to {selection.last_day.isoformat()}"
        # Only an id of ours: where nobody was found it may be any text, which the trail would keep for years.
        subject = query.person_id if query.person_id is not None and selection.books else EVERYBODY
        await self._views.note(actor, subject, self._clock.now_ms(), action=EXPORTED, detail=f"{ending}, {days}")
        labels = _labels(query.language)
        overview = selection.overview
        books = {book.pair.pair_id: book for book in selection.books}
        are_all = len(books) == len(overview.books)
        wanted = ReportFilter(
            first_day=selection.first_day, last_day=selection.last_day, pair_ids=None if are_all else list(books)
        )
        programme = await self._programme_name()
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            aside = await self._put_aside(wanted, file)
            about = self._about(overview, wanted, aside.head, programme, made_by, _filters(query, books, labels))
            return await asyncio.to_thread(_write_report, about, books, aside, ending, labels)

    async def statement(self, person: Person, subject_id: str, query: StatementQuery) -> ReportFile:
        """Write somebody's hours in a term, pair by pair, as a PDF."""
        subject = await self._subject(person, subject_id)
        overview = await self._overviews.of_person(subject_id)
        term = _term_of(overview, query.term)
        wanted = ReportFilter(first_day=term.first_day, last_day=term.last_day, participant_id=subject_id)
        with self._at_work(person):
            about, entries = await self._listed(person, overview, wanted)
            pairs = tuple(
                StatementPair(pair=_pair(book), entries=entries.get(pair_id, []))
                for pair_id, book in sorted(overview.books.items(), key=lambda item: item[1].need)
                if pair_id in entries or (is_own(book, subject_id) and _is_in(book, term))
            )
            statement = Statement(about=about, person=subject.name, term=term.name, pairs=pairs)
            labels = _labels(query.language)
            data = await asyncio.to_thread(to_statement, statement, labels, Paper(query.paper))
        return ReportFile(f"{labels.statement}, {subject.name}, {term.name}", "application/pdf", data)

    async def certificate(self, person: Person, subject_id: str, query: CertificateQuery) -> ReportFile:
        """Write how many hours somebody has between two days, of which the last is at most today, as a PDF.

        Several people at once are one hour in an hour.
        """
        subject = await self._subject(person, subject_id)
        overview = await self._overviews.of_person(subject_id)
        first_day, last_day = _days_until_today(overview, query)
        wanted = ReportFilter(first_day=first_day, last_day=last_day, participant_id=subject_id)
        with self._at_work(person):
            programme = await self._programme_name()
            with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
                aside = await self._put_aside(wanted, file)
                about = self._about(overview, wanted, aside.head, programme, person.name, ())
                rows = [
                    row
                    for row in aside.rows()
                    if row.pair_id in overview.books and about.counting.counts(_STATES[row.state])
                ]
            by_type = await self._own_hours.minutes_of(rows, overview.books, overview.agreements)
            labels = _labels(query.language)
            minutes = sum(by_type.values())
            made = Certificate(
                about=about,
                person=subject.name,
                minutes=minutes,
                by_contact_type=by_type,
                has_several_at_once=minutes < sum(row.credited_minutes for row in rows),
            )
            data = await asyncio.to_thread(to_certificate, made, labels, Paper(query.paper))
        return ReportFile(f"{labels.certificate}, {subject.name}", "application/pdf", data)

    async def calendar(self, person: Person, query: CalendarQuery) -> ReportFile:
        """Write what is due as a calendar: of one's own pairs, for coordinators of all."""
        labels = _labels(query.language)
        sees_all = is_coordinator(person)
        overview = await (self._overviews.of_all() if sees_all else self._overviews.of_person(person.person_id))
        books = [
            book
            for book in overview.books.values()
            if (sees_all or is_own(book, person.person_id)) and not book.pair.is_over_on(overview.today)
        ]
        items = [item for book in books for item in _due_items(book, labels)]
        data = await asyncio.to_thread(to_calendar, items, self._now(), labels)
        return ReportFile(labels.calendar, "text/calendar", data)

    async def _subject(self, person: Person, subject_id: str) -> RoomPerson:
        """Return whose hours are asked for; raises `UserError` when they are not for this person."""
        if subject_id == person.person_id:
            return RoomPerson(person_id=person.person_id, name=person.name)
        subject = (await self._facts.names([subject_id])).get(subject_id) if is_coordinator(person) else None
        if subject is None:
            raise UserError(ErrorCode.NOT_FOUND, "There is no such person.")
        await self._views.note(person.person_id, subject_id, self._clock.now_ms())
        return subject

    async def _listed(
        self, person: Person, overview: Overview, wanted: ReportFilter
    ) -> tuple[About, dict[str, list[Entry]]]:
        """Return somebody's entries by pair: a year of them is not much."""
        programme = await self._programme_name()
        found: dict[str, list[Entry]] = {}
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            aside = await self._put_aside(wanted, file)
            for entry in _entries(aside, overview.books):
                if entry.state is not EntryState.WITHDRAWN:
                    found.setdefault(entry.pair_id, []).append(entry)
        return self._about(overview, wanted, aside.head, programme, person.name, ()), found

    async def _put_aside(self, wanted: ReportFilter, file: IO[bytes]) -> _Aside:
        async with self._reports.reading(wanted) as reading:
            head = await reading.head()
            mentors = await reading.mentors()
            sizes = [file.write(_encode(rows)) async for rows in reading.batches()]
        newest = LogHead(0, _NO_HASH) if head is None else LogHead(head.number, head.hash)
        return _Aside(file, tuple(sizes), newest, mentors)

    def _about(
        self,
        overview: Overview,
        wanted: ReportFilter,
        head: LogHead,
        programme: str,
        made_by: str,
        filters: tuple[str, ...],
    ) -> About:
        return About(
            programme=programme,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            zone=overview.agreements.zone,
            made_at=self._now(),
            made_by=made_by,
            head=head,
            counting=_counting(overview.agreements.policy),
            filters=filters,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1_000, UTC)

    @contextmanager
    def _at_work(self, person: Person) -> Iterator[None]:
        """Make one file at a time for each person."""
        if person.person_id in self._busy:
            raise UserError(
                ErrorCode.TOO_MANY, "Another report is being made for you. Wait until it is there.", retry_after_s=5
            )
        self._busy.add(person.person_id)
        try:
            yield
        finally:
            self._busy.remove(person.person_id)


def _write_report(
    about: About,
    books: Mapping[str, PairBook],
    aside: _Aside,
    ending: str,
    labels: ReportLabels,
) -> ReportFile:
    title = f"{about.programme}, {labels.entries}, {about.first_day} – {about.last_day}"
    entries = _entries(aside, books)
    if ending == "csv":
        return ReportFile(title, "text/csv", b"".join(to_csv(about, entries)))
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        try:
            write_workbook(about, [_pair(book) for book in books.values()], entries, file, labels)
        except TooManyEntriesError as error:
            sentence = f"A workbook has room for {MAX_ENTRIES:,} entries: take fewer days, or CSV."
            raise UserError(ErrorCode.TOO_LARGE, sentence) from error
        file.seek(0)
        return ReportFile(title, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", file.read())


def _entries(aside: _Aside, books: Mapping[str, PairBook]) -> Iterator[Entry]:
    for row in aside.rows():
        book = books.get(row.pair_id)
        if book is None:
            continue  # a pair of nobody who is meant
        yield Entry(
            entry_id=row.entry_id,
            number=row.number,
            pair_id=row.pair_id,
            pair_kind=book.pair.kind,
            mentor=aside.mentors[row.mentor_id],
            mentee=book.pair.mentee.name,
            day=row.day,
            contact_type=_TYPES[row.contact_type],
            state=_STATES[row.state],
            measured_ms=row.measured_ms,
            credited_minutes=row.credited_minutes,
            room=row.room,
            meeting_opened_at=row.opened_at,
            text=row.text,
        )


def _pair(book: PairBook) -> Pair:
    return Pair(
        pair_id=book.pair.pair_id,
        kind=book.pair.kind,
        mentor=book.pair.mentor.name,
        mentee=book.pair.mentee.name,
        starts_on=book.pair.starts_on,
        ends_on=book.pair.ends_on,
        standing=book.status.standing,
    )


def _due_items(book: PairBook, labels: ReportLabels) -> Iterator[DueItem]:
    pair = labels.pair_of.format(mentor=book.pair.mentor.name, mentee=book.pair.mentee.name)
    for status in book.status.requirements:
        if status.due_on is not None:
            what = status.name if status.next_step is None else f"{status.name}, {status.next_step}"
            due_id = f"{book.pair.pair_id}-{status.requirement_id}"
            yield DueItem(due_id=due_id, due_on=date.fromisoformat(status.due_on), title=f"{what}: {pair}")


def _term_of(overview: Overview, term_id: str | None) -> Term:
    terms = overview.agreements.terms
    if term_id is not None:
        found = next((term for term in terms if term.term_id == term_id), None)
    else:
        before = [term for term in terms if term.first_day <= overview.today]
        found = current_term(overview.agreements, overview.today) or (before[-1] if before else None)
    if found is None:
        raise UserError(ErrorCode.NOT_FOUND, "There is no such term.")
    return found


def _days_until_today(overview: Overview, query: CertificateQuery) -> tuple[date, date]:
    """Return the days that are certified: nobody has done anything yet on those to come. Raises `UserError`."""
    if query.first_day > overview.today:
        raise UserError(ErrorCode.BAD_REQUEST, f"{query.first_day} is to come: a certificate is of days until today.")
    return days_of(overview, query.first_day, min(query.last_day, overview.today))


def _is_in(book: PairBook, term: Term) -> bool:
    return book.pair.starts_on <= term.last_day and not book.pair.is_over_on(term.first_day)


def _counting(policy: HoursPolicy) -> Counting:
    return Counting(
        counts_from=EntryState(policy.counts_from),
        grace_s=policy.grace_s,
        is_rounded_down=policy.rounding is Rounding.DOWN,
        minimum_minutes=policy.minimum_minutes,
        minutes_per_day_limit=policy.minutes_per_day_limit,
    )


def _filters(query: ReportQuery, books: Mapping[str, PairBook], labels: ReportLabels) -> tuple[str, ...]:
    people = {
        one.person_id: one.name
        for book in books.values()
        for one in (book.status.mentor, book.status.mentee, book.status.substitute)
        if one is not None
    }
    said = (
        None if query.kind is None else labels.pair_kinds[query.kind],
        None if query.standing is None else labels.standings[query.standing],
        query.q.strip() or None,
        None if query.person_id is None else people.get(query.person_id, query.person_id),
    )
    return tuple(one for one in said if one is not None)


def _labels(language: str) -> ReportLabels:
    return LABELS.get(language, ENGLISH)
