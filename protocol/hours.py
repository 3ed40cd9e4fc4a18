"""The mentoring-hours log as programs and pages see it, over HTTP: entries, what is required, and who has to do what.

Days are ISO 8601 (`2026-11-30`), of the programme's time zone. Minutes are credited, milliseconds measured.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.room import RoomInfo
from protocol.tasks import RoomPerson
from protocol.wire import Failure, Id, Instant, Wire

MAX_ENTRY_PAGE = 100
"""Entries in one answer."""
MAX_LOG_PAGE = 1_000
"""Rows of the log in one answer."""
MAX_DAYS = 800
"""In one report."""
PATIENCE_DAYS = 7
"""What is not answered of a day so long ago, or longer, waits for a coordinator's word, too."""
MAX_EVIDENCE = 5_000
"""Events of a meeting in one answer."""
MAX_REASON_CHARACTERS = 500
MAX_MANUAL_MINUTES = 16 * 60
"""Of one entry by hand, and of all of a pair's in a day."""
MAX_DAYS_BACK = 400
"""So long after a day something may be entered for it by hand."""

Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]


class PairKind(StrEnum):
    """What two people are to each other."""

    MENTOR = "mentor"
    CONTENT_BUDDY = "content_buddy"
    LEAD_TEACHER = "lead_teacher"


class ContactType(StrEnum):
    """How two people were in contact."""

    CONFERENCE = "conference"
    """The two alone."""
    GROUP = "group"
    OBSERVATION = "observation"
    PHONE = "phone"
    EMAIL = "email"
    READING = "reading"
    VISIT = "visit"
    OTHER = "other"


class EntryAction(StrEnum):
    """A step of an entry."""

    PROPOSED = "proposed"
    """By the server, from a meeting."""
    MEASURED = "measured"
    """By the server, anew: more of the meeting is known now."""
    ENTERED = "entered"
    """By hand."""
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ADJUSTED = "adjusted"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class EntryState(StrEnum):
    """Where an entry stands."""

    PROPOSED = "proposed"
    """One side at least has not said yes."""
    CONFIRMED = "confirmed"
    """Both sides have."""
    DISPUTED = "disputed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


_CREDITS = (EntryState.PROPOSED, EntryState.CONFIRMED, EntryState.APPROVED)


def counted_states(counts_from: EntryState) -> tuple[EntryState, ...]:
    """Return the states in which an entry counts where it does from one of proposed, confirmed and approved on."""
    return _CREDITS[_CREDITS.index(counts_from) :]


class Side(StrEnum):
    """As what somebody takes a step."""

    MENTOR = "mentor"
    MENTEE = "mentee"
    COORDINATOR = "coordinator"
    SERVER = "server"


class Standing(StrEnum):
    """How far a pair is with what is required. From the best to the worst."""

    MET = "met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"


class Unit(StrEnum):
    """What is counted for a requirement."""

    MINUTES = "minutes"
    MEETINGS = "meetings"
    DAYS = "days"
    """Since the last contact."""
    STEPS = "steps"
    """Of a plan."""


class MeetingReference(Wire, frozen=True, kw_only=True):
    """The meeting that an entry comes from."""

    meeting_id: str
    room: RoomInfo
    opened_at: Instant


class HoursEntry(Wire, frozen=True, kw_only=True):
    """What a pair has done together on a day: in one meeting, or entered by hand."""

    entry_id: str
    pair_id: str
    pair_kind: PairKind
    mentor: RoomPerson
    mentee: RoomPerson
    day: Day
    state: EntryState
    is_confirmed_by_mentor: bool
    is_confirmed_by_mentee: bool
    contact_type: ContactType
    measured_ms: int | None
    """Both were there at once; `None`: entered by hand."""
    credited_minutes: int
    text: str | None
    """Why it is as it is, as said last."""
    meeting: MeetingReference | None
    changed_at: Instant
    number: int
    """Of its newest step in the log: a step says which one it follows."""
    permitted: tuple[EntryAction, ...]
    """Steps that the caller may take now."""


class HoursEntryList(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours/entries`: a page of entries, newest day first; the caller's, or, for coordinators, all.

    They can be narrowed down by `pair_id`, `person_id`, `state`, `contact_type`, the days `from` and `to`, and by what
    their pair is today: `kind`, `standing`, and `q` (a part of a name); at most `limit`, from `cursor` on.
    """

    entries: tuple[HoursEntry, ...]
    next_cursor: str | None
    """Asks for the page after this one; `None`: there is none."""


class EntryStep(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/v1/hours/entries/ENTRY_ID/steps`: confirm, dispute, adjust, approve or withdraw an entry."""

    action: EntryAction
    number: int
    """Of the entry as the caller saw it: it is refused when that is not the newest any more."""
    credited_minutes: Annotated[int, msgspec.Meta(ge=0, le=MAX_MANUAL_MINUTES)] | None = None
    contact_type: ContactType | None = None
    text: Annotated[str, msgspec.Meta(max_length=MAX_REASON_CHARACTERS)] = ""


class SeenEntry(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as somebody saw it."""

    entry_id: Id
    number: int


class Confirmations(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/v1/hours/confirmations`: confirm several entries, or approve them as a coordinator.

    Each as it was seen.
    """

    entries: Annotated[tuple[SeenEntry, ...], msgspec.Meta(min_length=1, max_length=MAX_ENTRY_PAGE)]


class RefusedEntry(Wire, frozen=True, kw_only=True):
    """An entry that was not confirmed with others, and why."""

    entry_id: str
    error: Failure


class ConfirmedEntries(Wire, frozen=True, kw_only=True):
    """What `POST /api/v1/hours/confirmations` answers."""

    entries: tuple[HoursEntry, ...]
    """Those that are confirmed, or approved, whether just now or before; as they are now."""
    refused: tuple[RefusedEntry, ...]


class ManualEntry(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/v1/hours/entries`: a visit, a call, an e-mail, entered by hand."""

    request_id: Id
    """Entered once, however often it arrives."""
    pair_id: Id
    day: Day
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MANUAL_MINUTES)]
    contact_type: ContactType
    text: Annotated[str, msgspec.Meta(max_length=MAX_REASON_CHARACTERS)] = ""


class Shortfall(Wire, frozen=True, kw_only=True):
    """What a period that is over has missed, and has not been made up for since."""

    first_day: Day
    last_day: Day
    done: int
    """In that period."""
    needed: int
    missing: int
    """What of it is still to be done."""


class RequirementStatus(Wire, frozen=True, kw_only=True):
    """How far a pair is with one requirement."""

    requirement_id: str
    name: str
    standing: Standing
    unit: Unit
    done: int
    needed: int
    first_day: Day | None
    last_day: Day | None
    """Of the period that is counted now."""
    due_on: Day | None
    """By when the next thing is to be done."""
    next_step: str | None
    """Of a plan."""
    shortfall: Shortfall | None
    """Of the period that is overdue, where another one is counted now: `done` and `needed` are not of that one."""
    contact_types: tuple[ContactType, ...] | None
    """What counts for it; `None`: every type. Of a plan, what counts for all of it: a step can ask for more."""
    minimum_minutes: int
    """What is shorter does not count for it."""


class PairStatus(Wire, frozen=True, kw_only=True):
    """A pair, and how far it is."""

    pair_id: str
    kind: PairKind
    mentor: RoomPerson
    mentee: RoomPerson
    substitute: RoomPerson | None
    """Who is the mentor today."""
    is_on_leave: bool
    starts_on: Day
    ends_on: Day | None
    standing: Standing | None
    """The worst of its requirements; `None`: there is none, or the pair is over."""
    requirements: tuple[RequirementStatus, ...]
    last_contact_on: Day | None
    """Whether it is confirmed or not; without what is disputed or withdrawn."""
    minutes_this_term: int
    """Those that count; between terms, of the school year."""
    waiting_minutes: int
    """Not confirmed by both yet, and not disputed."""
    disputed_count: int


class TermInfo(Wire, frozen=True, kw_only=True):
    """A stretch of days that hours are counted in."""

    term_id: str
    name: str
    first_day: Day
    last_day: Day


class PairList(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours/pairs`: all pairs that are there for the caller, also those that are over, a page of them.

    At most `limit`, from `cursor` on, in the order of their ids.
    """

    pairs: tuple[PairStatus, ...]
    next_cursor: str | None


class HoursHome(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours`: the caller's pairs, those that need most first, and what waits for the caller's word."""

    today: Day
    time_zone: str
    counts_from: EntryState
    """Entries count towards what is required from this state on."""
    term: TermInfo | None
    """The present one."""
    terms: tuple[TermInfo, ...]
    pairs: tuple[PairStatus, ...]
    """Those that are not over."""
    has_past_pairs: bool
    """Whether there are others, which are over: their hours stay in the log."""
    waiting: tuple[HoursEntry, ...]
    """Newest day first; at most `MAX_ENTRY_PAGE`."""
    has_more_waiting: bool


class PlanStep(Wire, frozen=True, kw_only=True):
    """One thing that a plan asks for."""

    name: str
    due_on: Day
    done_on: Day | None
    entry_id: str | None
    """Of the entry that it was done with."""
    contact_types: tuple[ContactType, ...] | None
    """What ticks it, of what counts for its plan; `None`: every type."""
    minimum_minutes: int
    """What is shorter does not tick it."""


class ContactMinutes(Wire, frozen=True, kw_only=True):
    """How much was credited for one kind of contact."""

    contact_type: ContactType
    credited_minutes: int
    entry_count: int


class HoursWeek(Wire, frozen=True, kw_only=True):
    """A week, from Monday on."""

    first_day: Day
    contacts: tuple[ContactMinutes, ...]
    """Only kinds that there were."""


class PairDetail(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours/pairs/PAIR_ID`: a pair, for the two and for coordinators."""

    status: PairStatus
    today: Day
    plan: tuple[PlanStep, ...]
    weeks: tuple[HoursWeek, ...]
    """Of the present term, or of the last 52 weeks where there is none; oldest first, without a gap."""


class AnswerTimes(Wire, frozen=True, kw_only=True):
    """How long it takes until both sides have confirmed what was proposed."""

    median_hours: float | None
    """`None`: nothing was confirmed by both."""
    slow_hours: float | None
    """Nine of ten take no longer."""
    answered_count: int
    open_count: int
    """Proposed and not answered by both yet."""
    oldest_open_on: Day | None


class PairSummary(Wire, frozen=True, kw_only=True):
    """A pair in the coordinator's list."""

    status: PairStatus
    credited_minutes: int
    """In the days that were asked for, of all states that count."""
    meeting_count: int
    """How many entries these are of, also by hand."""


class StandingCount(Wire, frozen=True, kw_only=True):
    """How many pairs stand so; those without a requirement are in none."""

    standing: Standing
    pair_count: int


class OpenEntries(Wire, frozen=True, kw_only=True):
    """How many entries wait for a coordinator's word: as many as `/hours/entries` lists of the same people and days."""

    disputed_count: int
    unanswered_count: int
    """Proposed for a day that is `PATIENCE_DAYS` ago or more, and not answered by both."""
    confirmed_count: int
    """By both sides, and not approved."""


class HoursProgramme(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours/programme`: all pairs that fit `kind`, `person_id`, `standing` and `q` (a part of a name).

    Between the days `from` and `to`; without them, of the present term. For coordinators.
    """

    today: Day
    time_zone: str
    first_day: Day
    last_day: Day
    terms: tuple[TermInfo, ...]
    credited_minutes: int
    waiting_minutes: int
    disputed_count: int
    standings: tuple[StandingCount, ...]
    weeks: tuple[HoursWeek, ...]
    contacts: tuple[ContactMinutes, ...]
    answers: AnswerTimes
    open_entries: OpenEntries
    pairs: tuple[PairSummary, ...]
    """Those that need most first."""


class LogStep(Wire, frozen=True, kw_only=True):
    """A row of the hours log."""

    number: int
    action: EntryAction
    side: Side
    author: RoomPerson | None
    """`None`: the server."""
    at: Instant
    contact_type: ContactType
    measured_ms: int | None
    credited_minutes: int
    text: str | None
    hash: str


class SealedRow(Wire, frozen=True, kw_only=True):
    """A row of the hours log with all that its hash goes over."""

    number: int
    entry_id: str
    pair_id: str
    mentor_id: str
    meeting_id: str | None
    day: Day
    action: EntryAction
    side: Side
    author_id: str | None
    at: Instant
    contact_type: ContactType
    measured_ms: int | None
    credited_minutes: int
    text: str | None
    text_salt: str
    text_digest: str
    """SHA-256 of salt, newline and text."""
    hash: str
    """SHA-256 of the hash before, newline, and this row as JSON without text, salt and hash."""


class HoursLogPage(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours/log`: rows with the next numbers after `after`, at most `limit`. For coordinators."""

    rows: tuple[SealedRow, ...]
    newest: int
    """Number of the newest row."""


class Stretch(Wire, frozen=True, kw_only=True):
    """From an instant up to, and without, another."""

    started_at: Instant
    ended_at: Instant


class PresenceEvent(Wire, frozen=True, kw_only=True):
    """Something that happened with a connection, as it was recorded."""

    seq: int
    kind: str
    at: Instant
    length_ms: int | None
    is_late: bool
    """It was written much after it happened, because the database took nothing."""


class ConnectionEvidence(Wire, frozen=True, kw_only=True):
    """One connection of somebody, with its events in their order."""

    connection_id: str
    joined_at: Instant
    left_at: Instant | None
    left_reason: str | None
    last_seen_at: Instant
    events: tuple[PresenceEvent, ...]


class PersonEvidence(Wire, frozen=True, kw_only=True):
    """What is known of one side's presence in a meeting."""

    person: RoomPerson
    side: Side
    present: tuple[Stretch, ...]
    media: tuple[Stretch, ...]
    microphone: tuple[Stretch, ...]
    camera: tuple[Stretch, ...]
    spoke_ms: int
    connections: tuple[ConnectionEvidence, ...]


class MeetingEvidence(Wire, frozen=True, kw_only=True):
    """Where the minutes of an entry come from."""

    meeting: MeetingReference
    closed_at: Instant | None
    people: tuple[PersonEvidence, ...]
    """Mentor and mentee."""
    together: tuple[Stretch, ...]
    """Both there at once, on the entry's day."""
    counted_elsewhere: tuple[Stretch, ...]
    """Of it, what counts for another meeting that both were in at the same time."""
    is_cut: bool
    """There are more events: of each connection, only the first ones are told."""


class EntryDetail(Wire, frozen=True, kw_only=True):
    """`GET /api/v1/hours/entries/ENTRY_ID`: an entry, every step of it, and the events behind every minute."""

    entry: HoursEntry
    steps: tuple[LogStep, ...]
    evidence: MeetingEvidence | None
    """`None`: entered by hand, or the events have been deleted since."""
