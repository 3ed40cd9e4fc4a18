"""Who may touch what of a meeting's media, with a real worker behind."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from protocol.errors import ErrorCode
from protocol.events import (
    MediaConsumerDark,
    MediaLayersWanted,
    MediaProducerClosed,
    MediaReset,
    MediaTransportClosed,
    Notice,
)
from protocol.permissions import SCREENS_AT_ONCE
from protocol.requests import (
    MediaConsume,
    MediaConsumed,
    MediaConsumerClose,
    MediaConsumerUpdate,
    MediaIceRestart,
    MediaIceRestarted,
    MediaProduce,
    MediaProduced,
    MediaProducerClose,
    MediaProducerUpdate,
    MediaTransportClose,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.roles import RoomKind
from protocol.room import MediaSnapshot, ProducerInfo, Quality, Source
from protocol.rtp import DtlsFingerprint, DtlsParameters, RtpCapabilities, RtpParameters, TransportOptions
from protocol.wire import Empty
from server.errors import UserError
from server.media import books as books_module
from server.media import feature as feature_module
from server.media import messages as m
from server.media import rpc, worker_process
from server.media.books import MAX_MEDIA_ENDPOINTS
from server.media.capabilities import ROUTER_CAPABILITIES
from server.media.endpoint import MediaTransport
from server.media.feature import MediaFeature
from server.media.service import MediaService
from server.media.supervisor import WorkerStats
from tests.server.media.endpoint import Endpoint
from tests.server.media.meeting import Page, RecordingMeeting, live_feature, running_service
from tests.server.media.test_ortc import audio, video
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOMEBODY = [DtlsFingerprint(algorithm="sha-256", value=":".join(["00"] * 32))]


class MediaPage(Page):
    """A page with shorthands."""

    async def transport(self, direction: str) -> TransportOptions:
        created = await self.ask(
            MediaTransportCreate, MediaTransportCreated, direction=direction, rtp_capabilities=ROUTER_CAPABILITIES
        )
        return created.transport

    async def produce(self, transport_id: str, source: Source = Source.CAMERA, **changes: Any) -> str:
        parameters = audio(**changes) if source is Source.MICROPHONE else video(**changes)
        produced = await self.ask(
            MediaProduce,
            MediaProduced,
            transport_id=transport_id,
            source=source,
            rtp_parameters=msgspec.convert(parameters, RtpParameters),
        )
        return produced.producer_id

    async def consume(self, transport_id: str, producer_id: str) -> MediaConsumed:
        return await self.ask(MediaConsume, MediaConsumed, transport_id=transport_id, producer_id=producer_id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncIterator[MediaService]:
    """One service for all tests here; each has a meeting of its own."""
    async with running_service() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def meeting() -> RecordingMeeting:
    return RecordingMeeting()


@pytest_asyncio.fixture(loop_scope="module")
async def feature(service: MediaService, meeting: RecordingMeeting) -> AsyncIterator[MediaFeature]:
    async with live_feature(service, meeting) as live:
        yield live


@pytest.fixture
def ana(feature: MediaFeature) -> MediaPage:
    return MediaPage(feature, "ana")


@pytest.fixture
def ben(feature: MediaFeature) -> MediaPage:
    return MediaPage(feature, "ben")


async def refused(request: Any, code: ErrorCode) -> None:
    with pytest.raises(UserError) as error:
        await request
    assert error.value.code is code


async def worker_has(service: MediaService, **expected: int) -> WorkerStats:
    """Wait for a report with these numbers."""
    await until(lambda: all(getattr(service.stats()[0], name) == value for name, value in expected.items()))
    return service.stats()[0]


async def test_a_transport_has_what_mediasoup_client_needs(ana: MediaPage, service: MediaService) -> None:
    options = await ana.transport("send")
    assert options.ice_parameters.ice_lite
    port = service.stats()[0].port
    assert [(c.protocol, c.ip, c.port) for c in options.ice_candidates] == [
        (protocol, "127.0.0.1", port) for protocol in ("udp", "tcp")
    ]
    assert options.dtls_parameters.role == "auto"
    assert len(options.dtls_parameters.fingerprints) == 1
    plain = msgspec.to_builtins(options)
    assert set(plain) == {"id", "iceParameters", "iceCandidates", "dtlsParameters"}
    assert set(plain["iceParameters"]) == {"usernameFragment", "password", "iceLite"}


async def test_every_transport_and_every_restart_brings_fresh_relay_credentials(tmp_path: Path) -> None:
    secret_file = tmp_path / "turn.secret"
    secret_file.write_text("0123456789abcdef")
    url = "turn:127.0.0.1:3478?transport=udp"
    async with (
        running_service(turn_urls=(url,), turn_secret_file=secret_file) as service,
        live_feature(service, RecordingMeeting()) as feature,
    ):
        ana = MediaPage(feature, "ana")
        options = await ana.transport("send")
        [relay] = options.ice_servers
        assert relay.urls == [url]
        assert relay.username is not None
        assert relay.username.endswith(":ana")
        restarted = await ana.ask(MediaIceRestart, MediaIceRestarted, transport_id=options.id)
        assert [server.urls for server in restarted.ice_servers] == [[url]]
        assert "iceServers" in msgspec.to_builtins(options)


async def test_the_room_is_told_what_everybody_sends(ana: MediaPage, meeting: RecordingMeeting) -> None:
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


async def test_a_consumer_is_what_mediasoup_client_takes(ana: MediaPage, ben: MediaPage) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id, Source.MICROPHONE)
    await ana.ask(MediaProducerUpdate, Empty, producer_id=producer, is_paused=True)
    consumer = (await ben.consume(receiving.id, producer)).consumer
    assert (consumer.producer_id, consumer.kind, consumer.producer_paused) == (producer, "audio", True)
    assert consumer.rtp_parameters.rtcp.cname == sending.id, "sound and picture of one page belong together"
    await ben.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False)
    await ben.ask(MediaConsumerClose, Empty, consumer_id=consumer.id)
    await refused(ben.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False), ErrorCode.NOT_FOUND)


async def test_nobody_touches_what_is_somebody_elses(feature: MediaFeature, ana: MediaPage, ben: MediaPage) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id)
    consumer = (await ben.consume(receiving.id, producer)).consumer
    other_tab = MediaPage(feature, "ana", "another page of ana")
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


async def test_a_transport_has_one_direction(ana: MediaPage, ben: MediaPage) -> None:
    sending, receiving = await ana.transport("send"), await ana.transport("recv")
    await refused(ana.produce(receiving.id), ErrorCode.BAD_REQUEST)
    producer = await ana.produce(sending.id)
    await refused(ana.consume(sending.id, producer), ErrorCode.BAD_REQUEST)
    await refused(ben.ask(MediaTransportCreate, MediaTransportCreated, direction="recv"), ErrorCode.BAD_REQUEST)


async def test_what_a_page_cannot_play_it_cannot_consume(ana: MediaPage, ben: MediaPage) -> None:
    sending = await ana.transport("send")
    producer = await ana.produce(sending.id)
    receiving = await ben.ask(
        MediaTransportCreate, MediaTransportCreated, direction="recv", rtp_capabilities=RtpCapabilities()
    )
    await refused(ben.consume(receiving.transport.id, producer), ErrorCode.CANNOT_CONSUME)
    await refused(ben.consume(receiving.transport.id, "pr_unknown"), ErrorCode.NOT_FOUND)


async def test_a_new_transport_replaces_the_page_s_earlier_one(
    ana: MediaPage, meeting: RecordingMeeting, service: MediaService
) -> None:
    first = await ana.transport("send")
    await ana.produce(first.id)
    await ana.transport("recv")
    second = await ana.transport("send")
    assert second.id != first.id
    assert meeting.producers("ana") == ()
    closed = MediaTransportClosed(transport_id=first.id, reason="replaced")
    assert meeting.notices == [(ana.caller.endpoint_id, closed)]
    await worker_has(service, transports=2, producers=0)


async def test_the_newest_page_sends(feature: MediaFeature, ana: MediaPage, meeting: RecordingMeeting) -> None:
    first = await ana.produce((await ana.transport("send")).id)
    other_tab = MediaPage(feature, "ana", "another page of ana")
    transport = await other_tab.transport("send")
    meeting.told.clear()
    second = await other_tab.produce(transport.id)
    now = (ProducerInfo(producer_id=second, source=Source.CAMERA, is_paused=False),)
    assert meeting.told == [now, MediaProducerClosed(producer_id=first, reason="replaced")], "never nothing in between"
    assert meeting.notices[-1][0] == ana.caller.endpoint_id
    await refused(ana.ask(MediaProducerClose, Empty, producer_id=first), ErrorCode.NOT_FOUND)


async def test_two_pages_at_the_same_time_end_with_one_producer(
    feature: MediaFeature, ana: MediaPage, meeting: RecordingMeeting, service: MediaService
) -> None:
    other_tab = MediaPage(feature, "ana", "another page of ana")
    transports = [(await page.transport("send")).id for page in (ana, other_tab)]
    await asyncio.gather(ana.produce(transports[0]), other_tab.produce(transports[1]))
    assert len(meeting.producers("ana")) == 1
    await worker_has(service, producers=1)


async def test_a_page_sends_a_source_again_with_the_same_ssrc(ana: MediaPage, service: MediaService) -> None:
    transport = await ana.transport("send")
    await ana.produce(transport.id)
    await ana.produce(transport.id)
    await worker_has(service, producers=1)


@pytest.mark.parametrize("is_other_page", [False, True])
async def test_a_refused_producer_takes_nothing_away(
    feature: MediaFeature, ana: MediaPage, meeting: RecordingMeeting, service: MediaService, *, is_other_page: bool
) -> None:
    sending = await ana.transport("send")
    camera = await ana.produce(sending.id)
    page = MediaPage(feature, "ana", "another page of ana") if is_other_page else ana
    transport = await page.transport("send") if is_other_page else sending
    await page.produce(transport.id, Source.MICROPHONE)
    await refused(page.produce(transport.id, mid="9", encodings=[{"ssrc": 2_222}]), ErrorCode.BAD_REQUEST)
    assert meeting.producers("ana")[0].producer_id == camera
    assert not [notice for _, notice in meeting.notices if isinstance(notice, MediaProducerClosed)]
    await ana.ask(MediaProducerUpdate, Empty, producer_id=camera, is_paused=True)
    await worker_has(service, producers=2)


async def test_a_busy_worker_is_asked_again_later(ana: MediaPage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as busy:
        busy.setattr(rpc, "MAX_CALLS_UNDER_WAY", 0)
        await refused(ana.transport("send"), ErrorCode.TOO_MANY)
    await ana.transport("send")


async def test_a_transport_that_comes_too_late_is_closed(ana: MediaPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its id is free again, which the worker would refuse otherwise."""
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_late")
    with monkeypatch.context() as impatient:
        impatient.setattr(worker_process, "CALL_TIMEOUT_S", 0)
        await refused(ana.transport("send"), ErrorCode.MEDIA_UNAVAILABLE)
    await ana.transport("send")


async def test_a_transport_that_nobody_waits_for_any_more_is_closed(
    ana: MediaPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_cancelled")
    asking = asyncio.create_task(ana.transport("send"))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_other")
    recv = await ana.transport("recv")
    assert recv.id == "tr_other"
    monkeypatch.setattr(books_module, "create_id", lambda _: "tr_cancelled")
    await ana.transport("send")


async def test_hostile_parameters_are_a_bad_request(ana: MediaPage, meeting: RecordingMeeting) -> None:
    transport = await ana.transport("send")
    await refused(ana.produce(transport.id, mid="\r\n"), ErrorCode.BAD_REQUEST)
    await refused(ana.produce(transport.id, encodings=[{"ssrc": 1}, {"ssrc": 1}]), ErrorCode.BAD_REQUEST)
    await ana.produce(transport.id)
    await refused(ana.produce(transport.id, Source.MICROPHONE, encodings=[{"ssrc": 1_111}]), ErrorCode.BAD_REQUEST)
    assert len(meeting.producers("ana")) == 1


async def test_a_page_is_told_what_nobody_looks_at_and_again_when_it_comes_back(
    feature: MediaFeature, ana: MediaPage, ben: MediaPage, meeting: RecordingMeeting
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


async def test_a_screen_stands_beside_the_camera_and_only_another_screen_replaces_it(
    feature: MediaFeature, ana: MediaPage, meeting: RecordingMeeting, service: MediaService
) -> None:
    transport = await ana.transport("send")
    camera = await ana.produce(transport.id)
    first = await ana.produce(transport.id, Source.SCREEN, mid="2", encodings=[{"ssrc": 3_333}])
    assert [(info.producer_id, info.source) for info in meeting.producers("ana")] == [
        (camera, Source.CAMERA),
        (first, Source.SCREEN),
    ]
    other_tab = MediaPage(feature, "ana", "another page of ana")
    second = await other_tab.produce((await other_tab.transport("send")).id, Source.SCREEN)
    assert {info.producer_id for info in meeting.producers("ana")} == {camera, second}
    assert (ana.caller.endpoint_id, MediaProducerClosed(producer_id=first, reason="replaced")) in meeting.notices
    await other_tab.ask(MediaProducerUpdate, Empty, producer_id=second, is_paused=True)
    assert [info.is_paused for info in meeting.producers("ana")] == [False, True]
    await other_tab.ask(MediaProducerClose, Empty, producer_id=second)
    assert [info.producer_id for info in meeting.producers("ana")] == [camera]
    await worker_has(service, producers=1)


@pytest.mark.parametrize("kind", [RoomKind.STAGE, RoomKind.ONE_TO_ONE, RoomKind.LESSON])
async def test_so_many_screens_at_once_as_the_kind_of_room_allows(service: MediaService, kind: RoomKind) -> None:
    limit = SCREENS_AT_ONCE[kind]
    meeting = RecordingMeeting(people=[f"p{number}" for number in range(limit + 1)])
    meeting.room = replace(meeting.room, kind=kind)
    async with live_feature(service, meeting) as feature:
        pages = [MediaPage(feature, participant.participant_id) for participant in meeting.participants()]
        transports = [(await page.transport("send")).id for page in pages]
        asked = [page.produce(at, Source.SCREEN) for page, at in zip(pages, transports, strict=True)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        (error,) = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert isinstance(error, UserError)
        assert error.code is ErrorCode.TOO_MANY_SCREENS
        await worker_has(service, producers=limit)  # what was made before the refusal is gone
        refused_at = outcomes.index(error)
        late, other = pages[refused_at], pages[(refused_at + 1) % len(pages)]
        await late.produce(transports[refused_at])
        await refused(late.produce(transports[refused_at], Source.SCREEN), ErrorCode.TOO_MANY_SCREENS)
        await other.produce(transports[pages.index(other)], Source.SCREEN)  # one's own makes room for itself
        await other.ask(MediaTransportClose, Empty, transport_id=transports[pages.index(other)])
        await late.produce(transports[refused_at], Source.SCREEN, mid="2", encodings=[{"ssrc": 3_333}])


async def test_the_worker_is_told_what_is_a_screen_and_what_is_large(
    feature: MediaFeature, ana: MediaPage, ben: MediaPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[m.AnyCommand] = []
    do, post = feature._do, feature._post

    async def note_and_do(transport: MediaTransport, command: m.AnyCommand) -> m.Answer:
        given.append(command)
        return await do(transport, command)

    def note_and_post(transport: MediaTransport, command: m.AnyCommand) -> None:
        given.append(command)
        post(transport, command)

    monkeypatch.setattr(feature, "_do", note_and_do)
    monkeypatch.setattr(feature, "_post", note_and_post)
    transport = await ana.transport("send")
    await ana.produce(transport.id)
    screen = await ana.produce(transport.id, Source.SCREEN, mid="2", encodings=[{"ssrc": 3_333}])
    assert [command.stream.is_screen for command in given if isinstance(command, m.Produce)] == [False, True]
    consumed = await ben.consume((await ben.transport("recv")).id, screen)
    update = {"consumer_id": consumed.consumer.id, "is_paused": False}
    await ben.ask(MediaConsumerUpdate, Empty, **update, max_layer=1, is_large=True)
    await ben.ask(MediaConsumerUpdate, Empty, **update, max_layer=0)
    await ben.ask(MediaConsumerUpdate, Empty, **update)
    preferred = [(c.layer, c.is_large) for c in given if isinstance(c, m.PreferLayer)]
    assert preferred == [(1, True), (0, False)]


async def test_a_page_is_told_what_its_line_is_too_slow_for_and_again_when_it_comes_back(
    feature: MediaFeature, ana: MediaPage, ben: MediaPage, meeting: RecordingMeeting
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


async def test_ice_is_restarted_for_ones_own_transport_only(ana: MediaPage, ben: MediaPage) -> None:
    transport = await ana.transport("recv")
    before = transport.ice_parameters
    after = (await ana.ask(MediaIceRestart, MediaIceRestarted, transport_id=transport.id)).ice_parameters
    assert after.ice_lite
    assert after.username_fragment != before.username_fragment
    assert after.password != before.password
    await refused(ben.ask(MediaIceRestart, MediaIceRestarted, transport_id=transport.id), ErrorCode.NOT_FOUND)


async def test_connecting_twice_is_a_bad_request(ana: MediaPage) -> None:
    transport = await ana.transport("send")
    parameters = DtlsParameters(fingerprints=SOMEBODY, role="client")
    await ana.ask(MediaTransportConnect, Empty, transport_id=transport.id, dtls_parameters=parameters)
    await refused(
        ana.ask(MediaTransportConnect, Empty, transport_id=transport.id, dtls_parameters=parameters),
        ErrorCode.BAD_REQUEST,
    )


async def test_a_page_has_one_consumer_of_a_producer(ana: MediaPage, ben: MediaPage, service: MediaService) -> None:
    producer = await ana.produce((await ana.transport("send")).id, Source.MICROPHONE)
    receiving = await ben.transport("recv")
    earlier = (await ben.consume(receiving.id, producer)).consumer
    later = (await ben.consume(receiving.id, producer)).consumer
    await worker_has(service, consumers=1)
    await refused(ben.ask(MediaConsumerClose, Empty, consumer_id=earlier.id), ErrorCode.NOT_FOUND)
    await ben.ask(MediaConsumerClose, Empty, consumer_id=later.id)
    await worker_has(service, consumers=0)


async def test_consumers_end_with_their_producer(ana: MediaPage, ben: MediaPage, service: MediaService) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id)
    consumer = (await ben.consume(receiving.id, producer)).consumer
    await worker_has(service, consumers=1)
    await ana.ask(MediaProducerClose, Empty, producer_id=producer)
    await refused(ben.ask(MediaConsumerClose, Empty, consumer_id=consumer.id), ErrorCode.NOT_FOUND)
    await worker_has(service, producers=0, consumers=0)


async def test_a_page_that_left_leaves_nothing(
    feature: MediaFeature, ana: MediaPage, ben: MediaPage, meeting: RecordingMeeting, service: MediaService
) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    await ben.consume(receiving.id, await ana.produce(sending.id))
    for _ in range(2):
        await feature.on_endpoint_left(ana.caller)
    assert meeting.producers("ana") == ()
    await worker_has(service, transports=1, producers=0, consumers=0)
    await feature.on_participant_left("ben")
    await worker_has(service, transports=0)


async def test_a_page_that_leaves_while_it_asks_leaves_nothing(
    feature: MediaFeature, ana: MediaPage, service: MediaService
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
    await worker_has(service, transports=0, producers=0)


async def test_a_producer_that_closes_while_somebody_asks_for_it(ana: MediaPage, ben: MediaPage) -> None:
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    producer = await ana.produce(sending.id)
    consuming = asyncio.create_task(ben.consume(receiving.id, producer))
    await asyncio.sleep(0)
    await ana.ask(MediaProducerClose, Empty, producer_id=producer)
    await refused(consuming, ErrorCode.NOT_FOUND)


async def test_there_is_a_limit_to_pages_and_consumers(
    feature: MediaFeature, ana: MediaPage, ben: MediaPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_module, "MAX_CONSUMERS", 1)
    sending, receiving = await ana.transport("send"), await ben.transport("recv")
    camera = await ana.produce(sending.id)
    microphone = await ana.produce(sending.id, Source.MICROPHONE)
    await ben.consume(receiving.id, camera)
    await refused(ben.consume(receiving.id, microphone), ErrorCode.TOO_MANY)
    pages = [MediaPage(feature, "ben", f"page {number}") for number in range(MAX_MEDIA_ENDPOINTS)]
    for page in pages[:-1]:
        await page.transport("recv")
    await refused(pages[-1].transport("recv"), ErrorCode.TOO_MANY)
    await ben.transport("recv")


async def test_a_closed_meeting_leaves_nothing(service: MediaService, meeting: RecordingMeeting) -> None:
    async with live_feature(service, meeting) as feature:
        page = MediaPage(feature, "ana")
        await page.produce((await page.transport("send")).id)
        await worker_has(service, transports=1)
        await feature.on_meeting_closed(0)
        await refused(page.transport("send"), ErrorCode.MEDIA_UNAVAILABLE)
    await worker_has(service, transports=0)


async def test_a_page_is_told_when_its_handshake_fails(
    ana: MediaPage, meeting: RecordingMeeting, service: MediaService
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
    feature: MediaFeature, ana: MediaPage, ben: MediaPage, meeting: RecordingMeeting, service: MediaService
) -> None:
    sending = await ana.transport("send")
    await ana.produce(sending.id)
    assert feature.snapshot() == MediaSnapshot(epoch=1, is_available=True)
    (before,) = service.stats()
    os.kill(before.pid, signal.SIGKILL)
    await meeting.wait_for_reset(2)
    assert meeting.events == [MediaReset(epoch=2, is_available=False), MediaReset(epoch=2, is_available=True)]
    assert feature.snapshot() == MediaSnapshot(epoch=2, is_available=True)
    assert meeting.producers("ana") == ()
    await refused(ana.produce(sending.id), ErrorCode.NOT_FOUND)
    (after,) = service.stats()
    assert after.pid != before.pid
    assert after.restarts == before.restarts + 1
    transport, receiving = await ana.transport("send"), await ben.transport("recv")
    await ben.consume(receiving.id, await ana.produce(transport.id))


async def test_a_request_under_way_when_the_worker_dies_fails_cleanly(
    ana: MediaPage, meeting: RecordingMeeting, service: MediaService
) -> None:
    (stats,) = service.stats()
    os.kill(stats.pid, signal.SIGSTOP)
    asking = asyncio.create_task(ana.transport("send"))
    await asyncio.sleep(0)
    os.kill(stats.pid, signal.SIGKILL)
    await refused(asking, ErrorCode.MEDIA_UNAVAILABLE)
    await meeting.wait_for_reset(2)
    await ana.transport("send")
    await worker_has(service, transports=1)


class TestQuality:
    """What the worker tells of transports becomes a mark of each participant."""

    async def test_a_participant_s_connection_is_as_bad_as_the_worst_of_their_transports(
        self, feature: MediaFeature, meeting: RecordingMeeting, ana: MediaPage
    ) -> None:
        tablet = MediaPage(feature, "ana", "tablet")
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
        self, feature: MediaFeature, meeting: RecordingMeeting, ana: MediaPage
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
