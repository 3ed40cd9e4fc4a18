"""What is open, and a real worker that may be busy or gone."""

import asyncio
import os
import signal

import pytest

from protocol.errors import ErrorCode
from protocol.requests import MediaConsumerClose, MediaConsumerUpdate, MediaProducerClose
from protocol.room import Source
from protocol.wire import Empty
from server.media import messages as m
from server.media import rpc
from server.media.feature import MediaFeature
from server.media.service import MediaService
from tests.server.media.meeting import RecordingMeeting, worker_has
from tests.server.media.page import Page, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_busy_worker_is_asked_again_later(ana: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as busy:
        busy.setattr(rpc, "MAX_CALLS_UNDER_WAY", 0)
        await refused(ana.transport("send"), ErrorCode.TOO_MANY)
    await ana.transport("send")


async def test_consumers_end_with_their_producer(ana: Page, ben: Page, shared_service: MediaService) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id)
    consumer = (await ben.consume(receiving.id, producer)).consumer
    await worker_has(shared_service, consumers=1)
    await ana.ask(MediaProducerClose, Empty, producer_id=producer)
    await refused(ben.ask(MediaConsumerClose, Empty, consumer_id=consumer.id), ErrorCode.NOT_FOUND)
    await worker_has(shared_service, producers=0, consumers=0)


async def test_what_the_worker_has_closed_by_itself_is_not_found(feature: MediaFeature, ana: Page, ben: Page) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    camera, microphone = await ana.produce(sending.id), await ana.produce(sending.id, Source.MICROPHONE)
    consumer = (await ben.consume(receiving.id, camera)).consumer
    worker = feature._media.span.home
    assert worker is not None
    worker.post(m.CloseTransport(transport_id=sending.id))
    await refused(ben.consume(receiving.id, microphone), ErrorCode.NOT_FOUND)
    watching = ben.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False)
    await refused(watching, ErrorCode.NOT_FOUND)


async def test_a_request_under_way_when_the_worker_dies_fails_cleanly(
    ana: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    (stats,) = shared_service.stats()
    os.kill(stats.pid, signal.SIGSTOP)
    asking = asyncio.create_task(ana.transport("send"))
    await asyncio.sleep(0)
    os.kill(stats.pid, signal.SIGKILL)
    await refused(asking, ErrorCode.MEDIA_UNAVAILABLE)
    await meeting.wait_for_reset(2)
    await ana.transport("send")
    await worker_has(shared_service, transports=1)
