"""What pages receive, with a real worker behind; the audio slots are in `test_slots.py`."""

import asyncio

import pytest

from protocol.errors import ErrorCode
from protocol.requests import (
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsumerClose,
    MediaConsumerUpdate,
    MediaProducerClose,
    MediaProducerUpdate,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.room import Source
from protocol.rtp import RtpCapabilities
from protocol.wire import Empty
from server.media import consumer_requests
from server.media import messages as m
from server.media.books import MAX_MEDIA_ENDPOINTS
from server.media.feature import MediaFeature
from server.media.service import MediaService
from tests.server.media.meeting import note_commands, worker_has
from tests.server.media.page import Page, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_consumer_is_what_mediasoup_client_takes(ana: Page, ben: Page) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id, Source.MICROPHONE)
    await ana.ask(MediaProducerUpdate, Empty, producer_id=producer, is_paused=True)
    consumer = (await ben.consume(receiving.id, producer)).consumer
    assert (consumer.producer_id, consumer.kind, consumer.producer_paused) == (producer, "audio", True)
    assert consumer.rtp_parameters.rtcp.cname == sending.id, "sound and picture of one page belong together"
    await ben.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False)
    await ben.ask(MediaConsumerClose, Empty, consumer_id=consumer.id)
    await refused(ben.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False), ErrorCode.NOT_FOUND)


async def test_what_a_page_cannot_play_it_cannot_consume(ana: Page, ben: Page) -> None:
    sending = await ana.transport("send")
    producer = await ana.produce(sending.id)
    receiving = await ben.ask(
        MediaTransportCreate, MediaTransportCreated, direction="recv", rtp_capabilities=RtpCapabilities()
    )
    await refused(ben.consume(receiving.transport.id, producer), ErrorCode.CANNOT_CONSUME)
    await refused(ben.consume(receiving.transport.id, "pr_unknown"), ErrorCode.NOT_FOUND)


async def test_a_page_has_one_consumer_of_a_producer(ana: Page, ben: Page, shared_service: MediaService) -> None:
    producer = await ana.produce((await ana.transport("send")).id, Source.MICROPHONE)
    receiving = await ben.transport("recv")
    earlier = (await ben.consume(receiving.id, producer)).consumer
    later = (await ben.consume(receiving.id, producer)).consumer
    await worker_has(shared_service, consumers=1)
    await refused(ben.ask(MediaConsumerClose, Empty, consumer_id=earlier.id), ErrorCode.NOT_FOUND)
    await ben.ask(MediaConsumerClose, Empty, consumer_id=later.id)
    await worker_has(shared_service, consumers=0)


async def test_a_producer_that_closes_while_somebody_asks_for_it(ana: Page, ben: Page) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id)
    consuming = asyncio.create_task(ben.consume(receiving.id, producer))
    await asyncio.sleep(0)
    await ana.ask(MediaProducerClose, Empty, producer_id=producer)
    await refused(consuming, ErrorCode.NOT_FOUND)


async def test_there_is_a_limit_to_pages_and_consumers(
    feature: MediaFeature, ana: Page, ben: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_requests, "MAX_CONSUMERS", 1)
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    camera = await ana.produce(sending.id)
    microphone = await ana.produce(sending.id, Source.MICROPHONE)
    await ben.consume(receiving.id, camera)
    await refused(ben.consume(receiving.id, microphone), ErrorCode.TOO_MANY)
    pages = [Page(feature, "ben", f"page {number}") for number in range(MAX_MEDIA_ENDPOINTS)]
    for page in pages[:-1]:
        await page.transport("recv")
    await refused(pages[-1].transport("recv"), ErrorCode.TOO_MANY)
    await ben.transport("recv")


async def test_the_worker_is_told_how_large_a_picture_is_shown(
    ana: Page, ben: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = note_commands(monkeypatch)
    camera = await ana.produce((await ana.transport("send")).id)
    consumed = await ben.consume((await ben.transport("recv")).id, camera)
    update = {"consumer_id": consumed.consumer.id, "is_paused": False}
    await ben.ask(MediaConsumerUpdate, Empty, **update, max_layer=1, is_large=True)
    await ben.ask(MediaConsumerUpdate, Empty, **update, max_layer=0)
    await ben.ask(MediaConsumerUpdate, Empty, **update)
    preferred = [(c.layer, c.is_large) for c in given if isinstance(c, m.PreferLayer)]
    assert preferred == [(1, True), (0, False)]


async def test_what_nobody_waits_for_any_more_is_closed(ana: Page, ben: Page, shared_service: MediaService) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    camera = await ana.produce(sending.id)
    for asking in (
        ben.consume(receiving.id, camera),
        ben.ask(MediaAudioSlots, MediaAudioSlotsConsumed, transport_id=receiving.id),
    ):
        task = asyncio.create_task(asking)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    await ben.consume(receiving.id, await ana.produce(sending.id, Source.MICROPHONE))
    await worker_has(shared_service, consumers=1)
