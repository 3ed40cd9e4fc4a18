"""Rooms, and what is said in them."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.store.models.base import Base, SerialId


class RoomRow(Base):
    """A lasting place with a name. One that was removed stays: meetings took place in it."""

    __tablename__ = "room"

    room_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    created_at: Mapped[int]
    removed_at: Mapped[int | None]


class RoomRoleRow(Base):
    """What a person is in one room, where that differs from the default of their programme role."""

    __tablename__ = "room_role"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    role: Mapped[str]


class ChatMessageRow(Base):
    """One chat message. Ids are never used twice, so that they grow with time."""

    __tablename__ = "chat_message"
    __table_args__ = (
        UniqueConstraint("room_id", "person_id", "request_id"),
        Index(None, "room_id", "message_id"),
        {"sqlite_autoincrement": True},
    )

    message_id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    name: Mapped[str]
    text: Mapped[str]
    sent_at: Mapped[int]
    request_id: Mapped[str]


class ChatReadRow(Base):
    """The newest message that a person has read in a room."""

    __tablename__ = "chat_read"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    up_to: Mapped[int]
