"""All pairs of a programme as they stand, kept so that a look at them costs little.

What is kept is of one state of the log, one day, and one state of what the programme has agreed on. Each look reads
both states: where only the log has gone on, the pairs that it tells of are made anew, else all, from entries that are
kept, too. Only where entries have been rebuilt otherwise than they were, all of them are read again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import structlog

from server.clock import Clock
from server.hours.pair_book import Bookkeeper, PairBook, PairEntries, read_entries
from server.logs import log_failure
from server.store.hours_figures import HoursFiguresRepository, Lines, LogState
from server.store.pairs import Pair
from server.store.programme import day_in
from server.store.requirements import Agreements, RequirementRepository

_log = structlog.get_logger(__name__)

_AT_ONCE = 20
"""Pairs that are gone through without a thread: that takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Pairs as they stand."""

    agreements: Agreements
    today: date
    state: LogState
    """How far the log is that is in it."""
    books: Mapping[str, PairBook]
    """By pair."""


class Overviews:
    """Makes overviews. The methods raise `StoreError`."""

    def __init__(self, requirements: RequirementRepository, figures: HoursFiguresRepository, clock: Clock) -> None:
        self._requirements = requirements
        self._figures = figures
        self._clock = clock
        self._kept: Overview | None = None
        self._turn = asyncio.Lock()
        self._first_look: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look at all pairs, so that the first coordinator after a start does not wait for it."""
        self._first_look = asyncio.create_task(self._look(), name="hours: first look")

    async def close(self) -> None:
        """Stop looking. Idempotent."""
        if self._first_look is not None:
            self._first_look.cancel()
            await asyncio.gather(self._first_look, return_exceptions=True)

    async def _look(self) -> None:
        try:
            await self.of_all()
        except Exception as error:  # noqa: BLE001 - whoever looks first waits then, and is told
            log_failure(_log, "hours_not_looked_at", error)

    async def of_all(self) -> Overview:
        """Return all pairs, also those that are over."""
        async with self._turn:
            kept = self._kept
            # The pairs after their entries: whoever has become one meanwhile would be without theirs for good.
            lines = await self._figures.lines(since=None if kept is None else kept.state)
            agreements = await self._requirements.load()
            self._kept = await _renewed(lines, agreements, self._today(agreements), kept)
            return self._kept

    async def of_person(self, person_id: str) -> Overview:
        """Return the pairs that somebody is or was part of, also as a substitute."""
        return await self._of_few(await self._requirements.load(person_id=person_id))

    async def of_pair(self, pair_id: str) -> Overview:
        """Return one pair, or, where it is not there, none."""
        return await self._of_few(await self._requirements.load(pair_id=pair_id))

    async def _of_few(self, agreements: Agreements) -> Overview:
        today = self._today(agreements)
        lines = await self._figures.lines(pair_ids=[pair.pair_id for pair in agreements.pairs])
        books = await _books(agreements, today, agreements.pairs, await _read(lines))
        return Overview(agreements, today, lines.state, books)

    def _today(self, agreements: Agreements) -> date:
        return day_in(agreements.zone, self._clock.now_ms())


async def _renewed(lines: Lines, agreements: Agreements, today: date, kept: Overview | None) -> Overview:
    entries = await _read(lines)
    if kept is not None and kept.today == today and kept.agreements == agreements:
        changed = [pair for pair in agreements.pairs if lines.pair_ids is None or pair.pair_id in lines.pair_ids]
        if not changed:
            return replace(kept, state=lines.state)
        books = {**kept.books, **await _books(agreements, today, changed, entries)}
    else:
        if kept is not None and lines.pair_ids is not None:
            unchanged = kept.books.keys() - lines.pair_ids
            entries |= {pair_id: kept.books[pair_id].entries for pair_id in unchanged}
        books = await _books(agreements, today, agreements.pairs, entries)
    return Overview(agreements, today, lines.state, books)


async def _read(lines: Lines) -> dict[str, PairEntries]:
    if len(lines.pairs) <= _AT_ONCE:
        return read_entries(lines.pairs)
    return await asyncio.to_thread(read_entries, lines.pairs)


async def _books(
    agreements: Agreements, today: date, pairs: Sequence[Pair], entries: Mapping[str, PairEntries]
) -> dict[str, PairBook]:
    keeper = Bookkeeper(agreements, today)
    if len(pairs) <= _AT_ONCE:
        return keeper.books(pairs, entries)
    return await asyncio.to_thread(keeper.books, pairs, entries)
