"""What reports are made from. Nothing here is computed from a database, nor decides who may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from protocol.hours import MAX_MANUAL_MINUTES, ContactType, EntryState, PairKind, Standing, counted_states


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest row of the hours log when the report was made: the report can be held against the log later."""

    number: int
    """0 while the log is empty."""
    hash: str
    """64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The programme's rules that minutes are counted by."""

    counts_from: EntryState = EntryState.CONFIRMED
    """The first of proposed, confirmed and approved that counts."""
    grace_s: int = 60
    is_rounded_down: bool = False
    """To full minutes; else to the nearest one."""
    minimum_minutes: int = 1
    minutes_per_day_limit: int = MAX_MANUAL_MINUTES
    """Of a pair."""

    def counts(self, state: EntryState) -> bool:
        """Tell whether the minutes of an entry in this state count."""
        return state in counted_states(self.counts_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Which hours are in a report, and where it comes from."""

    programme: str
    first_day: date
    last_day: date
    """Days of `zone`."""
    zone: ZoneInfo
    made_at: datetime
    """In any time zone; shown in `zone`. It is also when the file was made, so that the same input is the same file."""
    made_by: str
    head: LogHead
    counting: Counting = field(default_factory=Counting)
    filters: tuple[str, ...] = ()
    """What else the entries of a workbook were chosen by, in the reader's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A mentor and a mentee."""

    pair_id: str
    kind: PairKind
    mentor: str
    mentee: str
    starts_on: date
    ends_on: date | None = None
    standing: Standing | None = None
    """With what is required; `None`: nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the hours log as it is now."""

    entry_id: str
    number: int
    """Of its newest row in the log."""
    pair_id: str
    pair_kind: PairKind
    mentor: str
    """The pair's, or the substitute who was there."""
    mentee: str
    day: date
    contact_type: ContactType
    state: EntryState
    measured_ms: int | None
    """`None`: entered by hand."""
    credited_minutes: int
    room: str | None = None
    meeting_opened_at: int | None = None
    """UTC, milliseconds since 1970."""
    text: str | None = None
    """What was done, or why the entry is as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPair:
    """What one pair has done, by day."""

    pair: Pair
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One person's hours in one term."""

    about: About
    person: str
    term: str
    pairs: Sequence[StatementPair]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That somebody has done their hours."""

    about: About
    person: str
    minutes: int
    by_contact_type: Mapping[ContactType, int] = field(default_factory=dict)
    """Minutes; empty: they are not told apart."""
    has_several_at_once: bool = False
    """Whether it comes to less than a statement's pairs together, each of which has the whole hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """Something that a pair has to do by a day."""

    due_id: str
    """Stays the same while it is the same thing, also when its day moves; nothing else anywhere has it."""
    due_on: date
    title: str
