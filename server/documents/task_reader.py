"""Reads the action items of notes into their table.

It does so some seconds after a change, as soon as nobody has the notes open any more, and at the start where something
was missed. It reads what is stored, which is all there is of a document, so that nobody who writes waits for it. Where
it cannot, the log says so, and nothing else happens.
"""

import asyncio
import time
from contextlib import suppress
from itertools import islice

import structlog

from protocol.documents import DocumentHealth, DocumentKind
from server.clock import Clock
from server.documents.delays import Delays
from server.documents.live import Listener, LiveDocument
from server.documents.notes.action_items import action_items
from server.documents.notes.reader import read_notes
from server.documents.replica import Replica
from server.errors import StoreError
from server.logs import log_failure
from server.store.action_items import ActionItemRepository, OwnedItem
from server.store.documents import Change, Contents, DocumentKey, DocumentRepository

QUIET_S = 3.0
"""Since the last change."""
LONGEST_S = 20.0
"""While somebody writes without end."""
RETRY_S = 30.0
"""When the store has failed."""
MAX_ITEMS = 1_000
"""Of one document, in reading order. Those beyond stand on nobody's home page."""
MAX_TEXT = 300
"""Characters of an item, as it is shown elsewhere."""
_PAUSE = 3.0
"""So many times as long as a reading took, the next one in the background waits: they have a quarter of a core."""
_LONGEST_PAUSE_S = 2.0
_BATCH = 50
"""Documents that are looked up at once."""

_log = structlog.get_logger(__name__)


class TaskReader:
    """Follows the notes that are in memory. `close` leaves what waits to the next start."""

    def __init__(
        self,
        documents: DocumentRepository,
        items: ActionItemRepository,
        clock: Clock,
        *,
        quiet_s: float = QUIET_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._documents = documents
        self._items = items
        self._clock = clock
        self._delays = Delays[DocumentKey](quiet_s, longest_s)
        self._has_news = asyncio.Event()
        """Something is due earlier than what is waited for."""
        self._turn = asyncio.Lock()
        """One at a time: the rooms have most of the processor."""
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to read, first of all what was missed."""
        self._tasks = [
            asyncio.create_task(self._catch_up(), name="action items that were missed"),
            asyncio.create_task(self._run(), name="action items"),
        ]

    async def close(self) -> None:
        """Stop, when the reading that is under way is kept. Idempotent."""
        tasks, self._tasks = self._tasks, []
        async with self._turn:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def on_taken(self, live: LiveDocument) -> None:
        """Follow notes. They may have been begun, or begun anew, with something in them."""
        if live.kind is DocumentKind.NOTES:
            live.listeners.append(Listener(on_change=self._on_change, on_health=_ignore))
            self._touch(live.key)

    def on_rested(self, live: LiveDocument) -> None:
        """Read at once what waits: whoever has just left goes home."""
        if self._delays.is_waiting(live.key):
            self._put(live.key, 0.0)

    async def read(self, key: DocumentKey) -> float:
        """Bring the table up to date with what is stored of notes; return how long the processor was busy, in seconds.

        Raises `DocumentBrokenError`, `StoreError`.
        """
        async with self._turn:
            if not await self._items.is_behind(key):
                return 0.0
            contents = await self._documents.contents(key)
            items, effort_s = await asyncio.to_thread(_owned_items, contents)
            await self._items.keep(key, contents.seq, items)
            return effort_s

    async def read_or_log(self, key: DocumentKey) -> float:
        """Bring the table up to date. When the store fails it is tried again; what cannot be read stays as it was.

        Return how long the processor was busy with it, in seconds.
        """
        try:
            return await self.read(key)
        except Exception as error:  # noqa: BLE001 - nobody waits for it, and the notes are as they were
            log_failure(_log, "action_items_not_read", error, document_id=key.document_id, epoch=key.epoch)
            if isinstance(error, StoreError):
                self._put(key, RETRY_S)
            return 0.0

    def _on_change(self, change: Change) -> None:
        self._touch(change.key)

    def _touch(self, key: DocumentKey) -> None:
        if self._delays.touch(key, self._clock.monotonic()):
            self._has_news.set()

    def _put(self, key: DocumentKey, delay_s: float) -> None:
        self._delays.put(key, self._clock.monotonic() + delay_s)
        self._has_news.set()

    async def _run(self) -> None:
        while True:
            self._has_news.clear()
            next_at = self._delays.next_at
            delay = None if next_at is None else max(0.0, next_at - self._clock.monotonic())
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._has_news.wait()
            for key in self._delays.take_due(self._clock.monotonic()):
                await self._read_in_background(key)

    async def _catch_up(self) -> None:
        """Read what has changed since it was read, each document once."""
        after = ""
        while True:
            try:
                missed = await self._items.behind(after, _BATCH)
            except Exception as error:  # noqa: BLE001 - whatever is opened is read nevertheless
                log_failure(_log, "action_items_not_caught_up", error)
                return
            if not missed:
                return
            for key in missed:
                await self._read_in_background(key)
            after = missed[-1].document_id

    async def _read_in_background(self, key: DocumentKey) -> None:
        began_at = self._clock.monotonic()
        await self.read_or_log(key)
        await asyncio.sleep(min(_PAUSE * (self._clock.monotonic() - began_at), _LONGEST_PAUSE_S))


def _owned_items(contents: Contents) -> tuple[list[OwnedItem], float]:
    """Return what there is to do in notes, and how long the processor was busy with that, in seconds."""
    started = time.thread_time()
    doc = Replica(contents.updates, is_first_whole=contents.is_first_whole).doc
    owned = (item for item in action_items(read_notes(doc)) if item.owner_id)
    items = [
        OwnedItem(item.item_id, _shortened(item.text), item.owner_id, item.due, item.is_done)
        for item in islice(owned, MAX_ITEMS)
    ]
    return items, time.thread_time() - started


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + "…"


def _ignore(_health: DocumentHealth) -> None:
    """Whether notes are full, or not saved, is not our business."""
