"""pymediasoup, unmodified, publishes and receives through a worker process."""

import asyncio
import fractions
from collections.abc import AsyncIterator
from typing import Any

import av
import msgspec
import pytest
from aiortc import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from pymediasoup import AiortcHandler, Device
from pymediasoup.models.transport import DtlsParameters as ClientDtlsParameters
from pymediasoup.models.transport import IceCandidate, IceParameters
from pymediasoup.rtp_parameters import RtpCapabilities as ClientCapabilities
from pymediasoup.rtp_parameters import RtpParameters as ClientParameters

from protocol.requests import (
    MediaConsume,
    MediaConsumed,
    MediaConsumerUpdate,
    MediaProduce,
    MediaProduced,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
)
from protocol.room import Source
from protocol.rtp import DtlsParameters, RtpCapabilities, RtpParameters
from protocol.wire import Empty
from tests.server.media.meeting import RecordingMeeting, live_feature, running_service
from tests.server.media.page import Page

FRAME_DEADLINE_S = 30.0


class Square(VideoStreamTrack):
    """A picture whose brightness says that it is ours."""

    async def recv(self) -> av.VideoFrame:
        timestamp, time_base = await self.next_timestamp()
        frame = av.VideoFrame(width=320, height=240, format="yuv420p")
        for plane in frame.planes:
            plane.update(bytes([200]) * plane.buffer_size)
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


class MediasoupPage:
    """A page that is driven by pymediasoup."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.device = Device(handlerFactory=AiortcHandler.createFactory())

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
        )

        async def on_connect(parameters: ClientDtlsParameters) -> None:
            await self.page.ask(
                MediaTransportConnect,
                Empty,
                transport_id=transport.id,
                dtls_parameters=msgspec.convert(_plain(parameters), DtlsParameters),
            )

        async def on_produce(kind: str, parameters: ClientParameters, _data: Any) -> str:
            produced = await self.page.ask(
                MediaProduce,
                MediaProduced,
                transport_id=transport.id,
                source=Source.CAMERA if kind == "video" else Source.MICROPHONE,
                rtp_parameters=msgspec.convert(_plain(parameters), RtpParameters),
            )
            return produced.producer_id

        transport.on("connect", on_connect)
        transport.on("produce", on_produce)
        return transport

    async def consume(self, transport: Any, producer_id: str) -> MediaStreamTrack:
        consumed = await self.page.ask(MediaConsume, MediaConsumed, transport_id=transport.id, producer_id=producer_id)
        options = msgspec.to_builtins(consumed.consumer)
        consumer = await transport.consume(
            id=options["id"],
            producerId=options["producerId"],
            kind=options["kind"],
            rtpParameters=ClientParameters(**options["rtpParameters"]),
        )
        await self.page.ask(MediaConsumerUpdate, Empty, consumer_id=consumer.id, is_paused=False)
        track = consumer.track
        assert isinstance(track, MediaStreamTrack)
        return track


def _plain(model: Any) -> Any:
    return model.model_dump(mode="json", exclude_none=True)


async def _frames(track: MediaStreamTrack) -> AsyncIterator[Any]:
    while True:
        yield await asyncio.wait_for(track.recv(), FRAME_DEADLINE_S)


@pytest.fixture
async def pages() -> AsyncIterator[tuple[MediasoupPage, MediasoupPage]]:
    """Two loaded pages in one meeting."""
    async with running_service() as service, live_feature(service, RecordingMeeting()) as feature:
        ana, ben = (MediasoupPage(Page(feature, name)) for name in ("ana", "ben"))
        for page in (ana, ben):
            await page.load(service.settings().router_rtp_capabilities)
        yield ana, ben


async def test_what_one_publishes_the_other_decodes(pages: tuple[MediasoupPage, MediasoupPage]) -> None:
    ana, ben = pages
    sending = await ana.create_transport("send")
    receiving = await ben.create_transport("recv")
    try:
        video = await sending.produce(track=Square(), stopTracks=True)
        audio = await sending.produce(track=Tone(), stopTracks=True)
        picture = await ben.consume(receiving, video.id)
        sound = await ben.consume(receiving, audio.id)
        seen = 0
        async for frame in _frames(picture):
            seen += (frame.width, frame.height) == (320, 240) and abs(bytes(frame.planes[0])[5_000] - 200) < 10
            if seen == 10:
                break
        heard = 0
        async for frame in _frames(sound):
            samples = memoryview(bytes(frame.planes[0])).cast("h")
            heard += max(samples) > 2_000
            if heard == 10:
                break
    finally:
        await sending.close()
        await receiving.close()
