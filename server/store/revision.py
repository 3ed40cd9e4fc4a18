"""Which tables a database has. Alembic takes long to load, and a start with nothing to migrate does without it."""

from sqlalchemy import Connection, inspect, text

NEWEST_REVISION = "0006"
"""Of the migrations here."""


def stored_revision(connection: Connection) -> str | None:
    """Return the revision of the tables; `None` where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    stored: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return stored
