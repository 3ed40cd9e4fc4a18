"""Which documents the room of a meeting has. What is in them is the desk's."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from protocol.document_replay import DocumentEvent, apply_document_event
from protocol.document_requests import (
    DocumentCreate,
    DocumentCreated,
    DocumentList,
    DocumentLock,
    DocumentPage,
    DocumentPresent,
    DocumentRemove,
    DocumentRename,
    DocumentRestore,
)
from protocol.documents import (
    DOCUMENTS_IN_SNAPSHOT,
    DocumentHealth,
    DocumentInfo,
    DocumentKind,
    DocumentsSnapshot,
    Presenter,
)
from protocol.errors import ErrorCode
from protocol.events import DocumentAdded, DocumentChanged, DocumentRemoved, PresenterChanged
from protocol.roles import RoomRole
from protocol.wire import Empty, Request
from server.clock import Clock
from server.documents.allowance import Allowances
from server.documents.beginning import first_change
from server.documents.titles import title_of
from server.errors import UserError
from server.ids import create_id
from server.room.feature import Caller, Handler, Meeting
from server.store.documents import Change, DocumentKey, DocumentRepository, OutOfTurnError, StoredDocument
from server.store.queue import WriteQueue

CREATED_IN_A_MEETING = 200
CREATED_BY_ONE = 100
"""More than anybody needs; who only wants to fill the disk comes no further, and leaves room for the others."""


class Catalogue:
    """Keeps first, then tells; one change after the other."""

    def __init__(self, meeting: Meeting, repository: DocumentRepository, allowances: Allowances, clock: Clock) -> None:
        self._meeting = meeting
        self._repository = repository
        self._allowances = allowances
        self._clock = clock
        self._queue = WriteQueue("The change to the room's documents before is not kept yet.")
        self._known: dict[str, StoredDocument] = {}
        self._health: dict[str, DocumentHealth] = {}
        """Of those that were not good."""
        self._created = Counter[str]()
        """By person."""
        self.snapshot = DocumentsSnapshot()

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Return the requests that are answered here."""
        return {
            DocumentCreate: self.on_create,
            DocumentRename: self.on_rename,
            DocumentLock: self.on_lock,
            DocumentRemove: self.on_remove,
            DocumentRestore: self.on_restore,
            DocumentPage: self.on_page,
            DocumentPresent: self.on_present,
        }

    async def load(self) -> None:
        """Read which documents the room has."""
        documents, has_more = await self._repository.page(self._room_id, None, DOCUMENTS_IN_SNAPSHOT)
        self._known = {document.document_id: document for document in documents}
        self.snapshot = DocumentsSnapshot(documents=tuple(map(self._info, documents)), has_more=has_more)

    def known(self, document_id: str) -> StoredDocument | None:
        """Return a document of this room that was asked for before; every one that is open was."""
        document = self._known.get(document_id)
        return None if document is None or document.removed_at is not None else document

    async def find(self, document_id: str, *, with_removed: bool = False) -> StoredDocument:
        """Return a document of this room. Raises `UserError`: there is none, or it was removed."""
        document = self._known.get(document_id)
        if document is None:
            stored = await self._repository.find(document_id)
            if stored is not None and stored.room_id == self._room_id:
                # It may have been changed while it was read.
                document = self._known.setdefault(document_id, stored)
        if document is None or (document.removed_at is not None and not with_removed):
            raise UserError(ErrorCode.NOT_FOUND, "This room has no such page.")
        return document

    def set_health(self, document_id: str, health: DocumentHealth) -> None:
        """Tell everybody whether a document can be used, when that has changed."""
        document = self._known.get(document_id)
        if document is None or health is self._health.get(document_id, DocumentHealth.GOOD):
            return
        self._health[document_id] = health
        if document.removed_at is None:
            self._publish(DocumentChanged(document=self._info(document)))

    def on_put_away(self, document_id: str) -> None:
        """Take back that changes cannot be kept: nobody has the document open any more."""
        if self._health.get(document_id) is DocumentHealth.UNSAVED:
            self.set_health(document_id, DocumentHealth.GOOD)

    def on_participant_left(self, participant_id: str) -> None:
        """Follow nobody who has gone."""
        if self.snapshot.presenter is not None and self.snapshot.presenter.participant_id == participant_id:
            self._publish(PresenterChanged(presenter=None))

    async def begin_anew(self, key: DocumentKey, first: Change | None) -> None:
        """Keep that a document goes on in the epoch of `key`, with what is in it from the beginning.

        Raises `UserError`: it was removed, or is in another epoch than the one before that.
        """
        async with self._queue.turn():
            document = await self.find(key.document_id)
            if document.epoch + 1 != key.epoch:
                raise _changed_elsewhere()
            anew = replace(document, epoch=key.epoch)
            try:
                await self._keep(anew, first)
            except OutOfTurnError as error:
                # What seemed to fail may have been kept: what is stored is read again.
                del self._known[key.document_id]
                raise _changed_elsewhere() from error
            self._health.pop(key.document_id, None)
            self._publish(DocumentChanged(document=self._info(anew)))

    async def on_create(self, caller: Caller, request: DocumentCreate) -> DocumentCreated:
        """Begin a document, unless somebody has just done so."""
        title = title_of(request.title)
        async with self._queue.turn():
            newest = await self._repository.newest(self._room_id, request.kind)
            if newest is not None and newest.document_id != request.after:
                return DocumentCreated(document=self._info(newest))
            if self._created[caller.person_id] >= CREATED_BY_ONE or self._created.total() >= CREATED_IN_A_MEETING:
                raise UserError(ErrorCode.TOO_MANY, "Enough pages were begun in this meeting.")
            document = StoredDocument(
                document_id=create_id("document"),
                room_id=self._room_id,
                kind=request.kind,
                title=title,
                # Later than the one before, whatever the clock says: the order is by age.
                created_at=max(self._clock.now_ms(), 0 if newest is None else newest.created_at + 1),
                created_by=caller.person_id,
            )
            key = DocumentKey(document.document_id, document.epoch)
            with self._allowances.charged(caller.person_id):
                first = first_change(key, request.kind, caller.person_id, request.update, document.created_at)
            await self._repository.create(document, first)
            self._created[caller.person_id] += 1
            self._known[document.document_id] = document
            self._publish(DocumentAdded(document=self._info(document)))
        return DocumentCreated(document=self._info(document))

    async def on_rename(self, caller: Caller, request: DocumentRename) -> Empty:
        """Give a document another title."""
        title = title_of(request.title)
        async with self._queue.turn():
            document = await self.find(request.document_id)
            self.check_unlocked(caller, document)
            await self._change(document, replace(document, title=title))
        return Empty()

    async def on_lock(self, _caller: Caller, request: DocumentLock) -> Empty:
        """Let only hosts change a document, or everybody again."""
        async with self._queue.turn():
            document = await self.find(request.document_id)
            await self._change(document, replace(document, is_locked=request.is_locked))
        return Empty()

    async def on_remove(self, _caller: Caller, request: DocumentRemove) -> Empty:
        """Take a document out of the room."""
        async with self._queue.turn():
            document = await self.find(request.document_id, with_removed=True)
            if document.removed_at is None:
                await self._keep(replace(document, removed_at=self._clock.now_ms()))
                self._publish(DocumentRemoved(document_id=document.document_id))
                presenter = self.snapshot.presenter
                if presenter is not None and presenter.document.document_id == document.document_id:
                    self._publish(PresenterChanged(presenter=None))
        return Empty()

    async def on_restore(self, _caller: Caller, request: DocumentRestore) -> Empty:
        """Bring a removed document back."""
        async with self._queue.turn():
            document = await self.find(request.document_id, with_removed=True)
            if document.removed_at is not None:
                restored = replace(document, removed_at=None)
                await self._keep(restored)
                self._publish(DocumentAdded(document=self._info(restored)))
        return Empty()

    async def on_page(self, _caller: Caller, request: DocumentPage) -> DocumentList:
        """Read which documents are older."""
        # In turn: the answer says what has been told so far, and is sent before what is told next.
        async with self._queue.turn():
            before = await self.find(request.before, with_removed=True)
            documents, has_more = await self._repository.page(self._room_id, before, request.limit)
        for document in documents:
            self._known.setdefault(document.document_id, document)
        return DocumentList(documents=tuple(map(self._info, documents)), has_more=has_more)

    async def on_present(self, caller: Caller, request: DocumentPresent) -> Empty:
        """Let the others follow somebody's view of a page, or no more."""
        if request.document_id is None:
            self._stop_presenting(caller)
            return Empty()
        document = await self.find(request.document_id)
        if document.kind is not DocumentKind.BOARD:
            raise UserError(ErrorCode.BAD_REQUEST, "Only pages of the board are presented.")
        presenter = Presenter(participant_id=caller.participant_id, document=self._info(document))
        if self._role(caller) is not None and presenter != self.snapshot.presenter:
            self._publish(PresenterChanged(presenter=presenter))
        return Empty()

    def check_unlocked(self, caller: Caller, document: StoredDocument) -> None:
        """Raise `UserError` when only hosts may change a document, and somebody is none."""
        if document.is_locked and not self.is_host(caller):
            raise UserError(ErrorCode.DOCUMENT_LOCKED, "Only hosts change this page just now.")

    def is_host(self, caller: Caller) -> bool:
        """Tell whether somebody is a host of this room now."""
        return self._role(caller) is RoomRole.HOST

    @property
    def _room_id(self) -> str:
        return self._meeting.room.room_id

    def _role(self, caller: Caller) -> RoomRole | None:
        participant = self._meeting.participant(caller.participant_id)
        return None if participant is None else participant.role

    def _stop_presenting(self, caller: Caller) -> None:
        presenter = self.snapshot.presenter
        if presenter is None:
            return
        if presenter.participant_id != caller.participant_id and not self.is_host(caller):
            raise UserError(ErrorCode.FORBIDDEN, "Somebody else is presenting.")
        self._publish(PresenterChanged(presenter=None))

    async def _change(self, before: StoredDocument, after: StoredDocument) -> None:
        if after != before:
            await self._keep(after)
            self._publish(DocumentChanged(document=self._info(after)))

    async def _keep(self, document: StoredDocument, first: Change | None = None) -> None:
        await self._repository.change(document, first)
        self._known[document.document_id] = document

    def _publish(self, event: DocumentEvent) -> None:
        self.snapshot = apply_document_event(self.snapshot, event)
        self._meeting.publish(event)

    def _info(self, document: StoredDocument) -> DocumentInfo:
        return DocumentInfo(
            document_id=document.document_id,
            kind=document.kind,
            title=document.title,
            created_at=document.created_at,
            epoch=document.epoch,
            is_locked=document.is_locked,
            health=self._health.get(document.document_id, DocumentHealth.GOOD),
        )


def _changed_elsewhere() -> UserError:
    return UserError(ErrorCode.OUT_OF_SYNC, "This page has changed elsewhere.")
