"""What a meeting has changed is in its record, whatever happens when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from protocol.documents import DocumentKind
from server.documents import recorder as recorder_module
from server.documents.live_documents import LiveDocuments
from server.documents.recorder import Recorder
from server.errors import StoreError
from server.store.documents import Change, DocumentKey
from server.store.meetings import UnfinishedMeeting
from tests.support.clock import ManualClock
from tests.support.document_store import MEETING, DocumentStore
from tests.support.documents import PageDocument
from tests.support.waiting import until

AWAY = StoreError("The disk is full.")
RECORDS = "SELECT document_id, seq FROM meeting_document ORDER BY document_id"


@pytest.fixture
async def documents(store: DocumentStore, clock: ManualClock) -> AsyncIterator[LiveDocuments]:
    documents = LiveDocuments(store.repository, clock)
    yield documents
    await documents.close()


@asynccontextmanager
async def recording(
    store: DocumentStore, documents: LiveDocuments, *, retry_s: float = 3_600.0
) -> AsyncIterator[Recorder]:
    recorder = Recorder(store.repository, documents, retry_s=retry_s)
    try:
        yield recorder
    finally:
        await recorder.close()


def ended(store: DocumentStore) -> UnfinishedMeeting:
    return UnfinishedMeeting(meeting_id=MEETING, room_id=store.room_id, opened_at=100, until=None)


async def begin_at(store: DocumentStore, at: int) -> DocumentKey:
    key = await store.begin()
    await change_at(store, key, 1, at)
    return key


async def change_at(store: DocumentStore, key: DocumentKey, seq: int, at: int) -> None:
    await store.repository.append([Change(key, seq, at, PageDocument().draw(a=str(seq)), {})])


def recorded(*keys: DocumentKey) -> list[dict[str, object]]:
    return [{"document_id": key.document_id, "seq": 1} for key in keys]


async def test_a_record_is_made_when_the_store_is_back(store: DocumentStore, documents: LiveDocuments) -> None:
    first, second = await begin_at(store, 150), await begin_at(store, 160)
    await begin_at(store, 50)
    store.repository.snapshot_trouble = AWAY
    async with recording(store, documents, retry_s=0.001) as recorder:
        await recorder.record(ended(store))
        await until(lambda: recorder._waiting[MEETING].tries > 2)
        assert await store.sql(RECORDS) == []
        store.repository.snapshot_trouble = None
        await until(lambda: not recorder._waiting)
        assert await store.sql(RECORDS) == recorded(first, second)
        await until(lambda: recorder._retrying is None)


async def test_it_is_made_before_the_next_meeting_changes_anything(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    key = await begin_at(store, 150)
    store.repository.snapshot_trouble = AWAY
    async with recording(store, documents) as recorder:
        await recorder.record(ended(store))
        store.repository.snapshot_trouble = None
        await recorder.catch_up(store.other_room_id, 190)
        assert await store.sql(RECORDS) == []
        await recorder.catch_up(store.room_id, 200)
        assert await store.sql(RECORDS) == recorded(key)


async def test_what_the_next_meeting_has_changed_is_not_taken_for_the_end_of_the_one_before(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    changed_again, left_alone = await begin_at(store, 150), await begin_at(store, 160)
    store.repository.snapshot_trouble = AWAY
    recorder = Recorder(store.repository, documents, retry_s=3_600.0)
    await recorder.record(ended(store))
    await recorder.catch_up(store.room_id, 200)
    await change_at(store, changed_again, 2, 210)
    store.repository.snapshot_trouble = None
    await recorder.close()
    assert await store.sql(RECORDS) == recorded(left_alone), "tried once more at the end"


async def test_what_is_on_its_way_when_the_last_one_leaves_is_in_it(
    store: DocumentStore, documents: LiveDocuments, clock: ManualClock
) -> None:
    clock.advance(seconds=1)
    key = await store.begin()
    store.repository.may_append.clear()
    async with recording(store, documents) as recorder:
        live = documents.take(key, DocumentKind.BOARD)
        late = asyncio.create_task(live.submit(store.ana, PageDocument(7).draw(a="1")))
        await store.repository.appending.wait()
        documents.give_back(live)
        making = asyncio.create_task(recorder.record(ended(store), {key}))
        await asyncio.sleep(0)
        store.repository.may_append.set()
        await making
        assert await store.sql(RECORDS) == recorded(key)
        assert await late == 1


async def test_who_gives_up_waiting_stops_nothing(store: DocumentStore, documents: LiveDocuments) -> None:
    key = await begin_at(store, 150)
    store.repository.may_keep_snapshots.clear()
    async with recording(store, documents) as recorder:
        making = asyncio.create_task(recorder.record(ended(store)))
        await store.repository.snapshotting.wait()
        making.cancel()
        await asyncio.wait([making])
        store.repository.may_keep_snapshots.set()
        await until(lambda: not recorder._waiting)
        assert await store.sql(RECORDS) == recorded(key)


async def test_a_page_that_the_store_refuses_keeps_no_other_back(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    refused, good = await begin_at(store, 150), await begin_at(store, 160)
    await store.sql(
        f"CREATE TRIGGER no BEFORE INSERT ON document_snapshot WHEN NEW.document_id = '{refused.document_id}'"
        " BEGIN SELECT RAISE(FAIL, 'no'); END"
    )
    async with recording(store, documents) as recorder:
        await recorder.record(ended(store))
        assert await store.sql(RECORDS) == recorded(good)
        await store.sql("DROP TRIGGER no")
        await recorder.catch_up(store.room_id, 200)
        assert await store.sql(RECORDS) == recorded(refused, good)


async def test_it_is_not_tried_for_ever(
    store: DocumentStore, documents: LiveDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MOST_TRIES", 3)
    await begin_at(store, 150)
    store.repository.snapshot_trouble = AWAY
    async with recording(store, documents, retry_s=0.001) as recorder:
        await recorder.record(ended(store))
        await until(lambda: not recorder._waiting)
        await until(lambda: recorder._retrying is None)
    assert await store.sql(RECORDS) == []
