"""The documents that are in memory: one of each, however many meetings and requests use it.

Those that nobody has any more stay for a while: who loads a page anew, or turns pages to and fro, finds them there.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from protocol.documents import DocumentKind
from server.clock import Clock
from server.documents.allowance import Allowances
from server.documents.journal import Journal
from server.documents.live import LiveDocument
from server.documents.replica import NO_STATE
from server.logs import log_failure
from server.store.documents import DocumentKey, DocumentRepository

STAY_S = 45.0
"""So long a document stays in memory that nobody has any more."""
MAX_UNUSED_BYTES = 67_108_864
"""Of all of these together, as they are stored. A board of 2.4 MB takes some 10 MB in memory."""
MAX_UNUSED = 100

_log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Who is told which documents come into memory, and which nobody has open any more."""

    def on_taken(self, live: LiveDocument) -> None:
        """Take note of a document that is in memory from now on, and may be listened to."""
        ...

    def on_rested(self, live: LiveDocument) -> None:
        """Take note that nobody had a document any more, and that all that came was kept."""
        ...


@dataclass(slots=True)
class _Place:
    live: LiveDocument
    users: int = 0


class LiveDocuments:
    """Hands documents out, and some time after nobody has them lets them go. `close` keeps what is left to be kept."""

    def __init__(self, repository: DocumentRepository, clock: Clock, follower: Follower | None = None) -> None:
        self._repository = repository
        self._clock = clock
        self._follower = follower
        self._journal = Journal(repository.append)
        self.allowances = Allowances(clock.monotonic)
        self._places: dict[DocumentKey, _Place] = {}
        self._unused: OrderedDict[DocumentKey, float] = OrderedDict()
        """Until when they stay, in monotonic seconds; the one that was used last, last."""
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._resting: set[asyncio.Task[None]] = set()

    def take(self, key: DocumentKey, kind: DocumentKind) -> LiveDocument:
        """Return a document, to be given back."""
        place = self._places.get(key)
        if place is None:
            live = LiveDocument(key, kind, self._repository, self._journal, self.allowances, self._clock)
            place = self._places[key] = _Place(live)
            if self._follower is not None:
                self._follower.on_taken(live)
        self._unused.pop(key, None)
        place.users += 1
        return place.live

    def give_back(self, live: LiveDocument) -> None:
        """Take note that a document is used no more by somebody who took it."""
        place = self._places[live.key]
        place.users -= 1
        if place.users == 0:
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

    async def read(self, person_id: str, key: DocumentKey, kind: DocumentKind) -> bytes:
        """Return all of a document as one update, for somebody. Raises as `LiveDocument.open`."""
        async with self.using(key, kind) as live:
            return (await live.open(person_id, NO_STATE)).update

    async def settle(self, keys: Iterable[DocumentKey]) -> None:
        """Wait until nothing of these documents waits to be kept."""
        for key in keys:
            place = self._places.get(key)
            if place is not None:
                await place.live.settle()

    def tick(self) -> None:
        """Let those go whose time is over."""
        now = self._clock.monotonic()
        while self._unused and self._unused[next(iter(self._unused))] <= now:
            self._drop_first()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._unused:
            next_at = self._unused[next(iter(self._unused))]
            self._timer = asyncio.get_running_loop().call_later(next_at - now, self.tick)

    async def close(self) -> None:
        """Keep every document in one piece, and write what waits. Idempotent."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._resting:
            await asyncio.wait(set(self._resting))
        for place in tuple(self._places.values()):
            await self._rest(place.live)
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
        place = self._places.get(live.key)
        if place is not None and place.live is live and place.users == 0 and live.is_at_rest:
            self._put_by(live)

    def _put_by(self, live: LiveDocument) -> None:
        """Have a document stay for a while, unless it would be loaded again anyway."""
        self._unused.pop(live.key, None)
        if self._is_closed or not live.is_in_memory:
            del self._places[live.key]
            return
        live.doubt()
        self._unused[live.key] = self._clock.monotonic() + STAY_S
        while len(self._unused) > MAX_UNUSED or self._unused_bytes > MAX_UNUSED_BYTES:
            self._drop_first()
        self.tick()

    @property
    def _unused_bytes(self) -> int:
        return sum(self._places[key].live.size for key in self._unused)

    def _drop_first(self) -> None:
        key, _ = self._unused.popitem(last=False)
        del self._places[key]
