"""Databases of both kinds. Whatever the store promises holds for each of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.store.database import Database
from server.store.location import DatabaseUrl, Location
from tests.support.postgresql import PostgresServer, running_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Run one for as long as there are tests."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgresServer) -> str:
    """Make a database with our tables, to be copied: that is faster than to migrate another one."""
    name = postgresql.create_database()
    asyncio.run(_create(postgresql.location(name)))
    return name


@pytest.fixture
def database_url(postgresql: PostgresServer, postgresql_template: str) -> Iterator[DatabaseUrl]:
    """Make a database that has our tables, and nothing in them."""
    name = postgresql.create_database(postgresql_template)
    yield postgresql.location(name)
    postgresql.drop_database(name)


@pytest.fixture(scope="module")
def _shared_mortal() -> Iterator[PostgresServer]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
def mortal(_shared_mortal: PostgresServer) -> PostgresServer:
    """Return a server that tests may kill, apart from the one that others rely on; it runs, whatever was done to it."""
    if not _shared_mortal.processes():
        _shared_mortal.start()
    return _shared_mortal


@pytest.fixture
def mortal_url(mortal: PostgresServer) -> DatabaseUrl:
    """Make a database on it."""
    return mortal.location(mortal.create_database())


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Return a place for data, one of each kind in turn."""
    if request.param == "sqlite":
        return tmp_path / "data"
    url: Location = request.getfixturevalue("database_url")
    return url


@pytest.fixture
async def database(location: Location) -> AsyncIterator[Database]:
    """Open a database of each kind in turn."""
    opened = await Database.open(location)
    yield opened
    await opened.close()


async def _create(location: DatabaseUrl) -> None:
    await (await Database.open(location)).close()
