"""What can still be had of a document that is broken. Pure."""

from server.documents.replica import NO_STATE, NO_UPDATE, Replica, ReplicaError
from server.store.documents import Change, Contents, DocumentKey


def salvage(key: DocumentKey, readable: Contents, at: int) -> Change | None:
    """Return what a new epoch begins with: as much of `readable` as fits together, from its beginning."""
    whole = _together(readable, len(readable.updates))
    if whole is None:
        # One of the updates is at fault: all before it are good.
        low, high = 0, len(readable.updates) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (low, middle - 1) if _together(readable, middle) is None else (middle, high)
        whole = _together(readable, low)
    return None if whole in (None, NO_UPDATE) else Change(key, 1, at, whole, {})


def _together(readable: Contents, count: int) -> bytes | None:
    """Return what the first `count` updates come to, `None` when they do not fit together."""
    try:
        return Replica(readable.updates[:count], is_first_whole=readable.is_first_whole).since(NO_STATE)
    except ReplicaError:
        return None
