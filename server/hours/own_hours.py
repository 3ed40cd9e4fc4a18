"""Somebody's own hours, for a certificate: their entries, and from presence when the minutes of these were."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from protocol.hours import ContactType
from server.hours.attendance import attendance_of
from server.hours.intervals import Intervals, shifted
from server.hours.own_time import OwnEntry, minutes_of
from server.hours.pair_book import PairBook
from server.hours.proposals import MeetingPresence, counted_time
from server.hours.proposer import presence_of
from server.store.attendance import AttendanceRepository
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_report import ReportRow
from server.store.requirements import Agreements

_DAYS = 50
"""Of which the presence is in memory at once."""
_UNKNOWN: Intervals = ()


class OwnHours:
    """Adds somebody's entries up."""

    def __init__(self, attendance: AttendanceRepository, facts: HoursFactsRepository) -> None:
        self._attendance = attendance
        self._facts = facts

    async def minutes_of(
        self, rows: Sequence[ReportRow], books: Mapping[str, PairBook], agreements: Agreements
    ) -> dict[ContactType, int]:
        """Return how many minutes entries of one person's pairs come to, by kind of contact. Raises `StoreError`."""
        entries: list[OwnEntry] = []
        by_day: dict[date, list[ReportRow]] = {}
        for row in rows:
            by_day.setdefault(row.day, []).append(row)
        days = iter(by_day.values())
        while some := list(islice(days, _DAYS)):
            meetings = await self._meetings(some, books)
            for of_day in some:
                entries += _entries(of_day, meetings, books, agreements)
        return minutes_of(entries, agreements.policy)

    async def _meetings(
        self, days: Sequence[Sequence[ReportRow]], books: Mapping[str, PairBook]
    ) -> Mapping[str, MeetingPresence]:
        """Return the meetings of days on which there may have been several people at once."""
        rows = [row for of_day in days if len(of_day) > 1 for row in of_day]
        people = {person_id for row in rows for person_id in _both(row, books)}
        ids = {row.meeting_id for row in rows if row.meeting_id is not None}
        histories = await self._attendance.load_histories(ids, people)
        kinds = await self._facts.room_kinds({one.room_id for one in histories})
        return {one.meeting_id: presence_of(one, attendance_of(one), kinds) for one in histories}


def _entries(
    rows: Sequence[ReportRow],
    meetings: Mapping[str, MeetingPresence],
    books: Mapping[str, PairBook],
    agreements: Agreements,
) -> Iterator[OwnEntry]:
    """Yield what rows of one day say, with when it was."""
    there = {row.entry_id: meetings[row.meeting_id] for row in rows if row.meeting_id and row.meeting_id in meetings}
    for row in rows:
        clock, together = "", _UNKNOWN
        if (meeting := there.get(row.entry_id)) is not None:
            both = _both(row, books)
            found = counted_time(meeting, there.values(), both, row.day, agreements.zone, agreements.policy)
            clock = meeting.meeting_id if meeting.clock_offset is None else meeting.node_id
            together = shifted(found, -(meeting.clock_offset or 0))
        yield OwnEntry(
            day=row.day,
            meeting_id=row.meeting_id,
            clock=clock,
            together=together,
            credited_minutes=row.credited_minutes,
            contact_type=ContactType(row.contact_type),
        )


def _both(row: ReportRow, books: Mapping[str, PairBook]) -> tuple[str, str]:
    return row.mentor_id, books[row.pair_id].pair.mentee.person_id
