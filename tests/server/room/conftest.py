"""A house of rooms."""

from collections.abc import AsyncIterator

import pytest

from tests.server.room.house import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.directory.close()
