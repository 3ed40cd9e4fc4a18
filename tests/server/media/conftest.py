"""Fixtures of the control side's tests."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from server.media.service import MediaService
from tests.server.media.meeting import running_service

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # how long an example takes depends on what else the machine does


@pytest.fixture
async def service() -> AsyncIterator[MediaService]:
    """The service with one real worker process."""
    async with running_service() as running:
        yield running
