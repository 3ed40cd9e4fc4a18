"""A meeting on two workers: where its pages go, and that everybody sees and hears everybody."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from protocol.events import MediaLayersWanted, MediaSpeakers
from protocol.requests import (
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsumerClose,
    MediaConsumerUpdate,
    MediaProducerClose,
    MediaProducerUpdate,
    MediaTransportClose,
    MediaTransportConnect,
)
from protocol.room import Source
from protocol.rtp import DtlsParameters, TransportOptions
from protocol.wire import Empty
from server.media import span
from server.media.feature import MediaFeature
from server.media.messages import AUDIO_SLOTS
from server.media.service import MediaService
from server.media.span import BUSY, choose
from server.media.worker_process import WorkerProcess
from tests.server.media.endpoint import Endpoint
from tests.server.media.meeting import RecordingMeeting, live_feature, running_service
from tests.server.media.page import Page
from tests.server.media.test_ortc import audio, video
from tests.server.media.worker.rig import rtp_packet
from tests.server.media.worker.test_producer import payload
from tests.support.waiting import until

VOICE = bytes((0x10, 0x80 | 30))


@pytest.fixture
async def service() -> AsyncIterator[MediaService]:
    """Two workers, each of which one page fills."""
    async with running_service(workers=2, room_span_transports=2) as running:
        yield running


@pytest.fixture
async def meeting() -> RecordingMeeting:
    return RecordingMeeting(people=("ana", "ben", "cleo"))


@pytest.fixture
async def feature(service: MediaService, meeting: RecordingMeeting) -> AsyncIterator[MediaFeature]:
    async with live_feature(service, meeting) as live:
        yield live


class LivePage(Page):
    """A page with real connections."""

    sending: TransportOptions
    receiving: TransportOptions
    upward: Endpoint
    downward: Endpoint

    @property
    def port(self) -> int:
        """The worker's."""
        return self.sending.ice_candidates[0].port

    async def connect(self) -> "LivePage":
        self.sending, self.receiving = await self.transport("send"), await self.transport("recv")
        self.upward, self.downward = await self._connect(self.sending), await self._connect(self.receiving)
        return self

    async def _connect(self, options: TransportOptions) -> Endpoint:
        endpoint = await Endpoint.open("127.0.0.1", options.ice_candidates[0].port)
        await self.ask(
            MediaTransportConnect,
            Empty,
            transport_id=options.id,
            dtls_parameters=DtlsParameters(role="client", fingerprints=endpoint.fingerprints),
        )
        await endpoint.check(options.ice_parameters.username_fragment, options.ice_parameters.password)
        await endpoint.shake_hands(options.dtls_parameters.fingerprints[0])
        return endpoint

    async def watch(self, producer_id: str) -> str:
        consumer_id = (await self.consume(self.receiving.id, producer_id)).consumer.id
        await self.ask(MediaConsumerUpdate, Empty, consumer_id=consumer_id, is_paused=False)
        return consumer_id

    async def listen(self) -> None:
        await self.ask(MediaAudioSlots, MediaAudioSlotsConsumed, transport_id=self.receiving.id)

    async def close(self) -> None:
        for endpoint in (self.upward, self.downward):
            await endpoint.close()


def shares(feature: MediaFeature) -> list[int]:
    """Return how many of the meeting's transports each of its workers has."""
    return [share.transports for share in feature._media.span.shares.values()]


async def arrives(sender: Endpoint, packet: "Packets", receiver: Endpoint, what: bytes) -> None:
    """Send until it arrives: what was asked of another worker may not have been done yet."""

    def is_there() -> bool:
        sender.send_rtp(packet.next(what))
        return any(payload(receiver.rtp.get_nowait()) == what for _ in range(receiver.rtp.qsize()))

    await until(is_there)


class Packets:
    """A stream's."""

    def __init__(self, ssrc: int, payload_type: int, extensions: bytes = b"") -> None:
        self.ssrc, self.payload_type, self.extensions = ssrc, payload_type, extensions
        self.sent = 0

    def next(self, data: bytes) -> bytes:
        self.sent += 1
        return rtp_packet(
            self.sent,
            data,
            timestamp=960 * self.sent,
            payload_type=self.payload_type,
            ssrc=self.ssrc,
            extensions=self.extensions,
        )


def pictures() -> Packets:
    return Packets(video()["encodings"][0]["ssrc"], 96)


def voice() -> Packets:
    return Packets(audio()["encodings"][0]["ssrc"], 111, VOICE)


async def test_a_page_has_one_worker_and_the_next_one_goes_to_another(
    feature: MediaFeature, service: MediaService
) -> None:
    ana, ben, cleo = (Page(feature, name) for name in ("ana", "ben", "cleo"))
    ports = []
    for page in (ana, ben):
        transports = [await page.transport(direction) for direction in ("send", "recv")]
        ports += [transport.ice_candidates[0].port for transport in transports]
    assert ports[0] == ports[1] != ports[2] == ports[3]
    assert shares(feature) == [2, 2]
    assert sorted(worker.transport_count for worker in service._supervisor.workers) == [2, 2]
    third = await cleo.transport("recv")
    assert third.ice_candidates[0].port == ports[0], "no worker is clearly less loaded"
    assert shares(feature) == [3, 2]
    assert (await cleo.transport("send")).ice_candidates[0].port == ports[0], "where the page has one already"


async def test_a_worker_without_pages_of_the_meeting_is_let_go(feature: MediaFeature, service: MediaService) -> None:
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    camera, _ = await ana.produce(ana.sending.id), await ana.produce(ana.sending.id, Source.MICROPHONE)
    await ben.watch(camera)
    home, other = feature._media.span.shares
    await until(lambda: other.report.transports == 2)
    for transport in (ben.sending, ben.receiving):
        await ben.ask(MediaTransportClose, Empty, transport_id=transport.id)
    assert list(feature._media.span.shares) == [home]
    assert (other.routers, other.transport_count) == ({}, 0)
    back = await LivePage(feature, "ben").connect()
    assert back.port == ben.port
    await back.watch(camera)
    await arrives(ana.upward, pictures(), back.downward, b"after")
    await back.listen()
    await arrives(ana.upward, voice(), back.downward, b"voice of who was there before")
    for page in (ana, ben, back):
        await page.close()


async def test_those_on_two_workers_see_and_hear_each_other(
    feature: MediaFeature, meeting: RecordingMeeting, service: MediaService
) -> None:
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    assert ana.port != ben.port
    for page in (ana, ben):
        await page.listen()
    for page, other in ((ana, ben), (ben, ana)):
        camera, microphone = await page.produce(page.sending.id), await page.produce(page.sending.id, Source.MICROPHONE)
        await other.watch(camera)
        seen, heard = pictures(), voice()
        await arrives(page.upward, seen, other.downward, b"picture")
        await arrives(page.upward, heard, other.downward, b"voice")
        for is_paused in (True, False):
            await page.ask(MediaProducerUpdate, Empty, producer_id=microphone, is_paused=is_paused)
        await arrives(page.upward, heard, other.downward, b"voice again")
        await page.ask(MediaProducerClose, Empty, producer_id=camera)
    await until(
        lambda: all(worker.report.piped_in and worker.report.piped_out for worker in feature._media.span.shares)
    )
    for page in (ana, ben):
        await page.close()


async def test_a_publisher_is_told_what_is_wanted_on_the_other_worker(
    feature: MediaFeature, meeting: RecordingMeeting
) -> None:
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    camera = await ana.produce(ana.sending.id)

    def told() -> list[int]:
        return [notice.layers for _, notice in meeting.notices if isinstance(notice, MediaLayersWanted)]

    await until(lambda: told() == [0])
    await ben.watch(camera)
    await until(lambda: told() == [0, 1])
    for page in (ana, ben):
        await page.close()


@pytest.mark.parametrize("how", ["its consumer closes", "its transport closes"])
async def test_a_picture_that_nobody_there_receives_any_more_goes_there_no_more(
    feature: MediaFeature, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(span, "RELEASE_S", 0.05)
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    camera, microphone = await ana.produce(ana.sending.id), await ana.produce(ana.sending.id, Source.MICROPHONE)
    consumer = await ben.watch(camera)
    other = list(feature._media.span.shares)[1]
    await ben.listen()
    assert list(feature._media.span._led[camera].pipes) == [other]
    if how == "its consumer closes":
        await ben.ask(MediaConsumerClose, Empty, consumer_id=consumer)
    else:
        await ben.ask(MediaTransportClose, Empty, transport_id=ben.receiving.id)
    await until(lambda: not feature._media.span._led[camera].pipes)
    await until(lambda: feature._media.books.producers[camera].layers_wanted == 0, 10.0)
    assert list(feature._media.span._led[microphone].pipes) == [other], "a sound is heard without a consumer"
    if how == "its consumer closes":
        await ben.watch(camera)
        await arrives(ana.upward, pictures(), ben.downward, b"again")
    for page in (ana, ben):
        await page.close()


async def test_who_looks_away_and_back_finds_the_same_picture_there(
    feature: MediaFeature, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "RELEASE_S", 0.05)
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    camera = await ana.produce(ana.sending.id)
    consumer = await ben.watch(camera)
    (before,) = feature._media.span._led[camera].pipes.values()
    await ben.ask(MediaConsumerClose, Empty, consumer_id=consumer)
    assert before.ending is not None
    ending = before.ending
    await ben.watch(camera)
    await until(lambda: asyncio.get_running_loop().time() > ending.when())
    assert list(feature._media.span._led[camera].pipes.values()) == [before]
    await ana.ask(MediaProducerClose, Empty, producer_id=camera)
    assert before.ending is None
    for page in (ana, ben):
        await page.close()


async def test_each_page_is_told_who_is_in_its_own_workers_slots(
    feature: MediaFeature, meeting: RecordingMeeting
) -> None:
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    microphone = await ana.produce(ana.sending.id, Source.MICROPHONE)
    await ben.listen()
    await arrives(ana.upward, voice(), ben.downward, b"voice")

    def told(endpoint_id: str | None) -> list[MediaSpeakers]:
        return [notice for to, notice in meeting.notices if to == endpoint_id and isinstance(notice, MediaSpeakers)]

    def has_heard(endpoint_id: str | None) -> bool:
        notices = told(endpoint_id)
        return bool(notices) and notices[-1].slots == ("ana", *[None] * (AUDIO_SLOTS - 1))

    await until(lambda: has_heard(None) and has_heard("page of ben"))
    assert not told("page of ana"), "the home's is everybody's"
    meeting.notices.clear()
    await feature.on_connection_joined(ben.caller, 0)
    assert has_heard("page of ben")
    await ana.ask(MediaProducerUpdate, Empty, producer_id=microphone, is_paused=True)
    await until(lambda: told("page of ben")[-1].slots == (None,) * AUDIO_SLOTS, 10.0)  # before consent expires
    for page in (ana, ben):
        await page.close()


@pytest.mark.parametrize("killed", [0, 1], ids=["the home", "the other one"])
async def test_everybody_comes_back_whichever_worker_dies(
    feature: MediaFeature, meeting: RecordingMeeting, service: MediaService, killed: int
) -> None:
    before = [await LivePage(feature, name).connect() for name in ("ana", "ben")]
    await before[0].produce(before[0].sending.id, Source.MICROPHONE)
    workers = list(feature._media.span.shares)
    os.kill(workers[killed].pid, signal.SIGKILL)
    await meeting.wait_for_reset(2)
    survivor = workers[1 - killed]
    assert survivor.transport_count == 0
    await until(lambda: survivor.report.transports == 0)
    await until(lambda: len(service._supervisor.workers) == 2)
    ana, ben = await LivePage(feature, "ana").connect(), await LivePage(feature, "ben").connect()
    assert ana.port != ben.port
    await ben.watch(await ana.produce(ana.sending.id))
    await arrives(ana.upward, pictures(), ben.downward, b"back")
    for page in (*before, ana, ben):
        await page.close()


async def test_a_meeting_that_ends_frees_both_workers(service: MediaService, meeting: RecordingMeeting) -> None:
    async with live_feature(service, meeting) as feature:
        pages = [await LivePage(feature, name).connect() for name in ("ana", "ben")]
        await pages[0].produce(pages[0].sending.id, Source.MICROPHONE)
    workers = service._supervisor.workers
    assert [(worker.transport_count, worker.routers) for worker in workers] == [(0, {})] * 2
    await until(lambda: all(worker.reports and worker.report.transports == 0 for worker in workers))
    for page in pages:
        await page.close()


async def test_the_socket_for_other_workers_is_for_this_user_alone_and_goes_with_the_worker() -> None:
    async with running_service(workers=2) as service:
        folders = {Path(worker.pipe_address).parent for worker in service._supervisor.workers}
        assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 2
    assert not any(folder.exists() for folder in folders)


class TestChoice:
    @pytest.fixture
    async def workers(self) -> "AsyncIterator[list[WorkerProcess]]":
        with ExitStack() as stack:
            yield [WorkerProcess(number, sock) for number, sock in enumerate(_sockets(stack, 3))]

    async def test_the_home_is_filled_first(self, workers: list[WorkerProcess]) -> None:
        home, other, idle = workers
        home.transport_count, other.transport_count = 9, 3
        assert choose([home, other], [home, other, idle], 10) is home
        home.transport_count = 10
        assert choose([home, other], [home, other, idle], 10) is other
        other.transport_count = 10
        assert choose([home, other], [home, other, idle], 10) is idle

    async def test_when_all_are_full_it_stays_on_the_least_loaded_of_its_own(
        self, workers: list[WorkerProcess]
    ) -> None:
        home, other, third = workers
        home.transport_count, other.transport_count, third.transport_count = 30, 20, 14
        assert choose([home, other], workers, 10) is other

    async def test_it_needs_a_worker_that_is_clearly_less_loaded(self, workers: list[WorkerProcess]) -> None:
        home, other, _ = workers
        home.transport_count, other.transport_count = 10, 8
        assert choose([home], [home, other], 10) is home
        other.transport_count = 7
        assert choose([home], [home, other], 10) is other

    async def test_a_busy_worker_is_full_whatever_it_has(self, workers: list[WorkerProcess]) -> None:
        home, other, _ = workers
        home.transport_count = other.transport_count = 4
        home.busy = BUSY + 0.1
        assert choose([home], [home, other], 10) is other
        other.busy = BUSY
        assert choose([home], [home, other], 10) is home

    async def test_alone_it_takes_everybody(self, workers: list[WorkerProcess]) -> None:
        workers[0].transport_count = 99
        assert choose(workers[:1], workers[:1], 10) is workers[0]


def _sockets(stack: ExitStack, count: int) -> Iterator[socket.socket]:
    for _ in range(count):
        ours, theirs = socket.socketpair()
        stack.enter_context(theirs)
        yield stack.enter_context(ours)
