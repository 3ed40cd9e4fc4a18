"""A row of the hours log, and what an entry is after its rows.

Rows have the whole entry as it is after a step, so that none ever has to be changed. Who has said yes, and who objects,
is what the rows of an entry come to, one after the other.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from protocol.hours import ContactType, EntryAction, EntryState, Side

PEOPLE = (Side.MENTOR, Side.MENTEE)
"""The two that an entry is about."""
_CREDITED = (EntryState.CONFIRMED, EntryState.APPROVED)


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


class Assent(NamedTuple):
    """Who has said yes to what an entry says, who objects, and what was decided."""

    confirmed: frozenset[Side]
    disputed: frozenset[Side]
    is_adjusted: bool
    is_approved: bool
    is_withdrawn: bool

    @property
    def is_answered(self) -> bool:
        """Tell whether both have said yes."""
        return self.confirmed.issuperset(PEOPLE)

    @property
    def state(self) -> EntryState:
        """Where the entry stands."""
        return _state(self)


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
    assent: Assent
    created_at: int
    answered_at: int | None
    """When both had said yes to what it says; `None`: they have not."""
    credited_by: tuple[int, ...]
    """Numbers of the rows that have credited what it says: the second yes, an approval. Empty when nothing does."""

    @property
    def confirmed(self) -> frozenset[Side]:
        """Who has said yes to what it says now."""
        return self.assent.confirmed

    @property
    def disputed(self) -> frozenset[Side]:
        """Who objects."""
        return self.assent.disputed

    @property
    def is_adjusted(self) -> bool:
        """Whether its minutes or its contact type are somebody's word, which the server does not go against."""
        return self.assent.is_adjusted

    @property
    def is_approved(self) -> bool:
        """Whether a coordinator has approved it."""
        return self.assent.is_approved

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back."""
        return self.assent.is_withdrawn

    @property
    def state(self) -> EntryState:
        """Where it stands."""
        return self.assent.state


def fold(rows: Iterable[LogRow]) -> Entry | None:
    """Return what the rows of one entry, oldest first, come to; `None` for none."""
    entry: Entry | None = None
    for row in rows:
        entry = begin(row) if entry is None else follow(entry, row)
    return entry


def begin(row: LogRow) -> Entry:
    """Return an entry after its first row. What somebody has entered, they have said yes to."""
    step = row.step
    return Entry(
        number=row.number,
        latest=step,
        entered_by=step.author_id if step.action is EntryAction.ENTERED else None,
        text=step.text,
        assent=first_assent(step.action, step.side),
        created_at=step.at,
        answered_at=None,
        credited_by=(),
    )


def follow(entry: Entry, row: LogRow) -> Entry:
    """Return the entry after one more row."""
    step = row.step
    assent = next_assent(entry.assent, step.action, step.side, says_the_same(entry.latest, step))
    return Entry(
        number=row.number,
        latest=step,
        entered_by=entry.entered_by,
        text=entry.text if row.text_digest == NO_TEXT else step.text,
        assent=assent,
        created_at=entry.created_at,
        answered_at=answered_at(assent, entry.answered_at, step.at),
        credited_by=_credited_by(entry, row.number, assent.state),
    )


@cache
def first_assent(action: str, side: str) -> Assent:
    """Return what an entry's first row comes to. Raises `ValueError` for words that nobody knows."""
    is_by_hand = EntryAction(action) is EntryAction.ENTERED
    confirmed = _person(Side(side)) if is_by_hand else frozenset[Side]()
    return Assent(confirmed, frozenset(), is_adjusted=is_by_hand, is_approved=False, is_withdrawn=False)


@cache  # there are few, and they come by the million
def next_assent(before: Assent, action: str, side: str, is_as_said: bool, /) -> Assent:
    """Return what one more row makes of it, which says the same as before, or not.

    Raises `ValueError` for words that nobody knows.
    """
    mine = _person(Side(side))
    match EntryAction(action):
        case EntryAction.CONFIRMED:
            return before._replace(confirmed=before.confirmed | mine, disputed=before.disputed - mine)
        case EntryAction.DISPUTED:
            return before._replace(confirmed=before.confirmed - mine, disputed=before.disputed | mine)
        case EntryAction.ADJUSTED:
            # A coordinator's has no side of its own: nobody has said yes to it, and it settles what was objected to.
            disputed = before.disputed - mine if mine else frozenset[Side]()
            return before._replace(confirmed=mine, disputed=disputed, is_adjusted=True, is_approved=False)
        case EntryAction.APPROVED:
            return before._replace(is_approved=True)
        case EntryAction.WITHDRAWN:
            return before._replace(is_withdrawn=True)
        case _:
            return before if is_as_said else before._replace(confirmed=frozenset())


def answered_at(assent: Assent, before: int | None, at: int) -> int | None:
    """Return since when both have said yes, after a row of `at`; `None`: they have not."""
    if not assent.is_answered:
        return None
    return at if before is None else before


def _credited_by(before: Entry, number: int, state: EntryState) -> tuple[int, ...]:
    """Return the rows that credit an entry which has come to a state. No other step leads to either of the two."""
    if state not in _CREDITED:
        return ()
    return before.credited_by if state is before.state else (*before.credited_by, number)


@cache
def _state(assent: Assent) -> EntryState:
    if assent.is_withdrawn:
        return EntryState.WITHDRAWN
    if assent.is_approved:
        return EntryState.APPROVED
    if assent.disputed:
        return EntryState.DISPUTED
    return EntryState.CONFIRMED if assent.is_answered else EntryState.PROPOSED


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
