"""Entries as they are kept beside the log, and what many rows come to without an object for each. Pure.

`rows.py` has the rules; here they are only asked quicker, for a log of millions of rows.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from protocol.hours import Side
from server.hours.log.rows import Assent, Entry, answered_at, first_assent, next_assent


class Line(NamedTuple):
    """What of a row decides how its entry is then."""

    entry_id: str
    number: int
    pair_id: str
    mentor_id: str
    meeting_id: str | None
    day: date
    action: str
    side: str
    at: int
    contact_type: str
    measured_ms: int | None
    credited_minutes: int


class Head(NamedTuple):
    """An entry as it is now, in values."""

    entry_id: str
    pair_id: str
    mentor_id: str
    meeting_id: str | None
    day: date
    state: str
    is_confirmed_by_mentor: bool
    is_confirmed_by_mentee: bool
    contact_type: str
    measured_ms: int | None
    credited_minutes: int
    created_at: int
    changed_at: int
    answered_at: int | None
    number: int


def head_of(entry: Entry) -> Head:
    """Return an entry in values."""
    step = entry.latest
    line = Line(
        *(step.entry_id, entry.number, step.pair_id, step.mentor_id, step.meeting_id, step.day),
        *(step.action.value, step.side.value, step.at),
        *(step.contact_type.value, step.measured_ms, step.credited_minutes),
    )
    return _head(line, entry.assent, entry.created_at, entry.answered_at)


def heads_of(lines: Iterable[Line]) -> Iterator[Head]:
    """Yield the entries that rows come to, given entry by entry, each one's oldest first.

    Raises `ValueError` for words that nobody knows.
    """
    rest = iter(lines)
    line = next(rest, None)
    if line is None:
        return
    assent, created_at, answered = first_assent(line.action, line.side), line.at, None
    for after in rest:
        if after.entry_id == line.entry_id:
            is_as_said = (
                line.credited_minutes == after.credited_minutes
                and line.mentor_id == after.mentor_id
                and line.contact_type == after.contact_type
            )
            assent = next_assent(assent, after.action, after.side, is_as_said)
            answered = answered_at(assent, answered, after.at)
        else:
            yield _head(line, assent, created_at, answered)
            assent, created_at, answered = first_assent(after.action, after.side), after.at, None
        line = after
    yield _head(line, assent, created_at, answered)


def _head(line: Line, assent: Assent, created_at: int, answered: int | None) -> Head:
    return Head(
        entry_id=line.entry_id,
        pair_id=line.pair_id,
        mentor_id=line.mentor_id,
        meeting_id=line.meeting_id,
        day=line.day,
        state=assent.state.value,
        is_confirmed_by_mentor=Side.MENTOR in assent.confirmed,
        is_confirmed_by_mentee=Side.MENTEE in assent.confirmed,
        contact_type=line.contact_type,
        measured_ms=line.measured_ms,
        credited_minutes=line.credited_minutes,
        created_at=created_at,
        changed_at=line.at,
        answered_at=answered,
        number=line.number,
    )
