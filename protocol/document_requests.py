"""What a page may ask about a room's documents, and what it is answered."""

from typing import Annotated

import msgspec

from protocol.documents import (
    MAX_DOCUMENT_PAGE,
    DocumentInfo,
    DocumentKind,
    DocumentPresence,
    DocumentVersion,
    Passage,
    PresenceBytes,
    Seq,
    StateBytes,
    UpdateBytes,
    YjsClient,
)
from protocol.wire import Id, Mutation, Request, Wire


class DocumentCreate(Mutation, frozen=True, kw_only=True):
    """Begin a page of the board, or notes.

    `after` is the newest document of this kind that the page knows: when another one has been begun since, that one is
    the answer, so that two people who begin at the same moment end up together.
    """

    kind: DocumentKind
    title: str
    after: Id | None = None
    update: UpdateBytes = b""
    """What is in it from the beginning: a template."""


class DocumentCreated(Wire, frozen=True, kw_only=True):
    """The new document, or the one that somebody else had begun just before."""

    document: DocumentInfo


class DocumentRename(Mutation, frozen=True, kw_only=True):
    """Give a document another title."""

    document_id: Id
    title: str


class DocumentLock(Mutation, frozen=True, kw_only=True):
    """Let only hosts change a document, or everybody again who may write here."""

    document_id: Id
    is_locked: bool


class DocumentRemove(Mutation, frozen=True, kw_only=True):
    """Take a document out of the room. What is stored of it stays."""

    document_id: Id


class DocumentRestore(Mutation, frozen=True, kw_only=True):
    """Bring a removed document back."""

    document_id: Id


class DocumentBeginAnew(Mutation, frozen=True, kw_only=True):
    """Go on with a broken document from what can be read of it: a version and the changes after it, or nothing.

    What cannot be read is kept aside, as an earlier epoch.
    """

    document_id: Id


class DocumentPage(Request, frozen=True, kw_only=True):
    """Read which documents are older than `before`."""

    before: Id
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_DOCUMENT_PAGE)] = MAX_DOCUMENT_PAGE


class DocumentList(Wire, frozen=True, kw_only=True):
    """Some documents, oldest first."""

    documents: tuple[DocumentInfo, ...]
    has_more: bool


class DocumentOpen(Request, frozen=True, kw_only=True):
    """Open a document, or after a gap again: from the answer on, `document_updated` tells what changes in it.

    `state` is the state vector of what the page has of the document's `epoch`; of another epoch it counts as empty.
    """

    document_id: Id
    epoch: Seq = 0
    state: StateBytes = b"\x00"


class DocumentOpened(Wire, frozen=True, kw_only=True):
    """What a page needs to begin."""

    epoch: int
    """Grows when a document is begun anew: what a page has of an earlier epoch does not fit any more."""
    seq: int
    """Of the newest change that is in `update`."""
    state: bytes
    """The server's state vector: the page sends what is not in it."""
    update: Passage
    """What the page lacks."""
    presences: tuple[DocumentPresence, ...]


class DocumentMore(Request, frozen=True, kw_only=True):
    """Read on in a passage, from a byte on."""

    passage_id: Id
    offset: Seq


class DocumentPart(Wire, frozen=True, kw_only=True):
    """The next bytes of a passage."""

    data: bytes


class DocumentUpdate(Request, frozen=True, kw_only=True):
    """Change a document. Answered when the change is kept.

    A longer update comes in parts, one after the other on one connection, all but the last with `is_part`. Any may be
    sent again, as long as the one after it was not sent. Where something before a part is missing, that is
    `out_of_sync`: the page opens the document again and sends what it lacks.
    """

    document_id: Id
    epoch: Seq
    update: UpdateBytes
    is_part: bool = False
    offset: Seq = 0
    """How many bytes of the whole come before it. With 0, another update begins."""


class DocumentKept(Wire, frozen=True, kw_only=True):
    """The change is part of the one numbered `seq`; 0 for all parts but the last."""

    seq: int


class DocumentPresenceSet(Request, frozen=True, kw_only=True):
    """Tell those who have the document open where one is in it. Transient: may be dropped."""

    document_id: Id
    client: YjsClient
    state: PresenceBytes | None


class DocumentClose(Request, frozen=True, kw_only=True):
    """Be told no more of a document."""

    document_id: Id


class DocumentPresent(Mutation, frozen=True, kw_only=True):
    """Ask the others to follow one's view of a page of the board; with `None`, no more."""

    document_id: Id | None


class DocumentVersions(Request, frozen=True, kw_only=True):
    """Read which moments of a document are kept."""

    document_id: Id


class DocumentHistory(Wire, frozen=True, kw_only=True):
    """The moments to which one can go back, oldest first."""

    versions: tuple[DocumentVersion, ...]


class DocumentVersionRead(Request, frozen=True, kw_only=True):
    """Read all of a document as it was after the change numbered `seq`, one of its versions."""

    document_id: Id
    seq: Seq


class DocumentVersionFound(Wire, frozen=True, kw_only=True):
    """A version, as one update to an empty document."""

    update: Passage


class DocumentAuthorsRead(Request, frozen=True, kw_only=True):
    """Read who has changed a document."""

    document_id: Id


class Author(Wire, frozen=True, kw_only=True):
    """Somebody who has changed a document, in all the pages that were theirs."""

    person_id: str
    name: str
    clients: tuple[int, ...]


class DocumentAuthors(Wire, frozen=True, kw_only=True):
    """Everybody who has changed a document."""

    authors: tuple[Author, ...]
