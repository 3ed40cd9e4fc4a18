"""The hours log over HTTP: what is asked, what is done, and what is answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protocol.hours import (
    Confirmations,
    ConfirmedEntries,
    EntryDetail,
    EntryStep,
    HoursEntry,
    HoursEntryList,
    HoursHome,
    HoursLogPage,
    HoursProgramme,
    ManualEntry,
    PairDetail,
    PairList,
    RefusedEntry,
)
from protocol.hours_queries import EntryQuery, LogQuery, PairQuery, ProgrammeQuery
from protocol.room import Person
from protocol.wire import Failure
from server.clock import Clock
from server.hours.exports import HoursExports
from server.hours.ledger import Ledger
from server.hours.overview import Overviews
from server.hours.own_hours import OwnHours
from server.hours.reading import HoursReading, Sources
from server.store.attendance import AttendanceRepository
from server.store.database import Database
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_figures import HoursFiguresRepository
from server.store.hours_log import Announcer, HoursLogRepository
from server.store.hours_report import HoursReportRepository
from server.store.hours_views import HoursViewRepository
from server.store.requirements import RequirementRepository


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours log of a database, and files of it."""

    service: "HoursService"
    files: HoursExports
    overviews: Overviews


def create_hours(
    database: Database,
    programme_name: Callable[[], Awaitable[str]],
    clock: Clock,
    announcer: Announcer | None = None,
) -> Hours:
    """Make the hours log of a database; an `announcer` tells elsewhere what is credited."""
    log = HoursLogRepository(database, announcer)
    facts, figures = HoursFactsRepository(database), HoursFiguresRepository(database)
    views, attendance = HoursViewRepository(database), AttendanceRepository(database)
    sources = Sources(log=log, facts=facts, figures=figures, attendance=attendance, views=views)
    ledger = Ledger(log, facts, clock)
    overviews = Overviews(RequirementRepository(database), figures, clock)
    own_hours = OwnHours(attendance, facts)
    files = HoursExports(HoursReportRepository(database), facts, views, own_hours, overviews, programme_name, clock)
    return Hours(HoursService(HoursReading(sources, overviews, ledger, clock), ledger), files, overviews)


class HoursService:
    """The hours log, for who is signed in. The methods raise `UserError` and `StoreError`."""

    def __init__(self, reading: HoursReading, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reading = reading

    async def home(self, person: Person) -> HoursHome:
        """Return somebody's own pairs, and what waits for their word."""
        return await self._reading.home(person)

    async def pairs(self, person: Person, query: PairQuery, after: str | None) -> PairList:
        """Return a page of pairs; `next_cursor` is the place where more begin."""
        return await self._reading.pairs(person, query, after)

    async def pair(self, person: Person, pair_id: str) -> PairDetail:
        """Return a pair."""
        return await self._reading.pair(person, pair_id)

    async def entries(self, person: Person, query: EntryQuery, after: str | None) -> HoursEntryList:
        """Return a page of entries; `next_cursor` is the place where more begin."""
        return await self._reading.entries(person, query, after)

    async def entry(self, person: Person, entry_id: str) -> EntryDetail:
        """Return an entry with all that is behind it."""
        return await self._reading.entry(person, entry_id)

    async def programme(self, person: Person, query: ProgrammeQuery) -> HoursProgramme:
        """Return what all pairs that fit have done."""
        return await self._reading.programme(person, query)

    async def log(self, person: Person, query: LogQuery) -> HoursLogPage:
        """Return rows of the log."""
        return await self._reading.log(person, query)

    async def take_step(self, person: Person, entry_id: str, asked: EntryStep) -> HoursEntry:
        """Take a step of an entry; return the entry after it."""
        entry = await self._ledger.take_step(person, entry_id, asked)
        [shown] = await self._ledger.describe(person, [entry])
        return shown

    async def confirm(self, person: Person, asked: Confirmations) -> ConfirmedEntries:
        """Confirm several entries; return what came of it."""
        confirmed = await self._ledger.confirm(person, asked.entries)
        return ConfirmedEntries(
            entries=tuple(await self._ledger.describe(person, confirmed.entries)),
            refused=tuple(
                RefusedEntry(entry_id=one.entry_id, error=Failure(code=one.code, text=one.text))
                for one in confirmed.refused
            ),
        )

    async def enter(self, person: Person, asked: ManualEntry) -> HoursEntry:
        """Enter something by hand; return the entry."""
        entry = await self._ledger.enter(person, asked)
        [shown] = await self._ledger.describe(person, [entry])
        return shown
