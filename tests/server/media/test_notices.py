"""What a meeting is told of its media."""

import pytest

from protocol.events import MediaConsumerDark, MediaLayersWanted, Notice
from protocol.requests import MediaConsumerClose, MediaConsumerUpdate
from protocol.wire import Empty
from server.media.feature import MediaFeature
from tests.server.media.meeting import RecordingMeeting
from tests.server.media.page import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_page_is_told_what_nobody_looks_at_and_again_when_it_comes_back(
    feature: MediaFeature, ana: Page, ben: Page, meeting: RecordingMeeting
) -> None:
    layers = [{"ssrc": number, "rtx": {"ssrc": number + 1}} for number in (10, 20, 30)]
    camera = await ana.produce((await ana.transport("send")).id, encodings=layers)
    nobody = (ana.caller.endpoint_id, MediaLayersWanted(producer_id=camera, layers=0))
    assert await meeting.wait_for_notice(MediaLayersWanted) == nobody
    meeting.notices.clear()
    consumed = await ben.consume((await ben.transport("recv")).id, camera)
    await ben.ask(MediaConsumerUpdate, Empty, consumer_id=consumed.consumer.id, is_paused=False, max_layer=1)
    assert await meeting.wait_for_notice(MediaLayersWanted) == (
        ana.caller.endpoint_id,
        MediaLayersWanted(producer_id=camera, layers=2),
    )
    meeting.notices.clear()
    await feature.on_connection_joined(ana.caller, 0)
    await feature.on_connection_joined(ben.caller, 0)
    told = [(endpoint_id, notice) for endpoint_id, notice in meeting.notices if isinstance(notice, MediaLayersWanted)]
    assert told == [(ana.caller.endpoint_id, MediaLayersWanted(producer_id=camera, layers=2))]


async def test_a_page_is_told_what_its_line_is_too_slow_for_and_again_when_it_comes_back(
    feature: MediaFeature, ana: Page, ben: Page, meeting: RecordingMeeting
) -> None:
    camera = await ana.produce((await ana.transport("send")).id)
    transport = await ben.transport("recv")
    consumer_id = (await ben.consume(transport.id, camera)).consumer.id

    def dark_notices() -> list[tuple[str | None, Notice]]:
        return [
            (endpoint_id, notice) for endpoint_id, notice in meeting.notices if isinstance(notice, MediaConsumerDark)
        ]

    await feature.on_connection_joined(ben.caller, 0)
    assert dark_notices() == [], "nothing has been dark yet"
    for is_dark in (True, False):
        told = [(ben.caller.endpoint_id, MediaConsumerDark(consumer_id=consumer_id, is_dark=is_dark))]
        feature.on_consumer_dark(transport.id, consumer_id, is_dark=is_dark)
        assert dark_notices() == told
        meeting.notices.clear()
        await feature.on_connection_joined(ben.caller, 0)
        assert dark_notices() == told
        meeting.notices.clear()
    await ben.ask(MediaConsumerClose, Empty, consumer_id=consumer_id)
    feature.on_consumer_dark(transport.id, consumer_id, is_dark=True)
    assert dark_notices() == []
