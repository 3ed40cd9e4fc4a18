"""Action items of notes, as rows and back: what home pages show.

The rows of a document are as it was after the change that its reading names, all of them together. They are only
derived: of a document that is removed, in a removed room, or in another epoch by now, nothing is shown.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, insert, or_, select

from protocol.documents import DocumentKind
from protocol.roles import RoomRole
from server.store.database import Database
from server.store.documents import DocumentKey
from server.store.models import (
    ActionItemRow,
    DocumentRow,
    DocumentSnapshotRow,
    DocumentUpdateRow,
    NotesReadingRow,
    RoomRoleRow,
    RoomRow,
)


@dataclass(frozen=True, slots=True)
class OwnedItem:
    """An action item that somebody owns."""

    item_id: str
    text: str
    owner_id: str
    due: date | None
    is_done: bool


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An action item that is to be done, and where it stands."""

    document_id: str
    item_id: str
    room_id: str
    text: str
    due: date | None


@dataclass(frozen=True, slots=True)
class NotesPlace:
    """Notes, as somebody stands to them."""

    key: DocumentKey
    is_locked: bool
    role: RoomRole | None
    """Which the room gives the person; `None` leaves it to their programme role."""


class ActionItemRepository:
    """The action items of all notes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, key: DocumentKey, seq: int, items: Sequence[OwnedItem]) -> bool:
        """Keep what notes have after their change numbered `seq`; return whether it was news."""
        async with self._database.session() as session:
            reading = await session.get(NotesReadingRow, key.document_id)
            if reading is None:
                session.add(NotesReadingRow(document_id=key.document_id, epoch=key.epoch, seq=seq))
            elif (reading.epoch, reading.seq) >= (key.epoch, seq):
                return False
            else:
                reading.epoch, reading.seq = key.epoch, seq
            await session.execute(delete(ActionItemRow).where(ActionItemRow.document_id == key.document_id))
            rows = [
                {
                    "document_id": key.document_id,
                    "item_id": item.item_id,
                    "epoch": key.epoch,
                    "position": position,
                    "text": item.text,
                    "owner_id": item.owner_id,
                    "due": item.due,
                    "is_done": item.is_done,
                }
                for position, item in enumerate(items)
            ]
            if rows:
                await session.execute(insert(ActionItemRow), rows)
        return True

    async def is_behind(self, key: DocumentKey) -> bool:
        """Tell whether notes have changed after they were read."""
        query = _behind().where(DocumentRow.document_id == key.document_id, DocumentRow.epoch == key.epoch)
        async with self._database.reading() as session:
            return (await session.execute(query)).first() is not None

    async def behind(self, after: str, limit: int) -> list[DocumentKey]:
        """Return notes that have changed after they were read, by id, from behind `after`; `""` begins."""
        query = _behind().where(DocumentRow.document_id > after).order_by(DocumentRow.document_id).limit(limit)
        async with self._database.reading() as session:
            return [DocumentKey(row.document_id, row.epoch) for row in await session.execute(query)]

    async def open_items(
        self, owner_id: str, default_role: RoomRole, roles: Collection[RoomRole], limit: int
    ) -> tuple[list[OpenItem], bool]:
        """Return what somebody is to do, in rooms where they are one of `roles`, and whether there is more.

        What is due comes first, by day; then what is due never, the oldest notes first.
        """
        query = (
            select(
                ActionItemRow.document_id,
                ActionItemRow.item_id,
                DocumentRow.room_id,
                ActionItemRow.text,
                ActionItemRow.due,
            )
            .join(
                DocumentRow,
                and_(
                    DocumentRow.document_id == ActionItemRow.document_id,
                    DocumentRow.epoch == ActionItemRow.epoch,
                    DocumentRow.removed_at.is_(None),
                ),
            )
            .join(RoomRow, and_(RoomRow.room_id == DocumentRow.room_id, RoomRow.removed_at.is_(None)))
            .outerjoin(RoomRoleRow, and_(RoomRoleRow.room_id == RoomRow.room_id, RoomRoleRow.person_id == owner_id))
            .where(
                ActionItemRow.owner_id == owner_id,
                ActionItemRow.is_done.is_(False),
                func.coalesce(RoomRoleRow.role, default_role).in_(roles),
            )
            .order_by(
                ActionItemRow.due.is_(None),
                ActionItemRow.due,
                DocumentRow.created_at,
                ActionItemRow.document_id,
                ActionItemRow.position,
            )
            .limit(limit + 1)
        )
        async with self._database.reading() as session:
            items = [OpenItem(*row) for row in await session.execute(query)]
        return items[:limit], len(items) > limit

    async def find_place(self, document_id: str, person_id: str) -> NotesPlace | None:
        """Return notes that were not removed, nor their room, and what a person is there."""
        query = (
            select(DocumentRow.epoch, DocumentRow.is_locked, RoomRoleRow.role)
            .join(RoomRow, and_(RoomRow.room_id == DocumentRow.room_id, RoomRow.removed_at.is_(None)))
            .outerjoin(RoomRoleRow, and_(RoomRoleRow.room_id == RoomRow.room_id, RoomRoleRow.person_id == person_id))
            .where(
                DocumentRow.document_id == document_id,
                DocumentRow.kind == DocumentKind.NOTES,
                DocumentRow.removed_at.is_(None),
            )
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        role = None if row.role is None else RoomRole(row.role)
        return NotesPlace(DocumentKey(document_id, row.epoch), row.is_locked, role)


def _behind() -> Select[str, int]:
    """Select the notes with a change, or a snapshot, beyond what was read of their epoch."""
    covered = case((NotesReadingRow.epoch == DocumentRow.epoch, NotesReadingRow.seq), else_=0)
    return (
        select(DocumentRow.document_id, DocumentRow.epoch)
        .outerjoin(NotesReadingRow, NotesReadingRow.document_id == DocumentRow.document_id)
        .where(
            DocumentRow.kind == DocumentKind.NOTES,
            or_(_has_beyond(DocumentUpdateRow, covered), _has_beyond(DocumentSnapshotRow, covered)),
        )
    )


def _has_beyond(
    table: type[DocumentUpdateRow | DocumentSnapshotRow], covered: ColumnElement[int]
) -> ColumnElement[bool]:
    return (
        select(table.seq)
        .where(table.document_id == DocumentRow.document_id, table.epoch == DocumentRow.epoch, table.seq > covered)
        .exists()
    )
