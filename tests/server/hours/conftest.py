"""A programme with an hours log, on both kinds of database."""

import pytest

from server.store.database import Database
from tests.support.hours import Programme


@pytest.fixture
async def programme(database: Database) -> Programme:
    """Make one."""
    made = Programme(database)
    await made.set_up()
    return made
