"""Chat messages and who has read how far, as rows and back."""

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from protocol.room import ChatMessage
from server.store.database import Database
from server.store.models import ChatMessageRow, ChatReadRow

_MESSAGE = (
    ChatMessageRow.message_id,
    ChatMessageRow.person_id,
    ChatMessageRow.name,
    ChatMessageRow.text,
    ChatMessageRow.sent_at,
)
_LARGEST_ID = 2**63 - 1


class ChatRepository:
    """The chat of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, room_id: str, person_id: str, name: str, text: str, request_id: str, sent_at: int
    ) -> ChatMessage:
        """Keep a message and return it with its id, which is larger than any before it in the room.

        The same request again returns what was kept the first time.
        """
        row = ChatMessageRow(
            room_id=room_id, person_id=person_id, name=name, text=text, request_id=request_id, sent_at=sent_at
        )
        try:
            async with self._database.session() as session:
                session.add(row)
        except IntegrityError:
            stored = await self._find(room_id, person_id, request_id)
            if stored is None:
                raise
            return stored
        return ChatMessage(message_id=row.message_id, person_id=person_id, name=name, text=text, sent_at=sent_at)

    async def page(self, room_id: str, before: int | None, limit: int) -> tuple[list[ChatMessage], bool]:
        """Return the newest `limit` messages with ids below `before`, oldest first, and whether there are older."""
        query = select(*_MESSAGE).where(ChatMessageRow.room_id == room_id)
        if before is not None:
            query = query.where(ChatMessageRow.message_id < min(before, _LARGEST_ID))
        query = query.order_by(ChatMessageRow.message_id.desc()).limit(limit + 1)
        async with self._database.reading() as session:
            newest_first = [_message(row) for row in await session.execute(query)]
        return newest_first[:limit][::-1], len(newest_first) > limit

    async def read_up_to(self, room_id: str, person_id: str) -> int:
        """Return the id of the newest message that a person has read; 0 when none."""
        async with self._database.reading() as session:
            row = await session.get(ChatReadRow, (room_id, person_id))
        return 0 if row is None else row.up_to

    async def mark_read(self, room_id: str, person_id: str, up_to: int) -> None:
        """Remember how far a person has read. Never moves back."""
        async with self._database.session() as session:
            row = await session.get(ChatReadRow, (room_id, person_id))
            if row is None:
                session.add(ChatReadRow(room_id=room_id, person_id=person_id, up_to=up_to))
            else:
                row.up_to = max(row.up_to, up_to)

    async def _find(self, room_id: str, person_id: str, request_id: str) -> ChatMessage | None:
        query = select(*_MESSAGE).where(
            ChatMessageRow.room_id == room_id,
            ChatMessageRow.person_id == person_id,
            ChatMessageRow.request_id == request_id,
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else _message(row)


def _message(row: Row[*tuple[object, ...]]) -> ChatMessage:
    return ChatMessage(
        message_id=row.message_id, person_id=row.person_id, name=row.name, text=row.text, sent_at=row.sent_at
    )
