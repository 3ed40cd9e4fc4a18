"""What happened with each connection, the hours log with what is required, tokens of programs, and an outbox.

There is no way down: to go back, restore the backup made before the upgrade.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.base import SchemaEventTarget

revision = "0006"
down_revision = "0005"

_NODES = """
INSERT INTO node (node_id, epoch, started_at, renewed_at, ended_at)
SELECT node_id, row_number() OVER (ORDER BY min(opened_at), node_id), min(opened_at), max(opened_at), max(opened_at)
FROM meeting GROUP BY node_id
"""
"""Those that are known from meetings: all of them have ended, or nobody could migrate."""
_JOINED = """
INSERT INTO presence_event (connection_id, seq, kind, at, length_ms, is_late)
SELECT connection_id, 0, 'joined', joined_at, NULL, :no FROM connection
"""
_LEFT = """
INSERT INTO presence_event (connection_id, seq, kind, at, length_ms, is_late)
SELECT connection_id, 1, coalesce(left_reason, 'left'), left_at, NULL, :no FROM connection WHERE left_at IS NOT NULL
"""


def upgrade() -> None:
    _create_presence()
    _create_requirements()
    _create_log()
    _create_tokens_and_outbox()


def _create_presence() -> None:
    op.add_column("meeting", _instant("clock_offset", is_known=False))
    op.add_column("meeting", _instant("recorded_at", is_known=False))
    op.create_table(
        "node",
        _key("node_id"),
        _instant("epoch"),
        _instant("started_at"),
        _instant("renewed_at"),
        sa.Column("seen", sa.LargeBinary(), nullable=True),
        _instant("ended_at", is_known=False),
        sa.UniqueConstraint("epoch"),
    )
    if op.get_context().dialect.name == "postgresql":
        # It is written anew every few seconds: packing it would take longer than writing it.
        op.execute("ALTER TABLE node ALTER COLUMN seen SET STORAGE EXTERNAL")
    op.create_table(
        "presence_event",
        _key("connection_id", _refers_to("connection")),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        _text("kind"),
        _instant("at"),
        _instant("length_ms", is_known=False),
        _truth("is_late"),
    )
    op.execute(_NODES)
    op.execute(sa.text(_JOINED).bindparams(no=False))
    op.execute(sa.text(_LEFT).bindparams(no=False))
    op.create_table(
        "attendance",
        _key("meeting_id", _refers_to("meeting")),
        _key("person_id", _refers_to("person")),
        *map(_instant, ("first_at", "last_at", "present_ms", "media_ms", "microphone_ms", "camera_ms", "spoke_ms")),
        _text("final_role", is_known=False),
    )
    _index("attendance", "person_id")


def _create_requirements() -> None:
    op.add_column("programme", _text("time_zone", is_known=False))
    op.add_column("programme", _text("hours_policy", is_known=False))
    op.add_column("programme", _text("retention", is_known=False))
    op.add_column("programme", _instant("hours_generation", is_known=False))
    op.add_column("person", _instant("erased_at", is_known=False))
    op.add_column("pair", _day("starts_on", is_known=False))
    op.add_column("pair", _day("ends_on", is_known=False))
    op.create_table(
        "term",
        _key("term_id"),
        _text("programme_id", _refers_to("programme")),
        _text("name"),
        _day("first_day"),
        _day("last_day"),
        _instant("created_at"),
        _instant("removed_at", is_known=False),
    )
    op.create_table(
        "leave",
        _key("leave_id"),
        _text("pair_id", _refers_to("pair")),
        _day("first_day"),
        _day("last_day"),
        _text("substitute_id", _refers_to("person"), is_known=False),
        _instant("created_at"),
        _instant("removed_at", is_known=False),
    )
    _index("leave", "pair_id")
    _index("leave", "substitute_id")
    op.create_table(
        "requirement",
        _key("requirement_id"),
        _text("programme_id", _refers_to("programme")),
        _text("pair_id", _refers_to("pair"), is_known=False),
        _text("pair_kind", is_known=False),
        _text("name"),
        _text("rule"),
        _instant("created_at"),
        _instant("removed_at", is_known=False),
    )
    _index("requirement", "pair_id")


def _create_log() -> None:
    op.create_table(
        "hours_log",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        _text("entry_id"),
        _text("pair_id", _refers_to("pair")),
        _text("mentor_id", _refers_to("person")),
        _text("meeting_id", _refers_to("meeting"), is_known=False),
        _day("day"),
        _text("action"),
        _text("side"),
        _text("author_id", _refers_to("person"), is_known=False),
        _instant("at"),
        _text("contact_type"),
        _instant("measured_ms", is_known=False),
        _instant("credited_minutes"),
        _text("text", is_known=False),
        _text("text_salt"),
        _text("text_digest"),
        _text("hash"),
    )
    _index("hours_log", "entry_id", "number")
    _index("hours_log", "author_id")
    op.create_table(
        "hours_entry",
        _key("entry_id"),
        _text("pair_id", _refers_to("pair")),
        _text("mentor_id", _refers_to("person")),
        _text("meeting_id", _refers_to("meeting"), is_known=False),
        _day("day"),
        _text("state"),
        _truth("is_confirmed_by_mentor"),
        _truth("is_confirmed_by_mentee"),
        _text("contact_type"),
        _instant("measured_ms", is_known=False),
        *map(_instant, ("credited_minutes", "created_at", "changed_at")),
        _instant("answered_at", is_known=False),
        _instant("number"),
    )
    for columns in (("day", "entry_id"), ("mentor_id", "state", "day"), ("state", "day"), ("meeting_id",)):
        _index("hours_entry", *columns)
    figures = ["pair_id", "state", "day", "credited_minutes", "contact_type", "created_at", "answered_at"]
    op.create_index("ix_hours_entry_figures", "hours_entry", figures)


def _create_tokens_and_outbox() -> None:
    op.create_table(
        "api_token",
        _key("token_id"),
        _text("person_id", _refers_to("person")),
        _text("name"),
        _text("token_hash"),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("revoked_at", is_known=False),
        _instant("last_used_at", is_known=False),
        sa.UniqueConstraint("token_hash"),
    )
    _index("api_token", "person_id")
    op.create_table(
        "outbox_message",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        _text("channel"),
        _text("key"),
        _text("person_id", _refers_to("person"), is_known=False),
        _text("body"),
        *map(_instant, ("created_at", "due_at", "attempts")),
        _text("last_error", is_known=False),
        _instant("sent_at", is_known=False),
        _instant("given_up_at", is_known=False),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    _index("outbox_message", "channel", "sent_at", "given_up_at", "due_at")
    _index("outbox_message", "person_id")


def _key(name: str, *constraints: SchemaEventTarget) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, primary_key=True)


def _text(name: str, *constraints: SchemaEventTarget, is_known: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=not is_known)


def _instant(name: str, *, is_known: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=not is_known)


def _day(name: str, *, is_known: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=not is_known)


def _truth(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _refers_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.{table}_id")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
