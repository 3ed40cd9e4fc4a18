"""What of the hours log somebody is told; to whom what is there at all, `sight.py` says.

When coordinators look at the hours of others, that is noted.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from protocol.errors import ErrorCode
from protocol.hours import (
    MAX_ENTRY_PAGE,
    EntryDetail,
    EntryState,
    HoursEntry,
    HoursEntryList,
    HoursHome,
    HoursLogPage,
    HoursProgramme,
    MeetingEvidence,
    PairDetail,
    PairList,
    PlanStep,
    Side,
)
from protocol.hours_queries import EntryQuery, LogQuery, PairQuery, ProgrammeQuery
from protocol.room import Person
from server.clock import Clock
from server.errors import UserError
from server.hours.attendance import attendance_of
from server.hours.evidence import evidence_of
from server.hours.figures import Figures
from server.hours.ledger import Ledger
from server.hours.log.rows import Entry, LogRow
from server.hours.open_entries import count_open
from server.hours.overview import Overview, Overviews
from server.hours.pair_book import Bookkeeper, current_term, term_info
from server.hours.proposer import presence_of
from server.hours.requirements import PlannedStep
from server.hours.selection import among_fitting, in_need, select, summarised
from server.hours.showing import show_row, show_step
from server.hours.sight import check_is_coordinator, concerns, is_coordinator, is_own, may_see_pair
from server.store.attendance import AttendanceRepository
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_figures import HoursFiguresRepository
from server.store.hours_log import EntryCursor, EntryFilter, HoursLogRepository
from server.store.hours_views import EVERYBODY, HoursViewRepository

_WEEKS = timedelta(weeks=52)
_MAX_MEETINGS_BESIDE = 100
"""That are looked at to tell what counts elsewhere: nobody is in more at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the log and all around it is read from."""

    log: HoursLogRepository
    facts: HoursFactsRepository
    figures: HoursFiguresRepository
    attendance: AttendanceRepository
    views: HoursViewRepository


class HoursReading:
    """Tells of the hours log. The methods raise `UserError` and `StoreError`."""

    def __init__(self, sources: Sources, overviews: Overviews, ledger: Ledger, clock: Clock) -> None:
        self._sources = sources
        self._overviews = overviews
        self._ledger = ledger
        self._clock = clock

    async def home(self, person: Person) -> HoursHome:
        """Return somebody's own pairs, those that need most first, and what waits for their word."""
        overview = await self._overviews.of_person(person.person_id)
        agreements, today = overview.agreements, overview.today
        places = await self._sources.figures.waiting_for(person.person_id, MAX_ENTRY_PAGE + 1)
        waiting = await self._sources.log.find([place.entry_id for place in places[:MAX_ENTRY_PAGE]])
        term = current_term(agreements, today)
        own = [book for book in overview.books.values() if is_own(book, person.person_id)]
        return HoursHome(
            today=today.isoformat(),
            time_zone=agreements.zone.key,
            counts_from=EntryState(agreements.policy.counts_from),
            term=None if term is None else term_info(term),
            terms=tuple(map(term_info, agreements.terms)),
            pairs=tuple(book.status for book in in_need(book for book in own if not book.pair.is_over_on(today))),
            has_past_pairs=any(book.pair.is_over_on(today) for book in own),
            waiting=tuple(await self._ledger.describe(person, waiting)),
            has_more_waiting=len(places) > MAX_ENTRY_PAGE,
        )

    async def pairs(self, person: Person, query: PairQuery, after: str | None) -> PairList:
        """Return pairs that are there for somebody, in the order of their ids, from a place on.

        `next_cursor` is the place where more begin.
        """
        overview = await self._overview_for(person)
        books = (book for book in overview.books.values() if may_see_pair(book, person))
        ids = sorted(book.pair.pair_id for book in books if book.pair.pair_id > (after or ""))
        page = ids[: query.limit]
        return PairList(
            pairs=tuple(overview.books[pair_id].status for pair_id in page),
            next_cursor=page[-1] if len(ids) > query.limit else None,
        )

    async def pair(self, person: Person, pair_id: str) -> PairDetail:
        """Return a pair."""
        overview = await self._overviews.of_pair(pair_id)
        book = overview.books.get(pair_id)
        if book is None or not may_see_pair(book, person):
            raise UserError(ErrorCode.NOT_FOUND, "There is no such pair.")
        if not is_own(book, person.person_id):
            await self._note_view(person, pair_id)
        agreements, today = overview.agreements, overview.today
        counted = agreements.policy.counted_states
        term = current_term(agreements, today)
        first_day = today - _WEEKS + timedelta(weeks=1) if term is None else term.first_day
        last_day = today if term is None else term.last_day
        return PairDetail(
            status=book.status,
            today=today.isoformat(),
            plan=await self._plan(pair_id, Bookkeeper(agreements, today).plan(book), counted),
            weeks=Figures([book], first_day, last_day, counted).weeks(today),
        )

    async def entries(self, person: Person, query: EntryQuery, after: str | None) -> HoursEntryList:
        """Return a page of the entries that are there for somebody, from a place on.

        `next_cursor` is the place where more begin.
        """
        wanted = _filter_of(query)
        if not is_coordinator(person):
            if wanted.person_id not in (None, person.person_id):
                raise UserError(ErrorCode.NOT_FOUND, "There is no such person.")
            wanted = replace(wanted, person_id=person.person_id)
        if query.is_narrow:
            wanted = among_fitting(wanted, await self._overview_for(person), query)
        found, rest = await self._sources.log.page(wanted, _place_of(after), query.limit)
        entries = await self._ledger.describe(person, found)
        if is_coordinator(person) and not all(concerns(entry, person) for entry in entries):
            asked_for = [one for one in (query.pair_id, query.person_id) if one is not None]
            for subject in asked_for or [EVERYBODY]:
                await self._note_view(person, subject)
        return HoursEntryList(
            entries=tuple(entries),
            next_cursor=None if rest is None else f"{rest.day.isoformat()} {rest.entry_id}",
        )

    async def entry(self, person: Person, entry_id: str) -> EntryDetail:
        """Return an entry, every step of it, and where its minutes come from."""
        found = await self._sources.log.find([entry_id])
        described = await self._ledger.describe(person, found)
        if not described:
            raise UserError(ErrorCode.NOT_FOUND, "There is no such entry.")
        entry, [shown] = found[0], described
        if not concerns(shown, person):
            await self._note_view(person, shown.pair_id)
        rows = [row for row in await self._sources.log.rows_of(entry_id) if row.number <= entry.number]
        people = await self._sources.facts.names({one.step.author_id for one in rows if one.step.author_id is not None})
        return EntryDetail(
            entry=shown,
            steps=tuple(show_step(row, people) for row in rows),
            evidence=await self._evidence(entry, shown),
        )

    async def programme(self, person: Person, query: ProgrammeQuery) -> HoursProgramme:
        """Return what all pairs that fit have done, for a coordinator."""
        check_is_coordinator(person)
        selection = select(await self._overviews.of_all(), query)
        if query.person_id not in (None, person.person_id) and selection.books:
            await self._note_view(person, query.person_id)
        open_entries = await count_open(self._sources.log, selection, query)
        return await asyncio.to_thread(summarised, selection, open_entries)

    async def log(self, person: Person, query: LogQuery) -> HoursLogPage:
        """Return rows of the log, with all that the chain goes over, for a coordinator."""
        check_is_coordinator(person)
        rows = await self._sources.log.read(query.after, query.limit)
        readable = [row for row in rows if isinstance(row, LogRow)]
        if len(readable) < len(rows):
            raise UserError(ErrorCode.UNAVAILABLE, "A row cannot be read: `roundup hours verify` says which.")
        if rows:
            await self._note_view(person, EVERYBODY)
        return HoursLogPage(rows=tuple(map(show_row, readable)), newest=await self._sources.log.newest_number())

    async def _note_view(self, person: Person, subject: str) -> None:
        await self._sources.views.note(person.person_id, subject, self._clock.now_ms())

    async def _overview_for(self, person: Person) -> Overview:
        if is_coordinator(person):
            return await self._overviews.of_all()
        return await self._overviews.of_person(person.person_id)

    async def _plan(
        self, pair_id: str, steps: Sequence[PlannedStep], counted: Collection[EntryState]
    ) -> tuple[PlanStep, ...]:
        """Return steps with the entries that they were done with; of several that are alike, each once."""
        days = {step.contact.day for step in steps if step.contact is not None}
        entries: dict[tuple[date, int, str], list[str]] = {}
        for entry in await self._sources.log.find(await self._sources.figures.on_days(pair_id, days)):
            if entry.state in counted:
                latest = entry.latest
                key = latest.day, latest.credited_minutes, latest.contact_type.value
                entries.setdefault(key, []).append(latest.entry_id)
        return tuple(_plan_steps(steps, entries))

    async def _evidence(self, entry: Entry, shown: HoursEntry) -> MeetingEvidence | None:
        if shown.meeting is None:
            return None
        meeting_id = shown.meeting.meeting_id
        people = {Side.MENTOR: shown.mentor, Side.MENTEE: shown.mentee}
        both = {one.person_id for one in people.values()}
        facts = self._sources.facts
        beside = [one for one, there in (await facts.meetings_beside(meeting_id, both)).items() if both <= there]
        wanted = [meeting_id, *beside[:_MAX_MEETINGS_BESIDE]]
        histories = {one.meeting_id: one for one in await self._sources.attendance.load_histories(wanted, both)}
        history = histories.pop(meeting_id, None)
        final = await self._sources.attendance.final([meeting_id])
        if history is None or not history.connections or both & final.get(meeting_id, set()):
            return None
        kinds = await facts.room_kinds({one.room_id for one in (history, *histories.values())})
        zone = (await facts.programme()).zone
        others = [presence_of(one, attendance_of(one), kinds) for one in histories.values()]
        return evidence_of(shown.meeting, history, kinds, others, people, entry.latest.day, zone)


def _filter_of(query: EntryQuery) -> EntryFilter:
    return EntryFilter(
        pair_ids=None if query.pair_id is None else [query.pair_id],
        person_id=query.person_id,
        first_day=query.first_day,
        last_day=query.last_day,
        states=None if query.state is None else [query.state],
        contact_types=None if query.contact_type is None else [query.contact_type],
    )


def _place_of(text: str | None) -> EntryCursor | None:
    if text is None:
        return None
    day, _, entry_id = text.partition(" ")
    return EntryCursor(date.fromisoformat(day), entry_id)


def _plan_steps(steps: Iterable[PlannedStep], entries: dict[tuple[date, int, str], list[str]]) -> Iterable[PlanStep]:
    for step in steps:
        contact = step.contact
        alike = [] if contact is None else entries.get((contact.day, contact.minutes, contact.contact_type), [])
        if step.due_on is not None:
            yield PlanStep(
                name=step.name,
                due_on=step.due_on.isoformat(),
                done_on=None if contact is None else contact.day.isoformat(),
                entry_id=alike.pop(0) if alike else None,
                contact_types=step.counted.contact_types,
                minimum_minutes=step.counted.minimum_minutes,
            )
