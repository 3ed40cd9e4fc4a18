"""Fixtures of the control side's tests."""

from collections.abc import AsyncIterator

import pytest

from server.media.service import MediaService
from tests.server.media.meeting import running_service


@pytest.fixture
async def service() -> AsyncIterator[MediaService]:
    """The service with one real worker process."""
    async with running_service() as running:
        yield running
