"""Boards and notes, and what of them belongs to the record of a meeting.

There is no way down: to go back, restore the backup made before the upgrade.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.base import SchemaEventTarget

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "document",
        _key("document_id", sa.String()),
        sa.Column("room_id", sa.String(), _refers_to("room"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        _number("created_at"),
        sa.Column("created_by", sa.String(), sa.ForeignKey("person.person_id"), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        _number("epoch"),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_document_room_id_created_at", "document", ["room_id", "created_at"])
    for table, further in (("document_update", ()), ("document_snapshot", (_number("size"),))):
        op.create_table(
            table,
            _key("document_id", sa.String(), _refers_to("document")),
            _key("epoch", sa.BigInteger()),
            _key("seq", sa.BigInteger()),
            _number("at"),
            sa.Column("data", sa.LargeBinary(), nullable=False),
            *further,
            _number("checksum"),
        )
    op.create_table(
        "document_author",
        _key("document_id", sa.String(), _refers_to("document")),
        _key("client", sa.BigInteger()),
        sa.Column("person_id", sa.String(), _refers_to("person"), nullable=True),
    )
    op.create_table(
        "meeting_document",
        _key("meeting_id", sa.String(), _refers_to("meeting")),
        _key("document_id", sa.String(), _refers_to("document")),
        _number("epoch"),
        _number("seq"),
    )
    op.create_table(
        "picture",
        _key("picture_id", sa.String()),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _number("size"),
        _number("added_at"),
    )
    op.create_table(
        "room_picture",
        _key("room_id", sa.String(), _refers_to("room")),
        _key("picture_id", sa.String(), _refers_to("picture")),
        sa.Column("added_by", sa.String(), _refers_to("person"), nullable=False),
        _number("added_at"),
    )


def _key(name: str, kind: sa.types.TypeEngine[Any], *more: SchemaEventTarget) -> "sa.Column[Any]":
    return sa.Column(name, kind, *more, primary_key=True, autoincrement=False)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _refers_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.{table}_id")
