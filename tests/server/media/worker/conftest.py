"""Fixtures of the worker's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.server.media.worker.rig import Rig, running_worker
from tests.server.media.worker.two_workers import Room


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A running worker in this process."""
    async with running_worker() as running:
        yield running


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """A room on two workers."""
    async with running_worker() as home, running_worker() as other:
        yield Room(home, other)
