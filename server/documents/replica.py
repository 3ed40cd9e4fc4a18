"""A document's blocks in memory: pycrdt behind what this server needs of it.

Only the database lasts. Whatever goes wrong here, the replica is thrown away and loaded again.
"""

import re
from collections.abc import Iterable, Sequence

from pycrdt import Doc, TransactionEvent, get_state

from server.documents.update import State, Update, UpdateError, read_state, written_ends

NO_STATE = b"\x00"
"""The state vector of who knows nothing."""
NO_UPDATE = b"\x00\x00"
"""The update that changes nothing."""
_PAIR_LEADS = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
_PAIR = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of two UTF-16 code units, in UTF-8 (RFC 3629 section 4)."""


class ReplicaError(Exception):
    """The blocks cannot be put together. What is in memory is no good any more."""


class Replica:
    """All blocks of one document that are known to be kept, and for a moment those that are about to be."""

    def __init__(self, updates: Iterable[bytes] = ()) -> None:
        """Put `updates` together. Raises `ReplicaError`."""
        self._doc: Doc = Doc()  # type: ignore[type-arg]
        self._changes: list[bytes] = []
        self._has_pairs = False
        """Whether there may be characters that a deletion can cut in half."""
        self._subscription = self._doc.observe(self._on_transaction)
        self._apply(updates)
        self._changes.clear()
        self._state = self._read_state()

    @property
    def state(self) -> State:
        """By client, the clock after its last block."""
        return self._state

    def integrate(self, updates: Sequence[tuple[bytes, Update]]) -> bytes:
        """Add updates that are missing nothing, and return what is new in them, as one update.

        Raises `ReplicaError`: something in them waits for what never comes, or is more than the library bears.
        """
        self._apply([data for data, _ in updates])
        change = b"".join(self._changes) or NO_UPDATE
        self._changes.clear()
        state = self._read_state()
        for _, update in updates:
            for span in update.added:
                if state.get(span.client, 0) < span.end:
                    raise ReplicaError("some blocks do not fit in")
        if any(_may_have_pairs(data) for data, _ in updates) and not _is_part_of(state, change):
            raise ReplicaError("what the library writes is not what it has")
        self._state = state
        return change

    def since(self, state: bytes) -> bytes:
        """Return everything that somebody lacks who has `state`, a state vector, as one update."""
        return self._doc.get_update(state)

    def whole(self) -> bytes:
        """Return all of the document as one update. Raises `ReplicaError` when that would be read otherwise."""
        whole = self.since(NO_STATE)
        if self._has_pairs and read_state(get_state(whole)) != self._state:
            raise ReplicaError("what the library writes is not what it has")
        return whole

    def _apply(self, updates: Iterable[bytes]) -> None:
        try:
            with self._doc.transaction():
                for update in updates:
                    self._has_pairs = self._has_pairs or _may_have_pairs(update)
                    self._doc.apply_update(update)
        except Exception as error:
            raise ReplicaError(str(error)) from error
        except BaseException as error:
            # A panic of the library is no `Exception`.
            if type(error).__name__ != "PanicException":
                raise
            raise ReplicaError("the library gave up") from error

    def _read_state(self) -> State:
        try:
            return read_state(self._doc.get_state())
        except UpdateError as error:
            raise ReplicaError(str(error)) from error

    def _on_transaction(self, event: TransactionEvent) -> None:
        self._changes.append(event.update)


def _may_have_pairs(update: bytes) -> bool:
    """Tell whether there may be characters of two code units in an update.

    The library counts one that a deletion has cut in half wrongly when it writes it, and reads that otherwise; updates
    without such characters are spared the looking.
    """
    # The leads are looked for first: that is forty times as fast, and mostly there are none.
    return any(lead in update for lead in _PAIR_LEADS) and _PAIR.search(update) is not None


def _is_part_of(state: State, change: bytes) -> bool:
    try:
        return all(end == state.get(client) for client, end in written_ends(change).items())
    except UpdateError as error:
        raise ReplicaError(str(error)) from error
