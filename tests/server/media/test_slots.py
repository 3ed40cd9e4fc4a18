"""A meeting's audio slots as pages ask for them, with a real worker behind."""

import os
import signal

import pytest

from protocol.errors import ErrorCode
from protocol.events import MediaSpeakers
from protocol.requests import (
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsumerClose,
    MediaConsumerUpdate,
    MediaProducerUpdate,
    MediaTransportClose,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.room import Source
from protocol.rtp import ConsumerOptions, RtpCapabilities
from protocol.wire import Empty
from server.media import books as books_module
from server.media import consumer_requests
from server.media.capabilities import AUDIO_LEVEL_URI, MID_URI
from server.media.feature import MediaFeature
from server.media.messages import AUDIO_SLOTS
from server.media.service import MediaService
from tests.server.media.meeting import RecordingMeeting, worker_has
from tests.server.media.page import Page, refused
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = MediaSpeakers(slots=(None,) * AUDIO_SLOTS, talking=(), dominant=None)


async def slots_of(page: Page, transport_id: str) -> tuple[ConsumerOptions, ...]:
    return (await page.ask(MediaAudioSlots, MediaAudioSlotsConsumed, transport_id=transport_id)).consumers


def speakers(meeting: RecordingMeeting) -> MediaSpeakers:
    """Return what the room was told last of who is heard."""
    notices = [notice for _, notice in meeting.notices if isinstance(notice, MediaSpeakers)]
    return notices[-1] if notices else NOBODY


def heard_in_slots(*participants: str) -> tuple[str | None, ...]:
    return (*participants, *[None] * (AUDIO_SLOTS - len(participants)))


async def test_a_page_gets_a_consumer_for_each_slot(ana: Page, shared_service: MediaService) -> None:
    slots = await slots_of(ana, (await ana.transport("recv")).id)
    assert [(slot.producer_id, slot.kind, slot.producer_paused) for slot in slots] == [
        (f"slot{number}", "audio", False) for number in range(AUDIO_SLOTS)
    ]
    parameters = [slot.rtp_parameters for slot in slots]
    assert len({p.mid for p in parameters}) == AUDIO_SLOTS
    assert len({p.encodings[0].ssrc for p in parameters}) == AUDIO_SLOTS
    assert {p.codecs[0].mime_type for p in parameters} == {"audio/opus"}
    assert {AUDIO_LEVEL_URI, MID_URI} <= {extension.uri for extension in parameters[0].header_extensions}
    await worker_has(shared_service, consumers=AUDIO_SLOTS)


async def test_asked_again_the_answer_is_the_same(ana: Page, shared_service: MediaService) -> None:
    transport = await ana.transport("recv")
    first = await slots_of(ana, transport.id)
    assert await slots_of(ana, transport.id) == first
    await worker_has(shared_service, consumers=AUDIO_SLOTS)
    other = await ana.transport("recv")
    assert (await slots_of(ana, other.id))[0].id != first[0].id


async def test_slots_are_paused_and_closed_like_any_consumer(ana: Page, shared_service: MediaService) -> None:
    transport = await ana.transport("recv")
    first, *others = await slots_of(ana, transport.id)
    await ana.ask(MediaConsumerUpdate, Empty, consumer_id=first.id, is_paused=True)
    await ana.ask(MediaConsumerClose, Empty, consumer_id=first.id)
    await refused(ana.ask(MediaConsumerUpdate, Empty, consumer_id=first.id, is_paused=False), ErrorCode.NOT_FOUND)
    await worker_has(shared_service, consumers=len(others))
    again = await slots_of(ana, transport.id)
    assert {slot.id for slot in again}.isdisjoint({first.id, *(slot.id for slot in others)})
    await worker_has(shared_service, consumers=AUDIO_SLOTS)
    await ana.ask(MediaTransportClose, Empty, transport_id=transport.id)
    await worker_has(shared_service, consumers=0)


async def test_slots_are_received_on_ones_own_transport_only(ana: Page, ben: Page) -> None:
    receiving, sending = await ana.transport("recv"), await ana.transport("send")
    await refused(slots_of(ben, receiving.id), ErrorCode.NOT_FOUND)
    await refused(slots_of(ana, sending.id), ErrorCode.BAD_REQUEST)


async def test_a_page_that_cannot_play_sound_gets_none(ana: Page) -> None:
    created = await ana.ask(
        MediaTransportCreate, MediaTransportCreated, direction="recv", rtp_capabilities=RtpCapabilities()
    )
    await refused(slots_of(ana, created.transport.id), ErrorCode.CANNOT_CONSUME)


async def test_slots_count_among_a_page_s_streams(ana: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_requests, "MAX_CONSUMERS", AUDIO_SLOTS - 1)
    await refused(slots_of(ana, (await ana.transport("recv")).id), ErrorCode.TOO_MANY)


async def test_the_room_is_told_who_is_in_which_slot(ana: Page, ben: Page, meeting: RecordingMeeting) -> None:
    sending = await ana.transport("send")
    microphone = await ana.produce(sending.id, Source.MICROPHONE)
    assert speakers(meeting).slots == heard_in_slots("ana"), "known as soon as the page knows its producer"
    await ben.produce((await ben.transport("send")).id, Source.MICROPHONE)
    await until(lambda: speakers(meeting).slots == heard_in_slots("ana", "ben"))
    assert {endpoint_id for endpoint_id, notice in meeting.notices if isinstance(notice, MediaSpeakers)} == {None}
    await ana.ask(MediaProducerUpdate, Empty, producer_id=microphone, is_paused=True)
    await until(lambda: speakers(meeting).slots == (None, "ben", None, None))
    await ana.ask(MediaProducerUpdate, Empty, producer_id=microphone, is_paused=False)
    await until(lambda: speakers(meeting).slots == heard_in_slots("ana", "ben"))
    await ana.ask(MediaTransportClose, Empty, transport_id=sending.id)
    await until(lambda: speakers(meeting).slots == (None, "ben", None, None))


async def test_whoever_comes_in_is_told_who_is_heard(
    feature: MediaFeature, ana: Page, ben: Page, meeting: RecordingMeeting
) -> None:
    await feature.on_connection_joined(ben.caller, 0)
    assert meeting.notices == [(ben.caller.endpoint_id, NOBODY)], "what it knew before may be wrong now"
    await ana.produce((await ana.transport("send")).id, Source.MICROPHONE)
    meeting.notices.clear()
    await feature.on_connection_joined(ben.caller, 0)
    heard = MediaSpeakers(slots=heard_in_slots("ana"), talking=(), dominant=None)
    assert meeting.notices == [(ben.caller.endpoint_id, heard)]


async def test_nobody_is_heard_without_a_worker_and_everything_comes_back_with_the_next(
    shared_service: MediaService, ana: Page, meeting: RecordingMeeting
) -> None:
    await ana.produce((await ana.transport("send")).id, Source.MICROPHONE)
    await slots_of(ana, (await ana.transport("recv")).id)
    os.kill(shared_service.stats()[0].pid, signal.SIGKILL)
    await meeting.wait_for_reset(2)
    assert speakers(meeting) == NOBODY
    await ana.produce((await ana.transport("send")).id, Source.MICROPHONE)
    assert speakers(meeting).slots == heard_in_slots("ana")
    await slots_of(ana, (await ana.transport("recv")).id)
    await worker_has(shared_service, consumers=AUDIO_SLOTS)


async def test_refused_in_part_nothing_is_left(
    ana: Page, shared_service: MediaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiving = await ana.transport("recv")
    with monkeypatch.context() as full:
        full.setattr(books_module, "MAX_CONSUMERS_OF_PARTICIPANT", AUDIO_SLOTS - 1)
        await refused(slots_of(ana, receiving.id), ErrorCode.TOO_MANY)
    await slots_of(ana, receiving.id)
    await worker_has(shared_service, consumers=AUDIO_SLOTS)
