"""The programme, its people and how they sign in, and the trail of what was done to them."""

from datetime import date

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.store.models.base import Base, SerialId


class ProgrammeRow(Base):
    """One mentoring programme."""

    __tablename__ = "programme"

    programme_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[int]
    time_zone: Mapped[str | None]
    """IANA name of where its days begin and end; `None`: UTC."""
    hours_policy: Mapped[str | None]
    """How its hours are counted, as JSON; `None`: as by default."""
    retention: Mapped[str | None]
    """How long what is kept, as JSON; `None`: as by default."""
    hours_generation: Mapped[int | None]
    """How often entries of the hours log had to be made anew otherwise than they were: what was made of them before,
    and is remembered, is out of date then, although the log has not gone on. `None`: never."""


class PersonRow(Base):
    """Somebody known to the programme. The e-mail address is stored casefolded.

    Who was removed stays: messages and hours are theirs. Of who was erased only the id does: sums refer to it.
    """

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[int]
    removed_at: Mapped[int | None]
    erased_at: Mapped[int | None]
    """Since then name and address are nobody's, and whatever else is theirs is being deleted, or was."""


class PairRow(Base):
    """Mentor and mentee, of a kind: `mentor`, `content_buddy` or `lead_teacher`.

    One that is over stays, with its hours.
    """

    __tablename__ = "pair"
    __table_args__ = (UniqueConstraint("kind", "mentor_id", "mentee_id"),)

    pair_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    kind: Mapped[str]
    mentor_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    mentee_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    created_at: Mapped[int]
    starts_on: Mapped[date | None]
    """First day, from which plans are counted; `None`: that of `created_at`."""
    ends_on: Mapped[date | None]
    """Last day; `None`: not yet known."""


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


class AuditEntryRow(Base):
    """Something that somebody did to somebody else. Entries are only ever added, and forgotten after years."""

    __tablename__ = "audit_entry"
    __table_args__ = ({"sqlite_autoincrement": True},)

    entry_id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    at: Mapped[int] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]


class ApiTokenRow(Base):
    """What lets a program read as a person does. Only a hash of the token is known here."""

    __tablename__ = "api_token"

    token_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[int]
    expires_at: Mapped[int]
    revoked_at: Mapped[int | None]
    last_used_at: Mapped[int | None]


class OutboxMessageRow(Base):
    """Something to be sent to elsewhere, written with what it tells of: e-mail, or an xAPI statement.

    Where `sent_at` and `given_up_at` are both null it waits, until `due_at`.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(None, "channel", "sent_at", "given_up_at", "due_at"),
        {"sqlite_autoincrement": True},
    )

    message_id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    channel: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    """What it is about: never sent twice."""
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    """Whom it is for, or about."""
    body: Mapped[str]
    """As JSON."""
    created_at: Mapped[int]
    due_at: Mapped[int]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    sent_at: Mapped[int | None]
    given_up_at: Mapped[int | None]
