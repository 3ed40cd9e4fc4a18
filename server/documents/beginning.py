"""What is in a document from the beginning. Pure."""

from protocol.documents import DOCUMENT_ROOTS, DocumentKind
from protocol.errors import ErrorCode
from server.documents.replica import NO_UPDATE, Replica, ReplicaError
from server.documents.update import UpdateError, read_update, well_formed
from server.errors import UserError
from server.store.documents import Change, DocumentKey

MAX_NEW_CLIENTS = 32
"""In one update: a page has one, and perhaps those of earlier pages of the same person."""


def first_change(key: DocumentKey, kind: DocumentKind, person_id: str, data: bytes, at: int) -> Change | None:
    """Return the change that a document begins with, or `None` for an update that says nothing.

    Raises `UserError` when it is no update to an empty document of this kind.
    """
    if data in (b"", NO_UPDATE):
        return None
    try:
        update = read_update(data)
        if not update.roots <= DOCUMENT_ROOTS[kind] or update.is_missing({}) or len(update.added) > MAX_NEW_CLIENTS:
            raise UpdateError("it does not fit an empty document")
        replica, data = Replica(), well_formed(data, update)
        if replica.cuts(data, update, {}):
            raise UpdateError("it cuts a character in half")
        change = replica.integrate([(data, update)])
    except (UpdateError, ReplicaError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, "This is nothing that a document can begin with.") from error
    return Change(key, 1, at, change, dict.fromkeys((span.client for span in update.added), person_id))
