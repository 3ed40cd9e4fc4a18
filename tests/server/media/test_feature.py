"""A meeting's media from its first page to its last, with a real worker behind."""

import asyncio
import os
import signal
from typing import Any

import pytest
from msgspec import structs

from protocol.errors import ErrorCode
from protocol.events import MediaReset, MediaTransportClosed
from protocol.requests import (
    MediaConsumerClose,
    MediaConsumerUpdate,
    MediaProducerClose,
    MediaProducerUpdate,
    MediaTransportClose,
    MediaTransportConnect,
)
from protocol.room import MediaSnapshot, Source
from protocol.rtp import DtlsParameters
from protocol.wire import Empty
from server.media.feature import MediaFeature
from server.media.messages import SpeakersChanged
from server.media.service import MediaService
from tests.server.media.endpoint import Endpoint
from tests.server.media.meeting import RecordingMeeting, live_feature, worker_has
from tests.server.media.page import SOMEBODY, Page, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_nobody_touches_what_is_somebody_elses(feature: MediaFeature, ana: Page, ben: Page) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id)
    consumer = (await ben.consume(receiving.id, producer)).consumer
    other_tab = Page(feature, "ana", "another page of ana")
    request: Any
    for page in (ben, other_tab):
        for request in (
            page.ask(MediaTransportClose, Empty, transport_id=sending.id),
            page.ask(
                MediaTransportConnect,
                Empty,
                transport_id=sending.id,
                dtls_parameters=DtlsParameters(fingerprints=SOMEBODY),
            ),
            page.produce(sending.id),
            page.ask(MediaProducerUpdate, Empty, producer_id=producer, is_paused=True),
            page.ask(MediaProducerClose, Empty, producer_id=producer),
        ):
            await refused(request, ErrorCode.NOT_FOUND)
    for page in (ana, other_tab):
        for request in (
            page.consume(receiving.id, producer),
            page.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False),
            page.ask(MediaConsumerClose, Empty, consumer_id=consumer.id),
        ):
            await refused(request, ErrorCode.NOT_FOUND)


async def test_a_page_that_left_leaves_nothing(
    feature: MediaFeature, ana: Page, ben: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    await ben.consume(receiving.id, await ana.produce(sending.id))
    for _ in range(2):
        await feature.on_endpoint_left(ana.caller)
    assert meeting.producers("ana") == ()
    await worker_has(shared_service, transports=1, producers=0, consumers=0)
    await feature.on_participant_left("ben")
    await worker_has(shared_service, transports=0)


async def test_a_page_that_leaves_while_it_asks_leaves_nothing(
    feature: MediaFeature, ana: Page, shared_service: MediaService
) -> None:
    asking = asyncio.create_task(ana.transport("send"))
    await asyncio.sleep(0)
    await feature.on_endpoint_left(ana.caller)
    await refused(asking, ErrorCode.NOT_FOUND)
    sending = await ana.transport("send")
    producing = asyncio.create_task(ana.produce(sending.id))
    await asyncio.sleep(0)
    await feature.on_endpoint_left(ana.caller)
    await refused(producing, ErrorCode.NOT_FOUND)
    await worker_has(shared_service, transports=0, producers=0)


async def test_a_closed_meeting_leaves_nothing(shared_service: MediaService, meeting: RecordingMeeting) -> None:
    async with live_feature(shared_service, meeting) as feature:
        page = Page(feature, "ana")
        await page.produce((await page.transport("send")).id)
        await worker_has(shared_service, transports=1)
        await feature.on_meeting_closed(0)
        await refused(page.transport("send"), ErrorCode.MEDIA_UNAVAILABLE)
    await worker_has(shared_service, transports=0)


async def test_a_page_is_told_when_its_handshake_fails(
    ana: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    transport = await ana.transport("send")
    await ana.produce(transport.id)
    endpoint = await Endpoint.open("127.0.0.1", transport.ice_candidates[0].port)
    await ana.ask(
        MediaTransportConnect,
        Empty,
        transport_id=transport.id,
        dtls_parameters=DtlsParameters(fingerprints=SOMEBODY, role="client"),
    )
    await endpoint.check(transport.ice_parameters.username_fragment, transport.ice_parameters.password)
    handshake = asyncio.create_task(endpoint.shake_hands(transport.dtls_parameters.fingerprints[0]))
    assert await meeting.wait_for_notice(MediaTransportClosed) == (
        ana.caller.endpoint_id,
        MediaTransportClosed(transport_id=transport.id, reason="dtls_failed"),
    )
    assert meeting.producers("ana") == ()
    await asyncio.wait([handshake])
    handshake.exception()
    await endpoint.close()


async def test_a_lost_worker_begins_a_new_epoch(
    feature: MediaFeature, ana: Page, ben: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    sending = await ana.transport("send")
    await ana.produce(sending.id)
    assert feature.snapshot() == MediaSnapshot(epoch=1, is_available=True)
    (before,) = shared_service.stats()
    os.kill(before.pid, signal.SIGKILL)
    await meeting.wait_for_reset(2)
    assert meeting.events == [MediaReset(epoch=2, is_available=False), MediaReset(epoch=2, is_available=True)]
    assert feature.snapshot() == MediaSnapshot(epoch=2, is_available=True)
    assert meeting.producers("ana") == ()
    await refused(ana.produce(sending.id), ErrorCode.NOT_FOUND)
    (after,) = shared_service.stats()
    assert after.pid != before.pid
    assert after.deaths == before.deaths + 1
    transport, receiving = await ana.transport("send"), await ben.transport("recv")
    await ben.consume(receiving.id, await ana.produce(transport.id))


async def test_the_room_knows_who_has_media_on_any_of_their_pages(
    feature: MediaFeature, meeting: RecordingMeeting, ana: Page
) -> None:
    tablet = Page(feature, "ana", "tablet")
    sending, receiving = await ana.transport("send"), await tablet.transport("recv")
    assert meeting.with_media == set(), "opened is not connected"
    for transport_id in (sending.id, receiving.id, "of another meeting"):
        feature.on_transport_connected(transport_id)
    assert meeting.with_media == {"ana"}
    feature.on_transport_closed(sending.id, "consent_expired")
    assert meeting.with_media == {"ana"}
    await tablet.ask(MediaTransportClose, Empty, transport_id=receiving.id)
    assert meeting.with_media == set()
    feature.on_transport_connected((await ana.transport("send")).id)
    feature.on_worker_lost()
    assert meeting.with_media == set()


async def test_the_room_knows_who_is_talking(feature: MediaFeature, meeting: RecordingMeeting, ana: Page) -> None:
    microphone = await ana.produce((await ana.transport("send")).id, Source.MICROPHONE)
    worker = feature._media.span.home
    assert worker is not None
    said = SpeakersChanged(router_id="r", slots=[microphone], talking=[microphone, "gone"], dominant=microphone)
    feature.on_speakers_changed(worker, said)
    assert meeting.talking == {"ana"}
    feature.on_speakers_changed(worker, structs.replace(said, talking=[]))
    assert meeting.talking == set()
    feature.on_speakers_changed(worker, said)
    feature.on_worker_lost()
    assert meeting.talking == set()
