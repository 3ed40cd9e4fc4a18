"""People and rooms that were removed stay: what happened refers to them, and they may come back.

There is no way down: to go back, restore the backup made before the upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("person", "room"):
        op.add_column(table, sa.Column("removed_at", sa.BigInteger(), nullable=True))
