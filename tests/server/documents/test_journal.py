"""Changes of many documents in few transactions."""

import asyncio

import pytest

from server.documents.journal import Journal
from server.errors import StoreError
from server.store.documents import Change, DocumentKey, OutOfTurnError
from tests.support.document_store import DocumentStore

SOON = 30


@pytest.fixture
def journal(store: DocumentStore) -> Journal:
    return Journal(store.repository.append)


def change(key: DocumentKey, seq: int, data: bytes = b"\x00\x00") -> Change:
    return Change(key, seq, 1, data, {})


async def kept(store: DocumentStore) -> list[tuple[object, object]]:
    rows = await store.sql("SELECT document_id, seq FROM document_update ORDER BY document_id, seq")
    return [(row["document_id"], row["seq"]) for row in rows]


async def hold(store: DocumentStore, journal: Journal, first: Change) -> asyncio.Task[None]:
    """Begin to keep a change, and wait until it is about to be written."""
    store.repository.may_append.clear()
    store.repository.appending.clear()
    task = asyncio.create_task(journal.keep(first))
    async with asyncio.timeout(SOON):
        await store.repository.appending.wait()
    return task


async def in_turn(*tasks: asyncio.Task[None]) -> list[BaseException | None]:
    async with asyncio.timeout(SOON):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def begin_to_keep(journal: Journal, *changes: Change) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(journal.keep(one)) for one in changes]
    await asyncio.sleep(0)  # each has taken its place in the queue
    return tasks


async def test_what_comes_while_one_is_written_is_written_together(store: DocumentStore, journal: Journal) -> None:
    keys = [await store.begin() for _ in range(4)]
    first = await hold(store, journal, change(keys[0], 1))
    later = await begin_to_keep(journal, *(change(key, 1) for key in keys[1:]))
    assert await kept(store) == []
    store.repository.may_append.set()
    assert await in_turn(first, *later) == [None] * 4
    assert [len(batch) for batch in store.repository.batches] == [1, 3]
    assert await kept(store) == [(key.document_id, 1) for key in keys]


async def test_a_document_that_is_out_of_turn_does_not_harm_the_others(store: DocumentStore, journal: Journal) -> None:
    keys = [await store.begin() for _ in range(3)]
    await store.repository.append([change(keys[1], 1)])
    first = await hold(store, journal, change(keys[0], 1))
    later = await begin_to_keep(journal, change(keys[0], 2), change(keys[1], 1), change(keys[2], 1))
    store.repository.may_append.set()
    outcome = await in_turn(first, *later)
    assert [type(one) for one in outcome] == [type(None), type(None), OutOfTurnError, type(None)]
    assert await kept(store) == [("document_1", 1), ("document_1", 2), ("document_2", 1), ("document_3", 1)]


async def test_a_store_that_fails_fails_all_that_go_together_and_keeps_none(
    store: DocumentStore, journal: Journal
) -> None:
    keys = [await store.begin() for _ in range(3)]
    first = await hold(store, journal, change(keys[0], 1))
    later = await begin_to_keep(journal, *(change(key, 1) for key in keys[1:]))
    store.repository.trouble = StoreError("The disk is full.")
    store.repository.may_append.set()
    outcome = await in_turn(first, *later)
    assert all(isinstance(one, StoreError) for one in outcome)
    assert await kept(store) == []
    store.repository.trouble = None
    await journal.keep(change(keys[0], 1))
    assert await kept(store) == [("document_1", 1)]


async def test_what_somebody_waits_for_no_more_is_kept_all_the_same(store: DocumentStore, journal: Journal) -> None:
    keys = [await store.begin() for _ in range(3)]
    first = await hold(store, journal, change(keys[0], 1))
    gone, patient = await begin_to_keep(journal, change(keys[1], 1), change(keys[2], 1))
    gone.cancel()
    store.repository.may_append.set()
    outcome = await in_turn(first, gone, patient)
    assert [type(one) for one in outcome] == [type(None), asyncio.CancelledError, type(None)]
    assert await kept(store) == [(key.document_id, 1) for key in keys]


async def test_closing_waits_for_what_is_written(store: DocumentStore, journal: Journal) -> None:
    await journal.close()
    keys = [await store.begin() for _ in range(2)]
    first = await hold(store, journal, change(keys[0], 1))
    [second] = await begin_to_keep(journal, change(keys[1], 1))
    closing = asyncio.create_task(journal.close())
    await asyncio.sleep(0)
    assert not closing.done()
    store.repository.may_append.set()
    await in_turn(closing)
    assert first.done()
    assert second.done()
    assert len(await kept(store)) == 2
    await journal.close()


async def test_a_writer_that_is_stopped_tells_those_who_wait(store: DocumentStore, journal: Journal) -> None:
    first = await hold(store, journal, change(await store.begin(), 1))
    [writing] = [task for task in asyncio.all_tasks() if task.get_name() == "documents"]
    writing.cancel()
    [outcome] = await in_turn(first)
    assert isinstance(outcome, StoreError)
