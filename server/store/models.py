"""The tables, as SQLAlchemy sees them; nothing outside the store handles these objects.

Every instant is an integer of milliseconds since 1970-01-01 UTC. Ids are random text made by `create_id`. A change here
needs a migration in `migrations/versions`: a test compares the two.
"""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SerialId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only in a column declared INTEGER PRIMARY KEY; it holds 64 bits all the same."""


class Base(DeclarativeBase):
    """All tables, with constraint names that are the same in every database."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {int: BigInteger}  # noqa: RUF012 - SQLAlchemy reads it from the class


class ProgrammeRow(Base):
    """One mentoring programme."""

    __tablename__ = "programme"

    programme_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[int]


class PersonRow(Base):
    """Somebody known to the programme. The e-mail address is stored casefolded.

    Who was removed stays: messages and hours are theirs.
    """

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[int]
    removed_at: Mapped[int | None]


class PairRow(Base):
    """Mentor and mentee, of a kind: `mentor`, `content_buddy` or `lead_teacher`."""

    __tablename__ = "pair"
    __table_args__ = (UniqueConstraint("kind", "mentor_id", "mentee_id"),)

    pair_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    kind: Mapped[str]
    mentor_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    mentee_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    created_at: Mapped[int]


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


class SignInLinkRow(Base):
    """A personal link that signs in whoever opens it. Only a hash of its token is known here."""

    __tablename__ = "sign_in_link"

    link_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    room_id: Mapped[str | None] = mapped_column(ForeignKey("room.room_id"))
    created_at: Mapped[int]
    expires_at: Mapped[int]
    revoked_at: Mapped[int | None]
    use_count: Mapped[int]
    last_used_at: Mapped[int | None]


class SignInSessionRow(Base):
    """A browser that is signed in. Only a hash of its cookie's token is known here."""

    __tablename__ = "sign_in_session"

    session_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    link_id: Mapped[str | None] = mapped_column(ForeignKey("sign_in_link.link_id"), index=True)
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    last_seen_at: Mapped[int]


class MeetingRow(Base):
    """One occurrence of a room being live."""

    __tablename__ = "meeting"

    meeting_id: Mapped[str] = mapped_column(primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"), index=True)
    opened_at: Mapped[int]
    closed_at: Mapped[int | None]
    node_id: Mapped[str]


class ConnectionRow(Base):
    """One connection of a participant, from joining to leaving: what hours are made from.

    `last_seen_at` is its lease: the node that holds the connection moves it on; after a crash it is when the
    connection ended.
    """

    __tablename__ = "connection"
    __table_args__ = (Index(None, "left_at", "node_id"),)  # every heartbeat looks for those that have not left

    connection_id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.meeting_id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    participant_id: Mapped[str]
    endpoint_id: Mapped[str]
    room_role: Mapped[str]
    node_id: Mapped[str]
    joined_at: Mapped[int]
    last_seen_at: Mapped[int]
    left_at: Mapped[int | None]
    left_reason: Mapped[str | None]


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


class AuditEntryRow(Base):
    """Something that somebody did to somebody else. Entries are only ever added."""

    __tablename__ = "audit_entry"
    __table_args__ = ({"sqlite_autoincrement": True},)

    entry_id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    at: Mapped[int] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]


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
