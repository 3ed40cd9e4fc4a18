"""Action items of notes, read out of their documents, and how far each document was read.

There is no way down: to go back, restore the backup made before the upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "notes_reading",
        sa.Column("document_id", sa.String(), sa.ForeignKey("document.document_id"), primary_key=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "action_item",
        sa.Column("document_id", sa.String(), sa.ForeignKey("document.document_id"), primary_key=True),
        sa.Column("item_id", sa.String(), primary_key=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_action_item_owner_id_is_done", "action_item", ["owner_id", "is_done"])
