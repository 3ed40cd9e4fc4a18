"""Fixtures of the control side's tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from server.media.feature import MediaFeature
from server.media.service import MediaService
from tests.server.media.meeting import RecordingMeeting, live_feature, running_service
from tests.server.media.page import Page


@pytest.fixture
async def service() -> AsyncIterator[MediaService]:
    """The service with one real worker process."""
    async with running_service() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_service() -> AsyncIterator[MediaService]:
    """The same for all tests of a module whose loop is the module's; each has a meeting of its own."""
    async with running_service() as running:
        yield running


@pytest.fixture
def meeting() -> RecordingMeeting:
    """A meeting of two."""
    return RecordingMeeting()


@pytest_asyncio.fixture(loop_scope="module")
async def feature(shared_service: MediaService, meeting: RecordingMeeting) -> AsyncIterator[MediaFeature]:
    """The meeting's media, open until the test ends."""
    async with live_feature(shared_service, meeting) as live:
        yield live


@pytest.fixture
def ana(feature: MediaFeature) -> Page:
    """One of the two."""
    return Page(feature, "ana")


@pytest.fixture
def ben(feature: MediaFeature) -> Page:
    """The other one."""
    return Page(feature, "ben")
