"""What pages send, with a real worker behind."""

import asyncio

import pytest
from msgspec.structs import replace

from protocol.errors import ErrorCode
from protocol.events import MediaProducerClosed
from protocol.permissions import SCREENS_AT_ONCE
from protocol.requests import MediaProducerClose, MediaProducerUpdate, MediaTransportClose
from protocol.roles import RoomKind
from protocol.room import ProducerInfo, Source
from protocol.wire import Empty
from server.errors import UserError
from server.media import messages as m
from server.media import worker_process
from server.media.feature import MediaFeature
from server.media.service import MediaService
from tests.server.media.meeting import RecordingMeeting, live_feature, note_commands, worker_has
from tests.server.media.page import Page, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_room_is_told_what_everybody_sends(ana: Page, meeting: RecordingMeeting) -> None:
    transport = await ana.transport("send")
    microphone = await ana.produce(transport.id, Source.MICROPHONE)
    camera = await ana.produce(transport.id, Source.CAMERA)
    assert meeting.producers("ana") == (
        ProducerInfo(producer_id=camera, source=Source.CAMERA, is_paused=False),
        ProducerInfo(producer_id=microphone, source=Source.MICROPHONE, is_paused=False),
    )
    await ana.ask(MediaProducerUpdate, Empty, producer_id=microphone, is_paused=True)
    assert meeting.producers("ana")[1].is_paused
    await ana.ask(MediaProducerClose, Empty, producer_id=microphone)
    assert [info.producer_id for info in meeting.producers("ana")] == [camera]
    await ana.ask(MediaTransportClose, Empty, transport_id=transport.id)
    assert meeting.producers("ana") == ()


async def test_the_newest_page_sends(feature: MediaFeature, ana: Page, meeting: RecordingMeeting) -> None:
    first = await ana.produce((await ana.transport("send")).id)
    other_tab = Page(feature, "ana", "another page of ana")
    transport = await other_tab.transport("send")
    meeting.told.clear()
    second = await other_tab.produce(transport.id)
    now = (ProducerInfo(producer_id=second, source=Source.CAMERA, is_paused=False),)
    assert meeting.told == [now, MediaProducerClosed(producer_id=first, reason="replaced")], "never nothing in between"
    assert meeting.notices[-1][0] == ana.caller.endpoint_id
    await refused(ana.ask(MediaProducerClose, Empty, producer_id=first), ErrorCode.NOT_FOUND)


async def test_two_pages_at_the_same_time_end_with_one_producer(
    feature: MediaFeature, ana: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    other_tab = Page(feature, "ana", "another page of ana")
    transports = [(await page.transport("send")).id for page in (ana, other_tab)]
    await asyncio.gather(ana.produce(transports[0]), other_tab.produce(transports[1]))
    assert len(meeting.producers("ana")) == 1
    await worker_has(shared_service, producers=1)


async def test_a_page_sends_a_source_again_with_the_same_ssrc(ana: Page, shared_service: MediaService) -> None:
    transport = await ana.transport("send")
    await ana.produce(transport.id)
    await ana.produce(transport.id)
    await worker_has(shared_service, producers=1)


@pytest.mark.parametrize("is_other_page", [False, True])
async def test_a_refused_producer_takes_nothing_away(
    feature: MediaFeature, ana: Page, meeting: RecordingMeeting, shared_service: MediaService, *, is_other_page: bool
) -> None:
    sending = await ana.transport("send")
    camera = await ana.produce(sending.id)
    page = Page(feature, "ana", "another page of ana") if is_other_page else ana
    transport = await page.transport("send") if is_other_page else sending
    await page.produce(transport.id, Source.MICROPHONE)
    await refused(page.produce(transport.id, mid="9", encodings=[{"ssrc": 2_222}]), ErrorCode.BAD_REQUEST)
    assert meeting.producers("ana")[0].producer_id == camera
    assert not [notice for _, notice in meeting.notices if isinstance(notice, MediaProducerClosed)]
    await ana.ask(MediaProducerUpdate, Empty, producer_id=camera, is_paused=True)
    await worker_has(shared_service, producers=2)


async def test_a_producer_that_may_have_been_replaced_too_late_is_gone(
    ana: Page, meeting: RecordingMeeting, shared_service: MediaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = await ana.transport("send")
    await ana.produce(sending.id)
    with monkeypatch.context() as impatient:
        impatient.setattr(worker_process, "CALL_TIMEOUT_S", 0)
        await refused(ana.produce(sending.id), ErrorCode.MEDIA_UNAVAILABLE)
    assert meeting.producers("ana") == ()
    await worker_has(shared_service, producers=0)


async def test_a_producer_that_nobody_waits_for_any_more_is_closed(
    ana: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    sending = await ana.transport("send")
    await ana.produce(sending.id)
    asking = asyncio.create_task(ana.produce(sending.id))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    assert meeting.producers("ana") == ()
    await ana.produce(sending.id, Source.MICROPHONE)
    await worker_has(shared_service, producers=1)


async def test_hostile_parameters_are_a_bad_request(ana: Page, meeting: RecordingMeeting) -> None:
    transport = await ana.transport("send")
    await refused(ana.produce(transport.id, mid="\r\n"), ErrorCode.BAD_REQUEST)
    await refused(ana.produce(transport.id, encodings=[{"ssrc": 1}, {"ssrc": 1}]), ErrorCode.BAD_REQUEST)
    await ana.produce(transport.id)
    await refused(ana.produce(transport.id, Source.MICROPHONE, encodings=[{"ssrc": 1_111}]), ErrorCode.BAD_REQUEST)
    assert len(meeting.producers("ana")) == 1


async def test_a_screen_stands_beside_the_camera_and_only_another_screen_replaces_it(
    feature: MediaFeature, ana: Page, meeting: RecordingMeeting, shared_service: MediaService
) -> None:
    transport = await ana.transport("send")
    camera = await ana.produce(transport.id)
    first = await ana.produce(transport.id, Source.SCREEN, mid="2", encodings=[{"ssrc": 3_333}])
    assert [(info.producer_id, info.source) for info in meeting.producers("ana")] == [
        (camera, Source.CAMERA),
        (first, Source.SCREEN),
    ]
    other_tab = Page(feature, "ana", "another page of ana")
    second = await other_tab.produce((await other_tab.transport("send")).id, Source.SCREEN)
    assert {info.producer_id for info in meeting.producers("ana")} == {camera, second}
    assert (ana.caller.endpoint_id, MediaProducerClosed(producer_id=first, reason="replaced")) in meeting.notices
    await other_tab.ask(MediaProducerUpdate, Empty, producer_id=second, is_paused=True)
    assert [info.is_paused for info in meeting.producers("ana")] == [False, True]
    await other_tab.ask(MediaProducerClose, Empty, producer_id=second)
    assert [info.producer_id for info in meeting.producers("ana")] == [camera]
    await worker_has(shared_service, producers=1)


async def test_the_worker_is_told_what_is_a_screen(ana: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    given = note_commands(monkeypatch)
    transport = await ana.transport("send")
    await ana.produce(transport.id)
    await ana.produce(transport.id, Source.SCREEN, mid="2", encodings=[{"ssrc": 3_333}])
    assert [command.stream.is_screen for command in given if isinstance(command, m.Produce)] == [False, True]


@pytest.mark.parametrize("kind", [RoomKind.STAGE, RoomKind.ONE_TO_ONE, RoomKind.LESSON])
async def test_so_many_screens_at_once_as_the_kind_of_room_allows(shared_service: MediaService, kind: RoomKind) -> None:
    limit = SCREENS_AT_ONCE[kind]
    meeting = RecordingMeeting(people=[f"p{number}" for number in range(limit + 1)])
    meeting.room = replace(meeting.room, kind=kind)
    async with live_feature(shared_service, meeting) as feature:
        pages = [Page(feature, participant.participant_id) for participant in meeting.participants()]
        transports = [(await page.transport("send")).id for page in pages]
        asked = [page.produce(at, Source.SCREEN) for page, at in zip(pages, transports, strict=True)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        (error,) = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert isinstance(error, UserError)
        assert error.code is ErrorCode.TOO_MANY_SCREENS
        await worker_has(shared_service, producers=limit)  # what was made before the refusal is gone
        refused_at = outcomes.index(error)
        late, other = pages[refused_at], pages[(refused_at + 1) % len(pages)]
        await late.produce(transports[refused_at])
        await refused(late.produce(transports[refused_at], Source.SCREEN), ErrorCode.TOO_MANY_SCREENS)
        await other.produce(transports[pages.index(other)], Source.SCREEN)  # one's own makes room for itself
        await other.ask(MediaTransportClose, Empty, transport_id=transports[pages.index(other)])
        await late.produce(transports[refused_at], Source.SCREEN, mid="2", encodings=[{"ssrc": 3_333}])
