"""The table of action items follows the notes, and finds what it has missed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
from structlog.testing import capture_logs

from protocol.documents import DocumentKind
from protocol.roles import RoomRole
from server.documents import replica, task_reader
from server.documents.live import LiveDocument
from server.documents.live_documents import LiveDocuments
from server.documents.task_reader import MAX_ITEMS, MAX_TEXT, TaskReader
from server.errors import StoreError
from server.store.action_items import ActionItemRepository, OpenItem, OwnedItem
from server.store.database import Database
from server.store.documents import Change, DocumentKey
from tests.server.documents.notes.documents import document, element, paragraph
from tests.support.clock import ManualClock
from tests.support.document_store import DocumentStore
from tests.support.documents import PageDocument
from tests.support.waiting import until

NOTES = DocumentKind.NOTES
QUIET_S, LONGEST_S = 3.0, 20.0


class Items(ActionItemRepository):
    """The real ones, which tell what is kept, and fail when they are told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.kept: asyncio.Queue[tuple[DocumentKey, int]] = asyncio.Queue()
        self.trouble: Exception | None = None
        self.asked: asyncio.Queue[DocumentKey] = asyncio.Queue()

    async def is_behind(self, key: DocumentKey) -> bool:
        self.asked.put_nowait(key)
        if self.trouble is not None:
            raise self.trouble
        return await super().is_behind(key)

    async def keep(self, key: DocumentKey, seq: int, items: list[OwnedItem]) -> bool:  # type: ignore[override]
        is_news = await super().keep(key, seq, items)
        self.kept.put_nowait((key, seq))
        return is_news

    async def next_kept(self) -> tuple[DocumentKey, int]:
        async with asyncio.timeout(30):
            return await self.kept.get()

    async def next_asked(self) -> DocumentKey:
        async with asyncio.timeout(30):
            return await self.asked.get()

    async def of(self, person_id: str) -> list[OpenItem]:
        return (await self.open_items(person_id, RoomRole.PARTICIPANT, frozenset(RoomRole), 100))[0]


class Desk:
    """Notes in memory, followed by a reader."""

    def __init__(self, store: DocumentStore, clock: ManualClock, quiet_s: float) -> None:
        self.store = store
        self.items = Items(store.database)
        self.reader = TaskReader(store.repository, self.items, clock, quiet_s=quiet_s, longest_s=LONGEST_S)
        self.documents = LiveDocuments(store.repository, clock, self.reader)

    async def close(self) -> None:
        await self.reader.close()
        await self.documents.close()


@pytest.fixture
async def desk(store: DocumentStore, clock: ManualClock) -> AsyncIterator[Desk]:
    desk = Desk(store, clock, 0.0)
    yield desk
    await desk.close()


async def keep(desk: Desk, key: DocumentKey, update: bytes) -> None:
    """Change notes that nobody has open, and crash before they are read."""
    without = LiveDocuments(desk.store.repository, ManualClock())
    async with without.using(key, NOTES) as live:
        await live.submit(desk.store.ana, update)
    await without.close()


async def test_a_change_is_in_the_table_with_everything_about_it(store: DocumentStore, desk: Desk) -> None:
    key = await store.begin(NOTES)
    desk.reader.start()
    page = PageDocument(7)
    async with desk.documents.using(key, NOTES) as live:
        await live.submit(store.ana, page.write_task("i1", "Call  the\nparents", store.ben, due="2026-11-30"))
        assert await desk.items.next_kept() == (key, 1)
        assert await desk.items.of(store.ben) == [
            OpenItem(key.document_id, "i1", store.room_id, "Call the parents", date(2026, 11, 30))
        ]
        await live.submit(store.ana, page.write_task("i2", "Done", store.ben, checked=True))
        await live.submit(store.ana, page.write_task("i3", "Nobody's", ""))
        while (await desk.items.next_kept())[1] < 3:
            pass
    assert [item.item_id for item in await desk.items.of(store.ben)] == ["i1"]
    assert await desk.items.of("") == []


async def test_it_waits_until_nobody_types_or_nobody_has_the_notes_open(
    store: DocumentStore, clock: ManualClock
) -> None:
    desk = Desk(store, clock, QUIET_S)
    key, page = await store.begin(NOTES), PageDocument(7)
    live = desk.documents.take(key, NOTES)
    desk.reader.start()
    await live.submit(store.ana, page.write_task("i1", "Call", store.ben))
    assert desk.reader._delays.next_at == clock.monotonic() + QUIET_S
    assert desk.items.kept.empty()
    # The clock stands still: only that nobody has it open any more can be the reason.
    desk.documents.give_back(live)
    assert await desk.items.next_kept() == (key, 1)
    await desk.close()


@pytest.mark.parametrize("is_known", [True, False], ids=["changed", "never read"])
async def test_what_was_missed_is_read_at_the_start(store: DocumentStore, desk: Desk, is_known: bool) -> None:
    keys = [await store.begin(NOTES) for _ in range(3)]
    board = await store.begin()
    await store.repository.append([Change(board, 1, 1, PageDocument(5).draw(a="1"), {})])
    for number, key in enumerate(keys):
        page = PageDocument(7)
        await keep(desk, key, page.write("Beginning"))
        if is_known:
            await desk.reader.read(key)
        await keep(desk, key, page.write_task(f"i{number}", f"Task {number}", store.ben))
    assert await desk.items.of(store.ben) == []
    desk.reader.start()
    while len(await desk.items.of(store.ben)) < 3:
        await desk.items.next_kept()
    assert await desk.items.behind("", 10) == []


async def test_notes_that_were_begun_with_something_in_them_are_read_when_they_are_opened(
    store: DocumentStore, desk: Desk
) -> None:
    first = PageDocument(7).write_task("i1", "Call", store.ben)
    desk.reader.start()
    await desk.items.behind("", 10)
    key = await store.begin(NOTES, Change(DocumentKey("document_1", 1), 1, 1, first, {7: store.ana}))
    async with desk.documents.using(key, NOTES):
        assert await desk.items.next_kept() == (key, 1)
    assert [item.item_id for item in await desk.items.of(store.ben)] == ["i1"]


async def test_what_is_up_to_date_is_not_read_again(store: DocumentStore, desk: Desk) -> None:
    key = await store.begin(NOTES)
    await keep(desk, key, PageDocument(7).write_task("i1", "Call", store.ben))
    await desk.reader.read(key)
    await desk.items.next_kept()
    await desk.reader.read(key)
    assert desk.items.kept.empty()


async def test_a_large_snapshot_is_read_in_one_step(
    store: DocumentStore, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, page = await store.begin(NOTES), PageDocument(7)
    for number in range(200):
        page.write_task(f"i{number}", "Call", store.ben)
    await keep(desk, key, page.doc.get_update())
    await keep(desk, key, page.write("More"))
    monkeypatch.setattr(replica, "slices", None)
    await desk.reader.read(key)
    assert await desk.items.next_kept() == (key, 2)


async def test_notes_that_cannot_be_read_keep_nobody_from_the_others(store: DocumentStore, desk: Desk) -> None:
    broken, good = await store.begin(NOTES), await store.begin(NOTES)
    await keep(desk, broken, PageDocument(7).write_task("i1", "Call", store.ben))
    await keep(desk, good, PageDocument(7).write_task("i2", "Write", store.ben))
    await store.sql(f"UPDATE document_update SET checksum = 0 WHERE document_id = '{broken.document_id}'")
    await store.sql("DELETE FROM document_snapshot")
    with capture_logs() as logs:
        desk.reader.start()
        assert await desk.items.next_kept() == (good, 1)
    [failure] = [log for log in logs if log["event"] == "action_items_not_read"]
    assert failure["document_id"] == broken.document_id
    assert [item.item_id for item in await desk.items.of(store.ben)] == ["i2"]


async def fail_to_read(desk: Desk, key: DocumentKey, update: bytes) -> None:
    """Change notes, and wait until the store has failed whoever wanted to read them."""
    desk.items.trouble = StoreError("the disk is full")
    live = desk.documents.take(key, NOTES)
    assert await live.submit(desk.store.ana, update) == 1, "who writes notices nothing"
    assert await desk.items.next_asked() == key
    await until(lambda: desk.reader._delays.next_at is not None)
    desk.items.trouble = None


async def test_what_the_store_kept_from_being_read_is_tried_again(
    store: DocumentStore, desk: Desk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_reader, "RETRY_S", 0.01)
    key = await store.begin(NOTES)
    desk.reader.start()
    await fail_to_read(desk, key, PageDocument(7).write_task("i1", "Call", store.ben))
    clock.advance(seconds=1)
    assert await desk.items.next_kept() == (key, 1)


async def test_a_further_change_does_not_wait_until_it_is_tried_again(store: DocumentStore, desk: Desk) -> None:
    key, page = await store.begin(NOTES), PageDocument(7)
    desk.reader.start()
    await fail_to_read(desk, key, page.write_task("i1", "Call", store.ben))
    async with desk.documents.using(key, NOTES) as live:
        await live.submit(store.ana, page.write("more"))
        while await desk.items.next_kept() != (key, 2):
            pass


async def test_a_page_that_writes_without_measure_fills_no_table(store: DocumentStore, desk: Desk) -> None:
    key = await store.begin(NOTES)
    tasks = (
        element(
            "taskItem", paragraph("x" * 2 * MAX_TEXT if number == 0 else "x"), itemId=f"i{number}", ownerId=store.ben
        )
        for number in range(MAX_ITEMS + 5)
    )
    await keep(desk, key, document(element("taskList", *tasks)).get_update())
    await desk.reader.read(key)
    items, _ = await desk.items.open_items(store.ben, RoomRole.HOST, frozenset(RoomRole), 2 * MAX_ITEMS)
    assert len(items) == MAX_ITEMS
    assert len(items[0].text) == MAX_TEXT
    assert items[0].text.endswith("x…")


async def test_boards_are_not_followed(store: DocumentStore, desk: Desk) -> None:
    key = await store.begin()
    async with desk.documents.using(key, DocumentKind.BOARD) as live:
        assert live.listeners == []
        assert isinstance(live, LiveDocument)
        assert desk.reader._delays.next_at is None
