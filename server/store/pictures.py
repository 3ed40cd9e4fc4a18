"""Pictures of boards, as rows and back."""

from dataclasses import dataclass

from sqlalchemy import func, select

from server.store.database import Database
from server.store.models import PictureRow, RoomPictureRow


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

    async def add(self, room_id: str, picture: Picture, added_by: str, added_at: int, *, room_bytes: int) -> bool:
        """Keep a picture for a room; the same one again changes nothing.

        Return whether it is kept: all of a room's pictures together have at most `room_bytes`.
        """
        async with self._database.session() as session:
            if await session.get(RoomPictureRow, (room_id, picture.picture_id)) is not None:
                return True
            used = await session.scalar(
                select(func.sum(PictureRow.size))
                .join(RoomPictureRow, RoomPictureRow.picture_id == PictureRow.picture_id)
                .where(RoomPictureRow.room_id == room_id)
            )
            if int(used or 0) + len(picture.data) > room_bytes:
                return False
            if await session.get(PictureRow, picture.picture_id) is None:
                row = PictureRow(
                    picture_id=picture.picture_id,
                    content_type=picture.content_type,
                    data=picture.data,
                    size=len(picture.data),
                    added_at=added_at,
                )
                session.add(row)
                await session.flush()
            session.add(
                RoomPictureRow(room_id=room_id, picture_id=picture.picture_id, added_by=added_by, added_at=added_at)
            )
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
