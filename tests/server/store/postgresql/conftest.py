"""A database on a PostgreSQL that tests may kill."""

from collections.abc import AsyncIterator

import pytest

from server.store.database import Database
from server.store.location import DatabaseUrl


@pytest.fixture
async def mortal_database(mortal_url: DatabaseUrl) -> AsyncIterator[Database]:
    """Open it, with our tables."""
    opened = await Database.open(mortal_url)
    yield opened
    await opened.close()
