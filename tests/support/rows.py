"""Rows as they are in the database, whichever kind it is."""

from typing import Any

from sqlalchemy import select

from server.store.database import Database
from server.store.models import Base


async def all_rows(database: Database, *tables: type[Base]) -> list[dict[str, Any]]:
    """Return all rows of the tables, each in the order of its first column."""
    found: list[dict[str, Any]] = []
    async with database.reading() as session:
        for table in tables:
            columns = table.__table__.columns
            rows = await session.execute(select(*columns).order_by(next(iter(columns))))
            found += [dict(row._mapping) for row in rows]
    return found
