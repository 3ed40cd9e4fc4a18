"""Fixtures of the worker's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.server.media.worker.rig import Rig, running_worker


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A running worker in this process."""
    async with running_worker() as running:
        yield running
