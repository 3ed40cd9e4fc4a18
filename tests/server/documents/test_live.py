"""One document: what is taken, kept, told and refused."""

import asyncio
from collections.abc import Sequence

import pytest
from pycrdt import XmlElement

from protocol.documents import DocumentHealth, DocumentKind
from protocol.errors import ErrorCode
from server.documents import fullness as fullness_module
from server.documents import live as live_module
from server.documents import offers as offers_module
from server.documents.allowance import ALLOWANCE_EACH_S, ALLOWANCE_S, GAVE_UP_S, Allowances
from server.documents.beginning import MAX_NEW_CLIENTS
from server.documents.journal import Journal
from server.documents.live import Listener, LiveDocument
from server.documents.replica import NO_STATE, GaveUpError, Replica
from server.documents.update import Update
from server.documents.versions import MS_UNTIL_SNAPSHOT
from server.errors import StoreError, UserError
from server.store.documents import Change, DocumentKey
from tests.server.documents.hostile_updates import beside_everything
from tests.support.clock import ManualClock
from tests.support.document_store import MEETING, DocumentStore
from tests.support.documents import PageDocument
from tests.support.waiting import until

FULL = StoreError("The disk is full.")
CIRCLE = bytes((2, 1, 2, 0, 0x84, 1, 0, 1, ord("b"), 1, 1, 0, 0x84, 2, 0, 1, ord("a"), 0))
"""Blocks that wait for each other."""


class Told:
    """What a listener was told."""

    def __init__(self, live: LiveDocument) -> None:
        self.changes: list[Change] = []
        self.health: list[DocumentHealth] = []
        live.listeners.append(Listener(self.changes.append, self.health.append))


class Bench:
    """A document over a real database, which can be opened anew as after a restart."""

    def __init__(self, store: DocumentStore, clock: ManualClock, key: DocumentKey, kind: DocumentKind) -> None:
        self.store, self.clock, self.key, self.kind = store, clock, key, kind
        self.live = self.restart()
        self.told = Told(self.live)

    def restart(self) -> LiveDocument:
        self.journal = Journal(self.store.repository.append)
        self.allowances = Allowances(self.clock.monotonic)
        return LiveDocument(self.key, self.kind, self.store.repository, self.journal, self.allowances, self.clock)

    async def submit(self, *updates: bytes, person_id: str | None = "") -> list[int | BaseException]:
        """Submit updates at the same moment; return the number or the failure of each."""
        person_id = self.store.ana if person_id == "" else person_id
        async with asyncio.timeout(60):
            return await asyncio.gather(
                *(self.live.submit(person_id, update) for update in updates), return_exceptions=True
            )

    async def stored(self) -> dict[str, str]:
        """Return what the board shows of what is stored."""
        copy = PageDocument()
        for update in (await self.store.repository.contents(self.key)).updates:
            copy.receive(update)
        return copy.shown()

    async def in_memory(self) -> dict[str, str]:
        copy = PageDocument()
        copy.receive((await self.live.open(None, NO_STATE)).update)
        return copy.shown()


@pytest.fixture
async def board(store: DocumentStore, clock: ManualClock) -> Bench:
    return Bench(store, clock, await store.begin(), DocumentKind.BOARD)


@pytest.fixture
async def notes(store: DocumentStore, clock: ManualClock) -> Bench:
    return Bench(store, clock, await store.begin(DocumentKind.NOTES), DocumentKind.NOTES)


@pytest.fixture
def page() -> PageDocument:
    return PageDocument(7)


def codes(outcome: Sequence[int | BaseException]) -> list[int | ErrorCode]:
    return [one.code if isinstance(one, UserError) else one for one in outcome if isinstance(one, int | UserError)]


class TestCharactersOfTwoUnits:
    CUT = b"\x00\x01\x07\x01\x02\x02"
    """What deletes the clocks 2 and 3 of client 7."""

    def text(self, words: str) -> bytes:
        encoded = words.encode()
        return b"\x01\x01\x07\x00\x04\x01\x05notes" + bytes((len(encoded),)) + encoded + b"\x00"

    async def test_what_cuts_one_is_refused_and_costs_nothing(self, notes: Bench) -> None:
        assert await notes.submit(self.text("a😀bc")) == [1]
        assert codes(await notes.submit(self.CUT)) == ["bad_request"]
        assert notes.live._fullness.loads == 1
        await notes.live.rest()
        assert (await notes.store.repository.contents(notes.key)).snapshot_seq == 1
        assert await notes.submit(self.text("a😀bc")) == [1]

    async def test_it_is_found_after_a_restart_and_in_what_came_at_the_same_moment(self, notes: Bench) -> None:
        assert codes(await notes.submit(self.text("a😀bc"), self.CUT)) == [1, "bad_request"]
        await notes.live.rest()
        notes.live = notes.restart()
        assert codes(await notes.submit(self.CUT)) == ["bad_request"]

    async def test_the_same_deletion_elsewhere_is_kept(self, notes: Bench) -> None:
        assert await notes.submit(self.text("ab😀c")) == [1]
        assert await notes.submit(self.CUT) == [2]


class TestWhatIsMuchWork:
    async def test_who_has_used_up_an_allowance_is_refused_and_nobody_else(self, board: Bench) -> None:
        board.allowances.use(board.store.ana, 2 * ALLOWANCE_S)
        assert codes(await board.submit(PageDocument(7).draw(a="1"))) == ["too_many"]
        assert await board.submit(PageDocument(8).draw(b="2"), person_id=board.store.ben) == [1]
        board.clock.advance(seconds=2 * ALLOWANCE_S / ALLOWANCE_EACH_S)
        assert await board.submit(PageDocument(7).draw(a="1")) == [2]

    async def test_who_has_the_document_loaded_again_and_again_pays_for_it(self, notes: Bench) -> None:
        assert await notes.submit(*beside_everything(20_000, 1_000)) == [1, 1]
        notes.live = notes.restart()
        # Two blocks that wait for each other.
        circle = bytes((2, 1, 2, 0, 0x84, 3, 0, 1, ord("b"), 1, 3, 0, 0x84, 2, 0, 1, ord("a"), 0))
        refused = 0
        while codes(await notes.submit(circle)) == ["bad_request"]:
            refused += 1
            assert refused < 200
        assert notes.live._fullness.loads * notes.live._fullness.load_s < 2 * ALLOWANCE_S
        assert await notes.submit(PageDocument(8).write("goes on"), person_id=notes.store.ben) == [2]

    async def test_who_makes_the_library_give_up_a_few_times_waits(
        self, board: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        integrate = Replica.integrate

        def give_up(replica: Replica, updates: Sequence[tuple[bytes, Update]]) -> bytes:
            if any(data == CIRCLE for data, _ in updates):
                raise GaveUpError("the library gave up")
            return integrate(replica, updates)

        monkeypatch.setattr(Replica, "integrate", give_up)
        outcome = [code for _ in range(8) for code in codes(await board.submit(CIRCLE))]
        assert outcome == [ErrorCode.BAD_REQUEST] * 5 + [ErrorCode.TOO_MANY] * 3
        assert await board.submit(PageDocument(8).draw(b="2"), person_id=board.store.ben) == [1]
        board.clock.advance(seconds=(ALLOWANCE_S - GAVE_UP_S) / ALLOWANCE_EACH_S)
        assert codes(await board.submit(CIRCLE)) == [ErrorCode.BAD_REQUEST]

    async def test_what_takes_too_long_to_put_together_is_full(
        self, notes: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fullness_module, "MAX_LOAD_S", 0.02)
        monkeypatch.setattr(fullness_module, "_LOADED_AGAIN_S", 0.02)
        row, beside = beside_everything(5_000, 1_000)
        assert await notes.submit(row, beside) == [1, 1]
        assert codes(await notes.submit(PageDocument(8).write("more"), person_id=notes.store.ben)) == ["document_full"]
        assert notes.told.health[-1] is DocumentHealth.FULL
        # What is there can be taken out all the same.
        assert await notes.submit(b"\x00\x01\x01\x01\x00\x01") == [2]


class TestKeeping:
    async def test_what_comes_together_is_kept_and_told_as_one_change(self, board: Bench, page: PageDocument) -> None:
        other = PageDocument(8)
        outcome = await board.submit(page.draw(a="1"), page.draw(b="2"))
        assert outcome == [1, 1]
        assert await board.submit(other.draw(c="3"), person_id=board.store.ben) == [2]
        assert [change.seq for change in board.told.changes] == [1, 2]
        copy = PageDocument()
        for change in board.told.changes:
            copy.receive(change.data)
        assert copy.shown() == await board.stored() == await board.in_memory() == {"a": "1", "b": "2", "c": "3"}
        authors = await board.store.repository.authors(board.key.document_id)
        assert [(author.name, author.client) for author in authors] == [("Ana", 7), ("Ben", 8)]

    @pytest.mark.parametrize("update", [b"\x00\x00", None])
    async def test_what_says_nothing_new_is_acknowledged_and_not_kept(
        self, board: Bench, page: PageDocument, update: bytes | None
    ) -> None:
        await board.submit(page.draw(a="1"))
        assert await board.submit(page.updates[0] if update is None else update) == [1]
        assert len(board.told.changes) == 1
        assert (await board.store.repository.contents(board.key)).seq == 1

    async def test_deleting_again_and_again_fills_nothing(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        deletion = page.erase("a")
        assert await board.submit(deletion) == [2]
        assert await board.submit(deletion) == [2]

    async def test_nothing_is_told_or_shown_before_it_is_kept(self, board: Bench, page: PageDocument) -> None:
        board.store.repository.may_append.clear()
        submitting = asyncio.create_task(board.submit(page.draw(a="1")))
        await board.store.repository.appending.wait()
        opening = asyncio.create_task(board.live.open(None, NO_STATE))
        await asyncio.sleep(0)
        assert not opening.done()
        assert board.told.changes == []
        board.store.repository.may_append.set()
        assert (await submitting, (await opening).seq) == ([1], 1)

    async def test_who_waits_no_more_has_written_all_the_same(self, board: Bench, page: PageDocument) -> None:
        board.store.repository.may_append.clear()
        gone = asyncio.create_task(board.submit(page.draw(a="1")))
        await board.store.repository.appending.wait()
        queued = asyncio.create_task(board.live.submit(board.store.ana, page.draw(b="2")))
        await asyncio.sleep(0)
        for task in (gone, queued):
            task.cancel()
        board.store.repository.may_append.set()
        assert await board.submit(page.draw(c="3")) == [2]
        assert await board.stored() == {"a": "1", "b": "2", "c": "3"}

    async def test_opening_tells_what_is_lacking(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        state = page.doc.get_state()
        await board.submit(page.draw(b="2"))
        copy = PageDocument()
        copy.receive(page.updates[0])
        opened = await board.live.open(None, state)
        copy.receive(opened.update)
        assert (copy.shown(), opened.seq, opened.state) == ({"a": "1", "b": "2"}, 2, page.doc.get_state())
        with pytest.raises(UserError) as error:
            await board.live.open(None, b"\xff")
        assert error.value.code is ErrorCode.BAD_REQUEST


class TestRefusing:
    async def test_one_that_does_not_fit_takes_none_of_the_others_down(self, board: Bench, page: PageDocument) -> None:
        other = PageDocument(8)
        outcome = await board.submit(page.draw(a="1"), CIRCLE, b"junk", other.draw(b="2"))
        assert codes(outcome) == [1, ErrorCode.BAD_REQUEST, ErrorCode.BAD_REQUEST, 2]
        assert await board.stored() == await board.in_memory() == {"a": "1", "b": "2"}

    async def test_what_was_left_out_may_come_in_the_same_moment(self, board: Bench, page: PageDocument) -> None:
        first, second = page.draw(a="1"), page.draw(b="2")
        assert codes(await board.submit(second)) == [ErrorCode.OUT_OF_SYNC]
        assert codes(await board.submit(second, first)) == [ErrorCode.OUT_OF_SYNC, 1]
        assert await board.submit(second) == [2]

    async def test_who_comes_first_has_a_client_s_name(self, board: Bench) -> None:
        ana, ben = board.store.ana, board.store.ben
        outcome = await asyncio.gather(
            board.submit(PageDocument(7).draw(a="1"), person_id=ana),
            board.submit(PageDocument(7).draw(b="2", c="2"), person_id=ben),
            board.submit(PageDocument(8).draw(d="3"), person_id=None),
        )
        assert [codes(one) for one in outcome] == [[1], [ErrorCode.FORBIDDEN], [1]]
        assert await board.stored() == {"a": "1", "d": "3"}
        forged = PageDocument(8)
        forged.draw(d="3")
        assert codes(await board.submit(forged.draw(e="4"))) == [ErrorCode.FORBIDDEN], "nor in the server's own"

    async def test_an_update_names_only_so_many_new_clients(self, board: Bench) -> None:
        pages = [PageDocument(client) for client in range(1, MAX_NEW_CLIENTS + 2)]
        whole = PageDocument()
        for page in pages:
            whole.receive(page.draw(**{f"of {page.doc.client_id}": "1"}))
        assert codes(await board.submit(whole.doc.get_update())) == [ErrorCode.TOO_MANY]
        assert await board.submit(*(page.updates[0] for page in pages)) == [1] * len(pages)

    async def test_a_document_has_only_so_many_clients(self, board: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(offers_module, "MAX_CLIENTS", 2)
        pages = [PageDocument(client) for client in (1, 2, 3)]
        assert await board.submit(*(page.draw(a="1") for page in pages[:2])) == [1, 1]
        assert codes(await board.submit(pages[2].draw(c="1"))) == [ErrorCode.TOO_MANY]
        assert await board.submit(pages[0].draw(d="1")) == [2]


class TestAnswers:
    async def answers(self, board: Bench, *updates: bytes) -> list[list[object]]:
        """Offer updates at the same moment; return every answer to each: a number, or why there is none."""
        answers: list[list[object]] = [[] for _ in updates]
        for update, told in zip(updates, answers, strict=True):
            board.live.offer(board.store.ana, update, told.append, told.append)
        await board.live.settle()
        return [[one.code if isinstance(one, UserError) else one for one in told] for told in answers]

    async def test_what_was_refused_is_not_refused_again_when_the_others_cannot_be_kept(
        self, board: Bench, page: PageDocument
    ) -> None:
        page.draw(missing="1")
        board.store.repository.trouble = FULL
        told = await self.answers(board, page.draw(after="2"), PageDocument(8).draw(good="3"))
        assert told == [[ErrorCode.OUT_OF_SYNC], [ErrorCode.UNAVAILABLE]]

    async def test_what_was_kept_is_not_refused_when_one_after_it_cannot_be_kept(
        self, board: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository = board.store.repository
        keep = repository.append

        async def append(changes: Sequence[Change]) -> None:
            await keep(changes)
            repository.trouble = FULL

        monkeypatch.setattr(board.journal, "_append", append)
        # What does not fit makes it find out one by one which one that is.
        told = await self.answers(board, PageDocument(7).draw(a="1"), CIRCLE, PageDocument(8).draw(b="2"))
        assert told == [[1], [ErrorCode.BAD_REQUEST], [ErrorCode.UNAVAILABLE]]


class TestFullness:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fullness_module, "MAX_DOCUMENT_BYTES", 10_000)

    async def test_it_is_said_before_and_then_nothing_is_added_but_deleting_helps(
        self, board: Bench, page: PageDocument
    ) -> None:
        await board.submit(page.draw(a="x" * 5_000))
        assert board.told.health == []
        await board.submit(page.draw(b="x" * 4_000))
        assert board.told.health == [DocumentHealth.NEARLY_FULL]
        await board.submit(page.draw(c="x" * 2_000))
        full = page.draw(d="x")
        assert codes(await board.submit(full)) == [ErrorCode.DOCUMENT_FULL]
        page = PageDocument(9)
        page.receive((await board.live.open(None, NO_STATE)).update)
        await board.submit(page.erase("a"))
        await board.live.rest()
        await board.submit(page.draw(e="1"))
        assert board.told.health == [DocumentHealth.NEARLY_FULL, DocumentHealth.FULL, DocumentHealth.GOOD]

    async def test_what_comes_together_does_not_slip_in(self, board: Bench) -> None:
        updates = [PageDocument(client).draw(**{str(client): "x" * 6_000}) for client in (1, 2, 3)]
        assert codes(await board.submit(*updates)) == [1, 1, ErrorCode.DOCUMENT_FULL]

    async def test_it_is_known_after_a_restart(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="x" * 12_000))
        live = board.restart()
        await live.open(None, NO_STATE)
        assert live.health is DocumentHealth.FULL


class TestTypes:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fullness_module, "MAX_TYPES", 10)

    async def test_there_are_only_so_many_and_those_that_are_deleted_make_room(
        self, notes: Bench, page: PageDocument
    ) -> None:
        fragment = page.notes
        for _ in range(4):
            page.write("one")
        assert await notes.submit(*page.updates) == [1] * 4
        assert notes.told.health == [DocumentHealth.NEARLY_FULL]
        page.write("last")
        assert await notes.submit(page.updates[-1]) == [2]
        page.write("one too many")
        too_many = page.updates[-1]
        assert codes(await notes.submit(too_many)) == [ErrorCode.DOCUMENT_FULL]
        notes.live = notes.restart()
        assert codes(await notes.submit(too_many)) == [ErrorCode.DOCUMENT_FULL], "they are counted after a restart"
        del fragment.children[0]
        assert codes(await notes.submit(page.updates[-1])) == [3]
        await notes.live.rest()
        assert await notes.submit(too_many) == [4]

    async def test_nearly_full_is_said_once_and_taken_back_when_so_much_is_deleted(
        self, notes: Bench, page: PageDocument
    ) -> None:
        for _ in range(4):
            page.write("one")
        assert await notes.submit(*page.updates) == [1] * 4
        await notes.live.rest()
        paragraph = page.notes.children[0]
        assert isinstance(paragraph, XmlElement)
        paragraph.attributes["indent"] = "1"
        assert await notes.submit(page.updates[-1]) == [2]
        notes.store.repository.trouble = FULL
        paragraph.attributes["indent"] = "2"
        assert await notes.submit(page.updates[-1]) == [FULL]
        notes.store.repository.trouble = None
        assert await notes.submit(page.updates[-1]) == [3]
        nearly = DocumentHealth.NEARLY_FULL
        assert notes.told.health == [nearly, DocumentHealth.UNSAVED, nearly]
        del page.notes.children[0]
        assert await notes.submit(page.updates[-1]) == [4]
        await notes.live.rest()
        assert notes.told.health == [nearly, DocumentHealth.UNSAVED, nearly, DocumentHealth.GOOD]

    async def test_what_comes_together_does_not_slip_in(self, notes: Bench) -> None:
        pages = [PageDocument(client) for client in range(1, 7)]
        for page in pages:
            page.write("one")
        assert codes(await notes.submit(*(page.updates[0] for page in pages))) == [1] * 5 + [ErrorCode.DOCUMENT_FULL]


class TestTrouble:
    async def test_those_who_wait_are_told_and_memory_is_not_ahead(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        board.store.repository.trouble = FULL
        update = page.draw(b="2")
        assert await board.submit(update, PageDocument(8).draw(c="3")) == [FULL, FULL]
        assert await board.submit(update) == [FULL]
        assert await board.in_memory() == await board.stored() == {"a": "1"}
        assert board.told.health == [DocumentHealth.UNSAVED], "once, however often it is tried"
        board.store.repository.trouble = None
        assert await board.submit(update) == [2]
        assert board.told.health == [DocumentHealth.UNSAVED, DocumentHealth.GOOD]
        assert [change.seq for change in board.told.changes] == [1, 2]

    async def test_what_seemed_to_fail_but_was_kept_is_told(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        board.store.repository.late_trouble = FULL
        update = page.draw(b="2")
        assert await board.submit(update) == [FULL]
        board.store.repository.late_trouble = None
        assert await board.submit(update) == [2]
        copy = PageDocument()
        for change in board.told.changes:
            copy.receive(change.data)
        assert copy.shown() == await board.stored() == {"a": "1", "b": "2"}
        assert board.told.changes[-1].seq == 2
        assert board.told.health == [DocumentHealth.UNSAVED, DocumentHealth.GOOD]

    async def test_a_store_that_cannot_be_read_is_no_broken_document(
        self, board: Bench, page: PageDocument, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(_key: DocumentKey) -> None:
            raise FULL

        with monkeypatch.context() as patch:
            patch.setattr(board.store.repository, "contents", fail)
            assert await board.submit(page.draw(a="1")) == [FULL]
            with pytest.raises(StoreError):
                await board.live.is_broken("ana")
        assert not await board.live.is_broken("ana")
        assert await board.submit(page.updates[0]) == [1]
        assert board.told.health == [DocumentHealth.UNSAVED, DocumentHealth.GOOD]

    async def test_who_writes_to_the_same_document_elsewhere_is_noticed(self, board: Bench, page: PageDocument) -> None:
        elsewhere = board.restart()
        await board.submit(page.draw(a="1"))
        await elsewhere.open(None, NO_STATE)
        await board.submit(page.draw(b="2"))
        other = PageDocument(8)
        with pytest.raises(UserError) as error:
            await elsewhere.submit(board.store.ben, other.draw(c="3"))
        assert error.value.code is ErrorCode.OUT_OF_SYNC
        told = Told(elsewhere)
        assert await elsewhere.submit(board.store.ben, other.updates[0]) == 3
        assert [change.seq for change in told.changes] == [2, 3], "with what has come in between"
        assert await board.stored() == {"a": "1", "b": "2", "c": "3"}

    async def test_what_cannot_be_put_together_is_broken_and_left_alone(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        await board.store.sql("UPDATE document_update SET data = x'00', checksum = 3523407757")
        before = await board.store.sql("SELECT * FROM document_update")
        live = board.restart()
        told = Told(live)
        assert await live.is_broken("ana")
        for attempt in (
            live.open(None, NO_STATE),
            live.submit(board.store.ana, page.draw(b="2")),
            live.record(MEETING),
        ):
            with pytest.raises(UserError) as error:
                await attempt
            assert error.value.code is ErrorCode.DOCUMENT_BROKEN
        await live.rest()
        assert told.health == [DocumentHealth.BROKEN]
        assert await board.store.sql("SELECT * FROM document_update") == before


class TestSnapshots:
    async def seqs(self, board: Bench) -> list[int]:
        return [version.seq for version in await board.store.repository.versions(board.key)]

    async def until_kept(self, board: Bench, seqs: list[int]) -> None:
        async with asyncio.timeout(30):
            while await self.seqs(board) != seqs:
                pass

    async def test_one_is_kept_a_minute_after_the_one_before(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        board.clock.advance(seconds=MS_UNTIL_SNAPSHOT / 1_000 - 1)
        await board.submit(page.draw(b="2"))
        assert await self.seqs(board) == []
        board.clock.advance(seconds=1)
        await board.submit(page.draw(c="3"))
        await self.until_kept(board, [3])
        await until(lambda: board.live._snapshot.seq == 3)
        await board.submit(page.draw(d="4"))
        board.clock.advance(seconds=MS_UNTIL_SNAPSHOT / 1_000)
        await board.submit(page.draw(e="5"))
        await self.until_kept(board, [3, 5])
        assert await board.stored() == dict(zip("abcde", "12345", strict=True))

    @pytest.fixture
    def never(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have every document be a large one, and no pause long enough."""
        monkeypatch.setattr(live_module, "_WRITTEN_AT_ONCE_BYTES", 0)
        monkeypatch.setattr(live_module, "_PAUSE_S", 3_600.0)

    @pytest.mark.usefixtures("never")
    async def test_one_of_a_large_document_waits_until_nobody_changes_it_for_a_moment(
        self, board: Bench, page: PageDocument, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await board.submit(page.draw(a="1"))
        board.clock.advance(seconds=600)
        await board.submit(page.draw(b="2"))
        monkeypatch.setattr(live_module, "_PAUSE_S", 0.0)
        assert await self.seqs(board) == []
        await board.submit(page.draw(c="3"))
        await self.until_kept(board, [3])

    @pytest.mark.usefixtures("never")
    async def test_but_not_for_ever(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        for seconds in (60, 119):
            board.clock.advance(seconds=seconds)
            await board.submit(page.draw(b="2"))
            assert await self.seqs(board) == []
        board.clock.advance(seconds=1)
        await board.submit(page.draw(c="3"))
        await self.until_kept(board, [4])

    @pytest.mark.usefixtures("never")
    async def test_what_is_nearly_full_does_not_wait(
        self, board: Bench, page: PageDocument, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fullness_module, "MAX_DOCUMENT_BYTES", 50)
        await board.submit(page.draw(a="1" * 20))
        assert board.live.health is not DocumentHealth.GOOD
        board.clock.advance(seconds=60)
        await board.submit(page.draw(b="2"))
        await self.until_kept(board, [2])

    @pytest.mark.usefixtures("never")
    async def test_a_meeting_s_record_does_for_one_that_waits(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        board.clock.advance(seconds=60)
        await board.submit(page.draw(b="2"))
        await board.live.record(MEETING)
        board.live._on_pause()
        assert board.live._keeping is None

    @pytest.mark.usefixtures("never")
    async def test_nothing_waits_any_more_when_the_document_rests(self, board: Bench, page: PageDocument) -> None:
        await board.submit(page.draw(a="1"))
        board.clock.advance(seconds=60)
        await board.submit(page.draw(b="2"))
        assert board.live._pause_timer is not None
        await board.live.rest()
        assert board.live._pause_timer is None
        assert await self.seqs(board) == [2]

    async def test_resting_keeps_what_waits_and_then_all_of_it(self, board: Bench, page: PageDocument) -> None:
        waiting = [asyncio.create_task(board.live.submit(board.store.ana, page.draw(a="1")))]
        await asyncio.sleep(0)
        await board.live.rest()
        assert waiting[0].done()
        assert board.live.is_at_rest
        assert await self.seqs(board) == [1]
        await board.live.rest()
        contents = await board.store.repository.contents(board.key)
        assert (contents.seq, contents.snapshot_seq, len(contents.updates)) == (1, 1, 1)

    async def test_one_that_cannot_be_kept_harms_nothing(
        self, board: Bench, page: PageDocument, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await board.store.sql(
            "CREATE TRIGGER full BEFORE INSERT ON document_snapshot BEGIN SELECT RAISE(FAIL, 'no'); END"
        )
        await board.submit(page.draw(a="1"))
        board.clock.advance(seconds=61)
        assert await board.submit(page.draw(b="2")) == [2]
        await until(lambda: board.live._keeping is None)
        await board.store.sql("DROP TRIGGER full")
        assert await board.submit(page.draw(c="3")) == [3]
        await self.until_kept(board, [3])

    async def test_a_meeting_s_record_names_a_version_that_is_there(self, board: Bench, page: PageDocument) -> None:
        """Also when a later snapshot is due before the record is written."""
        repository = board.store.repository
        await board.submit(page.draw(a="1"))
        repository.may_keep_snapshots.clear()
        recording = asyncio.create_task(board.live.record(MEETING))
        await repository.snapshotting.wait()
        board.clock.advance(seconds=61)
        await board.submit(page.draw(b="2"))
        repository.may_keep_snapshots.set()
        await recording
        await board.live.rest()
        [record] = await board.store.sql("SELECT seq FROM meeting_document")
        assert record["seq"] in await self.seqs(board)
        assert board.live.size >= len(await repository.version(board.key, 2) or b"")

    async def test_a_record_is_kept_of_what_the_library_would_write_otherwise(self, notes: Bench) -> None:
        cut = b"\x00\x01\x07\x01\x01\x01"  # one half of the character, deleted before that was refused
        changes = [TestCharactersOfTwoUnits().text("a😀bc"), cut]
        await notes.store.repository.append(
            [Change(notes.key, seq, 5, data, {}) for seq, data in enumerate(changes, 1)]
        )
        await notes.live.open(None, NO_STATE)
        await notes.live.rest()
        assert await self.seqs(notes) == [], "as a version it is left out"
        await notes.live.record(MEETING)
        assert await notes.store.sql("SELECT seq FROM meeting_document") == [{"seq": 2}]
        whole = await notes.store.repository.version(notes.key, 2)
        assert whole is not None
        assert Replica([whole]).since(NO_STATE) == Replica(changes).since(NO_STATE)
        assert Replica([whole]).state == Replica(changes).state

    async def test_a_record_without_changes_is_none(self, board: Bench) -> None:
        await board.live.record(MEETING)
        assert await board.store.sql("SELECT * FROM meeting_document") == []
