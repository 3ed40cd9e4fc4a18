"""What the worker tells of transports becomes a mark of each participant."""

import asyncio

import pytest

from protocol.requests import MediaTransportClose
from protocol.room import Quality
from protocol.wire import Empty
from server.media import qualities
from server.media.feature import MediaFeature
from tests.server.media.meeting import RecordingMeeting
from tests.server.media.page import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def collecting_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second here."""
    monkeypatch.setattr(qualities, "COLLECT_S", 0.01)


async def test_a_participant_s_connection_is_as_bad_as_the_worst_of_their_transports(
    feature: MediaFeature, meeting: RecordingMeeting, ana: Page
) -> None:
    tablet = Page(feature, "ana", "tablet")
    transports = [await ana.transport("send"), await ana.transport("recv"), await tablet.transport("recv")]
    for transport, quality in zip(transports, (Quality.FAIR, Quality.GOOD, Quality.POOR), strict=True):
        feature.on_transport_quality(transport.id, quality)
    assert await meeting.next_qualities() == {"ana": Quality.POOR}
    await tablet.ask(MediaTransportClose, Empty, transport_id=transports[2].id)
    assert await meeting.next_qualities() == {"ana": Quality.FAIR}
    feature.on_transport_quality(transports[0].id, Quality.GOOD)
    assert await meeting.next_qualities() == {"ana": Quality.GOOD}


async def test_what_changes_at_about_the_same_time_is_told_together(
    feature: MediaFeature, meeting: RecordingMeeting, ana: Page, ben: Page
) -> None:
    hers, his = await ana.transport("recv"), await ben.transport("recv")
    feature.on_transport_quality(hers.id, Quality.POOR)
    feature.on_transport_quality(his.id, Quality.FAIR)
    feature.on_transport_quality(hers.id, Quality.FAIR)
    assert await meeting.next_qualities() == {"ana": Quality.FAIR, "ben": Quality.FAIR}
    assert meeting.qualities == []


async def test_whose_transports_are_gone_has_no_bad_connection(
    feature: MediaFeature, meeting: RecordingMeeting, ana: Page
) -> None:
    transport = await ana.transport("send")
    feature.on_transport_quality(transport.id, Quality.POOR)
    feature.on_transport_quality("of another meeting", Quality.POOR)
    assert await meeting.next_qualities() == {"ana": Quality.POOR}
    feature.on_worker_lost()
    assert await meeting.next_qualities() == {"ana": Quality.GOOD}


async def test_nothing_is_told_of_a_meeting_that_is_over(
    feature: MediaFeature, meeting: RecordingMeeting, ana: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qualities, "COLLECT_S", 0.0)
    transport = await ana.transport("send")
    feature.on_transport_quality(transport.id, Quality.POOR)
    await feature.on_meeting_closed(0)
    loop = asyncio.get_running_loop()
    later = loop.create_future()
    loop.call_later(0, later.set_result, None)
    await later
    assert meeting.qualities == []
