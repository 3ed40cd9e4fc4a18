"""Bots against the real server: its gateway, its media worker, its database."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loadtest.bots.bot import Bot
from loadtest.bots.errors import RequestError, SignInError
from loadtest.bots.publisher import SHAPES, SILENCE, SPEECH
from loadtest.bots.receiver import ReceivedStream
from loadtest.bots.rtp import HEADER
from loadtest.bots.swarm import Swarm
from loadtest.lines.line import Impairment
from loadtest.lines.proxy import running_line
from protocol.room import SOURCE_KIND, Source
from tests.support.server import RunningServer, running_server
from tests.support.waiting import until

ROOM = "morning-round-up"


def stream_of(bot: Bot, source: Source) -> ReceivedStream | None:
    """Return what a bot receives of the one who publishes `source`."""
    return next((stream for stream in bot.received_streams if stream.kind is SOURCE_KIND[source]), None)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path, is_demo=True) as server:
        yield server


class Meeting:
    """A publisher in the room, and as many subscribers as a test wants."""

    def __init__(self, server: RunningServer, swarm: Swarm) -> None:
        self._server = server
        self.swarm = swarm
        self.publisher = swarm.create_bot()
        self._count = 0

    async def enter(self, bot: Bot) -> Bot:
        self._count += 1
        email = f"bot{self._count}@bots.example"
        await self._server.add_person(email)
        await bot.open_link(await self._server.link(email))
        await bot.join(ROOM)
        return bot

    async def publish(self) -> None:
        await self.enter(self.publisher)
        await self.publisher.publish(*SHAPES)

    async def subscribe(self) -> Bot:
        bot = await self.enter(self.swarm.create_bot())
        await bot.subscribe()
        return bot

    def published(self, source: Source) -> int:
        return self.publisher.sent_streams[source].next_index

    async def pass_packets(self, bots: list[Bot], count: int) -> int:
        """Let `count` packets of each source be published; return how many did not reach one of the bots."""
        first = {source: self.published(source) for source in SHAPES}
        await until(lambda: all(self.published(source) >= first[source] + count for source in SHAPES))

        def missing() -> int:
            return sum(
                stream.delivery.count_missing(first[source], first[source] + count) if stream else count
                for bot in bots
                for source in SHAPES
                for stream in (stream_of(bot, source),)
            )

        try:
            await until(lambda: not missing())
        except TimeoutError:
            return missing()
        return 0


@pytest.fixture
async def meeting(server: RunningServer) -> AsyncIterator[Meeting]:
    async with Swarm(server.url) as swarm:
        yield Meeting(server, swarm)


async def test_every_packet_reaches_every_subscriber_unharmed(meeting: Meeting) -> None:
    await meeting.publish()
    bots = [await meeting.subscribe() for _ in range(3)]
    await until(lambda: all(stream.log.received for bot in bots for stream in bot.received_streams))
    assert await meeting.pass_packets(bots, 60) == 0
    for bot in bots:
        assert len(bot.received_streams) == 2
        assert [(s.log.raw_lost, s.log.duplicates, s.foreign) for s in bot.received_streams] == [(0, 0, 0)] * 2
        assert all(stream.has_keyframe for stream in bot.received_streams)
        assert [transport.rejected for transport in bot.transports] == [0]
        assert (bot.receiver.unknown, bot.receiver.malformed, bot.view.missed_events, bot.closings) == (0, 0, 0, ())
    assert 0 < meeting.swarm.delays.quantile_ms(0.5) < 1_000


async def test_somebody_who_comes_later_gets_a_keyframe(meeting: Meeting) -> None:
    await meeting.publish()
    first = await meeting.subscribe()
    await until(lambda: all(stream.has_keyframe for stream in first.received_streams))
    later = await meeting.subscribe()
    await until(lambda: all(stream.has_keyframe for stream in later.received_streams))
    assert meeting.publisher.sent_streams[Source.CAMERA].keyframes >= 2


async def test_video_lost_on_the_way_to_a_subscriber_is_repaired(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await meeting.publish()
    bot = await meeting.subscribe()
    await until(lambda: all(stream.log.received > 20 for stream in bot.received_streams))
    stream = stream_of(bot, Source.CAMERA)
    assert stream
    take, arrivals = bot.receiver.on_rtp, iter(range(1_000_000))

    def lose_some(packet: bytes, arrived_at_ns: int) -> None:
        ssrc = HEADER.unpack_from(packet)[4]
        if ssrc != stream.ssrc or next(arrivals) % 10:
            take(packet, arrived_at_ns)

    monkeypatch.setattr(bot.receiver, "on_rtp", lose_some)
    assert await meeting.pass_packets([bot], 60) == 0
    assert stream.log.raw_lost >= 5
    assert stream.log.recovered >= 5


async def test_video_lost_on_the_way_to_the_server_is_repaired(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await meeting.publish()
    bot = await meeting.subscribe()
    await until(lambda: all(stream.log.received > 20 for stream in bot.received_streams))
    camera = meeting.publisher.sent_streams[Source.CAMERA]
    (transport,) = meeting.publisher.transports
    send, departures = transport.send_rtp, iter(range(1_000_000))

    def lose_some(packet: bytes) -> None:
        ssrc = HEADER.unpack_from(packet)[4]
        if ssrc != camera.ssrc or next(departures) % 10:
            send(packet)

    monkeypatch.setattr(transport, "send_rtp", lose_some)
    assert await meeting.pass_packets([bot], 60) == 0
    assert camera.retransmitted >= 5


async def test_in_slots_a_few_streams_carry_whoever_talks(meeting: Meeting) -> None:
    talkers = [await meeting.enter(meeting.swarm.create_bot()) for _ in range(6)]
    for bot in talkers:
        await bot.publish(Source.MICROPHONE)
        bot.sent_streams[Source.MICROPHONE].audio_level = SILENCE
    listener = await meeting.enter(meeting.swarm.create_bot())
    await listener.subscribe(tiles=9)
    too_early = listener.receiver.unknown  # sound may overtake the answer that names its stream

    def talking() -> tuple[str, ...]:
        return listener.view.speakers.talking if listener.view.speakers else ()

    await until(lambda: all(stream.log.received > 10 for stream in listener.received_streams))
    await until(lambda: not talking())
    for bot in talkers:
        bot.sent_streams[Source.MICROPHONE].audio_level = SPEECH
        await until(lambda bot=bot: talking() == (bot.view.participant_id,))  # type: ignore[misc]
        assert listener.view.speakers
        assert bot.view.participant_id in listener.view.speakers.slots
        bot.sent_streams[Source.MICROPHONE].audio_level = SILENCE
        await until(lambda: not talking())
    assert len(listener.received_streams) == 4
    assert [(s.log.raw_lost, s.log.duplicates, s.foreign) for s in listener.received_streams] == [(0, 0, 0)] * 4
    assert (listener.receiver.unknown, listener.receiver.malformed, listener.closings) == (too_early, 0, ())


async def test_read_in_batches_nothing_is_missed(server: RunningServer) -> None:
    async with Swarm(server.url, open_every=4) as swarm:
        meeting = Meeting(server, swarm)
        await meeting.publish()
        bots = [await meeting.subscribe() for _ in range(3)]
        await until(lambda: all(stream.has_keyframe for bot in bots for stream in bot.received_streams))
        assert await meeting.pass_packets(bots, 60) == 0
        for bot in bots:
            opened = sum(transport.received for transport in bot.transports)
            assert 0 < opened < sum(stream.log.received for stream in bot.received_streams) * 0.8
            assert [(s.log.raw_lost, s.log.duplicates, s.foreign) for s in bot.received_streams] == [(0, 0, 0)] * 2
            assert [(t.rejected, t.kernel_drops) for t in bot.transports] == [(0, 0)]


async def test_a_line_that_loses_reorders_and_delays_is_repaired(tmp_path: Path) -> None:
    port = free_udp_port()
    line = Impairment(loss=0.05, delay_s=0.02, jitter_s=0.01, reorder=0.01)
    async with (
        running_server(tmp_path, media_port=port, is_demo=True) as server,
        running_line(("127.0.0.1", port), line, line) as bad,
        Swarm(server.url, line=bad.address) as swarm,
    ):
        meeting = Meeting(server, swarm)
        await meeting.publish()
        bot = await meeting.subscribe()
        await until(lambda: all(stream.log.received > 50 for stream in bot.received_streams))
        camera = meeting.publisher.sent_streams[Source.CAMERA]
        first = camera.next_index
        await until(lambda: camera.next_index >= first + 100)
        stream = stream_of(bot, Source.CAMERA)
        assert stream
        await until(lambda: not stream.delivery.count_missing(first, first + 100))
        assert bad.up.lost
        assert bad.down.lost


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_who_leaves_is_gone_for_the_others(meeting: Meeting) -> None:
    await meeting.publish()
    bot = await meeting.subscribe()
    assert meeting.publisher.view.participant_id in bot.view.participants
    await meeting.publisher.leave()
    await until(lambda: meeting.publisher.view.participant_id not in bot.view.participants)
    assert bot.received_streams == ()


async def test_refusals_are_told_as_the_protocol_says(server: RunningServer) -> None:
    async with Swarm(server.url) as swarm:
        stranger = swarm.create_bot()
        with pytest.raises(SignInError, match="HTTP 4"):
            await stranger.open_link(f"{server.url}/s/unknown")
        with pytest.raises(RequestError):
            await stranger.join(ROOM)
        bot = await Meeting(server, swarm).enter(swarm.create_bot())
        with pytest.raises(RequestError) as refusal:
            await bot.join("no-such-room")
        assert refusal.value.code
