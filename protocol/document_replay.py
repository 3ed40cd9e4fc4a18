"""Keep the list of a room's newest documents current: the part of `protocol.replay` that server and page share."""

from msgspec.structs import replace

from protocol.documents import DOCUMENTS_IN_SNAPSHOT, DocumentInfo, DocumentsSnapshot
from protocol.events import DocumentAdded, DocumentChanged, DocumentRemoved, PresenterChanged

DocumentEvent = DocumentAdded | DocumentChanged | DocumentRemoved | PresenterChanged


def apply_document_event(snapshot: DocumentsSnapshot, event: DocumentEvent) -> DocumentsSnapshot:
    """Return the room's documents after `event`. What falls out of the list is read by `document_page`."""
    match event:
        case DocumentAdded(document=added):
            return _with(snapshot, added)
        case DocumentChanged(document=changed):
            is_it = changed.document_id
            presenter = snapshot.presenter
            if presenter is not None and presenter.document.document_id == is_it:
                presenter = replace(presenter, document=changed)
            return replace(
                snapshot,
                documents=tuple(changed if d.document_id == is_it else d for d in snapshot.documents),
                presenter=presenter,
            )
        case DocumentRemoved(document_id=removed):
            return replace(snapshot, documents=tuple(d for d in snapshot.documents if d.document_id != removed))
        case PresenterChanged(presenter=presenter):
            return replace(snapshot, presenter=presenter)


def _with(snapshot: DocumentsSnapshot, added: DocumentInfo) -> DocumentsSnapshot:
    known = snapshot.documents
    if snapshot.has_more and not (known and _age(known[0]) < _age(added)):
        return snapshot  # between it and the oldest one here there may be others
    listed = tuple(sorted((*known, added), key=_age))
    kept = listed[-DOCUMENTS_IN_SNAPSHOT:]
    return replace(snapshot, documents=kept, has_more=snapshot.has_more or len(kept) < len(listed))


def _age(document: DocumentInfo) -> tuple[int, str]:
    return document.created_at, document.document_id
