"""The documents that are in memory: one of each, however many meetings and requests use it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from protocol.documents import DocumentKind
from server.clock import Clock
from server.documents.allowance import Allowances
from server.documents.journal import Journal
from server.documents.live import LiveDocument
from server.logs import log_failure
from server.store.documents import DocumentKey, DocumentRepository

_log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Who is told which documents come into memory, and which nobody has open any more."""

    def on_taken(self, live: LiveDocument) -> None:
        """Take note of a document that is in memory from now on, and may be listened to."""
        ...

    def on_rested(self, live: LiveDocument) -> None:
        """Take note that nobody had a document any more, and that all that came was kept."""
        ...


class LiveDocuments:
    """Hands documents out, and lets go of those that nobody has. `close` keeps what is left to be kept."""

    def __init__(self, repository: DocumentRepository, clock: Clock, follower: Follower | None = None) -> None:
        self._repository = repository
        self._clock = clock
        self._follower = follower
        self._journal = Journal(repository.append)
        self.allowances = Allowances(clock.monotonic)
        self._documents: dict[DocumentKey, LiveDocument] = {}
        self._users: dict[DocumentKey, int] = {}
        self._resting: set[asyncio.Task[None]] = set()

    def take(self, key: DocumentKey, kind: DocumentKind) -> LiveDocument:
        """Return a document, to be given back."""
        live = self._documents.get(key)
        if live is None:
            live = LiveDocument(key, kind, self._repository, self._journal, self.allowances, self._clock)
            self._documents[key] = live
            if self._follower is not None:
                self._follower.on_taken(live)
        self._users[key] = self._users.get(key, 0) + 1
        return live

    def give_back(self, live: LiveDocument) -> None:
        """Take note that a document is used no more by somebody who took it."""
        self._users[live.key] -= 1
        if self._users[live.key] == 0:
            task = asyncio.create_task(self._rest(live), name=f"rest of {live.key.document_id}")
            self._resting.add(task)
            task.add_done_callback(self._resting.discard)

    @asynccontextmanager
    async def using(self, key: DocumentKey, kind: DocumentKind) -> AsyncIterator[LiveDocument]:
        """Have a document for a while."""
        live = self.take(key, kind)
        try:
            yield live
        finally:
            self.give_back(live)

    async def settle(self, keys: Iterable[DocumentKey]) -> None:
        """Wait until nothing of these documents waits to be kept."""
        for key in keys:
            live = self._documents.get(key)
            if live is not None:
                await live.settle()

    async def close(self) -> None:
        """Keep every document in one piece, and write what waits. Idempotent."""
        while self._resting:
            await asyncio.wait(set(self._resting))
        for live in tuple(self._documents.values()):
            await self._rest(live)
        await self._journal.close()

    async def _rest(self, live: LiveDocument) -> None:
        try:
            await live.rest()
        except Exception as error:  # noqa: BLE001 - one document's trouble is not the others'
            # Nothing is lost: every change is kept by itself.
            log_failure(_log, "snapshot_failed", error, document_id=live.key.document_id)
        if self._follower is not None:
            self._follower.on_rested(live)
        # When it was used again in the meantime, and given back, there is another one to wait for what came then.
        is_ours = self._documents.get(live.key) is live
        if is_ours and self._users[live.key] == 0 and live.is_at_rest:
            del self._users[live.key], self._documents[live.key]
