"""A document's blocks in memory: pycrdt behind what this server needs of it.

Only the database lasts. Whatever goes wrong here, the replica is thrown away and loaded again.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Sequence

from pycrdt import Doc, TransactionEvent, get_state, merge_updates

from server.documents.blocks import Pairs, cuts_a_pair, slices
from server.documents.update import (
    State,
    Update,
    UpdateError,
    read_state,
    read_update,
    written_ends,
)

NO_STATE = b"\x00"
"""The state vector of who knows nothing."""
NO_UPDATE = b"\x00\x00"
"""The update that changes nothing."""
MAX_EFFORT_S = 2.0
"""Of the processor's time, for what is integrated at once; everything else of this process waits for so long. Four
megabytes of points that somebody has drawn take a quarter of it."""
_STRETCH_S = 0.005
"""So long a document is put together, before everything else of this process gets its turn."""
_COMPARISONS_AT_ONCE = 2_000_000
"""To find a block's place, it is compared with whatever others have put between its neighbours: at most with all of the
document. So many take the library some 0.2 s, in which nothing can stop it."""
_PAIR_LEADS = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
_PAIR = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of two UTF-16 code units, in UTF-8 (RFC 3629 section 4)."""
_END = b""
"""Among updates to be applied: up to here in one transaction."""
_MOST_AT_ONCE, _LEAST_AT_ONCE = 512, 16
_LEAST_BLOCK_BYTES = 5


class ReplicaError(Exception):
    """The blocks cannot be put together. What is in memory is no good any more."""


class GaveUpError(ReplicaError):
    """The library has met what it takes to be impossible, and has said so on the server's standard error."""


class Replica:
    """All blocks of one document that are known to be kept, and for a moment those that are about to be."""

    def __init__(self, updates: Iterable[bytes] = (), *, is_first_whole: bool = False) -> None:
        """Put `updates` together, of which the first may be a whole document. Raises `ReplicaError`."""
        self.doc: Doc = Doc()  # type: ignore[type-arg]
        """For who reads what is in it. It stays in the thread in which it was made."""
        self._blocks = 0
        """At most so many there are: what was written cuts those that it is put between."""
        self._has_pairs = False
        """Whether there may be characters that can be cut in half."""
        self.pairs: Pairs | None = Pairs()
        """Where they are; `None`: to be found, by `survey`."""
        self.effort_s = 0.0
        """Of the processor's time, for what was integrated last, or could not be."""
        self._passed_s: list[float] = []
        """While each of its updates was."""
        self.load_s = 0.0
        """Of the processor's time, to put it together."""
        self._state: State = {}
        for _ in self._load(updates, is_first_whole=is_first_whole):
            pass

    @classmethod
    async def load(cls, updates: Iterable[bytes], *, is_first_whole: bool = False) -> "Replica":
        """Put updates together as the constructor does, in stretches. Raises `ReplicaError`."""
        replica = cls()
        for _ in replica._load(updates, is_first_whole=is_first_whole):
            await asyncio.sleep(0)
        return replica

    @property
    def state(self) -> State:
        """By client, the clock after its last block."""
        return self._state

    def integrate(self, updates: Sequence[tuple[bytes, Update]]) -> bytes:
        """Add updates that are missing nothing, and return what is new in them, as one update.

        Raises `ReplicaError`: something in them waits for what never comes, or is more than the library bears.
        """
        changes: list[bytes] = []

        def on_transaction(event: TransactionEvent) -> None:
            changes.append(event.update)

        # The library would never let go of a document that is still observed.
        subscription = self.doc.observe(on_transaction)
        started = time.thread_time()
        try:
            for _ in self._applied(self._in_time(self._steps(updates))):
                pass
        finally:
            self.doc.unobserve(subscription)
            self.effort_s = time.thread_time() - started
        change = merge_updates(*changes) if changes else NO_UPDATE
        state = self._read_state()
        for _, update in updates:
            for span in update.added:
                if state.get(span.client, 0) < span.end:
                    raise ReplicaError("some blocks do not fit in")
        # It counts a character that was cut in half wrongly when it writes it, and reads that otherwise.
        if any(update.has_pairs for _, update in updates) and not _is_part_of(state, change):
            raise ReplicaError("what the library writes is not what it has")
        self._state = state
        return change

    def efforts_s(self) -> list[float]:
        """Return `effort_s` in shares, one for each update."""
        # To look at the processor's clock for each of them would take longer than many take.
        passed_s = sum(self._passed_s) or 1.0
        return [self.effort_s * one / passed_s for one in self._passed_s]

    def since(self, state: bytes) -> bytes:
        """Return everything that somebody lacks who has `state`, a state vector, as one update."""
        return self.doc.get_update(state)

    def whole(self) -> bytes:
        """Return all of the document as one update. Raises `ReplicaError` when that would be read otherwise."""
        whole = self.since(NO_STATE)
        if self._has_pairs and read_state(get_state(whole)) != self._state:
            raise ReplicaError("what the library writes is not what it has")
        self._blocks = len(whole) // _LEAST_BLOCK_BYTES
        return whole

    def cuts(self, data: bytes, update: Update, state: State) -> bool:
        """Tell whether an update that is about to be integrated, when `state` is known, cuts a character in half.

        One that does not is taken note of. `pairs` must be known. Raises `ReplicaError`.
        """
        pairs = self.pairs
        if pairs is None:
            raise ReplicaError("nobody knows where characters could be cut")
        if not pairs and not update.has_pairs:
            return False
        if cuts_a_pair(data, update, state, pairs):
            return True
        if update.has_pairs:
            pairs.add(data, update, state)
        return False

    def _load(self, updates: Iterable[bytes], *, is_first_whole: bool) -> Iterator[None]:
        """Put updates together, and pause after each stretch."""
        began_at, started = time.perf_counter(), time.thread_time()
        for _ in self._applied(self._steps_of_loading(updates, is_first_whole=is_first_whole)):
            if time.perf_counter() - began_at > _STRETCH_S:
                self.load_s += time.thread_time() - started
                yield
                began_at, started = time.perf_counter(), time.thread_time()
        self._state = self._read_state()
        self.load_s += time.thread_time() - started

    def _steps_of_loading(self, updates: Iterable[bytes], *, is_first_whole: bool) -> Iterator[bytes]:
        together = 0
        for number, data in enumerate(updates):
            self._blocks += len(data) // _LEAST_BLOCK_BYTES
            if _may_have_pairs(data):
                self._has_pairs, self.pairs = True, None
            steps, most = len(data) // _LEAST_BLOCK_BYTES, self._most_at_once
            if together + steps > most:
                yield _END
                together = 0
            if steps <= most or (is_first_whole and number == 0):
                together += steps
                yield data
                continue
            for part in slices(data, read_update(data, is_ours=True), self._read_state(), most):
                yield part
                yield _END

    def _steps(self, updates: Sequence[tuple[bytes, Update]]) -> Iterator[bytes]:
        """Yield updates, large ones in parts that the library puts in their places within bounds."""
        self._passed_s.clear()
        together = 0
        for number, (data, update) in enumerate(updates):
            started = time.perf_counter()
            self._blocks += 3 * update.steps
            self._has_pairs = self._has_pairs or update.has_pairs
            steps, most = update.steps, self._most_at_once
            if together + steps > most:
                yield _END
                together = 0
            if steps <= most:
                together += steps
                yield data
            else:
                before = {span.client: span.end for _, earlier in updates[:number] for span in earlier.added}
                for part in slices(data, update, {**self._state, **before}, most):
                    yield part
                    yield _END
            self._passed_s.append(time.perf_counter() - started)

    @property
    def _most_at_once(self) -> int:
        """Of steps: after these, it can be seen how long they took."""
        return min(_MOST_AT_ONCE, max(_LEAST_AT_ONCE, _COMPARISONS_AT_ONCE // max(1, self._blocks)))

    def _in_time(self, steps: Iterator[bytes]) -> Iterator[bytes]:
        began_at, started = time.perf_counter(), time.thread_time()
        for data in steps:
            yield data
            # The processor's clock takes long to read, and is never ahead of the wall's.
            if time.perf_counter() - began_at > MAX_EFFORT_S and time.thread_time() - started > MAX_EFFORT_S:
                raise ReplicaError("it takes too long")

    def _applied(self, steps: Iterator[bytes]) -> Iterator[None]:
        """Apply updates, in one transaction up to each `_END`; pause after each of them. Raises `ReplicaError`.

        The library puts together what goes together when a transaction ends, and then copies each of a long row of
        small blocks as often as there are others after it.
        """
        try:
            is_at_end = False
            while not is_at_end:
                with self.doc.transaction():
                    for data in steps:
                        if data == _END:
                            break
                        self.doc.apply_update(data)
                        yield
                    else:
                        is_at_end = True
        except Exception as error:
            raise ReplicaError(str(error)) from error
        except BaseException as error:
            # A panic of the library is no `Exception`.
            if type(error).__name__ != "PanicException":
                raise
            raise GaveUpError("the library gave up") from error

    def _read_state(self) -> State:
        try:
            return read_state(self.doc.get_state())
        except UpdateError as error:
            raise ReplicaError(str(error)) from error


def _may_have_pairs(data: bytes) -> bool:
    """Tell whether there is something in an update that is a character of two code units, if it is text."""
    # The leads are looked for first: that is forty times as fast, and mostly there are none.
    return any(lead in data for lead in _PAIR_LEADS) and _PAIR.search(data) is not None


def joined(updates: Sequence[bytes], state: State) -> bytes:
    """Return updates that come to `state` as one, of what they say as they say it: nothing is put in its place.

    Raises `ReplicaError` when that would be read otherwise.
    """
    try:
        whole = merge_updates(*updates)
        is_same = read_state(get_state(whole)) == state
    except Exception as error:
        raise ReplicaError(str(error)) from error
    if not is_same:
        raise ReplicaError("what is joined is not what it was")
    return whole


def _is_part_of(state: State, change: bytes) -> bool:
    try:
        return all(end == state.get(client) for client, end in written_ends(change).items())
    except UpdateError as error:
        raise ReplicaError(str(error)) from error
