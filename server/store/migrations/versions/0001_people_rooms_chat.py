"""People, rooms, sign-in, presence, chat and the audit trail.

There is no way down: to go back, restore the backup made before the upgrade.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.base import SchemaEventTarget

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_people()
    _create_rooms()
    _create_sign_in()
    _create_presence()
    _create_chat()
    op.create_table("audit_entry", _serial("entry_id"), _instant("at"), *map(_text, _AUDIT_TEXTS), **_NEVER_REUSED)
    _index("audit_entry", "at")


_AUDIT_TEXTS = ("actor", "action", "subject", "detail")
_NEVER_REUSED = {"sqlite_autoincrement": True}


def _create_people() -> None:
    op.create_table("programme", _key("programme_id"), _text("name"), _instant("created_at"))
    op.create_table(
        "person",
        _key("person_id"),
        _text("programme_id", _refers_to("programme")),
        _text("email"),
        _text("name"),
        _text("role"),
        _instant("created_at"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "pair",
        _key("pair_id"),
        _text("programme_id", _refers_to("programme")),
        _text("kind"),
        _text("mentor_id", _refers_to("person")),
        _text("mentee_id", _refers_to("person")),
        _instant("created_at"),
        sa.UniqueConstraint("kind", "mentor_id", "mentee_id"),
    )
    _index("pair", "mentee_id")


def _create_rooms() -> None:
    op.create_table(
        "room",
        _key("room_id"),
        _text("programme_id", _refers_to("programme")),
        _text("slug"),
        _text("name"),
        _text("kind"),
        _instant("created_at"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "room_role",
        _key("room_id", _refers_to("room")),
        _key("person_id", _refers_to("person")),
        _text("role"),
    )


def _create_sign_in() -> None:
    op.create_table(
        "sign_in_link",
        _key("link_id"),
        _text("person_id", _refers_to("person")),
        _text("token_hash"),
        _text("room_id", _refers_to("room"), nullable=True),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("revoked_at", nullable=True),
        sa.Column("use_count", sa.BigInteger(), nullable=False),
        _instant("last_used_at", nullable=True),
        sa.UniqueConstraint("token_hash"),
    )
    _index("sign_in_link", "person_id")
    op.create_table(
        "sign_in_session",
        _key("session_id"),
        _text("person_id", _refers_to("person")),
        _text("token_hash"),
        _text("link_id", _refers_to("sign_in_link", "link_id"), nullable=True),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("last_seen_at"),
        sa.UniqueConstraint("token_hash"),
    )
    for column in ("person_id", "link_id", "expires_at"):
        _index("sign_in_session", column)


def _create_presence() -> None:
    op.create_table(
        "meeting",
        _key("meeting_id"),
        _text("room_id", _refers_to("room")),
        _instant("opened_at"),
        _instant("closed_at", nullable=True),
        _text("node_id"),
    )
    _index("meeting", "room_id")
    op.create_table(
        "connection",
        _key("connection_id"),
        _text("meeting_id", _refers_to("meeting")),
        _text("person_id", _refers_to("person")),
        _text("participant_id"),
        _text("endpoint_id"),
        _text("room_role"),
        _text("node_id"),
        _instant("joined_at"),
        _instant("last_seen_at"),
        _instant("left_at", nullable=True),
        _text("left_reason", nullable=True),
    )
    _index("connection", "meeting_id")
    _index("connection", "person_id")
    _index("connection", "left_at", "node_id")


def _create_chat() -> None:
    op.create_table(
        "chat_message",
        _serial("message_id"),
        _text("room_id", _refers_to("room")),
        _text("person_id", _refers_to("person")),
        _text("name"),
        _text("text"),
        _instant("sent_at"),
        _text("request_id"),
        sa.UniqueConstraint("room_id", "person_id", "request_id"),
        **_NEVER_REUSED,
    )
    _index("chat_message", "room_id", "message_id")
    op.create_table(
        "chat_read",
        _key("room_id", _refers_to("room")),
        _key("person_id", _refers_to("person")),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
    )


def _key(name: str, *constraints: SchemaEventTarget) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, primary_key=True)


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def _text(name: str, *constraints: SchemaEventTarget, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *constraints, nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _refers_to(table: str, key: str | None = None) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.{key or table + '_id'}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
