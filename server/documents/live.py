"""One document that somebody has open: takes updates, keeps what is new in them, and tells of it.

What is in memory is only ever what is stored, and for a moment what is about to be: when the store fails, memory is
loaded again, and those whose updates were not kept are told so.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from protocol.documents import DOCUMENT_ROOTS, DocumentHealth, DocumentKind
from protocol.errors import ErrorCode
from server.clock import Clock
from server.documents.allowance import GAVE_UP_S, Allowances
from server.documents.blocks import Survey, survey
from server.documents.fullness import Fullness, Mark
from server.documents.journal import Journal
from server.documents.offers import Offer, admitted
from server.documents.replica import NO_STATE, NO_UPDATE, GaveUpError, Replica, ReplicaError, joined
from server.documents.update import UpdateError, read_state, read_update, well_formed, write_state
from server.documents.versions import Due, snapshot_due, superfluous
from server.errors import StoreError, UserError
from server.logs import log_failure
from server.store.documents import (
    Change,
    DocumentBrokenError,
    DocumentKey,
    DocumentRepository,
    OutOfTurnError,
    Version,
)

COLLECT_S = 0.02
"""What comes within it is kept, and told, as one change: fifty people who draw are fifty messages a second to each."""
_READ_BYTE_S = 2e-7
"""Of the processor's time, to read a byte of an update; to look at the clock for each update would take longer."""
_WRITE_BYTE_S = 2e-8
"""Of the processor's time, to write and compress a byte of all of a document."""
_BROKEN_S = 0.1
"""Of the processor's time, counted for an attempt to load what cannot be put together, because it is logged."""
_COUNTED_AT_ONCE_BYTES = 65_536
_WRITTEN_AT_ONCE_BYTES = 262_144
"""All of a document that is larger is written when nobody changes it for a moment: 10 ms for each megabyte, in which
nothing else is done."""
_PAUSE_S = 0.5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page needs to begin."""

    seq: int
    state: bytes
    """The server's state vector: the page sends what is not in it."""
    update: bytes
    """What the page lacks."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what becomes of a document."""

    on_change: Callable[[Change], None]
    on_health: Callable[[DocumentHealth], None]


class LiveDocument:
    """Serves everybody who has the document open. `rest` keeps it in one piece for who opens it next."""

    def __init__(
        self,
        key: DocumentKey,
        kind: DocumentKind,
        repository: DocumentRepository,
        journal: Journal,
        allowances: Allowances,
        clock: Clock,
    ) -> None:
        self.key = key
        self.kind = kind
        self.listeners: list[Listener] = []
        self.health = DocumentHealth.GOOD
        self._roots = DOCUMENT_ROOTS[kind]
        self._repository = repository
        self._journal = journal
        self._allowances = allowances
        self._clock = clock
        self._lock = asyncio.Lock()
        """Held while memory is ahead of the store."""
        self._snapshot_lock = asyncio.Lock()
        """Held while a snapshot is kept: they are kept in the order of what they cover."""
        self._replica: Replica | None = None
        """`None`: to be loaded, for the first time or again."""
        self._is_in_doubt = False
        """Nobody had it for a while: what is in memory has to be what is stored before it is used again."""
        self._version = Version(0, 0)
        """Of the newest change."""
        self._snapshot = Version(0, 0)
        """How far a snapshot covers, and when it was due last."""
        self._fullness = Fullness()
        self._authors: dict[int, str | None] = {}
        self._changed_by: str | None = None
        """By whom the newest change is."""
        self._waiting: list[Offer] = []
        self._collecting: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._pause_timer: asyncio.TimerHandle | None = None
        """Runs while a snapshot is due and waits for a pause."""
        self._due_since: int | None = None
        """When it became due."""

    async def open(self, person_id: str | None, state: bytes) -> Opened:
        """Return what somebody lacks who has `state`, a state vector. `None` is the server itself.

        Raises `UserError`: `state` is none, the document is broken, or it would have to be loaded for somebody for whom
        much was done lately (`too_many`); `StoreError`.
        """
        try:
            read_state(state)
        except UpdateError as error:
            raise UserError(ErrorCode.BAD_REQUEST, "This is no state vector.") from error
        async with self._lock:
            replica = await self._load(person_id)
            return Opened(self._version.seq, write_state(replica.state), replica.since(state))

    async def is_broken(self, person_id: str) -> bool:
        """Tell somebody whether what is stored cannot be put together. Raises `StoreError`, `UserError` as `open`."""
        try:
            async with self._lock:
                await self._load(person_id)
        except StoreError:
            raise
        except UserError as error:
            if error.code is not ErrorCode.DOCUMENT_BROKEN:
                raise
            return True
        return False

    def offer(
        self,
        person_id: str | None,
        data: bytes,
        on_kept: Callable[[int], None],
        on_refused: Callable[[Exception], None],
    ) -> None:
        """Take an update of somebody's, `None` for the server's own. Raises `UserError`: it is none.

        Later one of the two is called: with the number of the change that it became part of, or with the reason why it
        is not kept: a `UserError` (it takes for granted what is not here (`out_of_sync`), is in the name of somebody
        else's page, more than there is room for, or the document is broken) or a `StoreError`. Whose changes have been
        too much work lately is told so at once (`too_many`).
        """
        self._allowances.check(person_id)
        self._allowances.use(person_id, len(data) * _READ_BYTE_S)
        try:
            update = read_update(data)
        except UpdateError as error:
            raise UserError(ErrorCode.BAD_REQUEST, "This is no update of a document.") from error
        self._waiting.append(Offer(person_id, well_formed(data, update), update, on_kept, on_refused))
        if self._collecting is None:
            self._collecting = asyncio.create_task(self._collect(), name=f"document {self.key.document_id}")

    async def submit(self, person_id: str | None, data: bytes) -> int:
        """Offer an update, and wait until it is kept. Return the number of the change. Raises what `offer` tells."""
        kept: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def on_kept(seq: int) -> None:
            if not kept.done():
                kept.set_result(seq)

        def on_refused(error: Exception) -> None:
            if not kept.done():
                kept.set_exception(error)

        self.offer(person_id, data, on_kept, on_refused)
        return await kept

    async def record(self, meeting_id: str) -> None:
        """Keep the document as it is now for the record of a meeting.

        Raises `UserError`: it is broken; `StoreError`.
        """
        await self._keep_snapshot(meeting_id)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing waits to be kept."""
        return self._collecting is None

    @property
    def is_in_memory(self) -> bool:
        """Whether it is there without being loaded, and nothing is wrong with it."""
        return self._replica is not None and self.health not in (DocumentHealth.UNSAVED, DocumentHealth.BROKEN)

    @property
    def size(self) -> int:
        """At least so many bytes is the document as one update."""
        return self._fullness.size

    def doubt(self) -> None:
        """Look whether what is in memory is still what is stored, before it is used again."""
        self._is_in_doubt = True

    async def settle(self) -> None:
        """Wait until nothing waits to be kept."""
        while self._collecting is not None:
            await asyncio.shield(self._collecting)

    async def rest(self) -> None:
        """Keep what waits, and then all of the document in one piece. Raises `StoreError`."""
        await self.settle()
        self._wait_no_more()
        if self._keeping is not None:
            await asyncio.shield(self._keeping)
        if self._version.seq > self._snapshot.seq:
            await self._keep_snapshot()

    async def _collect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                next_at = loop.time() + COLLECT_S
                batch, self._waiting = self._waiting, []
                async with self._lock:
                    await self._keep_or_refuse(batch)
                await asyncio.sleep(next_at - loop.time())
        finally:
            self._collecting = None

    async def _keep_or_refuse(self, batch: Sequence[Offer]) -> None:
        try:
            await self._keep(batch)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            if isinstance(error, StoreError):
                self._set_health(DocumentHealth.UNSAVED)
            for offer in batch:
                offer.refused(error)
        except BaseException:
            for offer in batch:
                offer.refused(UserError(ErrorCode.SERVER_STOPPING, "The server is restarting."))
            raise

    async def _keep(self, batch: Sequence[Offer]) -> None:
        replica = await self._load()
        await self._survey(replica, has_types=any(offer.update.types for offer in batch))
        accepted, new_authors = admitted(batch, replica, self._fullness, self._roots, self._authors)
        if not accepted:
            return
        try:
            data = replica.integrate([(offer.data, offer.update) for offer in accepted])
        except ReplicaError as error:
            self._replica = None
            if len(accepted) == 1:
                gave_up_s = GAVE_UP_S if isinstance(error, GaveUpError) else 0.0
                self._allowances.use(accepted[0].person_id, replica.effort_s + self._fullness.load_s + gave_up_s)
                accepted[0].refused(UserError(ErrorCode.BAD_REQUEST, "This update does not fit the document."))
            for offer in accepted if len(accepted) > 1 else ():
                await self._keep([offer])  # to find out which one it is
            return
        self._count_work(accepted, replica)
        if data != NO_UPDATE:
            types = sum(offer.update.types for offer in accepted)
            self._changed_by = accepted[-1].person_id
            await self._keep_change(replica, data, new_authors, types)
        self._set_health(self._fullness.health)
        for offer in accepted:
            offer.kept(self._version.seq)
        if self._fullness.is_to_be_measured:
            self._replica = None  # it is loaded again

    async def _keep_change(self, replica: Replica, data: bytes, new_authors: dict[int, str | None], types: int) -> None:
        change = Change(self.key, self._version.seq + 1, self._clock.now_ms(), data, new_authors)
        self._replica = None  # until it is known to be what is stored
        try:
            await self._journal.keep(change)
        except OutOfTurnError as error:
            raise UserError(ErrorCode.OUT_OF_SYNC, "This document has changed elsewhere.") from error
        self._replica = replica
        self._version = Version(change.seq, change.at)
        self._authors |= new_authors
        self._fullness.on_added(len(data), types)
        self._tell(change)
        self._keep_snapshot_if_due()

    def _count_work(self, accepted: Sequence[Offer], replica: Replica) -> None:
        for offer, effort_s in zip(accepted, replica.efforts_s(), strict=True):
            self._allowances.use(offer.person_id, effort_s)
            self._fullness.on_worked(effort_s, offer.update.steps)

    async def _survey(self, replica: Replica, *, has_types: bool) -> None:
        """Count the shared types, and find what must not be cut, when that matters now and is not known."""
        if replica.pairs is not None and (self._fullness.is_counted or not has_types):
            return
        found = await _surveyed(replica.since(NO_STATE))
        self._fullness.on_counted(found.types)
        replica.pairs = found.pairs

    async def _load(self, person_id: str | None = None) -> Replica:
        """Return what is in memory, or load it for somebody. Raises `UserError` as `open`, `StoreError`."""
        if self._replica is not None and await self._is_as_stored():
            return self._replica
        self._allowances.check(person_id)
        try:
            contents = await self._repository.contents(self.key)
            replica = await Replica.load(contents.updates, is_first_whole=contents.is_first_whole)
        except (DocumentBrokenError, ReplicaError) as error:
            self._allowances.use(person_id, _BROKEN_S)
            log_failure(_log, "document_broken", error, document_id=self.key.document_id, epoch=self.key.epoch)
            self._set_health(DocumentHealth.BROKEN)
            raise UserError(ErrorCode.DOCUMENT_BROKEN, "This page cannot be read. It is kept as it is.") from error
        self._allowances.use(person_id, replica.load_s)
        now = self._clock.now_ms()
        self._replica, self._is_in_doubt = replica, False
        has_changed = 0 < self._version.seq < contents.seq
        self._version, self._snapshot = Version(contents.seq, now), Version(contents.snapshot_seq, now)
        self._authors = dict(contents.authors)
        whole_bytes = len(contents.updates[0]) if contents.is_first_whole else 0
        self._fullness.on_loaded(whole_bytes, sum(map(len, contents.updates)) - whole_bytes, replica.load_s)
        if self.health is not DocumentHealth.UNSAVED:  # that can be read says nothing of writing
            self._set_health(self._fullness.health)
        if has_changed:
            # By somebody else, or what seemed to fail was kept after all.
            self._tell(Change(self.key, contents.seq, now, replica.since(NO_STATE), {}))
        return replica

    async def _is_as_stored(self) -> bool:
        """Tell whether nothing else has written to the document while nobody had it. Raises `StoreError`."""
        if self._is_in_doubt:
            if await self._repository.newest_seqs(self.key) != (self._version.seq, self._snapshot.seq):
                self._replica = None
                return False
            self._is_in_doubt = False
        return True

    def _keep_snapshot_if_due(self) -> None:
        self._wait_no_more()
        due = self._snapshot_due()
        if due is Due.NOT_YET:
            self._due_since = None
            return
        if self._due_since is None:
            self._due_since = self._version.at
        # What is nearly full is perhaps not, in one piece.
        may_wait = self._fullness.size > _WRITTEN_AT_ONCE_BYTES and self._fullness.health is DocumentHealth.GOOD
        if due is Due.NOW or not may_wait:
            self._begin_snapshot()
        else:
            self._pause_timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._on_pause)

    def _snapshot_due(self) -> Due:
        since, fullness = self._snapshot, self._fullness
        changes, age_ms = self._version.seq - since.seq, self._version.at - since.at
        waited_ms = 0 if self._due_since is None else self._version.at - self._due_since
        return snapshot_due(changes, fullness.further_bytes, age_ms, fullness.whole_bytes, waited_ms)

    def _on_pause(self) -> None:
        self._pause_timer = None
        if self._snapshot_due() is not Due.NOT_YET:  # else one was kept meanwhile for a meeting's record
            self._begin_snapshot()

    def _wait_no_more(self) -> None:
        if self._pause_timer is not None:
            self._pause_timer.cancel()
            self._pause_timer = None

    def _begin_snapshot(self) -> None:
        self._due_since = None
        if self._keeping is None:
            self._keeping = asyncio.create_task(
                self._keep_snapshot_beside(), name=f"snapshot of {self.key.document_id}"
            )

    async def _keep_snapshot_beside(self) -> None:
        try:
            await self._keep_snapshot()
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            # The changes are all there; the next one tries again.
            log_failure(_log, "snapshot_failed", error, document_id=self.key.document_id)
        finally:
            self._keeping = None

    async def _keep_snapshot(self, meeting_id: str | None = None) -> None:
        async with self._snapshot_lock:
            async with self._lock:
                replica = await self._load()
                if self._version.seq == 0:
                    return
                # Who changes and closes a document again and again has it written each time.
                self._allowances.use(self._changed_by, self.size * _WRITE_BYTE_S)
                try:
                    whole = replica.whole()
                except ReplicaError as error:
                    # Every change is kept by itself, and says what this would not.
                    log_failure(_log, "snapshot_left_out", error, document_id=self.key.document_id)
                    if meeting_id is None:
                        return
                    whole = await self._joined(replica)
                version, mark = self._version, self._fullness.mark()
            thin = partial(superfluous, now=self._clock.now_ms())
            await self._repository.keep_snapshot(self.key, version, whole, thin, meeting_id=meeting_id)
            self._snapshot = version
            self._fullness.on_snapshot(mark, len(whole))
            if mark.has_many_types:
                await self._count_again(whole, mark)

    async def _joined(self, replica: Replica) -> bytes:
        """Return what is stored as one update that the library has not written. Raises `UserError`, `StoreError`."""
        try:
            contents = await self._repository.contents(self.key)
            return await asyncio.to_thread(joined, contents.updates, replica.state)
        except (DocumentBrokenError, ReplicaError) as error:
            raise UserError(ErrorCode.DOCUMENT_BROKEN, "This page cannot be kept in one piece.") from error

    async def _count_again(self, whole: bytes, mark: Mark) -> None:
        """Count the shared types of `whole`, which is the document as it was at `mark`."""
        found = await _surveyed(whole)
        self._fullness.on_counted_again(mark, found.types)
        if self.health not in (DocumentHealth.UNSAVED, DocumentHealth.BROKEN):
            self._set_health(self._fullness.health)

    def _tell(self, change: Change) -> None:
        for listener in tuple(self.listeners):
            listener.on_change(change)

    def _set_health(self, health: DocumentHealth) -> None:
        if health is not self.health:
            self.health = health
            for listener in tuple(self.listeners):
                listener.on_health(health)


async def _surveyed(whole: bytes) -> Survey:
    return survey(whole) if len(whole) <= _COUNTED_AT_ONCE_BYTES else await asyncio.to_thread(survey, whole)
