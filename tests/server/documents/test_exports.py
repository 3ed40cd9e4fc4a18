"""Notes of a room as files, read from the real store."""

import asyncio
import io
from functools import partial
from pathlib import Path

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from pypdf import PdfReader

from protocol.documents import DocumentKind
from protocol.errors import ErrorCode
from protocol.roles import RoomKind
from protocol.room import RoomInfo
from server.documents.allowance import ALLOWANCE_S
from server.documents.beginning import first_change
from server.documents.exports import MAX_ASKED, MAX_ASKED_BY_ONE, NotesExports, NotesFile, NotesFormat
from server.documents.live_documents import LiveDocuments
from server.edition import Edition, Paper
from server.errors import UserError
from server.store.documents import DocumentKey
from tests.support.clock import ManualClock
from tests.support.document_store import DocumentStore, document_store


def notes_update(text: str) -> bytes:
    doc: Doc = Doc()  # type: ignore[type-arg]
    paragraph = doc.get("notes", type=XmlFragment).children.append(XmlElement("paragraph"))
    paragraph.children.append(XmlText(text))
    return doc.get_update()


async def keep_notes(store: DocumentStore, document_id: str, text: str) -> None:
    document = store.document(document_id, kind=DocumentKind.NOTES)
    first = first_change(DocumentKey(document_id, 1), DocumentKind.NOTES, store.ana, notes_update(text), 1)
    await store.repository.create(document, first)


def room_of(store: DocumentStore, room_id: str = "") -> RoomInfo:
    return RoomInfo(room_id=room_id or store.room_id, slug="lounge", name="Lounge", kind=RoomKind.LOUNGE)


async def test_notes_are_written_in_every_format_and_language(tmp_path: Path) -> None:
    async with document_store(tmp_path) as store:
        await keep_notes(store, "document_1", "Call the parents")
        clock = ManualClock()
        documents = LiveDocuments(store.repository, clock)
        exports = NotesExports(store.repository, documents, clock)
        files = {
            kind: await exports.make(
                "ana", room_of(store), "document_1", kind, Edition("es", "22 de noviembre", Paper.LETTER)
            )
            for kind in NotesFormat
        }
        assert files[NotesFormat.MARKDOWN].data.decode() == "# Today\n\nLounge · 22 de noviembre\n\nCall the parents\n"
        page = files[NotesFormat.HTML].data.decode()
        assert '<html lang="es">' in page
        assert "Call the parents" in page
        assert "size: letter" in page
        [sheet] = PdfReader(io.BytesIO(files[NotesFormat.PDF].data)).pages
        assert "Call the parents" in sheet.extract_text()
        assert "Página 1 de 1" in sheet.extract_text()
        assert (sheet.mediabox.width, sheet.mediabox.height) == (612, 792)
        assert {file.title for file in files.values()} == {"Today"}
        await documents.close()


async def test_a_day_that_is_the_title_is_said_once(tmp_path: Path) -> None:
    async with document_store(tmp_path) as store:
        await keep_notes(store, "document_1", "Call the parents")
        clock = ManualClock()
        documents = LiveDocuments(store.repository, clock)
        exports = NotesExports(store.repository, documents, clock)
        file = await exports.make("ana", room_of(store), "document_1", NotesFormat.MARKDOWN, Edition(held_on="Today"))
        assert file.data.decode() == "# Today\n\nLounge\n\nCall the parents\n"
        await documents.close()


async def test_only_notes_of_this_room_that_are_there_are_written(tmp_path: Path) -> None:
    async with document_store(tmp_path) as store:
        await keep_notes(store, "document_1", "Call the parents")
        await store.repository.create(store.document("document_2", kind=DocumentKind.BOARD))
        clock = ManualClock()
        documents = LiveDocuments(store.repository, clock)
        exports = NotesExports(store.repository, documents, clock)
        for room, document_id in (
            (room_of(store, store.other_room_id), "document_1"),
            (room_of(store), "document_2"),
            (room_of(store), "document_3"),
        ):
            with pytest.raises(UserError) as error:
                await exports.make("ana", room, document_id, NotesFormat.MARKDOWN, Edition())
            assert error.value.code is ErrorCode.NOT_FOUND
        await documents.close()


async def test_only_so_many_wait_for_their_files(tmp_path: Path) -> None:
    async with document_store(tmp_path) as store:
        await keep_notes(store, "document_1", "Call the parents")
        clock = ManualClock()
        documents = LiveDocuments(store.repository, clock)
        exports = NotesExports(store.repository, documents, clock)
        ask = [
            exports.make(f"person {number}", room_of(store), "document_1", NotesFormat.MARKDOWN, Edition())
            for number in range(MAX_ASKED + 2)
        ]
        files = await asyncio.gather(*ask, return_exceptions=True)
        assert [file.code for file in files if isinstance(file, UserError)] == [ErrorCode.TOO_MANY] * 2
        assert sum(isinstance(file, NotesFile) for file in files) == MAX_ASKED
        await exports.make("ana", room_of(store), "document_1", NotesFormat.MARKDOWN, Edition())
        await documents.close()


async def test_one_person_waits_for_a_few_files_only(tmp_path: Path) -> None:
    async with document_store(tmp_path) as store:
        await keep_notes(store, "document_1", "Call the parents")
        clock = ManualClock()
        documents = LiveDocuments(store.repository, clock)
        exports = NotesExports(store.repository, documents, clock)

        async def ask(person_id: str) -> NotesFile:
            return await exports.make(person_id, room_of(store), "document_1", NotesFormat.MARKDOWN, Edition())

        *own, other = await asyncio.gather(
            *(ask("ana") for _ in range(MAX_ASKED_BY_ONE + 2)), ask("ben"), return_exceptions=True
        )
        assert [file.code for file in own if isinstance(file, UserError)] == [ErrorCode.TOO_MANY] * 2
        assert isinstance(other, NotesFile)
        assert not exports._asked, "nobody is remembered who waits for nothing"
        await ask("ana")
        await documents.close()


async def test_who_has_files_made_again_and_again_pays_for_them(tmp_path: Path) -> None:
    async with document_store(tmp_path) as store:
        await keep_notes(store, "document_1", "Call the parents")
        clock = ManualClock()
        documents = LiveDocuments(store.repository, clock)
        exports = NotesExports(store.repository, documents, clock)
        room = room_of(store)
        await exports.make("ana", room, "document_1", NotesFormat.PDF, Edition())
        used_s = documents.allowances._used_s("ana")
        assert used_s > 0.001
        await exports.moments("ben", partial(read, notes_update("Call")), "document_1", "meeting_1")
        assert documents.allowances._used_s("ben") > 0
        documents.allowances.use("ana", ALLOWANCE_S)
        for attempt in (
            exports.make("ana", room, "document_1", NotesFormat.MARKDOWN, Edition()),
            exports.moments("ana", partial(read, b""), "document_1", "meeting_1"),
        ):
            with pytest.raises(UserError, match="too_many"):
                await attempt
        await exports.make("ben", room, "document_1", NotesFormat.MARKDOWN, Edition())
        await documents.close()


async def read(update: bytes) -> bytes:
    return update
