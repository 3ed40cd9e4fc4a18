"""The documents that are in memory."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest

from protocol.documents import DocumentHealth, DocumentKind
from protocol.errors import ErrorCode
from server.clock import SystemClock
from server.documents import live as live_module
from server.documents import live_documents
from server.documents.allowance import ALLOWANCE_EACH_S, ALLOWANCE_S
from server.documents.live import LiveDocument
from server.documents.live_documents import STAY_S, LiveDocuments
from server.documents.replica import NO_STATE, Replica
from server.errors import StoreError, UserError
from server.store.documents import Change, DocumentKey
from tests.support.clock import ManualClock
from tests.support.document_store import DocumentStore
from tests.support.documents import PageDocument
from tests.support.waiting import until

BOARD = DocumentKind.BOARD


@pytest.fixture
async def documents(store: DocumentStore, clock: ManualClock) -> AsyncIterator[LiveDocuments]:
    documents = LiveDocuments(store.repository, clock)
    yield documents
    store.repository.may_append.set()
    store.repository.may_keep_snapshots.set()
    await documents.close()


def is_in_memory(documents: LiveDocuments, live: LiveDocument) -> bool:
    return any(place.live is live for place in documents._places.values())


def is_unused(documents: LiveDocuments, live: LiveDocument) -> bool:
    """Tell whether nobody has a document any more, all that came is kept, and it stays for a while."""
    return live.key in documents._unused


async def stored(store: DocumentStore, key: DocumentKey) -> dict[str, str]:
    copy = PageDocument()
    for update in (await store.repository.contents(key)).updates:
        copy.receive(update)
    return copy.shown()


async def test_two_who_use_a_document_have_the_same_one_until_both_have_given_it_back_for_a_while(
    store: DocumentStore, documents: LiveDocuments, clock: ManualClock
) -> None:
    key = await store.begin()
    first, second = documents.take(key, BOARD), documents.take(key, BOARD)
    assert first is second
    await first.submit(store.ana, PageDocument(7).draw(a="1"))
    documents.give_back(first)
    await until(lambda: not documents._resting)
    assert not is_unused(documents, second)
    await second.submit(store.ben, PageDocument(8).draw(b="2"))
    documents.give_back(second)
    await until(lambda: is_unused(documents, second))
    assert [version.seq for version in await store.repository.versions(key)] == [2], "it is kept in one piece at once"
    clock.advance(seconds=STAY_S)
    documents.tick()
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
    assert not is_unused(documents, live)


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
    await until(lambda: is_unused(documents, live))
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
    await until(lambda: is_unused(documents, live))
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
        assert (await again.open(None, NO_STATE)).seq == 0


class TestWhatNobodyHasAnyMore:
    """It stays in memory for a while, as long as it is what is stored."""

    @pytest.fixture(autouse=True)
    async def ending(self, documents: LiveDocuments) -> AsyncIterator[None]:
        yield
        await documents.close()

    async def use(self, store: DocumentStore, documents: LiveDocuments, key: DocumentKey, *, size: int = 1) -> None:
        async with documents.using(key, BOARD) as live:
            await live.submit(store.ana, PageDocument().draw(a="x" * size))
        await until(lambda: not documents._resting)

    async def kept(self, documents: LiveDocuments, keys: Sequence[DocumentKey]) -> list[bool]:
        return [key in documents._places for key in keys]

    async def test_it_is_not_loaded_again(self, store: DocumentStore, documents: LiveDocuments) -> None:
        key = await store.begin()
        await self.use(store, documents, key)
        for _ in range(20):
            async with documents.using(key, BOARD) as live:
                assert (await live.open(store.ben, NO_STATE)).seq == 1
            await until(lambda: not documents._resting)
        assert live._fullness.loads == 1

    async def test_each_use_lets_it_stay_longer(
        self, store: DocumentStore, documents: LiveDocuments, clock: ManualClock
    ) -> None:
        keys = [await store.begin() for _ in range(2)]
        for key in keys:
            await self.use(store, documents, key)
        clock.advance(seconds=STAY_S - 1)
        await self.use(store, documents, keys[0])
        clock.advance(seconds=2)
        documents.tick()
        assert await self.kept(documents, keys) == [True, False]

    async def test_time_ends_it_by_itself(self, store: DocumentStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live_documents, "STAY_S", 0.05)
        documents = LiveDocuments(store.repository, SystemClock())
        await self.use(store, documents, await store.begin())
        await until(lambda: not documents._places)

    async def test_only_so_many_stay_those_that_were_used_last(
        self, store: DocumentStore, documents: LiveDocuments, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_documents, "MAX_UNUSED", 2)
        keys = [await store.begin() for _ in range(3)]
        for key in (keys[0], keys[1], keys[0], keys[2]):
            await self.use(store, documents, key)
        assert await self.kept(documents, keys) == [True, False, True]

    async def test_only_so_many_bytes_stay(
        self, store: DocumentStore, documents: LiveDocuments, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_documents, "MAX_UNUSED_BYTES", 10_000)
        keys = [await store.begin() for _ in range(4)]
        for key, size in zip(keys, (4_000, 4_000, 4_000, 20_000), strict=True):
            await self.use(store, documents, key, size=size)
            if key is keys[2]:
                assert await self.kept(documents, keys[:3]) == [False, True, True]
        assert not any(await self.kept(documents, keys)), "one that is larger than all that may stay"

    async def test_what_somebody_has_is_not_counted(
        self, store: DocumentStore, documents: LiveDocuments, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_documents, "MAX_UNUSED", 1)
        keys = [await store.begin() for _ in range(3)]
        had = documents.take(keys[0], BOARD)
        await had.submit(store.ana, PageDocument().draw(a="1"))
        for key in keys[1:]:
            await self.use(store, documents, key)
        assert await self.kept(documents, keys) == [True, False, True]

    async def test_what_somebody_takes_again_stays_as_long_as_they_have_it(
        self, store: DocumentStore, documents: LiveDocuments, clock: ManualClock
    ) -> None:
        key = await store.begin()
        await self.use(store, documents, key)
        had = documents.take(key, BOARD)
        clock.advance(seconds=2 * STAY_S)
        documents.tick()
        async with documents.using(key, BOARD) as again:
            assert again is had
        documents.give_back(had)

    async def test_what_else_has_written_to_the_document_is_seen(
        self, store: DocumentStore, documents: LiveDocuments
    ) -> None:
        key = await store.begin()
        await self.use(store, documents, key)
        other = PageDocument(9)
        await store.repository.append([Change(key, 2, 1, other.draw(b="2"), {9: store.ben})])
        async with documents.using(key, BOARD) as live:
            copy = PageDocument()
            copy.receive((await live.open(store.ana, NO_STATE)).update)
            assert copy.shown() == {"a": "x", "b": "2"}
            assert await live.submit(store.ana, PageDocument(11).draw(c="3")) == 3
        await until(lambda: not documents._resting)
        await store.sql("DELETE FROM document_snapshot")
        await store.sql("UPDATE document_update SET data = x'0000' WHERE seq = 3")
        async with documents.using(key, BOARD) as live:
            assert await live.is_broken(store.ana), "what is in memory is no more than what is stored"

    async def test_what_could_not_be_kept_and_what_is_broken_do_not_stay(
        self, store: DocumentStore, documents: LiveDocuments
    ) -> None:
        unsaved, broken = await store.begin(), await store.begin()
        async with documents.using(unsaved, BOARD) as live:
            store.repository.trouble = StoreError("The disk is full.")
            with pytest.raises(StoreError):
                await live.submit(store.ana, PageDocument(7).draw(a="1"))
            store.repository.trouble = None
            await live.open(store.ana, NO_STATE)
            assert live.health is DocumentHealth.UNSAVED
        await store.repository.append([Change(broken, 1, 1, b"none", {})])
        async with documents.using(broken, BOARD) as live:
            assert await live.is_broken(store.ana)
        await until(lambda: not documents._resting)
        assert await self.kept(documents, [unsaved, broken]) == [False, False]

    async def test_nothing_stays_when_all_is_closed(self, store: DocumentStore, documents: LiveDocuments) -> None:
        key, had = await store.begin(), documents.take(await store.begin(), BOARD)
        await self.use(store, documents, key)
        await documents.close()
        assert documents._places == {had.key: documents._places[had.key]}
        documents.give_back(had)
        await documents.close()
        assert not documents._places


class TestWhoPaysForLoading:
    @pytest.fixture
    def large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have ten documents take a little more than an allowance to load."""
        load = Replica.load

        async def loaded(updates: Iterable[bytes], *, is_first_whole: bool = False) -> Replica:
            replica = await load(updates, is_first_whole=is_first_whole)
            replica.load_s = ALLOWANCE_S / 9.5
            return replica

        monkeypatch.setattr(Replica, "load", loaded)

    async def keys(self, store: DocumentStore, count: int) -> list[DocumentKey]:
        keys = [await store.begin() for _ in range(count)]
        for number, key in enumerate(keys, 1):
            await store.repository.append([Change(key, 1, 1, PageDocument(number).draw(a="1"), {number: store.ana})])
        return keys

    async def opened(self, documents: LiveDocuments, key: DocumentKey, person_id: str) -> int | ErrorCode:
        async with documents.using(key, BOARD) as live:
            try:
                return (await live.open(person_id, NO_STATE)).seq
            except UserError as error:
                return error.code

    @pytest.mark.usefixtures("large")
    async def test_a_class_that_opens_one_document_at_once_has_it_loaded_once(
        self, store: DocumentStore, documents: LiveDocuments
    ) -> None:
        [key] = await self.keys(store, 1)
        async with documents.using(key, BOARD) as live:
            answers = await asyncio.gather(*(self.opened(documents, key, f"pupil {one}") for one in range(30)))
            assert answers == [1] * 30
            assert live._fullness.loads == 1
        assert sum(documents.allowances.is_used_up(f"pupil {one}") for one in range(30)) == 0

    @pytest.mark.usefixtures("large")
    async def test_who_pages_through_ten_waits_for_none_and_who_goes_on_waits(
        self, store: DocumentStore, documents: LiveDocuments, clock: ManualClock
    ) -> None:
        keys = await self.keys(store, 12)
        assert [await self.opened(documents, key, store.ana) for key in keys[:10]] == [1] * 10
        assert [await self.opened(documents, key, store.ana) for key in keys[10:]] == [ErrorCode.TOO_MANY] * 2
        assert await self.opened(documents, keys[3], store.ana) == 1, "what is in memory is always answered"
        assert await self.opened(documents, keys[10], store.ben) == 1
        assert await self.opened(documents, keys[10], store.ana) == 1
        clock.advance(seconds=ALLOWANCE_S / ALLOWANCE_EACH_S)
        assert await self.opened(documents, keys[11], store.ana) == 1
        await documents.close()

    async def test_what_is_refused_leaves_the_document_to_the_next_one(
        self, store: DocumentStore, documents: LiveDocuments
    ) -> None:
        [key] = await self.keys(store, 1)
        documents.allowances.use(store.ana, 2 * ALLOWANCE_S)
        async with documents.using(key, BOARD):
            assert await self.opened(documents, key, store.ana) is ErrorCode.TOO_MANY
            assert await self.opened(documents, key, store.ben) == 1
            assert await self.opened(documents, key, store.ana) == 1

    async def test_who_tries_a_broken_document_again_and_again_waits(
        self, store: DocumentStore, documents: LiveDocuments
    ) -> None:
        key = await store.begin()
        await store.repository.append([Change(key, 1, 1, b"none", {})])
        answers = [await self.opened(documents, key, store.ana) for _ in range(35)]
        assert answers[:20] == [ErrorCode.DOCUMENT_BROKEN] * 20
        assert answers[-1] is ErrorCode.TOO_MANY

    async def test_who_changes_and_closes_it_again_and_again_waits(
        self, store: DocumentStore, documents: LiveDocuments, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_module, "_WRITE_BYTE_S", 1e-5)
        key, page = await store.begin(), PageDocument(7)
        changes = [page.draw(a="x" * 40_000), *(page.draw(b=str(number)) for number in range(20))]
        outcomes: list[int | BaseException] = []
        for change in changes:
            async with documents.using(key, BOARD) as live:
                outcomes += await asyncio.gather(live.submit(store.ana, change), return_exceptions=True)
            await until(lambda: not documents._resting)
        refused = [error.code for error in outcomes if isinstance(error, UserError)]
        assert outcomes[:5] == [1, 2, 3, 4, 5]
        assert refused == [ErrorCode.TOO_MANY] * len(refused)
        assert len(refused) > 10
