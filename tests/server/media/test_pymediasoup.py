"""pymediasoup publishes and receives through a worker process, by itself unmodified.

Beneath it is aiortc, which sends neither simulcast nor over ICE-TCP, and cannot restart ICE.
"""

import asyncio
import fractions
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    VideoStreamTrack,
)
from pymediasoup import AiortcHandler, Device
from pymediasoup.models.transport import DtlsParameters as ClientDtlsParameters
from pymediasoup.models.transport import IceCandidate, IceParameters
from pymediasoup.rtp_parameters import RtpCapabilities as ClientCapabilities
from pymediasoup.rtp_parameters import RtpParameters as ClientParameters

from protocol.requests import (
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsume,
    MediaConsumed,
    MediaConsumerUpdate,
    MediaIceRestart,
    MediaIceRestarted,
    MediaProduce,
    MediaProduced,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.room import Source
from protocol.rtp import ConsumerOptions, DtlsParameters, RtpCapabilities, RtpParameters
from protocol.wire import Empty
from server.media.messages import AUDIO_SLOTS
from tests.server.media.meeting import RecordingMeeting, live_feature, running_service
from tests.server.media.page import Page
from tests.support.coturn import running_coturn

FRAME_DEADLINE_S = 30.0


class Square(VideoStreamTrack):
    """A picture whose brightness says whose it is."""

    def __init__(self, brightness: int = 200) -> None:
        super().__init__()
        self._brightness = brightness

    async def recv(self) -> av.VideoFrame:
        timestamp, time_base = await self.next_timestamp()
        frame = av.VideoFrame(width=320, height=240, format="yuv420p")
        for plane in frame.planes:
            plane.update(bytes([self._brightness]) * plane.buffer_size)
        frame.pts, frame.time_base = timestamp, time_base
        return frame


class Tone(AudioStreamTrack):
    """A square wave of 500 Hz."""

    _at = 0

    async def recv(self) -> av.AudioFrame:
        await super().recv()  # paces us
        frame = av.AudioFrame(format="s16", layout="mono", samples=160)
        wave = b"".join((8_000 if at // 8 % 2 else -8_000).to_bytes(2, "little", signed=True) for at in range(160))
        frame.planes[0].update(wave)
        frame.pts, frame.sample_rate, frame.time_base = self._at, 8_000, fractions.Fraction(1, 8_000)
        self._at += 160
        return frame


class RelayedHandler(AiortcHandler):  # type: ignore[misc] # comes without types
    """Looks for ways through a relay alone: pymediasoup passes servers on to aiortc, but not this policy."""

    def run(self, *arguments: Any, iceServers: list[RTCIceServer] | None = None, **options: Any) -> None:  # noqa: N803
        super().run(*arguments, iceServers=iceServers, **options)
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers, iceTransportPolicy=RTCIceTransportPolicy.RELAY))

    @property
    def ways(self) -> set[str]:
        """The kinds of address that it offers."""
        transports = [each.sender.transport.transport for each in self.pc.getTransceivers()]
        return {found.type for each in transports for found in each.iceGatherer.getLocalCandidates()}


class MediasoupPage:
    """A page that is driven by pymediasoup."""

    def __init__(self, page: Page, create_handler: Callable[[], AiortcHandler] = AiortcHandler) -> None:
        self.page = page
        self.device = Device(handlerFactory=lambda *_, **__: create_handler())

    async def load(self, capabilities: RtpCapabilities) -> None:
        await self.device.load(ClientCapabilities(**msgspec.to_builtins(capabilities)))

    async def create_transport(self, direction: str) -> Any:
        created = await self.page.ask(
            MediaTransportCreate,
            MediaTransportCreated,
            direction=direction,
            rtp_capabilities=msgspec.convert(_plain(self.device.rtpCapabilities), RtpCapabilities),
        )
        options = msgspec.to_builtins(created.transport)
        create = self.device.createSendTransport if direction == "send" else self.device.createRecvTransport
        transport = create(
            id=options["id"],
            iceParameters=IceParameters(**options["iceParameters"]),
            iceCandidates=[IceCandidate(**candidate) for candidate in options["iceCandidates"]],
            dtlsParameters=ClientDtlsParameters(**options["dtlsParameters"]),
            sctpParameters=None,
            iceServers=[RTCIceServer(**server) for server in options.get("iceServers", ())],
        )

        async def on_connect(parameters: ClientDtlsParameters) -> None:
            await self.page.ask(
                MediaTransportConnect,
                Empty,
                transport_id=transport.id,
                dtls_parameters=msgspec.convert(_plain(parameters), DtlsParameters),
            )

        async def on_produce(kind: str, parameters: ClientParameters, data: dict[str, Source]) -> str:
            produced = await self.page.ask(
                MediaProduce,
                MediaProduced,
                transport_id=transport.id,
                source=data.get("source", Source.CAMERA if kind == "video" else Source.MICROPHONE),
                rtp_parameters=msgspec.convert(_plain(parameters), RtpParameters),
            )
            return produced.producer_id

        transport.on("connect", on_connect)
        transport.on("produce", on_produce)
        return transport

    async def consume(self, transport: Any, producer_id: str) -> MediaStreamTrack:
        consumed = await self.page.ask(MediaConsume, MediaConsumed, transport_id=transport.id, producer_id=producer_id)
        track = await self.receive(transport, consumed.consumer)
        consumer_id = consumed.consumer.id
        await self.page.ask(MediaConsumerUpdate, Empty, consumer_id=consumer_id, is_paused=False)
        return track

    async def receive(self, transport: Any, consumer: ConsumerOptions) -> MediaStreamTrack:
        options = msgspec.to_builtins(consumer)
        received = await transport.consume(
            id=options["id"],
            producerId=options["producerId"],
            kind=options["kind"],
            rtpParameters=ClientParameters(**options["rtpParameters"]),
        )
        track = received.track
        assert isinstance(track, MediaStreamTrack)
        return track

    async def restart_ice(self, transport: Any) -> None:
        restarted = await self.page.ask(MediaIceRestart, MediaIceRestarted, transport_id=transport.id)
        await transport.restartIce(IceParameters(**msgspec.to_builtins(restarted.ice_parameters)))


def _plain(model: Any) -> Any:
    return model.model_dump(mode="json", exclude_none=True)


async def _frames(track: MediaStreamTrack) -> AsyncIterator[Any]:
    while True:
        yield await asyncio.wait_for(track.recv(), FRAME_DEADLINE_S)


async def sees(track: MediaStreamTrack, brightness: int = 200, *, frames: int = 10) -> None:
    """Wait for so many pictures of this brightness."""
    seen = 0
    async for frame in _frames(track):
        seen += (frame.width, frame.height) == (320, 240) and abs(bytes(frame.planes[0])[5_000] - brightness) < 10
        if seen == frames:
            return


async def hears(track: MediaStreamTrack) -> None:
    """Wait until there is sound for a while."""
    heard = 0
    async for frame in _frames(track):
        samples = memoryview(bytes(frame.planes[0])).cast("h")
        heard += max(samples) > 2_000
        if heard == 10:
            return


@pytest.fixture
async def pages() -> AsyncIterator[tuple[MediasoupPage, MediasoupPage]]:
    """Two loaded pages in one meeting."""
    async with running_service() as service, live_feature(service, RecordingMeeting()) as feature:
        ana, ben = (MediasoupPage(Page(feature, name)) for name in ("ana", "ben"))
        for page in (ana, ben):
            await page.load(service.settings().router_rtp_capabilities)
        yield ana, ben


Transports = tuple[Any, Any]


@pytest.fixture
async def transports(pages: tuple[MediasoupPage, MediasoupPage]) -> AsyncIterator[Transports]:
    """What ana sends by, and what ben receives by."""
    ana, ben = pages
    sending, receiving = await ana.create_transport("send"), await ben.create_transport("recv")
    yield sending, receiving
    await sending.close()
    await receiving.close()


async def test_what_one_publishes_the_other_decodes(
    pages: tuple[MediasoupPage, MediasoupPage], transports: Transports
) -> None:
    _, ben = pages
    sending, receiving = transports
    video = await sending.produce(track=Square(), stopTracks=True)
    audio = await sending.produce(track=Tone(), stopTracks=True)
    meeting = ben.page.feature._meeting
    assert isinstance(meeting, RecordingMeeting)
    picture = await ben.consume(receiving, video.id)
    sound = await ben.consume(receiving, audio.id)
    await sees(picture)
    await hears(sound)
    assert meeting.with_media == {"ana", "ben"}


async def test_a_screen_is_a_second_picture(pages: tuple[MediasoupPage, MediasoupPage], transports: Transports) -> None:
    _, ben = pages
    sending, receiving = transports
    camera = await sending.produce(track=Square(200), stopTracks=True)
    screen = await sending.produce(track=Square(60), stopTracks=True, appData={"source": Source.SCREEN})
    face, text = await ben.consume(receiving, camera.id), await ben.consume(receiving, screen.id)
    await asyncio.gather(sees(face, 200), sees(text, 60))


async def test_who_talks_is_heard_in_a_slot(pages: tuple[MediasoupPage, MediasoupPage], transports: Transports) -> None:
    _, ben = pages
    sending, receiving = transports
    consumed = await ben.page.ask(MediaAudioSlots, MediaAudioSlotsConsumed, transport_id=receiving.id)
    slots = [await ben.receive(receiving, consumer) for consumer in consumed.consumers]
    assert len(slots) == AUDIO_SLOTS
    await sending.produce(track=Tone(), stopTracks=True)
    listening = [asyncio.create_task(hears(slot)) for slot in slots]
    done, others = await asyncio.wait(listening, timeout=FRAME_DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.wait(listening)
    assert [task.exception() for task in done] == [None], "in one of them"


async def test_who_cannot_restart_ice_is_not_cut_off_by_asking(
    pages: tuple[MediasoupPage, MediasoupPage], transports: Transports
) -> None:
    """The former credentials hold until the new ones are used, and aiortc goes on with the former."""
    ana, ben = pages
    sending, receiving = transports
    video = await sending.produce(track=Square(), stopTracks=True)
    picture = await ben.consume(receiving, video.id)
    await sees(picture, frames=1)
    await ana.restart_ice(sending)
    await ben.restart_ice(receiving)
    await sees(picture)


@pytest.mark.parametrize("way", ["udp", "tcp"])
async def test_two_meet_through_a_relay_alone(tmp_path: Path, way: str) -> None:
    async with running_coturn(tmp_path) as coturn:
        url = {"udp": coturn.udp_url, "tcp": coturn.tcp_url}[way]
        async with (
            running_service(turn_urls=(url,), turn_secret_file=coturn.secret_file) as service,
            live_feature(service, RecordingMeeting()) as feature,
        ):
            ana, ben = (MediasoupPage(Page(feature, name), RelayedHandler) for name in ("ana", "ben"))
            for page in (ana, ben):
                await page.load(service.settings().router_rtp_capabilities)
            sending, receiving = await ana.create_transport("send"), await ben.create_transport("recv")
            try:
                video = await sending.produce(track=Square(), stopTracks=True)
                picture = await ben.consume(receiving, video.id)
                await sees(picture)
                assert [sending.handler.ways, receiving.handler.ways] == [{"relay"}, {"relay"}]
            finally:
                await sending.close()
                await receiving.close()
