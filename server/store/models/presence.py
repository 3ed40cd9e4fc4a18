"""Who was in which meeting, and when: what hours are made from."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.store.models.base import Base


class NodeRow(Base):
    """One start of a server. Instants are the database's. Once it is ended, nothing that it writes counts any more."""

    __tablename__ = "node"

    node_id: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(unique=True)
    """Grows with every start."""
    started_at: Mapped[int]
    renewed_at: Mapped[int]
    """Its last heartbeat."""
    seen: Mapped[bytes | None]
    """When each of its connections was heard last, as of that heartbeat: MessagePack, `last_seen_at` by id. In one row,
    because thousands are moved on every few seconds, and looked at only when the node has died."""
    ended_at: Mapped[int | None]


class MeetingRow(Base):
    """One occurrence of a room being live. Its instants are of a clock of its own, which nobody sets."""

    __tablename__ = "meeting"

    meeting_id: Mapped[str] = mapped_column(primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.room_id"), index=True)
    opened_at: Mapped[int]
    closed_at: Mapped[int | None]
    node_id: Mapped[str]
    clock_offset: Mapped[int | None]
    """Subtracted from its instants, it makes those of one node's meetings comparable, whatever was done to the clock
    between them: milliseconds on the node's monotonic clock. `None`: kept before this was known."""
    recorded_at: Mapped[int | None]
    """When all that follows from it, attendance and proposed hours, was worked out. `None`: not yet."""


class ConnectionRow(Base):
    """One connection of a participant, from joining to leaving: what hours are made from.

    `last_seen_at` is when the page was heard last. While the connection is open its node knows better, and keeps that
    in `NodeRow.seen`.
    """

    __tablename__ = "connection"
    __table_args__ = (Index(None, "left_at", "node_id"),)  # every sweep looks for those that have not left

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


class PresenceEventRow(Base):
    """Something that happened with a connection. Rows are only ever added, each number once."""

    __tablename__ = "presence_event"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connection.connection_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    at: Mapped[int]
    """On the meeting's clock."""
    length_ms: Mapped[int | None]
    """Of what lasted up to `at`."""
    is_late: Mapped[bool]
    """Whether it was written much after it happened, because the database took nothing."""


class AttendanceRow(Base):
    """A person's time in a meeting, each instant once. Derived from events: while they are kept it can be made anew."""

    __tablename__ = "attendance"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.meeting_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True, index=True)
    first_at: Mapped[int]
    last_at: Mapped[int]
    present_ms: Mapped[int]
    media_ms: Mapped[int]
    """Of it, with sound or pictures coming or going: heard and seen what went on."""
    microphone_ms: Mapped[int]
    camera_ms: Mapped[int]
    spoke_ms: Mapped[int]
    final_role: Mapped[str | None]
    """What they were there, once their connections and events of this meeting have been deleted: this is all that is
    left of them, and is not made anew."""
