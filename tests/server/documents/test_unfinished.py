"""Meetings that ended with their server: what they have changed is kept at the next start."""

import asyncio
from pathlib import Path

from protocol.document_requests import DocumentCreated
from protocol.documents import DocumentKind
from server.documents.service import DocumentService
from server.store.action_items import ActionItemRepository
from server.store.database import Database
from server.store.documents import Change, DocumentKey, DocumentRepository
from server.store.meetings import MeetingRepository
from tests.server.gateway.test_crash import gateway_process
from tests.support.clock import ManualClock
from tests.support.document_store import MEETING, DocumentStore
from tests.support.documents import OpenDocument, PageDocument
from tests.support.gateway import ROOM, run_sql
from tests.support.page import Page
from tests.support.waiting import until

RECORDS = "SELECT meeting_id, document_id, epoch, seq FROM meeting_document ORDER BY document_id"
SEEN = "SELECT count(*) AS seen FROM meeting"


async def begin_at(store: DocumentStore, at: int) -> DocumentKey:
    key = await store.begin()
    await store.repository.append([Change(key, 1, at, PageDocument().draw(first="1"), {})])
    return key


async def record(store: DocumentStore, clock: ManualClock) -> list[dict[str, object]]:
    """Do what a start does before it ends what was left open; return what is kept."""
    service = DocumentService(store.repository, ActionItemRepository(store.database), clock)
    await service.record_unfinished(await MeetingRepository(store.database).unfinished("another node"))
    await service.close()
    return await store.sql(RECORDS)


async def test_what_a_meeting_has_changed_is_kept_and_nothing_else(store: DocumentStore, clock: ManualClock) -> None:
    await store.sql("UPDATE meeting SET opened_at = 100")
    await begin_at(store, 50)
    changed = await begin_at(store, 150)
    kept = {"meeting_id": MEETING, "document_id": changed.document_id, "epoch": 1, "seq": 1}
    assert await record(store, clock) == [kept]
    assert await record(store, clock) == [kept], "the same when the next start did not get further either"
    assert await store.sql("SELECT count(*) AS count FROM document_snapshot") == [{"count": 1}]


async def test_a_start_that_was_cut_short_is_made_up_for(store: DocumentStore, clock: ManualClock) -> None:
    first, second = await begin_at(store, 150), await begin_at(store, 160)
    service = DocumentService(store.repository, ActionItemRepository(store.database), clock)
    store.repository.may_keep_snapshots.clear()
    meetings = await MeetingRepository(store.database).unfinished("another node")
    starting = asyncio.create_task(service.record_unfinished(meetings))
    await store.repository.snapshotting.wait()
    starting.cancel()
    await asyncio.wait([starting])
    store.repository.may_keep_snapshots.set()
    await service.close()
    assert [row["document_id"] for row in await record(store, clock)] == [first.document_id, second.document_id]


async def test_a_page_that_cannot_be_read_keeps_no_other_back(store: DocumentStore, clock: ManualClock) -> None:
    broken, sound = await begin_at(store, 150), await begin_at(store, 160)
    await store.sql(f"UPDATE document_update SET checksum = 1 WHERE document_id = '{broken.document_id}'")
    assert [row["document_id"] for row in await record(store, clock)] == [sound.document_id]


async def test_what_was_changed_in_a_later_meeting_is_none_of_an_earlier_one(
    store: DocumentStore, clock: ManualClock
) -> None:
    early, late = await begin_at(store, 150), await begin_at(store, 250)
    await store.hold_meeting("meeting_2")
    await store.sql("UPDATE meeting SET opened_at = 200 WHERE meeting_id = 'meeting_2'")
    records = [(row["meeting_id"], row["document_id"]) for row in await record(store, clock)]
    assert records == [(MEETING, early.document_id), ("meeting_2", late.document_id)]


async def enter(url: str, page: Page) -> None:
    await page.connect(url)
    await page.join(ROOM)


async def begin(page: Page, kind: DocumentKind) -> OpenDocument:
    created = await page.ask(DocumentCreated, kind=kind, title=kind.value)
    document = OpenDocument(page, created.document.document_id)
    await document.open()
    return document


async def test_a_killed_server_leaves_a_record_of_what_its_meeting_changed(tmp_path: Path) -> None:
    async with gateway_process(tmp_path) as (process, url, page):
        await enter(url, page)
        board, notes = await begin(page, DocumentKind.BOARD), await begin(page, DocumentKind.NOTES)
        await board.draw(one="1")
        seq = await board.draw(two="2")
        await until(lambda: run_sql(tmp_path, SEEN) == [{"seen": 1}])
        process.kill()
        await process.wait()
    assert run_sql(tmp_path, RECORDS) == []
    [meeting] = run_sql(tmp_path, "SELECT meeting_id, closed_at FROM meeting")
    assert meeting["closed_at"] is None
    kept = {"meeting_id": meeting["meeting_id"], "document_id": board.document_id, "epoch": 1, "seq": seq}
    for _ in range(2):
        async with gateway_process(tmp_path) as (process, _, _):
            assert run_sql(tmp_path, RECORDS) == [kept]
            [closed] = run_sql(tmp_path, "SELECT closed_at FROM meeting")
            assert closed["closed_at"] is not None
            process.kill()
            await process.wait()
    # It stays as it was, whatever comes after it.
    async with gateway_process(tmp_path) as (process, url, page):
        await enter(url, page)
        later = OpenDocument(page, board.document_id)
        await later.open()
        await later.draw(three="3")
        await OpenDocument(page, notes.document_id).open()
        process.kill()
        await process.wait()
    async with gateway_process(tmp_path):
        first, second = run_sql(tmp_path, RECORDS + ", seq")
        assert first == kept
        assert (second["document_id"], second["seq"]) == (board.document_id, seq + 1)
    assert await shown(tmp_path, first) == {"one": "1", "two": "2"}
    assert await shown(tmp_path, second) == {"one": "1", "two": "2", "three": "3"}


async def shown(data_dir: Path, kept: dict[str, object]) -> dict[str, str]:
    """Return what a board shows as it was kept."""
    database = await Database.open(data_dir)
    whole = await DocumentRepository(database).version(DocumentKey(str(kept["document_id"]), 1), int(str(kept["seq"])))
    await database.close()
    assert whole is not None
    copy = PageDocument()
    copy.receive(whole)
    return copy.shown()
