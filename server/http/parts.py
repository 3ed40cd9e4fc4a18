"""What the pages are made from, given by the composition root."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from protocol.connection_test import ConnectionTestOpened
from protocol.hours import (
    Confirmations,
    ConfirmedEntries,
    EntryDetail,
    EntryStep,
    HoursEntry,
    HoursEntryList,
    HoursHome,
    HoursLogPage,
    HoursProgramme,
    ManualEntry,
    PairDetail,
    PairList,
)
from protocol.hours_queries import (
    CalendarQuery,
    CertificateQuery,
    EntryQuery,
    LogQuery,
    PairQuery,
    ProgrammeQuery,
    ReportQuery,
    StatementQuery,
)
from protocol.record import MeetingList, RecordedMeeting
from protocol.roles import RoomRole
from protocol.room import Inside, MediaSettings, Person, RoomInfo
from protocol.tasks import TaskList
from protocol.wire import Request, Wire
from server.edition import Edition
from server.http.address import Address
from server.http.token_guard import TokenGuard
from server.http.web_client import WebClient
from server.people.api_tokens import ApiTokens
from server.people.service import PeopleService


class ListedRoom(Protocol):
    """A room in a list, whatever else the list tells of it."""

    @property
    def room(self) -> RoomInfo:
        """Return what people see of it."""
        ...


class Rooms(Protocol):
    """The lasting rooms, as pages need them."""

    async def list_rooms(self) -> Sequence[ListedRoom]:
        """Return all rooms."""
        ...


class Door(Protocol):
    """A room that somebody stands before."""

    @property
    def room(self) -> RoomInfo:
        """Return what people see of it."""
        ...

    @property
    def role(self) -> RoomRole:
        """Return what this person is in it."""
        ...


class ShownPicture(Protocol):
    """A picture as browsers are given it."""

    @property
    def content_type(self) -> str:
        """Return its media type."""
        ...

    @property
    def data(self) -> bytes:
        """Return all of it."""
        ...


class Pictures(Protocol):
    """The pictures of boards. The methods raise `UserError`."""

    @property
    def max_upload_bytes(self) -> int:
        """How large a file may be that a picture comes in."""
        ...

    def receiving(self, person_id: str, size: int) -> AbstractContextManager[None]:
        """Have a place for a file of so many bytes, from its arrival until it is kept."""
        ...

    async def add(self, room_id: str, document_id: str, person_id: str, data: bytes, *, is_host: bool) -> str:
        """Keep a picture for a page of a room's board, and return its id."""
        ...

    async def find(self, room_id: str, picture_id: str) -> ShownPicture:
        """Return a picture of a room."""
        ...

    async def is_there(self, room_id: str, picture_id: str) -> bool:
        """Tell whether a room has a picture."""
        ...


class File(Protocol):
    """Something to be saved by whoever asks for it."""

    @property
    def title(self) -> str:
        """Return what its name is made of."""
        ...

    @property
    def content_type(self) -> str:
        """Return its media type."""
        ...

    @property
    def data(self) -> bytes:
        """Return all of it."""
        ...


class Tasks(Protocol):
    """What people are to do. The methods raise `UserError`."""

    async def open_tasks(self, person: Person) -> TaskList:
        """Return what somebody is to do."""
        ...

    async def set_done(self, person: Person, document_id: str, item_id: str, *, is_done: bool) -> None:
        """Tick something that somebody is to do, or untick it."""
        ...


class Hours(Protocol):
    """The hours log, as far as it is there for who asks. The methods raise `UserError`."""

    async def home(self, person: Person) -> HoursHome:
        """Return somebody's own pairs, and what waits for their word."""
        ...

    async def pairs(self, person: Person, query: PairQuery, after: str | None) -> PairList:
        """Return a page of pairs; `next_cursor` is the place where more begin."""
        ...

    async def pair(self, person: Person, pair_id: str) -> PairDetail:
        """Return a pair."""
        ...

    async def entries(self, person: Person, query: EntryQuery, after: str | None) -> HoursEntryList:
        """Return a page of entries; `next_cursor` is the place where more begin."""
        ...

    async def entry(self, person: Person, entry_id: str) -> EntryDetail:
        """Return an entry with all that is behind it."""
        ...

    async def programme(self, person: Person, query: ProgrammeQuery) -> HoursProgramme:
        """Return what all pairs that fit have done."""
        ...

    async def log(self, person: Person, query: LogQuery) -> HoursLogPage:
        """Return rows of the log."""
        ...

    async def take_step(self, person: Person, entry_id: str, asked: EntryStep) -> HoursEntry:
        """Take a step of an entry; return the entry after it."""
        ...

    async def confirm(self, person: Person, asked: Confirmations) -> ConfirmedEntries:
        """Confirm several entries; return what came of it."""
        ...

    async def enter(self, person: Person, asked: ManualEntry) -> HoursEntry:
        """Enter something by hand; return the entry."""
        ...


class HoursFiles(Protocol):
    """Reports of the hours log, for who may have them. The methods raise `UserError`."""

    async def report(self, person: Person, query: ReportQuery, ending: str) -> File:
        """Write all entries of the pairs that fit, as `csv` or `xlsx`."""
        ...

    async def statement(self, person: Person, subject_id: str, query: StatementQuery) -> File:
        """Write somebody's hours in a term as a PDF."""
        ...

    async def certificate(self, person: Person, subject_id: str, query: CertificateQuery) -> File:
        """Write how many hours somebody has, as a PDF."""
        ...

    async def calendar(self, person: Person, query: CalendarQuery) -> File:
        """Write what is due as a calendar."""
        ...


class Records(Protocol):
    """What was kept of a room's meetings, for those who may know it. The methods raise `UserError`."""

    async def check_may_take_along(self, door: Door, person: Person) -> None:
        """Raise for who may take nothing along of what the room has now."""
        ...

    async def page(self, door: Door, person: Person, before: str | None, limit: int) -> MeetingList:
        """Return the newest meetings, or those before the one named."""
        ...

    async def meeting(self, door: Door, person: Person, meeting_id: str) -> RecordedMeeting:
        """Return one meeting."""
        ...

    async def contents(self, door: Door, person: Person, meeting_id: str, document_id: str) -> bytes:
        """Return a document as it was at the meeting's end, as a Yjs update."""
        ...

    async def export_notes(
        self, door: Door, person: Person, meeting_id: str, document_id: str, ending: str, edition: Edition
    ) -> File:
        """Write notes as they were at the meeting's end, as `md`, `html` or `pdf`."""
        ...


class ConnectionTests(Protocol):
    """Tests of what a person's network lets through. The methods raise `UserError`."""

    async def open(self, person_id: str) -> ConnectionTestOpened:
        """Begin a test, in the place of the person's earlier one."""
        ...

    async def ask(self, person_id: str, test_id: str, request: Request) -> Wire:
        """Answer a media request of the person's test."""
        ...

    def spend(self, person_id: str, test_id: str, size: int) -> None:
        """Take note that so many bytes are moved to measure the line."""
        ...

    async def end(self, person_id: str, test_id: str) -> None:
        """End the person's test."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that a request may need."""

    address: Address
    web_client: WebClient
    people: PeopleService
    api_tokens: ApiTokens
    token_guard: TokenGuard
    rooms: Rooms
    find_door: Callable[[str, Person], Awaitable[Door]]
    """From a room's slug and who asks. Raises `UserError`: there is none."""
    inside: Callable[[str], Collection[Inside]]
    """Who is in the room with this id."""
    media_settings: Callable[[], MediaSettings]
    connection_tests: ConnectionTests
    pictures: Pictures
    export_notes: Callable[[str, RoomInfo, str, str, Edition], Awaitable[File]]
    """From who asks, by id, a room, the id of notes in it, and `md`, `html` or `pdf`. Raises `UserError`."""
    tasks: Tasks
    records: Records
    hours: Hours
    hours_files: HoursFiles
    export_person: Callable[[str], Awaitable[bytes]]
    """From who asks, by id, to a ZIP of all that is kept about them. Raises `UserError`: too often."""
    on_signed_out: Callable[[str], None]
    """Told the token of a session that its browser has ended, also by signing in as somebody else."""
    is_ready: Callable[[], Awaitable[bool]]
    """Whether people can join now."""
    render_metrics: Callable[[str], tuple[bytes, str]]
    """From an Accept header to the figures and their content type."""


PARTS = web.AppKey("parts", Parts)
