"""Notes as files to take along, and the moments in them: read, and written, in another thread."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from pycrdt import Doc

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from protocol.record import Moment
from protocol.room import RoomInfo
from server.clock import Clock
from server.documents.live_documents import LiveDocuments
from server.documents.notes.html import to_html
from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.markdown import to_markdown
from server.documents.notes.moments import moments_of
from server.documents.notes.pdf import to_pdf
from server.documents.notes.reader import read_notes
from server.documents.notes.tidy import tidied
from server.documents.notes.tree import Notes
from server.edition import Edition, Paper
from server.errors import UserError
from server.printing.labels import SPANISH
from server.store.documents import DocumentKey, DocumentRepository

MAX_ASKED = 32
"""Files that are being made or waited for. The worst notes take a second, and hardly anybody waits."""
MAX_ASKED_BY_ONE = 4
"""Of these, for one person: a file in each format, and a meeting that is looked back at."""

Read = Callable[[], Awaitable[bytes]]
"""Reads notes when it is their turn."""

_LABELS: Mapping[str, Labels] = {
    "en": ENGLISH,
    "es": Labels(
        language=SPANISH.language,
        months=SPANISH.months,
        day=SPANISH.day,
        page=SPANISH.page,
        due="para el {day}",
        done="hecho",
        to_do="por hacer",
        empty="No se escribió nada.",
        cut="En las notas hay más de lo que cabe en este archivo.",
        missing=(
            "A la letra de este archivo le faltan algunos caracteres; se ven como □. "
            "La página web y Markdown los tienen."
        ),
    ),
}
"""Of every language that the pages have."""


class NotesFormat(StrEnum):
    """What notes can be saved as, by the ending of the file's name."""

    MARKDOWN = "md"
    HTML = "html"
    PDF = "pdf"


_CONTENT_TYPES: Mapping[NotesFormat, str] = {
    NotesFormat.MARKDOWN: "text/markdown",
    NotesFormat.HTML: "text/html",
    NotesFormat.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True)
class NotesFile:
    """A file to be saved."""

    title: str
    """Of the notes."""
    content_type: str
    data: bytes


class NotesExports:
    """Makes files of the notes of all rooms."""

    def __init__(self, repository: DocumentRepository, documents: LiveDocuments, clock: Clock) -> None:
        self._repository = repository
        self._documents = documents
        self._clock = clock
        self._turn = asyncio.Lock()
        """One at a time, from reading on: whatever is in them, the rooms have most of the processor and the memory."""
        self._asked = Counter[str]()
        """By person."""

    async def make(
        self, person_id: str, room: RoomInfo, document_id: str, notes_format: NotesFormat, edition: Edition
    ) -> NotesFile:
        """Write a room's notes as they are now, for somebody.

        Raises `UserError`: the room has no such notes, they are broken, too many wait already, or too much was done for
        this person lately; `StoreError`.
        """
        with self._asking(person_id):
            return await self._make(person_id, room, document_id, notes_format, edition)

    async def write(
        self, person_id: str, room: RoomInfo, title: str, read: Read, notes_format: NotesFormat, edition: Edition
    ) -> NotesFile:
        """Write the notes that `read` returns, all in one update, for somebody. Raises `UserError`: as `make`."""
        with self._asking(person_id):
            return await self._in_turn(person_id, room, title, read, notes_format, edition)

    async def moments(self, person_id: str, read: Read, document_id: str, meeting_id: str) -> list[Moment]:
        """Return, for somebody, the moments of a meeting in the notes that `read` returns, all in one update.

        Raises `UserError`: as `make`.
        """
        with self._asking(person_id):
            async with self._turn:
                find = partial(_moments, await read(), document_id, meeting_id)
                return await self._documents.allowances.in_thread(person_id, find)

    async def _make(
        self, person_id: str, room: RoomInfo, document_id: str, notes_format: NotesFormat, edition: Edition
    ) -> NotesFile:
        document = await self._repository.find(document_id)
        if (
            document is None
            or document.room_id != room.room_id
            or document.kind is not DocumentKind.NOTES
            or document.removed_at is not None
        ):
            raise UserError(ErrorCode.NOT_FOUND, "This room has no such notes.")
        key = DocumentKey(document_id, document.epoch)
        read = partial(self._documents.read, person_id, key, document.kind)
        return await self._in_turn(person_id, room, document.title, read, notes_format, edition)

    async def _in_turn(
        self, person_id: str, room: RoomInfo, title: str, read: Read, notes_format: NotesFormat, edition: Edition
    ) -> NotesFile:
        header = Header(title=title, room=room.name, held_on="" if edition.held_on == title else edition.held_on)
        labels = _LABELS.get(edition.language, ENGLISH)
        made_at = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        async with self._turn:
            write = partial(_write, await read(), notes_format, header, labels, edition.paper, made_at)
            data = await self._documents.allowances.in_thread(person_id, write)
        return NotesFile(title, _CONTENT_TYPES[notes_format], data)

    @contextmanager
    def _asking(self, person_id: str) -> Iterator[None]:
        self._documents.allowances.check(person_id)
        if self._asked[person_id] >= MAX_ASKED_BY_ONE:
            raise UserError(ErrorCode.TOO_MANY, "Wait until the files are there that you have asked for.")
        if self._asked.total() >= MAX_ASKED:
            raise UserError(ErrorCode.TOO_MANY, "Many save their notes just now. Try again in a moment.")
        self._asked[person_id] += 1
        try:
            yield
        finally:
            self._asked[person_id] -= 1
            if not self._asked[person_id]:
                del self._asked[person_id]


def _write(
    update: bytes, notes_format: NotesFormat, header: Header, labels: Labels, paper: Paper, made_at: datetime
) -> bytes:
    notes = tidied(_read(update))
    match notes_format:
        case NotesFormat.MARKDOWN:
            return to_markdown(notes, header, labels).encode()
        case NotesFormat.HTML:
            return to_html(notes, header, labels, paper).encode()
        case NotesFormat.PDF:
            return to_pdf(notes, header, made_at, labels, paper)


def _moments(update: bytes, document_id: str, meeting_id: str) -> list[Moment]:
    return [Moment(at=one.at, document_id=document_id, text=one.text) for one in moments_of(_read(update), meeting_id)]


def _read(update: bytes) -> Notes:
    doc: Doc = Doc()  # type: ignore[type-arg]
    doc.apply_update(update)
    return read_notes(doc)
