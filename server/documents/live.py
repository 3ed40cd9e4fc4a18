"""One document that somebody has open: takes updates, keeps what is new in them, and tells of it.

What is in memory is only ever what is stored, and for a moment what is about to be: when the store fails, memory is
loaded again, and those whose updates were not kept are told so.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from protocol.documents import DOCUMENT_ROOTS, MAX_DOCUMENT_BYTES, DocumentHealth, DocumentKind
from protocol.errors import ErrorCode
from server.clock import Clock
from server.documents.allowance import GAVE_UP_S, Allowances
from server.documents.beginning import MAX_NEW_CLIENTS
from server.documents.blocks import Survey, survey
from server.documents.journal import Journal
from server.documents.replica import NO_STATE, NO_UPDATE, GaveUpError, Replica, ReplicaError, joined
from server.documents.update import (
    Span,
    Update,
    UpdateError,
    read_state,
    read_update,
    well_formed,
    write_state,
)
from server.documents.versions import is_snapshot_due, superfluous
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
MAX_CLIENTS = 20_000
"""Every page that ever changed a document is a client of it."""
MAX_TYPES = 10_000
"""Shared types in a document: strokes, paragraphs, list items. One of seven bytes takes 600 in memory; and if each were
within the one before, deleting the outermost would overflow the library's stack, which ends the process: it bears twice
as many."""
MAX_LOAD_S = 3.0
"""Of the processor's time, to put a document together. What takes longer was made to, and nothing is added to it."""
_LOADED_AGAIN_S = 1.0
_READ_BYTE_S = 2e-7
"""Of the processor's time, to read a byte of an update; to look at the clock for each update would take longer."""
_USUAL_S, _USUAL_STEP_S = 0.002, 0.000_05
"""To integrate a change, and for each step of that. What takes longer makes loading the document take longer, too."""
_WRITE_BYTE_S = 2e-8
"""Of the processor's time, to write and compress a byte of all of a document."""
_BROKEN_S = 0.1
"""Of the processor's time, counted for an attempt to load what cannot be put together, because it is logged."""
_NEARLY_FULL = 0.8
_COUNTED_AT_ONCE_BYTES = 65_536

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page needs to begin."""

    seq: int
    state: bytes
    """The server's state vector: the page sends what is not in it."""
    update: bytes
    """What the page lacks."""


@dataclass(slots=True)
class _Waiting:
    person_id: str | None
    data: bytes
    update: Update
    on_kept: Callable[[int], None]
    on_refused: Callable[[Exception], None]
    is_answered: bool = False

    def kept(self, seq: int) -> None:
        self.is_answered = True
        self.on_kept(seq)

    def refused(self, error: Exception) -> None:
        """Say why it is not kept, unless it has its answer: what fails later is that of the others."""
        if not self.is_answered:
            self.is_answered = True
            self.on_refused(error)


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
        self._whole_bytes = self._further_bytes = 0
        """Of the snapshot, and of the changes after it."""
        self._types: int | None = None
        self._types_before = 0
        """As they were counted before it was loaded again."""
        """At most so many shared types there are; `None`: to be counted, when it matters."""
        self._load_s = self._unusual_s = 0.0
        """Of the processor's time, to load the document, and beyond what is usual for the changes since."""
        self._loads = 0
        self._authors: dict[int, str | None] = {}
        self._changed_by: str | None = None
        """By whom the newest change is."""
        self._waiting: list[_Waiting] = []
        self._collecting: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

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
        self._waiting.append(_Waiting(person_id, well_formed(data, update), update, on_kept, on_refused))
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
        return self._whole_bytes + self._further_bytes

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

    async def _keep_or_refuse(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._keep(batch)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            if isinstance(error, StoreError):
                self._set_health(DocumentHealth.UNSAVED)
            for waiting in batch:
                waiting.refused(error)
        except BaseException:
            for waiting in batch:
                waiting.refused(UserError(ErrorCode.SERVER_STOPPING, "The server is restarting."))
            raise

    async def _keep(self, batch: Sequence[_Waiting]) -> None:
        replica = await self._load()
        await self._survey(replica, has_types=any(waiting.update.types for waiting in batch))
        accepted, new_authors = self._accept(batch, replica)
        if not accepted:
            return
        try:
            data = replica.integrate([(waiting.data, waiting.update) for waiting in accepted])
        except ReplicaError as error:
            self._replica = None
            if len(accepted) == 1:
                effort_s = replica.effort_s + self._load_s + (GAVE_UP_S if isinstance(error, GaveUpError) else 0.0)
                self._allowances.use(accepted[0].person_id, effort_s)
                accepted[0].refused(UserError(ErrorCode.BAD_REQUEST, "This update does not fit the document."))
            for waiting in accepted if len(accepted) > 1 else ():
                await self._keep([waiting])  # to find out which one it is
            return
        self._count_work(accepted, replica)
        if data != NO_UPDATE:
            types = sum(waiting.update.types for waiting in accepted)
            self._changed_by = accepted[-1].person_id
            await self._keep_change(replica, data, new_authors, types)
        self._set_health(self._fullness())
        for waiting in accepted:
            waiting.kept(self._version.seq)
        if self._unusual_s > max(_LOADED_AGAIN_S, self._load_s):
            self._replica = None  # how long it takes to load is found out

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
        self._further_bytes += len(data)
        if self._types is not None:
            self._types += types
        self._tell(change)
        self._keep_snapshot_if_due()

    def _count_work(self, accepted: Sequence[_Waiting], replica: Replica) -> None:
        for waiting, effort_s in zip(accepted, replica.efforts_s(), strict=True):
            self._allowances.use(waiting.person_id, effort_s)
            self._unusual_s += max(0.0, effort_s - _USUAL_S - _USUAL_STEP_S * waiting.update.steps)

    async def _survey(self, replica: Replica, *, has_types: bool) -> None:
        """Count the shared types, and find what must not be cut, when that matters now and is not known."""
        if replica.pairs is not None and (self._types is not None or not has_types):
            return
        found = await _surveyed(replica.since(NO_STATE))
        self._types, replica.pairs = found.types, found.pairs

    def _accept(self, batch: Sequence[_Waiting], replica: Replica) -> tuple[list[_Waiting], dict[int, str | None]]:
        """Refuse what cannot be kept. Return the rest, and whose the clients in it are that nobody knew before."""
        known = dict(replica.state)
        new_authors: dict[int, str | None] = {}
        accepted = []
        size, types = self.size, self._types or 0
        for waiting in batch:
            spans = list(waiting.update.news(known))
            try:
                if not waiting.update.roots <= self._roots:
                    raise UserError(ErrorCode.BAD_REQUEST, "Documents of this kind have no such part.")
                if waiting.update.is_missing(known):
                    raise UserError(ErrorCode.OUT_OF_SYNC, "Something before this update is missing.")
                is_slow = self._load_s > MAX_LOAD_S
                if spans and (is_slow or size >= MAX_DOCUMENT_BYTES or types + waiting.update.types > MAX_TYPES):
                    raise UserError(ErrorCode.DOCUMENT_FULL, "This page is full. Begin a new one.")
                claims = self._claims(waiting.person_id, spans, new_authors)
                if replica.cuts(waiting.data, waiting.update, known):
                    raise UserError(ErrorCode.BAD_REQUEST, "This cuts a character in half.")
                new_authors |= claims
            except UserError as error:
                waiting.refused(error)
                continue
            known.update((span.client, span.end) for span in spans)
            if spans:
                size, types = size + len(waiting.data), types + waiting.update.types
            accepted.append(waiting)
        return accepted, new_authors

    def _claims(
        self, person_id: str | None, spans: Sequence[Span], claimed: Mapping[int, str | None]
    ) -> dict[int, str | None]:
        """Return the clients that are new, as the person's. Raises `UserError` when one is somebody else's."""
        claims: dict[int, str | None] = {}
        for span in spans:
            owner = self._authors.get(span.client, claimed.get(span.client, person_id))
            if owner != person_id:
                raise UserError(ErrorCode.FORBIDDEN, "This is written in somebody else's name.")
            if span.client not in self._authors:
                claims[span.client] = person_id
        if len(claims) > MAX_NEW_CLIENTS or len(self._authors) + len(claims) > MAX_CLIENTS:
            raise UserError(ErrorCode.TOO_MANY, "Too many pages have changed this document.")
        return claims

    async def _load(self, person_id: str | None = None) -> Replica:
        """Return what is in memory, or load it for somebody. Raises `UserError` as `open`, `StoreError`."""
        if self._replica is not None and await self._is_as_stored():
            return self._replica
        self._allowances.check(person_id)
        try:
            contents = await self._repository.contents(self.key)
            replica = await Replica.load(contents.updates, is_first_whole=contents.snapshot_seq > 0)
        except (DocumentBrokenError, ReplicaError) as error:
            self._allowances.use(person_id, _BROKEN_S)
            log_failure(_log, "document_broken", error, document_id=self.key.document_id, epoch=self.key.epoch)
            self._set_health(DocumentHealth.BROKEN)
            raise UserError(ErrorCode.DOCUMENT_BROKEN, "This page cannot be read. It is kept as it is.") from error
        self._allowances.use(person_id, replica.load_s)
        now = self._clock.now_ms()
        self._types_before, self._types = self._known_types, None
        self._replica, self._is_in_doubt = replica, False
        self._load_s, self._unusual_s = replica.load_s, 0.0
        self._loads += 1
        has_changed = 0 < self._version.seq < contents.seq
        self._version, self._snapshot = Version(contents.seq, now), Version(contents.snapshot_seq, now)
        self._authors = dict(contents.authors)
        self._whole_bytes = len(contents.updates[0]) if contents.snapshot_seq else 0
        self._further_bytes = sum(map(len, contents.updates)) - self._whole_bytes
        if self.health is not DocumentHealth.UNSAVED:  # that can be read says nothing of writing
            self._set_health(self._fullness())
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
        since = self._snapshot
        changes, age_ms = self._version.seq - since.seq, self._version.at - since.at
        if self._keeping is None and is_snapshot_due(changes, self._further_bytes, age_ms, self._whole_bytes):
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
                version, covered = self._version, self._further_bytes
                loads, types = self._loads, self._types
                is_nearly_full = self._known_types >= MAX_TYPES * _NEARLY_FULL
            thin = partial(superfluous, now=self._clock.now_ms())
            await self._repository.keep_snapshot(self.key, version, whole, thin, meeting_id=meeting_id)
            self._snapshot = version
            if loads == self._loads:  # else it was counted anew, from what was stored then
                self._whole_bytes = len(whole)
                self._further_bytes -= covered
            if is_nearly_full:
                await self._count_again(whole, types, loads)

    async def _joined(self, replica: Replica) -> bytes:
        """Return what is stored as one update that the library has not written. Raises `UserError`, `StoreError`."""
        try:
            contents = await self._repository.contents(self.key)
            return await asyncio.to_thread(joined, contents.updates, replica.state)
        except (DocumentBrokenError, ReplicaError) as error:
            raise UserError(ErrorCode.DOCUMENT_BROKEN, "This page cannot be kept in one piece.") from error

    async def _count_again(self, whole: bytes, types: int | None, loads: int) -> None:
        """Count the shared types of `whole`, thought to be `types`: some may have been deleted since."""
        found = await _surveyed(whole)
        if loads != self._loads or (types is None and self._types is not None):
            return  # counted anew meanwhile, or about to be
        self._types = found.types + (self._types or 0) - (types or 0)
        if self.health not in (DocumentHealth.UNSAVED, DocumentHealth.BROKEN):
            self._set_health(self._fullness())

    @property
    def _known_types(self) -> int:
        """How many shared types there are, as far as they were counted."""
        return self._types_before if self._types is None else self._types

    def _fullness(self) -> DocumentHealth:
        fullness = max(self.size / MAX_DOCUMENT_BYTES, self._known_types / MAX_TYPES, self._load_s / MAX_LOAD_S)
        if fullness >= 1:
            return DocumentHealth.FULL
        return DocumentHealth.NEARLY_FULL if fullness >= _NEARLY_FULL else DocumentHealth.GOOD

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
