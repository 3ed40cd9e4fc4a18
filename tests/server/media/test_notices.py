"""What a meeting is told of its media."""

import pytest

from protocol.events import MediaConsumerDark, MediaLayersWanted, Notice
from protocol.requests import MediaConsumerClose, MediaConsumerUpdate, MediaTransportClose
from protocol.room import Quality
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


class TestQuality:
    """What the worker tells of transports becomes a mark of each participant."""

    async def test_a_participant_s_connection_is_as_bad_as_the_worst_of_their_transports(
        self, feature: MediaFeature, meeting: RecordingMeeting, ana: Page
    ) -> None:
        tablet = Page(feature, "ana", "tablet")
        transports = [await ana.transport("send"), await ana.transport("recv"), await tablet.transport("recv")]
        qualities = [Quality.FAIR, Quality.GOOD, Quality.POOR]
        for transport, quality in zip(transports, qualities, strict=True):
            feature.on_transport_quality(transport.id, quality)
        assert quality_of(meeting, "ana") is Quality.POOR
        assert quality_of(meeting, "ben") is Quality.GOOD
        await tablet.ask(MediaTransportClose, Empty, transport_id=transports[2].id)
        assert quality_of(meeting, "ana") is Quality.FAIR
        feature.on_transport_quality(transports[0].id, Quality.GOOD)
        assert quality_of(meeting, "ana") is Quality.GOOD

    async def test_whose_transports_are_gone_has_no_bad_connection(
        self, feature: MediaFeature, meeting: RecordingMeeting, ana: Page
    ) -> None:
        transport = await ana.transport("send")
        feature.on_transport_quality(transport.id, Quality.POOR)
        feature.on_transport_quality("of another meeting", Quality.POOR)
        assert quality_of(meeting, "ana") is Quality.POOR
        feature.on_worker_lost()
        assert quality_of(meeting, "ana") is Quality.GOOD
        feature.on_transport_quality(transport.id, Quality.POOR)
        assert quality_of(meeting, "ana") is Quality.GOOD


def quality_of(meeting: RecordingMeeting, participant_id: str) -> Quality:
    participant = meeting.participant(participant_id)
    assert participant is not None
    return participant.quality
