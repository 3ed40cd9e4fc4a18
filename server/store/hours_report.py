"""Entries of the hours log as reports list them, by day, however many; with the head of the log that they are as of."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from server.hours.log.rows import NO_TEXT
from server.store.database import Database
from server.store.hours_log import NewestRow, find_newest_row
from server.store.models import HoursEntryRow, HoursLogRow, MeetingRow, PairRow, PersonRow, RoomRow

BATCH = 1_000
"""Few enough to hold nothing up."""


class ReportRow(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it is now."""

    text: str | None
    """As said last."""
    day: date
    entry_id: str
    number: int
    pair_id: str
    mentor_id: str
    """Who was the mentor on that day."""
    contact_type: str
    state: str
    measured_ms: int | None
    credited_minutes: int
    meeting_id: str | None
    room: str | None
    opened_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """Which entries are meant. `None`: whatever it is."""

    first_day: date
    last_day: date
    pair_ids: Collection[str] | None = None
    participant_id: str | None = None
    """Who was the mentee, or the mentor on the entry's day."""


class ReadingReport:
    """Entries, all as of one moment."""

    def __init__(self, session: AsyncSession, wanted: ReportFilter) -> None:
        self._session = session
        self._wanted = wanted

    async def head(self) -> NewestRow | None:
        """Return the log's newest row; `None`: it is empty."""
        return await find_newest_row(self._session)

    async def mentors(self) -> dict[str, str]:
        """Return the names of all who are the mentor in an entry, also as a substitute, by id."""
        has_entries = exists().where(HoursEntryRow.mentor_id == PersonRow.person_id)
        query = select(PersonRow.person_id, PersonRow.name).where(has_entries)
        return {row.person_id: row.name for row in await self._session.execute(query)}

    async def batches(self) -> AsyncIterator[list[ReportRow]]:
        """Yield entries by day, up to `BATCH` at once."""
        texts = await self.texts()
        entry = HoursEntryRow
        query = (
            select(
                *(entry.day, entry.entry_id, entry.number, entry.pair_id, entry.mentor_id, entry.contact_type),
                *(entry.state, entry.measured_ms, entry.credited_minutes, entry.meeting_id),
                *(RoomRow.name, MeetingRow.opened_at),
            )
            .join(MeetingRow, MeetingRow.meeting_id == entry.meeting_id, isouter=True)
            .join(RoomRow, RoomRow.room_id == MeetingRow.room_id, isouter=True)
            .order_by(entry.day, entry.entry_id)
            .limit(BATCH)
        )
        first_day, last_id = self._wanted.first_day, ""
        while True:
            # The day is said on its own, too: SQLite would begin at the first one again.
            following = query.where(
                entry.day >= first_day,
                tuple_(entry.day, entry.entry_id) > (first_day, last_id),
                *_conditions(self._wanted),
            )
            found: Sequence[Any] = (await self._session.execute(following)).all()
            rows = [ReportRow(texts.get(row.entry_id), *row) for row in found]
            if rows:
                yield rows
            if len(rows) < BATCH:
                return
            first_day, last_id = rows[-1].day, rows[-1].entry_id

    async def texts(self) -> dict[str, str | None]:
        """Return what was said last of each entry that is meant, if anything; most have nothing."""
        row, wanted = HoursLogRow, self._wanted
        query = select(row.entry_id, row.text).where(row.text_digest != NO_TEXT)
        if wanted.pair_ids is None and wanted.participant_id is None:
            query = query.where(row.day >= wanted.first_day, row.day <= wanted.last_day)
        else:
            meant = select(HoursEntryRow.entry_id).where(HoursEntryRow.day >= wanted.first_day, *_conditions(wanted))
            query = query.where(row.entry_id.in_(meant))
        found = await self._session.execute(query.order_by(row.number))
        return {row.entry_id: row.text for row in found}


class HoursReportRepository:
    """What reports are made from."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, wanted: ReportFilter) -> AsyncIterator[ReadingReport]:
        """Open a transaction that reads entries, one after the other.

        A year of them takes seconds, and there are few connections to read by: two at once would keep everybody out.
        """
        async with self._turn, self._database.reading(is_long=True) as session:
            yield ReadingReport(session, wanted)


def _conditions(wanted: ReportFilter) -> list[ColumnElement[bool]]:
    entry = HoursEntryRow
    found: list[ColumnElement[bool]] = [entry.day <= wanted.last_day]
    if wanted.pair_ids is not None:
        found.append(entry.pair_id.in_(wanted.pair_ids))
    if wanted.participant_id is not None:
        as_mentee = select(PairRow.pair_id).where(PairRow.mentee_id == wanted.participant_id)
        found.append(or_(entry.mentor_id == wanted.participant_id, entry.pair_id.in_(as_mentee)))
    return found
