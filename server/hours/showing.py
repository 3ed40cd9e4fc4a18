"""The hours log as it travels: entries with names in the place of ids, steps, rows with their hashes. Pure."""

from collections.abc import Iterable, Mapping

from protocol.hours import (
    ContactMinutes,
    ContactType,
    HoursWeek,
    LogStep,
    SealedRow,
    Stretch,
)
from protocol.tasks import RoomPerson
from server.hours.intervals import Intervals
from server.hours.log.rows import LogRow


def show_step(row: LogRow, people: Mapping[str, RoomPerson]) -> LogStep:
    """Return a row of the log as a step of an entry."""
    step = row.step
    return LogStep(
        number=row.number,
        action=step.action,
        side=step.side,
        author=None if step.author_id is None else people[step.author_id],
        at=step.at,
        contact_type=step.contact_type,
        measured_ms=step.measured_ms,
        credited_minutes=step.credited_minutes,
        text=step.text,
        hash=row.hash,
    )


def show_row(row: LogRow) -> SealedRow:
    """Return a row of the log with all that its hash goes over."""
    step = row.step
    return SealedRow(
        number=row.number,
        entry_id=step.entry_id,
        pair_id=step.pair_id,
        mentor_id=step.mentor_id,
        meeting_id=step.meeting_id,
        day=step.day.isoformat(),
        action=step.action,
        side=step.side,
        author_id=step.author_id,
        at=step.at,
        contact_type=step.contact_type,
        measured_ms=step.measured_ms,
        credited_minutes=step.credited_minutes,
        text=step.text,
        text_salt=row.text_salt,
        text_digest=row.text_digest,
        hash=row.hash,
    )


def show_stretches(intervals: Intervals) -> tuple[Stretch, ...]:
    """Return intervals as stretches."""
    return tuple(Stretch(started_at=each.start, ended_at=each.end) for each in intervals)


class Contacts:
    """Minutes and entries by kind of contact."""

    def __init__(self) -> None:
        self._sums: dict[ContactType, tuple[int, int]] = {}

    def add(self, contact_type: ContactType, minutes: int, count: int) -> None:
        """Add some."""
        so_far, entries = self._sums.get(contact_type, (0, 0))
        self._sums[contact_type] = so_far + minutes, entries + count

    def shown(self) -> tuple[ContactMinutes, ...]:
        """Return those kinds that there are, in the order of their names in the protocol."""
        return tuple(
            ContactMinutes(contact_type=each, credited_minutes=self._sums[each][0], entry_count=self._sums[each][1])
            for each in ContactType
            if each in self._sums
        )


def show_weeks(weeks: Mapping[int, Contacts], days: Iterable[tuple[int, str]]) -> tuple[HoursWeek, ...]:
    """Return weeks in order, given the day (a number and ISO 8601) that each begins with."""
    nothing = Contacts()
    return tuple(HoursWeek(first_day=text, contacts=weeks.get(number, nothing).shown()) for number, text in days)
