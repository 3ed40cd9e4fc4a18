"""Places for data with nothing in them, not even tables."""

from pathlib import Path

import pytest

from server.store.location import DatabaseUrl, Location
from tests.support.postgresql import PostgresServer


@pytest.fixture
def empty_url(postgresql: PostgresServer) -> DatabaseUrl:
    """Make a database without tables."""
    return postgresql.location(postgresql.create_database())


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Return an empty place for data, one of each kind in turn."""
    if request.param == "sqlite":
        return tmp_path / "data"
    url: Location = request.getfixturevalue("empty_url")
    return url
