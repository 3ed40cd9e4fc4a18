"""A programme in which much has happened, on both kinds of database."""

import pytest

from server.store.database import Database
from tests.support.privacy import House


@pytest.fixture
async def house(database: Database) -> House:
    """Make one."""
    made = House(database)
    await made.set_up()
    return made
