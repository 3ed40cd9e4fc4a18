"""Rooms, and what people are in them, as rows and back."""

from dataclasses import dataclass

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from protocol.roles import RoomKind, RoomRole
from protocol.room import RoomInfo
from server.ids import create_id
from server.store.database import Database
from server.store.models import RoomRoleRow, RoomRow
from server.store.programme import audit, ensure_programme

_ROOM = (RoomRow.room_id, RoomRow.slug, RoomRow.name, RoomRow.kind)
_IS_PRESENT = RoomRow.removed_at.is_(None)
_OLDEST_FIRST = (RoomRow.created_at, RoomRow.slug)


@dataclass(frozen=True, slots=True)
class RoomOverview:
    """A room, and whether it is still in use."""

    room: RoomInfo
    removed_at: int | None
    """When it was removed; `None` for one that people can enter."""


class RoomRepository:
    """The lasting places of the programme."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_room(self, slug: str) -> RoomInfo | None:
        """Return the room that links call `slug`."""
        query = select(*_ROOM).where(RoomRow.slug == slug, _IS_PRESENT)
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else _room(row)

    async def list_rooms(self, *, with_removed: bool = False) -> list[RoomOverview]:
        """Return all rooms, oldest first."""
        query = select(*_ROOM, RoomRow.removed_at).order_by(*_OLDEST_FIRST)
        if not with_removed:
            query = query.where(_IS_PRESENT)
        async with self._database.reading() as session:
            rows = await session.execute(query)
        return [RoomOverview(_room(row), row.removed_at) for row in rows]

    async def room_role(self, room_id: str, person_id: str) -> RoomRole | None:
        """Return the role that the room gives a person; `None` leaves it to their programme role."""
        async with self._database.reading() as session:
            row = await session.get(RoomRoleRow, (room_id, person_id))
        return None if row is None else RoomRole(row.role)

    async def add_room(self, slug: str, name: str, kind: RoomKind, *, actor: str, at: int) -> RoomInfo:
        """Add a room, or change the name and kind of the one that has this slug already. A removed one comes back."""
        async with self._database.session() as session:
            row = await session.scalar(select(RoomRow).where(RoomRow.slug == slug))
            if row is None:
                programme_id = await ensure_programme(session, at)
                row = RoomRow(room_id=create_id("room"), programme_id=programme_id, slug=slug, created_at=at)
                session.add(row)
                audit(session, at, actor, "room_added", row.room_id, f"as {kind.value}")
            elif row.removed_at is not None:
                audit(session, at, actor, "room_restored", row.room_id, f"as {kind.value}")
            row.name, row.kind, row.removed_at = name, kind, None
            room_id = row.room_id
        return RoomInfo(room_id=room_id, slug=slug, name=name, kind=kind)

    async def remove_room(self, room_id: str, *, actor: str, at: int) -> None:
        """Let nobody find a room any more. What was written and recorded in it stays."""
        removal = update(RoomRow).where(RoomRow.room_id == room_id, _IS_PRESENT).values(removed_at=at)
        async with self._database.session() as session:
            if (await session.scalar(removal.returning(RoomRow.room_id))) is not None:
                audit(session, at, actor, "room_removed", room_id)

    async def set_room_role(self, room_id: str, person_id: str, role: RoomRole | None, *, actor: str, at: int) -> None:
        """Give a person a role in a room, or with `None` take it back. Counts from the next time they enter."""
        async with self._database.session() as session:
            before = await _set_role(session, room_id, person_id, role)
            if before != role:
                detail = f"in {room_id} from {before or 'default'} to {role or 'default'}"
                audit(session, at, actor, "room_role_changed", person_id, detail)


async def _set_role(session: AsyncSession, room_id: str, person_id: str, role: RoomRole | None) -> str | None:
    row = await session.get(RoomRoleRow, (room_id, person_id))
    before = None if row is None else row.role
    if role is None:
        await session.execute(
            delete(RoomRoleRow).where(RoomRoleRow.room_id == room_id, RoomRoleRow.person_id == person_id)
        )
    elif row is None:
        session.add(RoomRoleRow(room_id=room_id, person_id=person_id, role=role))
    else:
        row.role = role
    return before


def _room(row: Row[*tuple[object, ...]]) -> RoomInfo:
    return RoomInfo(room_id=row.room_id, slug=row.slug, name=row.name, kind=RoomKind(row.kind))
