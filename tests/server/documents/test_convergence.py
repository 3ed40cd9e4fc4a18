"""Pages that draw, are cut off, hear things late, twice and in another order, and a server that is restarted and whose
disk is full now and then: in the end all have the same, and what was acknowledged is there."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protocol.documents import DocumentKind
from server.documents import live as live_module
from server.documents.live import Listener
from server.documents.live_documents import LiveDocuments
from server.documents.replica import NO_UPDATE
from server.errors import StoreError, UserError
from server.store.documents import Change
from tests.support.clock import ManualClock
from tests.support.document_store import DocumentStore, document_store
from tests.support.documents import PageDocument

EXAMPLES = 12
"""For a longer look: some thousands."""
STEPS = 25
PAGES = 3
T = TypeVar("T")

numbers = st.integers(0, PAGES - 1)
element_ids = st.sampled_from(["a", "b", "c", "d"])


class OnePage:
    """A page, what it has heard and not taken yet, and what it has drawn and not sent."""

    def __init__(self, client: int) -> None:
        self.document = PageDocument(client)
        self.heard: list[bytes] = []
        self.is_connected = True
        self.is_behind = False
        """Something was not told, and that something was not: it will open again."""
        self._sent = 0

    def unsent(self) -> list[bytes]:
        """Return what was drawn since the last time."""
        updates = self.document.updates[self._sent :]
        self._sent = len(self.document.updates)
        return updates


class Documents(RuleBasedStateMachine):
    """One board, its server, and some pages."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._pages = [OnePage(client) for client in range(1, PAGES + 1)]
        self._acknowledged: set[str] = set()
        self._drawn = 0
        self._clock = ManualClock()
        self._run(self._set_up())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _set_up(self) -> None:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._store: DocumentStore = await self._stack.enter_async_context(document_store(Path(folder)))
        self._key = await self._store.begin()
        self._start()

    def _start(self) -> None:
        self._documents = LiveDocuments(self._store.repository, self._clock)
        self._live = self._documents.take(self._key, DocumentKind.BOARD)
        self._live.listeners.append(Listener(self._on_change, lambda _health: None))

    def _on_change(self, change: Change) -> None:
        for page in self._pages:
            if page.is_connected:
                page.heard.append(change.data)

    async def _send(self, updates: list[bytes]) -> bool:
        """Send updates at the same moment. Return whether all were acknowledged."""
        outcomes = await asyncio.gather(
            *(self._live.submit(self._store.ana, update) for update in updates), return_exceptions=True
        )
        for outcome in outcomes:
            assert isinstance(outcome, int | UserError), outcome
        return all(isinstance(outcome, int) for outcome in outcomes)

    async def _open(self, page: OnePage) -> None:
        """Catch up, and send what the server lacks, as pages do."""
        page.is_connected, page.is_behind = True, False
        page.heard.clear()
        opened = await self._live.open(None, page.document.doc.get_state())
        page.document.receive(opened.update)
        drawn = set(page.document.points())
        missing = page.document.doc.get_update(opened.state)
        page.unsent()
        if missing == NO_UPDATE or await self._send([missing]):
            self._acknowledged |= drawn
        else:
            page.is_connected = False

    @rule(number=numbers, element_id=element_ids)
    def draw(self, number: int, element_id: str) -> None:
        """Each edit leaves a point that is never taken away, by which it is known again."""
        self._drawn += 1
        self._pages[number].document.draw_point(element_id, str(self._drawn))

    @rule(number=numbers, element_id=element_ids)
    def erase(self, number: int, element_id: str) -> None:
        if element_id in self._pages[number].document.shown():
            self._pages[number].document.erase(element_id)

    @rule(number=numbers)
    def send(self, number: int) -> None:
        page = self._pages[number]
        if page.is_connected:
            drawn = set(page.document.points())
            if self._run(self._send(page.unsent())):
                self._acknowledged |= drawn
            else:
                self._run(self._reopen_or_wait(page))

    @rule(number=numbers)
    def send_twice(self, number: int) -> None:
        page = self._pages[number]
        if page.is_connected and page.document.updates and not self._run(self._send(page.document.updates[-1:] * 2)):
            self._run(self._reopen_or_wait(page))

    @rule(number=numbers, data=st.data())
    def hear(self, number: int, data: st.DataObject) -> None:
        """Take what was told in any order, and some of it twice."""
        page = self._pages[number]
        told = data.draw(st.permutations(page.heard + page.heard[:1]))
        page.heard.clear()
        for update in told:
            page.document.receive(update)

    @rule(number=numbers)
    def be_too_slow_for_notices(self, number: int) -> None:
        page = self._pages[number]
        page.is_behind = page.is_behind or bool(page.heard)
        page.heard.clear()

    @rule(number=numbers)
    def lose_the_line(self, number: int) -> None:
        self._pages[number].is_connected = False
        self._pages[number].heard.clear()

    @rule(number=numbers)
    def come_back(self, number: int) -> None:
        self._run(self._reopen_or_wait(self._pages[number]))

    async def _reopen_or_wait(self, page: OnePage) -> None:
        try:
            await self._open(page)
        except StoreError:
            page.is_connected = False

    @rule(is_lost=st.booleans())
    def disk_gets_full(self, is_lost: bool) -> None:
        """Or takes what it is given, and the answer is lost."""
        trouble = StoreError("The disk is full.")
        repository = self._store.repository
        repository.trouble, repository.late_trouble = (None, trouble) if is_lost else (trouble, None)

    @rule()
    def disk_has_room(self) -> None:
        self._store.repository.trouble = self._store.repository.late_trouble = None

    @rule()
    def let_a_minute_pass(self) -> None:
        self._clock.advance(seconds=61)

    @rule(is_kind=st.booleans())
    def restart_the_server(self, is_kind: bool) -> None:
        """By itself, or without a word."""
        if is_kind:
            self._run(self._documents.close())
        for page in self._pages:
            page.is_connected = False
            page.heard.clear()
        self._live.listeners.clear()
        self._start()

    @invariant()
    def what_was_acknowledged_is_stored(self) -> None:
        assert self._acknowledged <= set(self._run(self._stored()).points())

    async def _stored(self) -> PageDocument:
        copy = PageDocument()
        for update in (await self._store.repository.contents(self._key)).updates:
            copy.receive(update)
        return copy

    def teardown(self) -> None:
        try:
            self._run(self._end())
        finally:
            self._run(self._stack.aclose())
            self._runner.close()

    async def _end(self) -> None:
        self._store.repository.trouble = self._store.repository.late_trouble = None
        for page in self._pages:
            if not page.is_connected or page.is_behind or not await self._send(page.unsent()):
                await self._open(page)
        for page in self._pages:
            for update in page.heard:
                page.document.receive(update)
        stored = await self._stored()
        for page in self._pages:
            assert page.document.shown() == stored.shown()
            assert page.document.points() == stored.points()
        assert set(stored.points()) == {str(number) for number in range(1, self._drawn + 1)}
        await self._documents.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "COLLECT_S", 0)


TestDocuments = Documents.TestCase
TestDocuments.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
