"""Meetings as the store has them when they are over, written row by row."""

from sqlalchemy import func, select

from protocol.documents import DocumentKind
from protocol.roles import RoomRole
from server.store.chat import ChatRepository
from server.store.database import Database
from server.store.documents import Change, DocumentKey, DocumentRepository, StoredDocument, Version
from server.store.models import NodeRow
from server.store.presence import ConnectionRecord, MeetingRecord, PresenceRepository

NODE = "node_1"


class MeetingLog:
    """Writes what happened in the meetings of one room."""

    def __init__(self, database: Database, room_id: str) -> None:
        self._database = database
        self.documents = DocumentRepository(database)
        self._presence = PresenceRepository(database)
        self._chat = ChatRepository(database)
        self._room_id = room_id
        self._connections = 0

    async def meeting(
        self, meeting_id: str, opened_at: int, closed_at: int | None, *, room_id: str = "", node_id: str = NODE
    ) -> None:
        meeting = MeetingRecord(
            meeting_id=meeting_id, room_id=room_id or self._room_id, opened_at=opened_at, closed_at=closed_at
        )
        await self._enter(node_id)
        await self._presence.record(node_id, [meeting], [])

    async def stay(
        self,
        meeting_id: str,
        person_id: str,
        joined_at: int,
        left_at: int | None,
        *,
        role: RoomRole = RoomRole.PARTICIPANT,
        participant_id: str = "",
    ) -> None:
        self._connections += 1
        connection = ConnectionRecord(
            connection_id=f"{meeting_id} {self._connections}",
            meeting_id=meeting_id,
            person_id=person_id,
            participant_id=participant_id or f"participant_{self._connections}",
            endpoint_id="endpoint",
            room_role=role,
            joined_at=joined_at,
            last_seen_at=left_at or joined_at,
            left_at=left_at,
            left_reason=None if left_at is None else "left",
        )
        await self._enter(NODE)
        await self._presence.record(NODE, [], [connection])

    async def _enter(self, node_id: str) -> None:
        """Have a node beside the others, which a real start would end."""
        async with self._database.session() as session:
            if await session.get(NodeRow, node_id) is None:
                epoch = await session.scalar(select(func.count()).select_from(NodeRow)) or 0
                session.add(NodeRow(node_id=node_id, epoch=epoch, started_at=1, renewed_at=1))

    async def say(self, person_id: str, name: str, text: str, at: int) -> None:
        await self._chat.append(self._room_id, person_id, name, text, f"request {at}", at)

    async def begin(
        self, document_id: str, kind: DocumentKind, person_id: str, at: int, data: bytes, *, title: str = "Today"
    ) -> DocumentKey:
        """Begin a document with something in it."""
        document = StoredDocument(
            document_id=document_id,
            room_id=self._room_id,
            kind=kind,
            title=title,
            created_at=at,
            created_by=person_id,
        )
        key = DocumentKey(document_id, 1)
        await self.documents.create(document, Change(key, 1, at, data, {}))
        return key

    async def change(self, key: DocumentKey, seq: int, at: int, data: bytes) -> None:
        await self.documents.append([Change(key, seq, at, data, {})])

    async def keep(self, key: DocumentKey, seq: int, at: int, data: bytes, meeting_id: str) -> None:
        """Keep all of a document for the record of a meeting."""
        await self.documents.keep_snapshot(key, Version(seq, at), data, lambda _: (), meeting_id=meeting_id)
