"""A document's blocks in memory: pycrdt behind what this server needs of it.

Only the database lasts. Whatever goes wrong here, the replica is thrown away and loaded again.
"""

from collections.abc import Iterable, Sequence

from pycrdt import Doc, TransactionEvent

from server.documents.update import State, Update, UpdateError, read_state, written_ends

NO_STATE = b"\x00"
"""The state vector of who knows nothing."""
NO_UPDATE = b"\x00\x00"
"""The update that changes nothing."""


class ReplicaError(Exception):
    """The blocks cannot be put together. What is in memory is no good any more."""


class Replica:
    """All blocks of one document that are known to be kept, and for a moment those that are about to be."""

    def __init__(self, updates: Iterable[bytes] = ()) -> None:
        """Put `updates` together. Raises `ReplicaError`."""
        self._doc: Doc = Doc()  # type: ignore[type-arg]
        self._changes: list[bytes] = []
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
        self._apply(data for data, _ in updates)
        change = b"".join(self._changes) or NO_UPDATE
        self._changes.clear()
        state = self._read_state()
        for _, update in updates:
            for span in update.added:
                if state.get(span.client, 0) < span.end:
                    raise ReplicaError("some blocks do not fit in")
        if any(end != state.get(client) for client, end in _ends(change).items()):
            # It counts a character that a deletion has cut in half wrongly when it writes it, and reads that otherwise.
            raise ReplicaError("what the library writes is not what it has")
        self._state = state
        return change

    def since(self, state: bytes) -> bytes:
        """Return everything that somebody lacks who has `state`, a state vector, as one update."""
        return self._doc.get_update(state)

    def whole(self) -> bytes:
        """Return all of the document as one update. Raises `ReplicaError` when that would be read otherwise."""
        whole = self.since(NO_STATE)
        if _ends(whole) != self._state:
            raise ReplicaError("what the library writes is not what it has")
        return whole

    def _apply(self, updates: Iterable[bytes]) -> None:
        try:
            with self._doc.transaction():
                for update in updates:
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


def _ends(written: bytes) -> dict[int, int]:
    try:
        return written_ends(written)
    except UpdateError as error:
        raise ReplicaError(str(error)) from error
