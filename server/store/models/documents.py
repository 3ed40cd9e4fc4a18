"""Boards and notes, with their pictures and action items."""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.store.models.base import Base


class DocumentRow(Base):
    """A page of a room's board, or notes. What is in it are its updates and snapshots of the present epoch."""

    __tablename__ = "document"
    __table_args__ = (Index(None, "room_id", "created_at"),)

    document_id: Mapped[str] = mapped_column(primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"))
    kind: Mapped[str]
    title: Mapped[str]
    created_at: Mapped[int]
    created_by: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    is_locked: Mapped[bool]
    epoch: Mapped[int]
    removed_at: Mapped[int | None]


class DocumentUpdateRow(Base):
    """What changed in a document at a moment, as a Yjs update (v1)."""

    __tablename__ = "document_update"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int]
    data: Mapped[bytes]
    checksum: Mapped[int]


class DocumentSnapshotRow(Base):
    """All of a document after the update numbered `seq`, compressed. Those that are kept are its history."""

    __tablename__ = "document_snapshot"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int]
    data: Mapped[bytes]
    size: Mapped[int]
    checksum: Mapped[int]


class DocumentAuthorRow(Base):
    """Whose pages a Yjs client is: whatever comes under its number is theirs. Nobody's: the server's own."""

    __tablename__ = "document_author"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    client: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"))


class MeetingDocumentRow(Base):
    """A document as it was at the end of a meeting that changed it: a snapshot that is kept for good."""

    __tablename__ = "meeting_document"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.meeting_id"), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    epoch: Mapped[int]
    seq: Mapped[int]


class NotesReadingRow(Base):
    """How far notes were read for their action items: up to which change of which epoch."""

    __tablename__ = "notes_reading"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    epoch: Mapped[int]
    seq: Mapped[int]


class ActionItemRow(Base):
    """Something that somebody is to do, as the newest reading of its notes has it: the notes are the truth.

    Whose it is, and its id, is what pages have written: text, which need not be anybody's.
    """

    __tablename__ = "action_item"
    __table_args__ = (Index(None, "owner_id", "is_done"),)

    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    position: Mapped[int]
    text: Mapped[str]
    owner_id: Mapped[str]
    due: Mapped[date | None]
    is_done: Mapped[bool]


class PictureRow(Base):
    """A picture on some board, by the SHA-256 of its bytes: kept once, however often it is put on one."""

    __tablename__ = "picture"

    picture_id: Mapped[str] = mapped_column(primary_key=True)
    content_type: Mapped[str]
    data: Mapped[bytes]
    size: Mapped[int]
    added_at: Mapped[int]


class BoardPictureRow(Base):
    """A picture that was put on a page of a board: while that is not removed, it takes up some of the room's place."""

    __tablename__ = "board_picture"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.document_id"), primary_key=True)
    picture_id: Mapped[str] = mapped_column(ForeignKey("picture.picture_id"), primary_key=True, index=True)


class RoomPictureRow(Base):
    """A picture that was put on a board of a room: who may enter it may see the picture."""

    __tablename__ = "room_picture"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"), primary_key=True)
    picture_id: Mapped[str] = mapped_column(ForeignKey("picture.picture_id"), primary_key=True)
    added_by: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    added_at: Mapped[int]
