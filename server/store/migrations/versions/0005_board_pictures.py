"""On which pages of boards each picture was put.

There is no way down: to go back, restore the backup made before the upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "board_picture",
        sa.Column("document_id", sa.String(), sa.ForeignKey("document.document_id"), primary_key=True),
        sa.Column("picture_id", sa.String(), sa.ForeignKey("picture.picture_id"), primary_key=True),
    )
    op.create_index("ix_board_picture_picture_id", "board_picture", ["picture_id"])
