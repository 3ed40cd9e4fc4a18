"""Serves those who have the documents of a meeting's room open: what is in them, and who is where."""

import asyncio
from collections.abc import Mapping
from functools import partial

from protocol.document_requests import (
    Author,
    DocumentAuthors,
    DocumentAuthorsRead,
    DocumentBeginAnew,
    DocumentClose,
    DocumentHistory,
    DocumentKept,
    DocumentMore,
    DocumentOpen,
    DocumentOpened,
    DocumentPart,
    DocumentPresenceSet,
    DocumentUpdate,
    DocumentVersionFound,
    DocumentVersionRead,
    DocumentVersions,
)
from protocol.documents import DocumentKind, DocumentPresence, DocumentVersion
from protocol.errors import ErrorCode
from protocol.wire import Empty, Request
from server.clock import Clock
from server.documents.catalogue import Catalogue
from server.documents.live import LiveDocument
from server.documents.live_documents import LiveDocuments
from server.documents.passages import Reading
from server.documents.readers import Readers
from server.documents.replica import NO_STATE
from server.documents.salvage import salvage
from server.documents.uploads import Uploads
from server.errors import UserError
from server.room.feature import Answer, Caller, Handler, Meeting, PromptHandler
from server.store.documents import DocumentKey, DocumentRepository, StoredDocument

MAX_OPEN = 24
"""Documents that one connection has open. Each is in memory for as long."""


class Desk:
    """What a meeting has open. `close` gives everything back."""

    def __init__(
        self,
        meeting: Meeting,
        catalogue: Catalogue,
        documents: LiveDocuments,
        repository: DocumentRepository,
        uploads: Uploads,
        clock: Clock,
    ) -> None:
        self._meeting = meeting
        self._catalogue = catalogue
        self._documents = documents
        self._repository = repository
        self._uploads = uploads
        self._clock = clock
        self._readers: dict[str, Readers] = {}
        """By document."""
        self._reading: dict[str, Reading] = {}
        """By connection."""
        self._salvaging = asyncio.Lock()
        self.unsettled: set[DocumentKey] = set()
        """Documents of which something waited to be kept when they were put away."""

    def handlers(self) -> Mapping[type[Request], Handler]:
        """Return the requests that are answered here."""
        return {
            DocumentOpen: self.on_open,
            DocumentMore: self.on_more,
            DocumentClose: self.on_close,
            DocumentVersions: self.on_versions,
            DocumentVersionRead: self.on_version,
            DocumentAuthorsRead: self.on_authors,
            DocumentBeginAnew: self.on_begin_anew,
        }

    def prompt_handlers(self) -> Mapping[type[Request], PromptHandler]:
        """Return the requests that are answered here without a task."""
        return {DocumentUpdate: self.on_update, DocumentPresenceSet: self.on_presence}

    async def on_open(self, caller: Caller, request: DocumentOpen) -> DocumentOpened:
        """Tell what a page lacks, and from now on what changes."""
        reading = self._reading_of(caller)
        async with reading.turn:
            document = await self._catalogue.find(request.document_id)
            self._check_open(caller, document)
            readers = self._readers_of(document)
            state = request.state if request.epoch == document.epoch else NO_STATE
            try:
                opened = await readers.open(caller, state)
            finally:
                self._put_away_if_unread(readers)
            return DocumentOpened(
                epoch=document.epoch,
                seq=opened.seq,
                state=opened.state,
                update=await reading.begin(opened.update),
                presences=readers.presences(),
            )

    async def on_more(self, caller: Caller, request: DocumentMore) -> DocumentPart:
        """Read on in a passage."""
        return DocumentPart(data=self._reading_of(caller).read(request.passage_id, request.offset))

    def on_update(self, caller: Caller, request: DocumentUpdate, answer: Answer) -> None:
        """Keep a change and tell everybody who has the document open."""
        if request.is_part or request.offset > 0:
            self._collect(caller, request, answer)
        else:
            live = self._changeable(caller, request)
            live.offer(caller.person_id, request.update, lambda seq: answer.done(DocumentKept(seq=seq)), answer.failed)

    def on_presence(self, caller: Caller, request: DocumentPresenceSet, answer: Answer) -> None:
        """Tell the others where somebody is."""
        readers = self._readers.get(request.document_id)
        presence = DocumentPresence(participant_id=caller.participant_id, client=request.client, state=request.state)
        if readers is None or not readers.set_presence(caller.connection_id, presence):
            raise UserError(ErrorCode.NOT_FOUND, "This page is not open.")
        answer.done(Empty())

    async def on_close(self, caller: Caller, request: DocumentClose) -> Empty:
        """Tell a connection of a document no more."""
        self._uploads.drop(caller.connection_id, request.document_id)
        readers = self._readers.get(request.document_id)
        if readers is not None:
            readers.leave(caller.connection_id)
            self._put_away_if_unread(readers)
        return Empty()

    async def on_versions(self, _caller: Caller, request: DocumentVersions) -> DocumentHistory:
        """Tell to which moments one can go back."""
        versions = await self._repository.versions(await self._key(request.document_id))
        return DocumentHistory(versions=tuple(DocumentVersion(seq=one.seq, at=one.at) for one in versions))

    async def on_version(self, caller: Caller, request: DocumentVersionRead) -> DocumentVersionFound:
        """Read all of a document as it was."""
        reading = self._reading_of(caller)
        async with reading.turn:
            whole = await self._repository.version(await self._key(request.document_id), request.seq)
            if whole is None:
                raise UserError(ErrorCode.NOT_FOUND, "This version is not kept any more.")
            return DocumentVersionFound(update=await reading.begin(whole))

    async def on_authors(self, _caller: Caller, request: DocumentAuthorsRead) -> DocumentAuthors:
        """Tell who has changed a document."""
        document = await self._catalogue.find(request.document_id)
        clients: dict[tuple[str, str], list[int]] = {}
        for author in await self._repository.authors(document.document_id):
            clients.setdefault((author.person_id, author.name), []).append(author.client)
        return DocumentAuthors(
            authors=tuple(
                Author(person_id=person_id, name=name, clients=tuple(own)) for (person_id, name), own in clients.items()
            )
        )

    async def on_begin_anew(self, caller: Caller, request: DocumentBeginAnew) -> Empty:
        """Go on with a broken document from what can be read of it."""
        asked = await self._catalogue.find(request.document_id)
        async with self._salvaging:
            document = await self._catalogue.find(request.document_id)
            if document.epoch == asked.epoch:  # else another host was quicker
                await self._begin_anew(caller, _key_of(document), document.kind)
        return Empty()

    def leave(self, connection_id: str) -> None:
        """Take note that a connection is gone."""
        self._reading.pop(connection_id, None)
        self._uploads.leave(connection_id)
        for readers in list(self._readers.values()):
            readers.leave(connection_id)
            self._put_away_if_unread(readers)

    def close(self) -> None:
        """Give everything back. Idempotent."""
        for readers in list(self._readers.values()):
            self._put_away(readers)

    async def _begin_anew(self, caller: Caller, key: DocumentKey, kind: DocumentKind) -> None:
        async with self._documents.using(key, kind) as live:
            if not await live.is_broken(caller.person_id):
                raise UserError(ErrorCode.BAD_REQUEST, "This page is not broken.")
        readable = await self._repository.readable_contents(key)
        anew = DocumentKey(key.document_id, key.epoch + 1)
        # Not in the catalogue's turn: it takes a dozen loadings, and nobody changes what is broken meanwhile.
        put_together = partial(salvage, anew, readable, self._clock.now_ms())
        first = await self._documents.allowances.in_thread(caller.person_id, put_together)
        await self._catalogue.begin_anew(anew, first)
        readers = self._readers.get(key.document_id)
        if readers is not None and readers.live.key == key:
            self._put_away(readers)

    def _collect(self, caller: Caller, request: DocumentUpdate, answer: Answer) -> None:
        """Take a part of a change, and with the last one keep it."""
        connection_id, document_id = caller.connection_id, request.document_id
        try:
            live = self._changeable(caller, request)
        except UserError:
            self._uploads.drop(connection_id, document_id)
            raise
        self._uploads.add(connection_id, document_id, request.update, request.offset)
        if request.is_part:
            answer.done(DocumentKept(seq=0))
            return

        def on_kept(seq: int) -> None:
            # Until now the page may have to send the last part again.
            self._uploads.drop(connection_id, document_id)
            answer.done(DocumentKept(seq=seq))

        live.offer(caller.person_id, self._uploads.whole(connection_id, document_id), on_kept, answer.failed)

    def _changeable(self, caller: Caller, request: DocumentUpdate) -> LiveDocument:
        """Return what a connection has open. Raises `UserError`: it has not, or may not change it."""
        document = self._catalogue.known(request.document_id)
        if document is None:
            raise UserError(ErrorCode.NOT_FOUND, "This room has no such page.")
        readers = self._readers.get(request.document_id)
        is_open = readers is not None and readers.is_read_by(caller.connection_id)
        if readers is None or not is_open or request.epoch != document.epoch:
            raise UserError(ErrorCode.OUT_OF_SYNC, "Open this page first.")
        self._catalogue.check_unlocked(caller, document)
        return readers.live

    def _check_open(self, caller: Caller, document: StoredDocument) -> None:
        """Raise `UserError` when a connection has enough other documents open."""
        others = (readers for readers in self._readers.values() if readers.live.key.document_id != document.document_id)
        if sum(readers.is_read_by(caller.connection_id) for readers in others) >= MAX_OPEN:
            raise UserError(ErrorCode.TOO_MANY, "Too many pages are open.")

    async def _key(self, document_id: str) -> DocumentKey:
        return _key_of(await self._catalogue.find(document_id))

    def _reading_of(self, caller: Caller) -> Reading:
        if not self._meeting.is_inside(caller.connection_id):
            raise UserError(ErrorCode.NOT_IN_ROOM, "You are not in this room.")
        reading = self._reading.get(caller.connection_id)
        if reading is None:
            reading = self._reading[caller.connection_id] = Reading()
        return reading

    def _readers_of(self, document: StoredDocument) -> Readers:
        readers = self._readers.get(document.document_id)
        if readers is None:
            live = self._documents.take(_key_of(document), document.kind)
            on_health = partial(self._catalogue.set_health, document.document_id)
            readers = self._readers[document.document_id] = Readers(live, self._meeting, on_health)
        return readers

    def _put_away_if_unread(self, readers: Readers) -> None:
        if not readers.is_read and self._readers.get(readers.live.key.document_id) is readers:
            self._put_away(readers)

    def _put_away(self, readers: Readers) -> None:
        live = readers.live
        del self._readers[live.key.document_id]
        if not live.is_at_rest:
            self.unsettled.add(live.key)
        readers.close()
        self._documents.give_back(live)
        self._catalogue.on_put_away(live.key.document_id)


def _key_of(document: StoredDocument) -> DocumentKey:
    return DocumentKey(document.document_id, document.epoch)
