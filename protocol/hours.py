"""The mentoring-hours log as programs and pages see it, over HTTP: entries, what is required, and who has to do what.

Days are ISO 8601 (`2026-11-30`), of the programme's time zone. Minutes are credited, milliseconds measured.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.room import RoomInfo
from protocol.tasks import RoomPerson
from protocol.wire import Id, Instant, Wire

MAX_ENTRY_PAGE = 100
"""Entries in one answer."""
MAX_REASON_CHARACTERS = 500
MAX_MANUAL_MINUTES = 16 * 60
"""Of one entry by hand, and of all of a pair's in a day."""

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
    """A page of entries, newest day first."""

    entries: tuple[HoursEntry, ...]
    next_cursor: str | None
    """Asks for the page after this one; `None`: there is none."""


class EntryStep(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/hours/entries/ENTRY_ID/steps`: confirm, dispute, adjust, approve or withdraw an entry."""

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
    """`POST /api/hours/confirmations`: confirm, or as a coordinator approve, several entries; each as it was seen."""

    entries: Annotated[tuple[SeenEntry, ...], msgspec.Meta(min_length=1, max_length=MAX_ENTRY_PAGE)]


class ManualEntry(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/hours/entries`: a visit, a call, an e-mail, entered by hand."""

    request_id: Id
    """Entered once, however often it arrives."""
    pair_id: Id
    day: Day
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MANUAL_MINUTES)]
    contact_type: ContactType
    text: Annotated[str, msgspec.Meta(max_length=MAX_REASON_CHARACTERS)] = ""


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
    """The worst of its requirements; `None`: there is none."""
    requirements: tuple[RequirementStatus, ...]
    last_contact_on: Day | None
    minutes_this_term: int
    waiting_minutes: int
    """Not confirmed by both yet, and not disputed."""
    disputed_count: int
