"""A PostgreSQL that tests may kill, apart from the one that the other tests rely on."""

from collections.abc import AsyncIterator, Iterator

import pytest

from server.store.database import Database
from server.store.location import DatabaseUrl
from tests.support.postgresql import PostgresServer, running_postgresql


@pytest.fixture(scope="module")
def _shared_mortal() -> Iterator[PostgresServer]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
def mortal(_shared_mortal: PostgresServer) -> PostgresServer:
    """Return a server that runs, whatever was done to it before."""
    if not _shared_mortal.processes():
        _shared_mortal.start()
    return _shared_mortal


@pytest.fixture
def mortal_url(mortal: PostgresServer) -> DatabaseUrl:
    """Make a database on it."""
    return mortal.location(mortal.create_database())


@pytest.fixture
async def mortal_database(mortal_url: DatabaseUrl) -> AsyncIterator[Database]:
    """Open it, with our tables."""
    opened = await Database.open(mortal_url)
    yield opened
    await opened.close()
