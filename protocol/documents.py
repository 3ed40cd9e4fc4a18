"""A room's documents: the pages of its board and its notes, which many people change at once.

What is in them travels as Yjs's own updates and state vectors, in the format that Yjs calls v1. A page opens a document
with the state vector of what it has, is told what it lacks and what the server lacks, and sends that; from then on
either tells the other what changes. An update may arrive twice: it changes nothing the second time.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from protocol.wire import Id, Instant, Wire

MAX_TITLE_CHARACTERS = 80
MAX_UPDATE_BYTES = 49_152
"""In one message; a longer update comes in parts."""
MAX_UPLOAD_BYTES = 4_194_304
"""An update that comes in parts."""
MAX_PRESENCE_BYTES = 4_096
MAX_STATE_BYTES = 40_960
"""A state vector: some twelve bytes for each page that ever changed the document."""
MAX_DOCUMENT_BYTES = 16_777_216
"""All of a document, as one update. Nothing is added beyond."""
DOCUMENTS_IN_SNAPSHOT = 60
"""The newest ones; earlier ones are read by `document_page`."""
MAX_DOCUMENT_PAGE = 60
PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""Of the pictures that boards take. A page makes one of these of whatever else its browser draws."""

UpdateBytes = Annotated[bytes, msgspec.Meta(max_length=MAX_UPDATE_BYTES)]
StateBytes = Annotated[bytes, msgspec.Meta(max_length=MAX_STATE_BYTES)]
PresenceBytes = Annotated[bytes, msgspec.Meta(max_length=MAX_PRESENCE_BYTES)]
YjsClient = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""The number under which one open page changes documents, as Yjs draws it."""
Seq = Annotated[int, msgspec.Meta(ge=0)]


class DocumentKind(StrEnum):
    """What a document is."""

    BOARD = "board"
    NOTES = "notes"


DOCUMENT_ROOTS: dict[DocumentKind, frozenset[str]] = {
    DocumentKind.BOARD: frozenset({"elements", "points", "files"}),
    DocumentKind.NOTES: frozenset({"notes"}),
}
"""The shared types that a document consists of. `elements` maps the id of an Excalidraw element to its JSON; of what is
drawn by hand, `points` has the points; `files` maps the id of a picture's file to what it is; `notes` is ProseMirror's
tree."""


class DocumentHealth(StrEnum):
    """Whether a document can be used."""

    GOOD = "good"
    NEARLY_FULL = "nearly_full"
    FULL = "full"
    UNSAVED = "unsaved"
    """What people change cannot be kept just now; their pages hold it, and try again."""
    BROKEN = "broken"
    """What is stored of it cannot be put together. It is kept as it is, and nobody can change it."""


class DocumentInfo(Wire, frozen=True, kw_only=True):
    """A page of the board, or notes."""

    document_id: str
    kind: DocumentKind
    title: str
    created_at: Instant
    epoch: int = 1
    """Grows when it is begun anew: whoever has an earlier one open opens it again."""
    is_locked: bool = False
    """Only hosts change it."""
    health: DocumentHealth = DocumentHealth.GOOD


class Presenter(Wire, frozen=True, kw_only=True):
    """Whose view of which page of the board the others are asked to follow."""

    participant_id: str
    document: DocumentInfo
    """It may be an earlier one than those that the others have read of."""


class DocumentsSnapshot(Wire, frozen=True, kw_only=True):
    """The room's newest documents, oldest first; earlier ones by `document_page`."""

    documents: tuple[DocumentInfo, ...] = ()
    has_more: bool = False
    """Whether earlier documents exist."""
    presenter: Presenter | None = None


class DocumentPresence(Wire, frozen=True, kw_only=True):
    """Where somebody is in a document, for this moment."""

    participant_id: str
    client: YjsClient
    """One participant may have several pages open."""
    state: bytes | None
    """What pages tell one another, nothing to the server; `None`: they are not there any more."""


class DocumentVersion(Wire, frozen=True, kw_only=True):
    """A moment of a document that is kept."""

    seq: Seq
    at: Instant


class Passage(Wire, frozen=True, kw_only=True):
    """The first of the bytes of an answer that may be too long for one message; the rest by `document_more`."""

    passage_id: Id
    data: bytes
    """Compressed (zlib, RFC 1950)."""
    size: int
    """Bytes of all parts together, compressed."""
