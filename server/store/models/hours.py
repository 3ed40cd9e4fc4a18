"""The mentoring-hours log: what was done, what is required, and when it is not."""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.store.models.base import Base


class TermRow(Base):
    """A stretch of days that hours are counted in. Those of a programme that are not removed do not overlap."""

    __tablename__ = "term"

    term_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    name: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    created_at: Mapped[int]
    removed_at: Mapped[int | None]


class LeaveRow(Base):
    """Days on which a pair's mentor or mentee is away. Its hours go on with a substitute, else its clocks stop."""

    __tablename__ = "leave"

    leave_id: Mapped[str] = mapped_column(primary_key=True)
    pair_id: Mapped[str] = mapped_column(ForeignKey("pair.pair_id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    substitute_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    """Who is the mentor meanwhile."""
    created_at: Mapped[int]
    removed_at: Mapped[int | None]


class RequirementRow(Base):
    """What a pair has to do: one pair, all of a kind, or all. `rule` is JSON, as `server.hours.rules` has it."""

    __tablename__ = "requirement"

    requirement_id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.programme_id"))
    pair_id: Mapped[str | None] = mapped_column(ForeignKey("pair.pair_id"), index=True)
    pair_kind: Mapped[str | None]
    name: Mapped[str]
    rule: Mapped[str]
    created_at: Mapped[int]
    removed_at: Mapped[int | None]


class HoursLogRow(Base):
    """A step of an entry of the hours log. Rows are only ever added; each has the whole entry as it is after the step.

    `hash` is the SHA-256 of the one before and of this row: whoever changes, removes or inserts one breaks the chain.
    """

    __tablename__ = "hours_log"
    __table_args__ = (Index(None, "entry_id", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1 on, without a gap."""
    entry_id: Mapped[str]
    pair_id: Mapped[str] = mapped_column(ForeignKey("pair.pair_id"))
    mentor_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    """Who was the mentor: the pair's, or a substitute."""
    meeting_id: Mapped[str | None] = mapped_column(ForeignKey("meeting.meeting_id"))
    """`None`: entered by hand."""
    day: Mapped[date]
    action: Mapped[str]
    side: Mapped[str]
    author_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    """`None`: the server."""
    at: Mapped[int]
    contact_type: Mapped[str]
    measured_ms: Mapped[int | None]
    credited_minutes: Mapped[int]
    text: Mapped[str | None]
    """A reason, or what an entry by hand is about. `None` also when it was erased."""
    text_salt: Mapped[str]
    text_digest: Mapped[str]
    """SHA-256 of salt and text, which the chain goes over in place of the text: that can be erased."""
    hash: Mapped[str]


_FIGURES = ("pair_id", "state", "day", "credited_minutes", "contact_type", "created_at", "answered_at")


class HoursEntryRow(Base):
    """An entry of the hours log as it is now. Derived from the log's rows: it can be made anew."""

    __tablename__ = "hours_entry"
    __table_args__ = (
        # Has all that is read of every pair's entries, so that the table is left alone.
        Index("ix_hours_entry_figures", *_FIGURES),
        Index(None, "day", "entry_id"),
        Index(None, "mentor_id", "state", "day"),
        Index(None, "state", "day"),
    )

    entry_id: Mapped[str] = mapped_column(primary_key=True)
    pair_id: Mapped[str] = mapped_column(ForeignKey("pair.pair_id"))
    mentor_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    meeting_id: Mapped[str | None] = mapped_column(ForeignKey("meeting.meeting_id"), index=True)
    day: Mapped[date]
    state: Mapped[str]
    is_confirmed_by_mentor: Mapped[bool]
    is_confirmed_by_mentee: Mapped[bool]
    contact_type: Mapped[str]
    measured_ms: Mapped[int | None]
    credited_minutes: Mapped[int]
    created_at: Mapped[int]
    changed_at: Mapped[int]
    answered_at: Mapped[int | None]
    """When both had said yes to what it says. `None`: they have not."""
    number: Mapped[int]
    """Of its newest row in the log."""
