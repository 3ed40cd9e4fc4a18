"""Pictures of boards, as rows and back."""

from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, func, or_, select

from server.store.database import Database
from server.store.models import BoardPictureRow, DocumentRow, PictureRow, RoomPictureRow


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept and shown."""

    picture_id: str
    """SHA-256 of `data`, in hexadecimal."""
    content_type: str
    data: bytes


class PictureRepository:
    """The pictures on the boards of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, room_id: str, document_id: str, picture: Picture, added_by: str, added_at: int, *, room_bytes: int
    ) -> bool:
        """Keep a picture for a page of a room's board; the same one again changes nothing.

        Return whether it is kept: the pictures of all pages that are not removed have at most `room_bytes` together.
        """
        picture_id = picture.picture_id
        async with self._database.session() as session:
            if await session.get(BoardPictureRow, (document_id, picture_id)) is not None:
                return True
            used = _select_used(room_id)
            if await session.scalar(used.where(PictureRow.picture_id == picture_id)) is None:
                used_bytes = int(await session.scalar(used) or 0)
                if used_bytes + len(picture.data) > room_bytes:
                    return False
            if not await session.scalar(select(exists().where(PictureRow.picture_id == picture_id))):
                row = PictureRow(
                    picture_id=picture_id,
                    content_type=picture.content_type,
                    data=picture.data,
                    size=len(picture.data),
                    added_at=added_at,
                )
                session.add(row)
                await session.flush()
            if await session.get(RoomPictureRow, (room_id, picture_id)) is None:
                session.add(
                    RoomPictureRow(room_id=room_id, picture_id=picture_id, added_by=added_by, added_at=added_at)
                )
            session.add(BoardPictureRow(document_id=document_id, picture_id=picture_id))
        return True

    async def find(self, room_id: str, picture_id: str) -> Picture | None:
        """Return a picture of a room."""
        query = (
            select(PictureRow.picture_id, PictureRow.content_type, PictureRow.data)
            .join(RoomPictureRow, RoomPictureRow.picture_id == PictureRow.picture_id)
            .where(RoomPictureRow.room_id == room_id, RoomPictureRow.picture_id == picture_id)
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else Picture(*row)

    async def has(self, room_id: str, picture_id: str) -> bool:
        """Tell whether a room has a picture, without reading it."""
        async with self._database.reading() as session:
            return await session.get(RoomPictureRow, (room_id, picture_id)) is not None


def _select_used(room_id: str) -> Select[int | None]:
    """Select how many bytes the pictures have that are on pages of a room's board which are not removed.

    Those of which it is not known, because they are older than such notes, count as well.
    """
    own = and_(
        BoardPictureRow.picture_id == PictureRow.picture_id,
        BoardPictureRow.document_id == DocumentRow.document_id,
        DocumentRow.room_id == room_id,
    )
    is_shown = exists().where(own, DocumentRow.removed_at.is_(None))
    return (
        select(func.sum(PictureRow.size))
        .join(RoomPictureRow, RoomPictureRow.picture_id == PictureRow.picture_id)
        .where(RoomPictureRow.room_id == room_id, or_(is_shown, ~exists().where(own)))
    )
