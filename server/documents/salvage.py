"""What can still be had of a document that is broken. Pure."""

from collections.abc import Sequence

from server.documents.replica import NO_STATE, NO_UPDATE, Replica, ReplicaError
from server.store.documents import Change, Contents, DocumentKey


def salvage(key: DocumentKey, readable: Contents, at: int) -> Change | None:
    """Return what a new epoch begins with: as much of `readable` as fits together, from its beginning."""
    whole = _together(readable.updates)
    if whole is None:
        # One of the updates is at fault: all before it are good.
        low, high = 0, len(readable.updates) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (low, middle - 1) if _together(readable.updates[:middle]) is None else (middle, high)
        whole = _together(readable.updates[:low])
    return None if whole in (None, NO_UPDATE) else Change(key, 1, at, whole, {})


def _together(updates: Sequence[bytes]) -> bytes | None:
    try:
        return Replica(updates).since(NO_STATE)
    except ReplicaError:
        return None
