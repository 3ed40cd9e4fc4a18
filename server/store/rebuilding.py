"""What is derived from presence, read for many meetings at once, so that it can be made anew."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from server.store.attendance import AttendanceRecord
from server.store.database import Database
from server.store.models import AttendanceRow, HoursEntryRow, MeetingRow

_ATTENDANCE, _ENTRY = AttendanceRow.__table__.columns, HoursEntryRow.__table__.columns


@dataclass(frozen=True, slots=True)
class MeetingSpan:
    """When a meeting was, on the clock of its node."""

    meeting_id: str
    node_id: str
    begins_at: int
    ends_at: int | None
    """`None`: it goes on."""
    is_recorded: bool
    """Whether all that follows from it was worked out."""


class Measured(NamedTuple):
    """What an entry says was measured of a pair."""

    pair_id: str
    day: date
    measured_ms: int | None


class RebuildRepository:
    """Derived rows of many meetings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spans(self) -> list[MeetingSpan]:
        """Return all meetings: one node's after the other's, in the order of their beginnings."""
        query = select(
            MeetingRow.meeting_id,
            MeetingRow.node_id,
            MeetingRow.opened_at,
            MeetingRow.closed_at,
            MeetingRow.clock_offset,
            MeetingRow.recorded_at,
        )
        async with self._database.reading() as session:
            found = [
                MeetingSpan(
                    meeting_id,
                    node_id,
                    opened_at - (offset or 0),
                    None if closed_at is None else closed_at - (offset or 0),
                    recorded_at is not None,
                )
                for meeting_id, node_id, opened_at, closed_at, offset, recorded_at in await session.execute(query)
            ]
        return sorted(found, key=lambda span: (span.node_id, span.begins_at, span.meeting_id))

    async def attendance(self, meeting_ids: Collection[str]) -> dict[str, list[AttendanceRecord]]:
        """Return the attendance that is kept of some meetings, by person, and can be made anew."""
        columns = (_ATTENDANCE[name] for name in ("meeting_id", *AttendanceRecord._fields))
        query = (
            select(*columns)
            .where(_ATTENDANCE["meeting_id"].in_(meeting_ids), _ATTENDANCE["final_role"].is_(None))
            .order_by(_ATTENDANCE["person_id"])
        )
        found: defaultdict[str, list[AttendanceRecord]] = defaultdict(list)
        async with self._database.reading() as session:
            for meeting_id, *record in await session.execute(query):
                found[meeting_id].append(AttendanceRecord._make(record))
        return found

    async def measured(self, meeting_ids: Collection[str]) -> dict[str, dict[str, Measured]]:
        """Return what the entries of some meetings say was measured: by meeting, by entry."""
        columns = (_ENTRY[name] for name in ("meeting_id", "entry_id", *Measured._fields))
        query = select(*columns).where(_ENTRY["meeting_id"].in_(meeting_ids))
        found: defaultdict[str, dict[str, Measured]] = defaultdict(dict)
        async with self._database.reading() as session:
            for meeting_id, entry_id, *measured in await session.execute(query):
                found[meeting_id][entry_id] = Measured._make(measured)
        return found
