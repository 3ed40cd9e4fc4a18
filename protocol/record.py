"""What is kept of a meeting that anybody can look at: who was there, what was said, and what was written down.

The pages read it over HTTP. What stands here is of one meeting and never changes, once that is over.
"""

from protocol.documents import DocumentKind
from protocol.room import RoomInfo
from protocol.wire import Instant, Wire

MAX_MEETING_PAGE = 20
"""Meetings in one page of a room's."""
MAX_TIMELINE_ENTRIES = 3_000
"""Of one meeting; of a longer one, the first."""
MAX_TIMELINE_CHARACTERS = 300_000
"""Of all that was said in one meeting: some 100 pages; what was said after that is left to the chat."""
MAX_MOMENT_CHARACTERS = 160
"""Of the line that a moment stands in."""


class MeetingSummary(Wire, frozen=True, kw_only=True):
    """A meeting in the list of a room's."""

    meeting_id: str
    opened_at: Instant
    closed_at: Instant | None
    """`None`: it is going on."""
    people_count: int
    has_board: bool
    has_notes: bool


class MeetingList(Wire, frozen=True, kw_only=True):
    """`GET /api/rooms/SLUG/meetings`: those whose record one may see, newest first."""

    room: RoomInfo
    meetings: tuple[MeetingSummary, ...]
    has_more: bool
    """Whether there are earlier ones: ask for those `before` the last of these."""


class Stay(Wire, frozen=True, kw_only=True):
    """One visit to a meeting, however often the line was lost in it."""

    came_at: Instant
    went_at: Instant | None
    """`None`: still there."""


class RecordedPerson(Wire, frozen=True, kw_only=True):
    """Somebody who was there."""

    person_id: str
    name: str
    stays: tuple[Stay, ...]
    """In order, apart from one another."""


class RecordedDocument(Wire, frozen=True, kw_only=True):
    """A page of the board, or notes, that the meeting has changed."""

    document_id: str
    kind: DocumentKind
    title: str
    is_kept: bool
    """Whether it can be read as it was at the end: not while the meeting is going on."""
    has_changed_since: bool


class TimelineEntryBase(Wire, frozen=True, kw_only=True, tag_field="type"):
    """Base of everything that happens at a moment of a meeting."""

    at: Instant


class Came(TimelineEntryBase, frozen=True, kw_only=True, tag="came"):
    """Somebody came in, for the first time or again."""

    person_id: str
    name: str
    is_back: bool


class Went(TimelineEntryBase, frozen=True, kw_only=True, tag="went"):
    """Somebody went."""

    person_id: str
    name: str


class Said(TimelineEntryBase, frozen=True, kw_only=True, tag="said"):
    """Somebody wrote to everybody; the text is text, never markup."""

    message_id: int
    person_id: str
    name: str
    text: str


class Begun(TimelineEntryBase, frozen=True, kw_only=True, tag="begun"):
    """Somebody began a page of the board, or notes."""

    document_id: str
    kind: DocumentKind
    title: str
    person_id: str
    name: str


class Moment(TimelineEntryBase, frozen=True, kw_only=True, tag="moment"):
    """What was said just then is written down in notes."""

    document_id: str
    text: str
    """The line that the moment stands in, without it."""


TimelineEntry = Came | Went | Said | Begun | Moment


class RecordedMeeting(Wire, frozen=True, kw_only=True):
    """`GET /api/rooms/SLUG/meetings/MEETING_ID`: one meeting, as far as it has come."""

    room: RoomInfo
    meeting_id: str
    opened_at: Instant
    closed_at: Instant | None
    """`None`: it is going on."""
    people: tuple[RecordedPerson, ...]
    """In order of coming."""
    timeline: tuple[TimelineEntry, ...]
    """In order of time."""
    is_cut: bool
    """Whether more has happened than `timeline` has room for."""
    documents: tuple[RecordedDocument, ...]
    """Oldest first."""
