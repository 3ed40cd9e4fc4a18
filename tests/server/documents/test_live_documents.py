"""The documents that are in memory."""

import asyncio

import pytest

from protocol.documents import DocumentKind
from server.documents.live import LiveDocument
from server.documents.live_documents import LiveDocuments
from server.documents.replica import NO_STATE
from server.errors import StoreError
from server.store.documents import DocumentKey
from tests.support.clock import ManualClock
from tests.support.document_store import DocumentStore
from tests.support.documents import PageDocument
from tests.support.waiting import until

BOARD = DocumentKind.BOARD


@pytest.fixture
def documents(store: DocumentStore, clock: ManualClock) -> LiveDocuments:
    return LiveDocuments(store.repository, clock)


def is_in_memory(documents: LiveDocuments, live: LiveDocument) -> bool:
    return live in documents._documents.values()


async def stored(store: DocumentStore, key: DocumentKey) -> dict[str, str]:
    copy = PageDocument()
    for update in (await store.repository.contents(key)).updates:
        copy.receive(update)
    return copy.shown()


async def test_two_who_use_a_document_have_the_same_one_until_both_give_it_back(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    key = await store.begin()
    first, second = documents.take(key, BOARD), documents.take(key, BOARD)
    assert first is second
    await first.submit(store.ana, PageDocument(7).draw(a="1"))
    documents.give_back(first)
    await until(lambda: not documents._resting)
    assert is_in_memory(documents, second)
    await second.submit(store.ben, PageDocument(8).draw(b="2"))
    documents.give_back(second)
    await until(lambda: not is_in_memory(documents, second))
    assert [version.seq for version in await store.repository.versions(key)] == [2]
    assert documents.take(key, BOARD) is not first


async def test_who_opens_it_while_it_is_put_away_has_the_same_one(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    key = await store.begin()
    live = documents.take(key, BOARD)
    await live.submit(store.ana, PageDocument(7).draw(a="1"))
    store.repository.may_keep_snapshots.clear()
    documents.give_back(live)
    await store.repository.snapshotting.wait()
    assert documents.take(key, BOARD) is live
    store.repository.may_keep_snapshots.set()
    await until(lambda: not documents._resting)
    assert is_in_memory(documents, live)


async def test_what_still_waits_to_be_kept_keeps_it_in_memory(store: DocumentStore, documents: LiveDocuments) -> None:
    """There are never two of one document: the other one would not know what is about to be kept."""
    key = await store.begin()
    live = documents.take(key, BOARD)
    await live.submit(store.ana, PageDocument(7).draw(a="1"))
    store.repository.may_keep_snapshots.clear()
    documents.give_back(live)
    await store.repository.snapshotting.wait()
    assert documents.take(key, BOARD) is live
    store.repository.may_append.clear()
    store.repository.appending.clear()
    late = asyncio.create_task(live.submit(store.ben, PageDocument(8).draw(b="2")))
    await store.repository.appending.wait()
    documents.give_back(live)
    [first_rest] = [task for task in documents._resting if not task.done()][:1]
    store.repository.may_keep_snapshots.set()
    async with asyncio.timeout(30):
        await asyncio.wait(documents._resting, return_when=asyncio.FIRST_COMPLETED)
    assert documents.take(key, BOARD) is live
    documents.give_back(live)
    store.repository.may_append.set()
    assert await late == 2
    await until(lambda: not is_in_memory(documents, live))
    assert first_rest.done()


async def test_one_that_is_put_away_late_leaves_the_next_one_in_memory(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    repository, key = store.repository, await store.begin()
    live = documents.take(key, BOARD)
    await live.submit(store.ana, PageDocument(7).draw(a="1"))
    repository.may_keep_snapshots.clear()
    documents.give_back(live)
    await repository.snapshotting.wait()
    documents.give_back(documents.take(key, BOARD))
    await until(lambda: len(documents._resting) == 2)
    await asyncio.sleep(0)  # the second one waits behind the first one
    repository.may_keep_snapshots.set()
    repository.may_keep_snapshots.clear()
    await until(lambda: not is_in_memory(documents, live))
    following = documents.take(key, BOARD)
    repository.may_append.clear()
    waiting = asyncio.create_task(following.submit(store.ben, PageDocument(8).draw(b="2")))
    await until(lambda: not following.is_at_rest)
    documents.give_back(following)
    repository.may_keep_snapshots.set()
    await until(lambda: len(documents._resting) == 1)
    assert documents.take(key, BOARD) is following
    documents.give_back(following)
    repository.may_append.set()
    assert await waiting == 2


async def test_closing_keeps_what_waits(store: DocumentStore, documents: LiveDocuments) -> None:
    keys = [await store.begin() for _ in range(3)]
    lives = [documents.take(key, BOARD) for key in keys]
    tasks = [
        asyncio.create_task(live.submit(store.ana, PageDocument(number).draw(a="1")))
        for number, live in enumerate(lives, 1)
    ]
    await asyncio.sleep(0)
    await documents.close()
    assert [await task for task in tasks] == [1, 1, 1]
    for key in keys:
        assert await stored(store, key) == {"a": "1"}
        assert [version.seq for version in await store.repository.versions(key)] == [1]
    await documents.close()


async def test_one_that_cannot_be_put_away_holds_up_no_other(store: DocumentStore, documents: LiveDocuments) -> None:
    broken, good = await store.begin(), await store.begin()
    lives = [documents.take(key, BOARD) for key in (broken, good)]
    for number, live in enumerate(lives, 1):
        await live.submit(store.ana, PageDocument(number).draw(a="1"))
    await store.sql(
        "CREATE TRIGGER no BEFORE INSERT ON document_snapshot WHEN NEW.document_id = 'document_1'"
        " BEGIN SELECT RAISE(FAIL, 'no'); END"
    )
    await documents.close()
    assert await store.repository.versions(broken) == []
    assert [version.seq for version in await store.repository.versions(good)] == [1]
    assert await stored(store, broken) == {"a": "1"}, "every change is kept by itself"


async def test_what_could_not_be_kept_is_not_in_memory_when_it_is_used_again(
    store: DocumentStore, documents: LiveDocuments
) -> None:
    key = await store.begin()
    async with documents.using(key, BOARD) as live:
        store.repository.trouble = StoreError("The disk is full.")
        with pytest.raises(StoreError):
            await live.submit(store.ana, PageDocument(7).draw(a="1"))
        store.repository.trouble = None
    async with documents.using(key, BOARD) as again:
        assert (await again.open(NO_STATE)).seq == 0
