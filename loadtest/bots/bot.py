"""One bot: a participant with one page open, that sends and receives as a browser would.

connect → room_join → transports → produce; for every producer of others: consume (paused) → resume
"""

import asyncio
from dataclasses import dataclass
from random import Random

import aiohttp
from aiortc.rtcdtlstransport import RTCCertificate

from loadtest.bots.capabilities import receive_capabilities, send_parameters
from loadtest.bots.delay import Samples
from loadtest.bots.dtls import local_parameters
from loadtest.bots.errors import RequestError
from loadtest.bots.intake import Intake
from loadtest.bots.publisher import CAMERA, Publisher, SentStream, Shape
from loadtest.bots.receiver import ReceivedStream, Receiver
from loadtest.bots.room_view import RoomView
from loadtest.bots.signalling import Signalling, random_id
from loadtest.bots.transport import MediaTransport, PacketHandler
from loadtest.lines.detour import detour
from protocol import PROTOCOL_VERSION
from protocol.requests import (
    Joined,
    MediaAudioSlots,
    MediaAudioSlotsConsumed,
    MediaConsume,
    MediaConsumed,
    MediaConsumerUpdate,
    MediaProduce,
    MediaProduced,
    MediaTransportConnect,
    MediaTransportCreate,
    MediaTransportCreated,
    RoomJoin,
    RoomLeave,
)
from protocol.room import SOURCE_KIND, Source
from protocol.rtp import RtpCapabilities
from protocol.wire import Empty


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all bots of a process share."""

    server_url: str
    certificate: RTCCertificate
    connector: aiohttp.BaseConnector
    delays: Samples
    """One-way delay of every packet that any of them receives."""
    open_every: int = 1
    """Decrypt one of so many packets of an unbroken stream; the others are counted by their clear headers."""
    intake: Intake | None = None
    """Reads the sockets of all of them; without one, each is woken for what it receives."""
    line: tuple[str, int] | None = None
    """Where packets for the server go instead of its own addresses."""


class Bot:
    """A participant: `open_link` or `use_cookie`, `join`, `publish` and `subscribe` as wanted, `close`."""

    def __init__(self, surroundings: Surroundings, chance: Random) -> None:
        self.view = RoomView(on_changed=self._follow_producers)
        self.receiver = Receiver(surroundings.delays, chance, open_every=surroundings.open_every)
        self.publisher = Publisher()
        self.sent_streams: dict[Source, SentStream] = {}
        self.transports: list[MediaTransport] = []
        self.signalling = Signalling(surroundings.server_url, self.view.on_event, surroundings.connector)
        self._certificate = surroundings.certificate
        self._line = surroundings.line
        self._intake = surroundings.intake
        self._chance = chance
        self._router = RtpCapabilities()
        self._receiving: MediaTransport | None = None
        self._consumers: dict[str, str] = {}
        """Consumer id by producer id; empty while it is being asked for."""
        self._tiles: int | None = None
        self._consuming: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    @property
    def received_streams(self) -> tuple[ReceivedStream, ...]:
        """The consumers that we have."""
        return tuple(self.receiver.streams.values())

    @property
    def closings(self) -> tuple[str, ...]:
        """What the server closed of ours, with its reasons, and what died by itself."""
        own = ["the connection was lost"] if self.signalling.was_lost else []
        dead = ["a transport lost consent" for transport in self.transports if not transport.has_consent]
        return (*self.view.closings, *own, *dead)

    async def open_link(self, link: str) -> None:
        """Sign in by a link."""
        await self.signalling.open_link(link)

    def use_cookie(self, name: str, value: str) -> None:
        """Be whoever owns this session cookie."""
        self.signalling.use_cookie(name, value)

    async def join(self, slug: str) -> None:
        """Connect and enter the room."""
        await self.signalling.connect()
        fields = RoomJoin(request_id=random_id(), protocol_version=PROTOCOL_VERSION, slug=slug, endpoint_id=random_id())
        joined = await self.signalling.request(fields, Joined)
        if joined.snapshot is None:
            raise RequestError("room_join", "bad_answer", "a first join was not answered with a snapshot")
        self._router = joined.media.router_rtp_capabilities
        self.view.begin(joined.you, joined.snapshot)

    async def publish(self, *sources: Source, camera: Shape = CAMERA) -> None:
        """Send the given sources, by one transport. Call once."""
        transport = await self._create_transport(self.publisher, is_sending=True)
        for mid, source in enumerate(sources):
            parameters = send_parameters(
                source,
                self._router,
                mid=str(mid),
                ssrc=self._chance.randrange(1, 1 << 32),
                rtx_ssrc=self._chance.randrange(1, 1 << 32),
                cname=self.view.participant_id,
            )
            fields = MediaProduce(
                request_id=random_id(), transport_id=transport.options.id, source=source, rtp_parameters=parameters
            )
            shape = camera if source is Source.CAMERA else None
            stream = SentStream(source, parameters, self._chance, shape=shape)
            stream.producer_id = (await self.signalling.request(fields, MediaProduced)).producer_id
            self.sent_streams[source] = stream
        self.publisher.start(transport, self.sent_streams.values())

    async def subscribe(self, *, tiles: int | None = None) -> None:
        """Receive everybody who sends, now and later; returns when those of now are resumed. Call once.

        With `tiles` it receives like our page: so many pictures, and sound in the room's slots.
        """
        self._receiving = await self._create_transport(self.receiver, is_sending=False)
        self.receiver.start(self._receiving.send_rtcp)
        self._tiles = tiles
        if tiles is not None:
            fields = MediaAudioSlots(request_id=random_id(), transport_id=self._receiving.options.id)
            for options in (await self.signalling.request(fields, MediaAudioSlotsConsumed)).consumers:
                self.receiver.add(options)
        self._follow_producers()
        await self.settle()

    async def settle(self) -> None:
        """Wait until everything that others are known to send is received; raises what went wrong."""
        while self._consuming:
            await asyncio.wait(tuple(self._consuming))
        self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what went wrong in the background, if anything did."""
        if self._failure:
            raise self._failure

    async def leave(self) -> None:
        """Leave the room on purpose."""
        await self.signalling.request(RoomLeave(request_id=random_id()), Empty)

    async def close(self) -> None:
        """Free everything. Idempotent."""
        consuming = tuple(self._consuming)
        for task in consuming:
            task.cancel()
        if consuming:
            await asyncio.wait(consuming)
        self.receiver.close()
        try:
            await self.publisher.close()
        finally:
            for transport in self.transports:
                await transport.close()
            await self.signalling.close()

    async def _create_transport(self, handler: PacketHandler, *, is_sending: bool) -> MediaTransport:
        fields = MediaTransportCreate(
            request_id=random_id(),
            direction="send" if is_sending else "recv",
            rtp_capabilities=None if is_sending else receive_capabilities(self._router),
        )
        created = await self.signalling.request(fields, MediaTransportCreated)
        options = detour(created.transport, self._line) if self._line else created.transport
        transport = MediaTransport(options, self._certificate, handler, self._intake)
        self.transports.append(transport)
        connect = MediaTransportConnect(
            request_id=random_id(),
            transport_id=created.transport.id,
            dtls_parameters=local_parameters(self._certificate),
        )
        connecting = asyncio.create_task(transport.connect())  # ICE need not wait for the acknowledgement
        try:
            await self.signalling.request(connect, Empty)
            await connecting
        finally:
            connecting.cancel()
        return transport

    def _follow_producers(self) -> None:
        """Consume what others have begun to send, forget what they have ended."""
        if self._receiving is None:
            return
        present = self._wanted()
        for producer_id in self._consumers.keys() - present:
            self.receiver.remove(self._consumers.pop(producer_id))
        for producer_id in present - self._consumers.keys():
            self._consumers[producer_id] = ""
            task = asyncio.create_task(self._consume(self._receiving.options.id, producer_id))
            self._consuming.add(task)
            task.add_done_callback(self._on_consumed)

    async def _consume(self, transport_id: str, producer_id: str) -> None:
        fields = MediaConsume(request_id=random_id(), transport_id=transport_id, producer_id=producer_id)
        try:
            consumer = (await self.signalling.request(fields, MediaConsumed)).consumer
            if producer_id not in self._consumers:
                return  # the producer went in the meantime, and the consumer with it
            self.receiver.add(consumer)
            self._consumers[producer_id] = consumer.id
            resume = MediaConsumerUpdate(request_id=random_id(), consumer_id=consumer.id, is_paused=False)
            await self.signalling.request(resume, Empty)
        except RequestError:
            if producer_id in self._wanted():  # else it went in the meantime, whatever the answer says
                raise

    def _wanted(self) -> set[str]:
        if self._tiles is None:
            return self.view.producers_of_others(SOURCE_KIND)
        cameras = self.view.producers_of_others((Source.CAMERA,))
        seen = cameras & self._consumers.keys()
        return seen | set(sorted(cameras - seen)[: self._tiles - len(seen)])

    def _on_consumed(self, task: asyncio.Task[None]) -> None:
        self._consuming.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failure = self._failure or error
