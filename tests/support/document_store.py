"""A real database for documents, with a room, people, a meeting, and trouble when a test wants some."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from protocol.documents import DocumentKind
from protocol.roles import ProgrammeRole, RoomKind
from server.store.database import Database
from server.store.documents import Change, DocumentKey, DocumentRepository, StoredDocument, Thin, Version
from server.store.models import MeetingRow
from server.store.people import Entry, PeopleRepository
from server.store.rooms import RoomRepository
from tests.support.gateway import run_sql

MEETING = "meeting_1"


class TroubledRepository(DocumentRepository):
    """The real one, which fails or waits when it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.trouble: Exception | None = None
        """Raised instead of keeping changes."""
        self.late_trouble: Exception | None = None
        """Raised after changes have been kept all the same: the answer got lost."""
        self.may_append = asyncio.Event()
        self.may_append.set()
        self.appending = asyncio.Event()
        """Somebody waits for `may_append`."""
        self.may_keep_snapshots = asyncio.Event()
        self.may_keep_snapshots.set()
        self.snapshot_trouble: Exception | None = None
        """Raised instead of keeping snapshots."""
        self.snapshotting = asyncio.Event()
        """Somebody waits for `may_keep_snapshots`."""
        self.batches: list[Sequence[Change]] = []

    async def append(self, changes: Sequence[Change]) -> None:
        self.appending.set()
        await self.may_append.wait()
        if self.trouble is not None:
            raise self.trouble
        await super().append(changes)
        self.batches.append(changes)
        if self.late_trouble is not None:
            raise self.late_trouble

    async def keep_snapshot(
        self, key: DocumentKey, version: Version, data: bytes, thin: Thin, *, meeting_id: str | None = None
    ) -> None:
        self.snapshotting.set()
        await self.may_keep_snapshots.wait()
        if self.snapshot_trouble is not None:
            raise self.snapshot_trouble
        await super().keep_snapshot(key, version, data, thin, meeting_id=meeting_id)


class DocumentStore:
    """What tests talk to."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self.database = database
        self._data_dir = data_dir
        self.repository = TroubledRepository(database)
        self.room_id = self.other_room_id = self.ana = self.ben = ""
        self._begun = 0

    async def set_up(self) -> None:
        rooms = RoomRepository(self.database)
        self.room_id = (await rooms.add_room("lounge", "Lounge", RoomKind.LOUNGE, actor="operator", at=1)).room_id
        self.other_room_id = (await rooms.add_room("stage", "Stage", RoomKind.STAGE, actor="operator", at=1)).room_id
        entries = [Entry(f"{word}@school.example", word.title(), ProgrammeRole.TEACHER) for word in ("ana", "ben")]
        ana, ben = await PeopleRepository(self.database).enrol(entries, [], actor="test", at=1)
        self.ana, self.ben = ana.person_id, ben.person_id
        await self.hold_meeting(MEETING)

    async def hold_meeting(self, meeting_id: str) -> None:
        """Make a meeting of the room, for records."""
        async with self.database.session() as session:
            session.add(MeetingRow(meeting_id=meeting_id, room_id=self.room_id, node_id="node", opened_at=1))

    async def begin(self, kind: DocumentKind = DocumentKind.BOARD, first: Change | None = None) -> DocumentKey:
        """Keep a new document, later than those before."""
        self._begun += 1
        document = self.document(f"document_{self._begun}", kind=kind, created_at=self._begun)
        await self.repository.create(document, first)
        return DocumentKey(document.document_id, document.epoch)

    def document(
        self, document_id: str, *, kind: DocumentKind = DocumentKind.BOARD, created_at: int = 1, room_id: str = ""
    ) -> StoredDocument:
        """Describe a document of the room."""
        return StoredDocument(
            document_id=document_id,
            room_id=room_id or self.room_id,
            kind=kind,
            title="Today",
            created_at=created_at,
            created_by=self.ana,
        )

    async def sql(self, statement: str) -> list[dict[str, object]]:
        """Run a statement on the database from outside, and return its rows."""
        return await asyncio.to_thread(run_sql, self._data_dir, statement)


@asynccontextmanager
async def document_store(data_dir: Path) -> AsyncIterator[DocumentStore]:
    """Open a database in `data_dir`."""
    database = await Database.open(data_dir)
    try:
        store = DocumentStore(database, data_dir)
        await store.set_up()
        yield store
    finally:
        await database.close()
