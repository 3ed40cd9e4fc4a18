"""Documents as rows and back: every change as it came, and now and then all of a document in one piece.

What is in a document is a snapshot and the changes after it. The changes that a snapshot covers are removed one
snapshot later: when the newest one cannot be read, the one before it and its changes still say everything.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.documents import DocumentKind
from server.store.database import Database
from server.store.models import (
    DocumentAuthorRow,
    DocumentRow,
    DocumentSnapshotRow,
    DocumentUpdateRow,
    MeetingDocumentRow,
    PersonRow,
)

_COMPRESSION = 1
"""Of zlib: the fastest one makes a tenth of what boards consist of."""
_INSERTED_AT_ONCE = 1_000
"""Changes in one statement: each of its values counts against SQLite's limit of 32,766."""


class DocumentBrokenError(Exception):
    """What is stored of a document is not whole. It stays as it is."""


class OutOfTurnError(Exception):
    """Somebody else has written to the document: what is in memory is not what is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document without what is in it."""

    document_id: str
    room_id: str
    kind: DocumentKind
    title: str
    created_at: int
    created_by: str
    is_locked: bool = False
    epoch: int = 1
    """Counts how often it was begun anew: what belongs to an earlier epoch fits no more."""
    removed_at: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """One epoch of one document."""

    document_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in a document, numbered: one more than the change before."""

    key: DocumentKey
    seq: int
    at: int
    data: bytes
    """A Yjs update."""
    new_authors: Mapping[int, str | None]
    """Whose the clients are that nobody knew before; `None`: the server's own."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is stored of a document: its `updates` together are what it is after the change numbered `seq`."""

    seq: int
    updates: tuple[bytes, ...]
    authors: Mapping[int, str | None]
    snapshot_seq: int
    """Of the snapshot that `updates` begin with; 0: with none."""

    @property
    def is_first_whole(self) -> bool:
        """Whether the first of `updates` is all of the document as it was at some time."""
        return self.snapshot_seq > 0


@dataclass(frozen=True, slots=True)
class Version:
    """A moment to which one can go back."""

    seq: int
    at: int


@dataclass(frozen=True, slots=True)
class AuthorOf:
    """Whose client it is: who has changed a document under this number."""

    client: int
    person_id: str
    name: str


Thin = Callable[[Sequence[Version]], Iterable[Version]]
"""Chooses, of some versions, oldest first, those that are kept no longer."""


class DocumentRepository:
    """The documents of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, room_id: str, before: StoredDocument | None, limit: int) -> tuple[list[StoredDocument], bool]:
        """Return a room's newest documents older than `before`, oldest first, and whether there are older ones.

        Without those that were removed.
        """
        age = (DocumentRow.created_at, DocumentRow.document_id)
        query = select(DocumentRow).where(DocumentRow.room_id == room_id, DocumentRow.removed_at.is_(None))
        if before is not None:
            query = query.where(tuple_(*age) < (before.created_at, before.document_id))
        query = query.order_by(*(column.desc() for column in age)).limit(limit + 1)
        async with self._database.reading() as session:
            newest_first = [_document(row) for row in await session.scalars(query)]
        return newest_first[:limit][::-1], len(newest_first) > limit

    async def find(self, document_id: str) -> StoredDocument | None:
        """Return a document, also one that was removed."""
        async with self._database.reading() as session:
            row = await session.get(DocumentRow, document_id)
        return None if row is None else _document(row)

    async def newest(self, room_id: str, kind: DocumentKind) -> StoredDocument | None:
        """Return the room's newest document of a kind that was not removed."""
        query = (
            select(DocumentRow)
            .where(DocumentRow.room_id == room_id, DocumentRow.kind == kind, DocumentRow.removed_at.is_(None))
            .order_by(DocumentRow.created_at.desc(), DocumentRow.document_id.desc())
            .limit(1)
        )
        async with self._database.reading() as session:
            row = await session.scalar(query)
        return None if row is None else _document(row)

    async def changed_last(self, room_id: str, since: int, until: int | None) -> list[StoredDocument]:
        """Return a room's documents that were changed for the last time from `since` on, and before `until` if given.

        Also those that were removed.
        """
        async with self._database.reading() as session:
            return [_document(row) for row in await session.scalars(select_changed_last(room_id, since, until))]

    async def create(self, document: StoredDocument, first: Change | None = None) -> None:
        """Keep a new document, with what is in it from the beginning."""
        async with self._database.session() as session:
            session.add(
                DocumentRow(
                    document_id=document.document_id,
                    room_id=document.room_id,
                    kind=document.kind,
                    title=document.title,
                    created_at=document.created_at,
                    created_by=document.created_by,
                    is_locked=document.is_locked,
                    epoch=document.epoch,
                    removed_at=document.removed_at,
                )
            )
            await session.flush()
            if first is not None:
                await _append(session, [first])

    async def change(self, document: StoredDocument, first: Change | None = None) -> None:
        """Keep a document's title, lock and epoch, and whether it is removed; and the first change of a new epoch.

        Raises `OutOfTurnError` when that epoch has one.
        """
        change = update(DocumentRow).where(DocumentRow.document_id == document.document_id)
        try:
            async with self._database.session() as session:
                await session.execute(
                    change.values(
                        title=document.title,
                        is_locked=document.is_locked,
                        epoch=document.epoch,
                        removed_at=document.removed_at,
                    )
                )
                if first is not None:
                    await _append(session, [first])
        except IntegrityError as error:
            raise OutOfTurnError from error

    async def append(self, changes: Sequence[Change]) -> None:
        """Keep changes, all or none, of any number of documents. Raises `OutOfTurnError` when a number is taken."""
        try:
            if any(change.new_authors for change in changes) or len(changes) > _INSERTED_AT_ONCE:
                async with self._database.session() as session:
                    await _append(session, changes)
            else:
                await self._database.insert(DocumentUpdateRow, _rows(changes))
        except IntegrityError as error:
            raise OutOfTurnError from error

    async def newest_seqs(self, key: DocumentKey) -> tuple[int, int]:
        """Return the numbers of a document's newest change and of its newest snapshot; 0 where there is none.

        The newest change is always there as a row of its own.
        """
        change, snapshot = (
            select(func.max(table.seq)).where(*_is_of(table, key)).scalar_subquery()
            for table in (DocumentUpdateRow, DocumentSnapshotRow)
        )
        async with self._database.reading() as session:
            row = (await session.execute(select(change, snapshot))).one()
        return row[0] or 0, row[1] or 0

    async def contents(self, key: DocumentKey) -> Contents:
        """Read what is in a document. Raises `DocumentBrokenError`."""
        async with self._database.reading() as session:
            contents, broken = await _contents(session, key)
        if broken is not None:
            raise DocumentBrokenError(broken)
        return contents

    async def readable_contents(self, key: DocumentKey) -> Contents:
        """Read what can be read of a document, up to the first change that cannot."""
        async with self._database.reading() as session:
            contents, _ = await _contents(session, key)
        return contents

    async def keep_snapshot(
        self, key: DocumentKey, version: Version, data: bytes, thin: Thin, *, meeting_id: str | None = None
    ) -> None:
        """Keep all of a document as it was at `version`, for the record of a meeting if one is named.

        The changes that the snapshot before covers are removed, and the versions that `thin` has no place for.
        """
        packed = await asyncio.to_thread(zlib.compress, data, _COMPRESSION)
        async with self._database.session() as session:
            earlier = await _versions(session, key)
            if not earlier or earlier[-1].seq < version.seq:
                session.add(
                    DocumentSnapshotRow(
                        document_id=key.document_id,
                        epoch=key.epoch,
                        seq=version.seq,
                        at=version.at,
                        data=packed,
                        size=len(data),
                        checksum=zlib.crc32(packed),
                    )
                )
                await session.flush()
                await _remove_superfluous(session, key, earlier, thin)
            if meeting_id is not None:
                record = MeetingDocumentRow(
                    meeting_id=meeting_id, document_id=key.document_id, epoch=key.epoch, seq=version.seq
                )
                await session.merge(record)

    async def versions(self, key: DocumentKey) -> list[Version]:
        """Return the moments that can be gone back to, oldest first."""
        async with self._database.reading() as session:
            return await _versions(session, key)

    async def version(self, key: DocumentKey, seq: int) -> bytes | None:
        """Return all of a document as it was after the change numbered `seq`; `None` where that is not kept."""
        async with self._database.reading() as session:
            row = await session.get(DocumentSnapshotRow, (key.document_id, key.epoch, seq))
        return None if row is None else await asyncio.to_thread(_unpack, row)

    async def authors(self, document_id: str) -> list[AuthorOf]:
        """Return whose the clients of a document are, without the server's own."""
        query = (
            select(DocumentAuthorRow.client, PersonRow.person_id, PersonRow.name)
            .join(PersonRow, PersonRow.person_id == DocumentAuthorRow.person_id)
            .where(DocumentAuthorRow.document_id == document_id)
            .order_by(PersonRow.name, PersonRow.person_id, DocumentAuthorRow.client)
        )
        async with self._database.reading() as session:
            return [AuthorOf(*row) for row in await session.execute(query)]


def select_changed_last(room_id: str, since: int, until: int | None = None) -> Select[DocumentRow]:
    """Select a room's documents that were changed for the last time from `since` on, and before `until`; oldest first.

    The newest change of a document is always there as a row of its own, whatever snapshots cover.
    """
    own = DocumentUpdateRow.document_id == DocumentRow.document_id, DocumentUpdateRow.epoch == DocumentRow.epoch
    query = select(DocumentRow).where(
        DocumentRow.room_id == room_id, exists().where(*own, DocumentUpdateRow.at >= since)
    )
    if until is not None:
        query = query.where(~exists().where(*own, DocumentUpdateRow.at >= until))
    return query.order_by(DocumentRow.created_at, DocumentRow.document_id)


async def _append(session: AsyncSession, changes: Sequence[Change]) -> None:
    await session.execute(insert(DocumentUpdateRow), _rows(changes))
    authors = [
        {"document_id": change.key.document_id, "client": client, "person_id": person_id}
        for change in changes
        for client, person_id in change.new_authors.items()
    ]
    if authors:
        await session.execute(insert(DocumentAuthorRow), authors)


def _rows(changes: Iterable[Change]) -> list[dict[str, object]]:
    return [
        {
            "document_id": change.key.document_id,
            "epoch": change.key.epoch,
            "seq": change.seq,
            "at": change.at,
            "data": change.data,
            "checksum": zlib.crc32(change.data),
        }
        for change in changes
    ]


async def _remove_superfluous(session: AsyncSession, key: DocumentKey, earlier: Sequence[Version], thin: Thin) -> None:
    if not earlier:
        return
    covered = DocumentUpdateRow.seq <= earlier[-1].seq
    await session.execute(delete(DocumentUpdateRow).where(*_is_of(DocumentUpdateRow, key), covered))
    recorded = set(await session.scalars(select(MeetingDocumentRow.seq).where(*_is_of(MeetingDocumentRow, key))))
    # The newest one before is what is left when the new one cannot be read.
    dropped = [version.seq for version in thin(earlier[:-1]) if version.seq not in recorded]
    if dropped:
        gone = DocumentSnapshotRow.seq.in_(dropped)
        await session.execute(delete(DocumentSnapshotRow).where(*_is_of(DocumentSnapshotRow, key), gone))


async def _versions(session: AsyncSession, key: DocumentKey) -> list[Version]:
    query = select(DocumentSnapshotRow.seq, DocumentSnapshotRow.at).where(*_is_of(DocumentSnapshotRow, key))
    return [Version(seq, at) for seq, at in await session.execute(query.order_by(DocumentSnapshotRow.seq))]


async def _contents(session: AsyncSession, key: DocumentKey) -> tuple[Contents, str | None]:
    """Put together the newest snapshot that can be read, and the changes after it up to one that cannot.

    Return that, and what is wrong with it.
    """
    seq, updates = 0, list[bytes]()
    versions = await _versions(session, key)
    for version in reversed(versions):
        row = await session.get_one(DocumentSnapshotRow, (key.document_id, key.epoch, version.seq))
        whole = await asyncio.to_thread(_unpack, row)
        if whole is not None:
            seq, updates = version.seq, [whole]
            break
    snapshot_seq = seq
    query = (
        select(DocumentUpdateRow.seq, DocumentUpdateRow.data, DocumentUpdateRow.checksum)
        .where(*_is_of(DocumentUpdateRow, key), DocumentUpdateRow.seq > seq)
        .order_by(DocumentUpdateRow.seq)
    )
    broken = None
    for number, data, checksum in await session.execute(query):
        if number != seq + 1:
            broken = f"change {seq + 1} is missing"
        elif zlib.crc32(data) != checksum:
            broken = f"change {number} is not what it was"
        if broken is not None:
            break
        seq = number
        updates.append(data)
    if broken is None and versions and seq < versions[-1].seq:
        broken = f"snapshot {versions[-1].seq} cannot be read"
    authors = await session.execute(
        select(DocumentAuthorRow.client, DocumentAuthorRow.person_id).where(
            DocumentAuthorRow.document_id == key.document_id
        )
    )
    return Contents(seq, tuple(updates), {row.client: row.person_id for row in authors}, snapshot_seq), broken


def _is_of(
    table: type[DocumentUpdateRow | DocumentSnapshotRow | MeetingDocumentRow], key: DocumentKey
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.document_id == key.document_id, table.epoch == key.epoch


def _unpack(row: DocumentSnapshotRow) -> bytes | None:
    if zlib.crc32(row.data) != row.checksum:
        return None
    try:
        return zlib.decompress(row.data)
    except zlib.error:
        return None


def _document(row: DocumentRow) -> StoredDocument:
    return StoredDocument(
        document_id=row.document_id,
        room_id=row.room_id,
        kind=DocumentKind(row.kind),
        title=row.title,
        created_at=row.created_at,
        created_by=row.created_by,
        is_locked=row.is_locked,
        epoch=row.epoch,
        removed_at=row.removed_at,
    )
