"""A row of the hours log, and what an entry is after its rows.

Rows have the whole entry as it is after a step, so that none ever has to be changed. Who has said yes, and who objects,
is what the rows of an entry come to, one after the other.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from protocol.hours import ContactType, EntryAction, EntryState, Side

PEOPLE = (Side.MENTOR, Side.MENTEE)
"""The two that an entry is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a row says."""

    entry_id: str
    pair_id: str
    mentor_id: str
    """Who was the mentor: the pair's, or a substitute."""
    meeting_id: str | None
    """`None`: entered by hand."""
    day: date
    action: EntryAction
    side: Side
    author_id: str | None
    """`None`: the server."""
    at: int
    contact_type: ContactType
    measured_ms: int | None
    credited_minutes: int
    text: str | None
    """Why; `None` also when it was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A step, and its place in the chain."""

    number: int
    """From 1 on, without a gap."""
    step: Step
    text_salt: str
    """Of no text, and of one that was erased: empty."""
    text_digest: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it is after its newest row."""

    number: int
    """Of that row."""
    latest: Step
    entered_by: str | None
    """Who has entered it by hand."""
    text: str | None
    """As said last; `None` also when that was erased."""
    confirmed: frozenset[Side]
    """Who has said yes to what it says now."""
    disputed: frozenset[Side]
    """Who objects."""
    is_adjusted: bool
    """Whether its minutes or its contact type are somebody's word, which the server does not go against."""
    is_approved: bool
    is_withdrawn: bool
    created_at: int
    answered_at: int | None
    """When both had said yes to what it says; `None`: they have not."""

    @property
    def state(self) -> EntryState:
        """Where it stands."""
        if self.is_withdrawn:
            return EntryState.WITHDRAWN
        if self.is_approved:
            return EntryState.APPROVED
        if self.disputed:
            return EntryState.DISPUTED
        return EntryState.CONFIRMED if self.confirmed.issuperset(PEOPLE) else EntryState.PROPOSED


def fold(rows: Iterable[LogRow]) -> Entry | None:
    """Return what the rows of one entry, oldest first, come to; `None` for none."""
    entry: Entry | None = None
    for row in rows:
        entry = begin(row) if entry is None else follow(entry, row)
    return entry


def begin(row: LogRow) -> Entry:
    """Return an entry after its first row. What somebody has entered, they have said yes to."""
    step = row.step
    is_by_hand = step.action is EntryAction.ENTERED
    return Entry(
        number=row.number,
        latest=step,
        entered_by=step.author_id if is_by_hand else None,
        text=step.text,
        confirmed=_person(step.side) if is_by_hand else frozenset(),
        disputed=frozenset(),
        is_adjusted=is_by_hand,
        is_approved=False,
        is_withdrawn=False,
        created_at=step.at,
        answered_at=None,
    )


def follow(entry: Entry, row: LogRow) -> Entry:
    """Return the entry after one more row."""
    after = _after(entry, row)
    if not after.confirmed.issuperset(PEOPLE):
        return after if after.answered_at is None else replace(after, answered_at=None)
    return after if after.answered_at is not None else replace(after, answered_at=row.step.at)


def _after(entry: Entry, row: LogRow) -> Entry:
    step, mine = row.step, _person(row.step.side)
    text = entry.text if row.text_digest == NO_TEXT else step.text
    after = replace(entry, number=row.number, latest=step, text=text)
    match step.action:
        case EntryAction.CONFIRMED:
            return replace(after, confirmed=entry.confirmed | mine, disputed=entry.disputed - mine)
        case EntryAction.DISPUTED:
            return replace(after, confirmed=entry.confirmed - mine, disputed=entry.disputed | mine)
        case EntryAction.ADJUSTED:
            # A coordinator's has no side of its own: nobody has said yes to it, and it settles what was objected to.
            disputed = entry.disputed - mine if mine else frozenset[Side]()
            return replace(after, confirmed=mine, disputed=disputed, is_adjusted=True, is_approved=False)
        case EntryAction.APPROVED:
            return replace(after, is_approved=True)
        case EntryAction.WITHDRAWN:
            return replace(after, is_withdrawn=True)
        case _:
            is_as_said = says_the_same(entry.latest, step)
            return after if is_as_said else replace(after, confirmed=frozenset())


def says_the_same(one: Step, other: Step) -> bool:
    """Tell whether who has said yes to `one` has said yes to `other`: with whom, how long, and how."""
    return (one.mentor_id, one.credited_minutes, one.contact_type) == (
        other.mentor_id,
        other.credited_minutes,
        other.contact_type,
    )


def text_digest(salt: str, text: str | None) -> str:
    """Return what the chain has in place of a text."""
    return hashlib.sha256(f"{salt}\n{text or ''}".encode()).hexdigest()


def _person(side: Side) -> frozenset[Side]:
    return frozenset({side} & set(PEOPLE))


NO_TEXT = text_digest("", None)
"""The digest where nothing was said. That of a text that was erased is another one."""
