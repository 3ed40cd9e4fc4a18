"""A room on two workers: who publishes is on one, who subscribes on the other."""

import asyncio
import itertools
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.messages import AUDIO_LEVEL_ID, ORIENTATION_ID
from server.media.rpc import RpcError
from server.media.worker import pipe_socket, rtcp, rtp
from server.media.worker.fanout import DELAY_BOUNDS_S
from server.media.worker.feedback import KEYFRAME_INTERVAL_S
from server.media.worker.pipe_records import (
    MESSAGE,
    PREAMBLE,
    KeyframeWanted,
    SenderReported,
    Wanted,
    encode_message,
    record,
)
from server.media.worker.producer import LINGER_TICKS
from server.media.worker.speakers import ONSET_PACKETS, UPDATE_INTERVAL_S
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import (
    AUDIO,
    SUBSCRIBED,
    SUBSCRIBED_AUDIO,
    VIDEO,
    Rig,
    rtp_packet,
    running_worker,
)
from tests.server.media.worker.test_producer import losses, parsed, payload
from tests.server.media.worker.test_room_audio import FRAME, VOICE, consume_slots
from tests.server.media.worker.test_simulcast import CAMERA, SSRCS, Encoder, seen


def address(rig: Rig) -> str:
    name: bytes = rig.worker.pipes._socket.sock.getsockname()
    return name.decode()


@dataclass
class Room:
    """The worker of `pub`, and another one."""

    home: Rig
    other: Rig
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(5))

    def pipe(self, producer_id: str = "video", stream: m.ProducerStream = VIDEO, *, group: str = "pub") -> None:
        """Pass a producer of `pub` on to the other worker."""
        pipe = next(self.numbers)
        self.other.worker.do(
            m.ProducePiped(
                router_id="router",
                transport_id="pub",
                group=group,
                producer_id=producer_id,
                stream=stream,
                is_paused=False,
                pipe=pipe,
                origin=address(self.home),
            )
        )
        self.home.worker.do(
            m.PipeProducer(transport_id="pub", producer_id=producer_id, pipe=pipe, to=address(self.other))
        )

    async def settled(self) -> None:
        """Wait until what was sent to the home has reached the other worker."""
        await self.home.drained()
        counters = self.home.worker.plumbing.counters
        await self.other.until(lambda: self.other.worker.plumbing.counters.piped_in == counters.piped_out)

    async def two_sides(self, stream: m.ProducerStream = VIDEO) -> tuple[Endpoint, Endpoint]:
        """Connect a publisher with a producer, and a subscriber on the other worker that has resumed its consumer."""
        publisher, subscriber = await self.home.connect("pub"), await self.other.connect("sub")
        self.home.produce(stream)
        self.pipe(stream=stream)
        self.other.consume()
        return publisher, subscriber

    def told_layers(self) -> list[int]:
        return [event.layers for event in self.home.events if isinstance(event, m.LayersWanted)]

    def dropped(self, reason: str) -> int:
        return self.other.worker.plumbing.counters.drops[reason]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with running_worker() as home, running_worker() as other:
        yield Room(home, other)


async def keyframe_request(publisher: Endpoint) -> rtcp.KeyframeRequest:
    """Return the next one that the publisher gets."""
    while True:
        for message in rtcp.parse(await publisher.next_rtcp()):
            if isinstance(message, rtcp.KeyframeRequest):
                return message


async def test_a_packet_goes_to_another_worker_once_for_all_its_subscribers(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    second = await room.other.connect("second")
    room.other.consume(on="second", consumer_id="second's")
    local = await room.home.connect("local")
    room.home.consume(on="local", consumer_id="local's")
    rotated = b"\x400\x60\x03"  # MID, orientation
    publisher.send_rtp(rtp_packet(65_535, b"frame", timestamp=77, marker=True, extensions=rotated))
    publisher.send_rtp(rtp_packet(65_536, b"next", timestamp=78))
    for endpoint in (subscriber, second, local):
        packets = [await endpoint.next_rtp() for _ in range(2)]
        assert [payload(packet) for packet in packets] == [b"frame", b"next"]
        first, last = map(parsed, packets)
        assert (first.ssrc, first.payload_type, first.is_marked) == (SUBSCRIBED.ssrc, 101, True)
        assert (first.timestamp, last.timestamp) == (77, 78)
        assert (last.sequence - first.sequence) & 0xFFFF == 1
        assert rtp.read_extension(packets[0], first, ORIENTATION_ID) == b"\x03"
    assert room.home.worker.plumbing.counters.piped_out == 2
    assert room.other.worker.plumbing.counters.piped_in == 2


async def test_what_one_turn_has_for_another_worker_leaves_together(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    sent: list[int] = []
    (link,) = room.home.worker.pipes._links.values()
    link._sock = _Counting(link._sock, sent)  # type: ignore[assignment]
    data = [bytes((number,)) * 1_000 for number in range(40)]
    for number, each in enumerate(data):
        publisher.send_rtp(rtp_packet(number, each))
    assert [payload(await subscriber.next_rtp()) for _ in data] == data
    assert max(sent) <= pipe_socket.DATAGRAM_BYTES + PREAMBLE.size
    assert len(sent) < len(data)


class _Counting:
    """A socket that notes how large its datagrams are."""

    def __init__(self, sock: socket.socket, sent: list[int]) -> None:
        self._sock = sock
        self._sent = sent

    def sendto(self, data: bytes, to: str) -> None:
        self._sock.sendto(data, to)
        self._sent.append(len(data))


async def test_the_delay_is_measured_from_when_a_packet_came_from_its_page(room: Room) -> None:
    _, subscriber = await room.two_sides()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
        came_at = time.time() - DELAY_BOUNDS_S[-1] - 1.0
        writer.sendto(PREAMBLE.pack(came_at) + record(5, 0, rtp_packet(1, b"x", payload_type=101)), address(room.other))
    assert payload(await subscriber.next_rtp()) == b"x"
    outbox = room.other.worker.plumbing.outbox
    await room.other.until(lambda: outbox.delays.distribution().counts[-1] == 1)
    assert room.other.worker.udp.turn_came_at == 0.0


async def test_layers_are_chosen_and_changed_for_each_subscriber_there(room: Room) -> None:
    publisher, subscriber = await room.two_sides(CAMERA)
    encoders = [Encoder(publisher, ssrc) for ssrc in SSRCS]
    subscriber.send_rtcp(rtcp.receiver_report(1, []) + rtcp.bandwidth_estimate(1, 10_000_000, [SUBSCRIBED.ssrc]))
    await room.other.drained()
    for encoder in encoders:
        encoder.send()
    await room.settled()
    assert subscriber.rtp.empty(), "without a keyframe nobody could see it"
    while (await keyframe_request(publisher)).media_ssrc != SSRCS[2]:
        pass
    encoders[2].send(is_keyframe=True)
    first = [seen(await subscriber.next_rtp()) for _ in range(2)]
    room.other.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    room.home.time.advance(KEYFRAME_INTERVAL_S)
    room.other.time.advance(KEYFRAME_INTERVAL_S)
    room.other.tick()
    while (await keyframe_request(publisher)).media_ssrc != SSRCS[0]:
        pass
    encoders[2].send()
    encoders[0].send(is_keyframe=True)
    encoders[2].send()
    encoders[0].send()
    packets = first + [seen(await subscriber.next_rtp()) for _ in range(6)]
    assert [layer for _, _, layer in packets] == [2, 2, 2, 2, 0, 0, 0, 0]
    sequences = [header.sequence for header, _, _ in packets]
    assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(sequences))


async def test_the_publisher_is_told_what_those_on_both_workers_want(room: Room) -> None:
    publisher, _ = await room.two_sides(CAMERA)
    del publisher
    (outlet,) = room.home.worker.transports["pub"].producer("video").outlets
    await room.home.until(lambda: outlet.layers_wanted == 3)
    room.other.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    for _ in range(LINGER_TICKS):
        room.other.tick()
    await room.home.until(lambda: outlet.layers_wanted == 1)
    for _ in range(LINGER_TICKS):
        room.home.tick()
    assert room.told_layers() == [1]
    await room.home.connect("local")
    room.home.consume(on="local", consumer_id="local's")
    assert room.told_layers() == [1, 3], "at once"
    room.home.pause(on="local", consumer_id="local's", is_paused=True)
    room.other.pause(is_paused=True)
    for _ in range(LINGER_TICKS):
        room.other.tick()
    await room.home.until(lambda: outlet.layers_wanted == 0)
    for _ in range(LINGER_TICKS):
        room.home.tick()
    assert room.told_layers() == [1, 3, 0]
    room.other.pause(is_paused=False)
    await room.home.until(lambda: room.told_layers() == [1, 3, 0, 1])


async def test_what_nobody_there_wants_is_not_asked_of_the_publisher(room: Room) -> None:
    await room.home.connect("pub")
    room.home.produce(CAMERA)
    room.pipe(stream=CAMERA)
    for _ in range(LINGER_TICKS):
        room.home.tick()
        room.other.tick()
    assert room.told_layers() == [0]


async def test_a_wish_that_was_lost_is_told_again(room: Room) -> None:
    await room.two_sides(CAMERA)
    (outlet,) = room.home.worker.transports["pub"].producer("video").outlets
    await room.home.until(lambda: outlet.layers_wanted == 3)
    outlet.layers_wanted = 0
    room.other.tick()
    await room.home.until(lambda: outlet.layers_wanted == 3)


async def test_a_keyframe_is_asked_of_the_publisher_once_for_all_workers(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    assert await keyframe_request(publisher) == rtcp.KeyframeRequest(1_111)
    for rig in (room.home, room.other):
        rig.time.advance(2 * KEYFRAME_INTERVAL_S)
    subscriber.send_rtcp(rtcp.picture_loss_indication(1, SUBSCRIBED.ssrc))
    assert await keyframe_request(publisher) == rtcp.KeyframeRequest(1_111)
    local = await room.home.connect("local")
    room.home.consume(on="local", consumer_id="local's")
    local.send_rtcp(rtcp.picture_loss_indication(1, SUBSCRIBED.ssrc))
    await room.home.drained()
    assert room.home.worker.plumbing.counters.keyframe_requests_out == 2, "the throttle is one for both"
    assert room.other.worker.plumbing.counters.keyframe_requests_out == 0


async def test_what_was_lost_on_the_way_to_the_worker_is_asked_for_there_only(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    await keyframe_request(publisher)
    for number in (65_534, 1):
        publisher.send_rtp(rtp_packet(number, str(number).encode()))
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (65_535, 0))]
    repair = struct.pack("!H", 65_535) + b"65535"
    publisher.send_rtp(rtp_packet(900, repair, payload_type=97, ssrc=1_112))
    publisher.send_rtp(rtp_packet(0, b"0"))
    publisher.send_rtp(rtp_packet(2, b"2"))
    packets = [await subscriber.next_rtp() for _ in range(5)]
    first = parsed(packets[0]).sequence
    numbered = {(parsed(packet).sequence - first) & 0xFFFF: payload(packet) for packet in packets}
    assert numbered == {0: b"65534", 1: b"65535", 2: b"0", 3: b"1", 4: b"2"}
    assert room.other.worker.plumbing.counters.nacks_out == 0
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [parsed(packets[0]).sequence]))
    again = await subscriber.next_rtp()
    assert payload(again)[2:] == b"65534", "what is lost after the other worker comes from there"


async def test_a_pause_holds_on_both_workers(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    await keyframe_request(publisher)
    publisher.send_rtp(rtp_packet(1, b"before"))
    assert payload(await subscriber.next_rtp()) == b"before"
    for rig in (room.home, room.other):
        rig.worker.do(m.PauseProducer(transport_id="pub", producer_id="video", is_paused=True))
    publisher.send_rtp(rtp_packet(2, b"meanwhile"))
    await room.settled()
    assert room.home.worker.plumbing.counters.piped_out == 1, "nor does it go to another worker"
    for rig in (room.home, room.other):
        rig.time.advance(2 * KEYFRAME_INTERVAL_S)
        rig.worker.do(m.PauseProducer(transport_id="pub", producer_id="video", is_paused=False))
    assert await keyframe_request(publisher) == rtcp.KeyframeRequest(1_111)
    publisher.send_rtp(rtp_packet(3, b"after"))
    assert payload(await subscriber.next_rtp()) == b"after"


async def test_the_publishers_clock_reaches_them(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    publisher.send_rtp(rtp_packet(1, b"12345"))
    await subscriber.next_rtp()
    theirs = rtcp.SenderReport(1_111, 0xE1E2_E3E4_0506_0708, 90_000, 3, 15)
    publisher.send_rtcp(rtcp.sender_report(theirs, "whoever"))
    await room.settled()
    room.other.tick()
    assert rtcp.parse(await subscriber.next_rtcp()) == [
        rtcp.SenderReport(SUBSCRIBED.ssrc, theirs.ntp, theirs.timestamp, 1, 5)
    ]


async def test_a_clock_that_was_told_before_reaches_them_too(room: Room) -> None:
    publisher, subscriber = await room.home.connect("pub"), await room.other.connect("sub")
    room.home.produce()
    publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(1_111, 1 << 63, 90_000, 3, 15), "whoever"))
    await room.home.drained()
    room.pipe()
    room.other.consume()
    publisher.send_rtp(rtp_packet(1, b"x"))
    (report,) = rtcp.parse(await subscriber.next_rtcp())
    assert report == rtcp.SenderReport(SUBSCRIBED.ssrc, 1 << 63, 90_000, 0, 0)


async def test_voices_are_heard_in_the_slots_of_both_workers_but_not_by_oneself(room: Room) -> None:
    publisher = await room.home.connect("pub", group="ana")
    room.home.produce(AUDIO, producer_id="voice")
    listener = await room.other.connect("sub", group="ben")
    own_phone = await room.other.connect("phone", group="ana")
    for transport_id in ("sub", "phone"):
        consume_slots(room.other, transport_id)
    room.pipe("voice", AUDIO, group="ana")
    for number in range(ONSET_PACKETS + 1):
        level = bytes((0x20, VOICE))
        publisher.send_rtp(
            rtp_packet(number, b"voice", timestamp=FRAME * number, payload_type=111, ssrc=2_222, extensions=level)
        )
    packet = await listener.next_rtp()
    assert payload(packet) == b"voice"
    assert rtp.read_extension(packet, parsed(packet), AUDIO_LEVEL_ID) == bytes((VOICE,))
    await room.settled()
    await room.other.drained()
    assert own_phone.rtp.empty()
    room.other.time.advance(UPDATE_INTERVAL_S)
    room.other.tick()
    heard = [event for event in room.other.events if isinstance(event, m.SpeakersChanged)]
    assert (heard[-1].slots[0], heard[-1].talking) == ("voice", ["voice"])
    for rig in (room.home, room.other):
        rig.worker.do(m.PauseProducer(transport_id="pub", producer_id="voice", is_paused=True))
    heard = [event for event in room.other.events if isinstance(event, m.SpeakersChanged)]
    assert heard[-1].slots == [None] * m.AUDIO_SLOTS


async def test_a_publisher_without_layers_learns_what_those_on_the_other_worker_can_take(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    publisher.send_rtp(rtp_packet(1, b"x"))
    await subscriber.next_rtp()
    subscriber.send_rtcp(rtcp.receiver_report(1, []) + rtcp.bandwidth_estimate(1, 600_000, [SUBSCRIBED.ssrc]))
    await room.other.drained()
    room.other.tick()
    producer = room.home.worker.transports["pub"].producer("video")
    await room.home.until(lambda: bool(producer.outlets[0].shares))
    while not publisher.rtcp.empty():
        publisher.rtcp.get_nowait()
    room.home.tick()
    estimates = [e for e in rtcp.parse(await publisher.next_rtcp()) if isinstance(e, rtcp.BandwidthEstimate)]
    assert [estimate.bitrate for estimate in estimates] == pytest.approx(producer.outlets[0].shares, rel=0.01)
    assert estimates[0].bitrate <= 600_000


async def test_a_speaker_protects_itself_for_the_worst_line_of_all_workers(room: Room) -> None:
    publisher, listener = await room.home.connect("pub"), await room.other.connect("sub")
    room.home.produce(AUDIO, producer_id="voice")
    room.pipe("voice", AUDIO)
    consume_slots(room.other, "sub")
    publisher.send_rtp(rtp_packet(1, b"voice", payload_type=111, ssrc=2_222))
    await listener.next_rtp()
    listener.send_rtcp(rtcp.receiver_report(1, [rtcp.ReportBlock(600_000, 51, 0, 0, 0, 0, 0)]))
    await room.other.drained()
    for _ in range(2):
        room.other.tick()
    (outlet,) = room.home.worker.transports["pub"].producer("voice").outlets
    await room.home.until(lambda: outlet.worst_loss == 51)
    room.home.tick()
    assert (2_222, 51) in losses(await publisher.next_rtcp())


@pytest.mark.parametrize("how", ["producer", "transport", "router"])
async def test_what_is_closed_is_closed_on_both_workers(room: Room, how: str) -> None:
    publisher, _ = await room.two_sides()
    commands: dict[str, m.AnyCommand] = {
        "producer": m.CloseProducer(transport_id="pub", producer_id="video"),
        "transport": m.CloseTransport(transport_id="pub"),
        "router": m.CloseRouter(router_id="router"),
    }
    closing = commands[how]
    room.other.worker.do(closing)
    assert room.other.worker.pipes.inlets == {}
    assert not room.other.worker.transports or room.other.worker.transports["sub"].consumers == {}
    publisher.send_rtp(rtp_packet(1, b"x"))
    await room.home.drained()
    await room.other.until(lambda: room.dropped("unknown_stream") == 1)
    room.home.worker.do(closing)
    for rig in (room.home, room.other):
        rig.worker.do(m.CloseRouter(router_id="router"))
        assert (rig.worker._routers, rig.worker.pipes._links) == ({}, {})
        assert (rig.worker.pipes._outlets, rig.worker.pipes._incoming) == ({}, {})


async def test_a_pipe_is_closed_alone(room: Room) -> None:
    publisher, _ = await room.two_sides()
    pipe = room.home.worker.transports["pub"].producer("video").outlets[0].pipe
    for _ in range(2):
        room.home.worker.do(m.ClosePipe(pipe=pipe))
    publisher.send_rtp(rtp_packet(1, b"x"))
    await room.settled()
    assert room.home.worker.plumbing.counters.piped_out == 0
    room.home.produce(AUDIO, producer_id="voice")  # its transport is still there


async def test_a_producer_that_is_not_there_cannot_be_passed_on(room: Room) -> None:
    await room.home.connect("pub")
    with pytest.raises(RpcError, match="no such producer"):
        room.home.worker.do(m.PipeProducer(transport_id="pub", producer_id="video", pipe=1, to="nowhere"))
    room.home.produce()
    room.pipe()
    with pytest.raises(RpcError, match="the producer exists"):
        room.pipe()
    await room.other.connect("sub")
    with pytest.raises(RpcError, match="no such transport or producer"):
        room.other.consume(of="elsewhere")


async def test_a_worker_that_takes_nothing_for_a_while_gets_it_later_and_what_is_too_much_is_dropped(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher, subscriber = await room.two_sides()
    await room.other.until(lambda: room.home.worker.plumbing.counters.keyframe_requests_out == 1)
    monkeypatch.setattr(pipe_socket, "MAX_HELD_BYTES", 40_000)
    asyncio.get_running_loop().remove_reader(room.other.worker.pipes._socket.sock.fileno())
    counters = room.home.worker.plumbing.counters
    number = 0
    while not counters.not_piped:
        assert number < 2_000, "it is bounded"
        publisher.send_rtp(rtp_packet(number, bytes(1_000)))
        number += 1
        await room.home.drained()
    (link,) = room.home.worker.pipes._links.values()
    assert link._held_bytes <= 40_000
    room.other.worker.pipes.start()
    await room.other.until(lambda: room.other.worker.plumbing.counters.piped_in == number - counters.not_piped)
    assert link._held_bytes == 0
    assert counters.piped_out == number - counters.not_piped
    assert payload(await subscriber.next_rtp()) == bytes(1_000)


async def test_a_worker_that_is_gone_harms_nobody(room: Room) -> None:
    publisher, _ = await room.two_sides()
    local = await room.home.connect("local")
    room.home.consume(on="local", consumer_id="local's")
    room.other.worker.pipes.close()
    publisher.send_rtp(rtp_packet(1, b"x"))
    assert payload(await local.next_rtp()) == b"x"
    await room.home.until(lambda: room.home.worker.plumbing.counters.not_piped == 1)
    room.other.tick()  # tells nobody what it wants


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.binary(max_size=100)
        | st.builds(
            lambda records: PREAMBLE.pack(0.0) + b"".join(record(*each) for each in records),
            st.lists(st.tuples(st.integers(4, 7), st.sampled_from([0, 1, 9, MESSAGE]), st.binary(max_size=60))),
        )
        | st.builds(
            lambda pipe, message: PREAMBLE.pack(0.0) + record(pipe, MESSAGE, encode_message(message)),
            st.integers(4, 7),
            st.builds(KeyframeWanted, st.integers(-5, 9))
            | st.builds(SenderReported, st.integers(-5, 9), st.integers(0, (1 << 64) - 1), st.integers(0, 9))
            | st.builds(Wanted, st.integers(0, 3), st.lists(st.integers(0, 1 << 40), max_size=3)),
        ),
        max_size=12,
    )
)
async def test_whatever_comes_by_a_pipe_nothing_breaks(datagrams: list[bytes]) -> None:
    async with running_worker() as home, running_worker() as other:
        room = Room(home, other)
        publisher, subscriber = await room.two_sides()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.bind("")
            for rig in (home, other):
                for datagram in datagrams:
                    writer.sendto(datagram, address(rig))
                    await rig.drained()
        publisher.send_rtp(rtp_packet(1, b"still there"))
        while payload(await subscriber.next_rtp()) != b"still there":
            pass
        assert home.worker.udp.failures == other.worker.udp.failures == 0


async def test_too_long_a_packet_or_a_layer_that_is_not_there_is_malformed(room: Room) -> None:
    await room.two_sides()
    good = rtp_packet(1, b"x", payload_type=101)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
        for count, wrong in enumerate(
            (
                record(5, 0, good + bytes(2_000)),
                record(5, 1, good),
                record(5, 0, b"no RTP"),
                b"\x00",
                record(5, MESSAGE, b""),
            ),
            1,
        ):
            writer.sendto(PREAMBLE.pack(0.0) + wrong, address(room.other))
            await room.other.until(lambda count=count: room.dropped("malformed") == count)  # type: ignore[misc]


async def test_each_pipe_has_one_way(room: Room) -> None:
    """The same worker may pass on and be passed on to."""
    publisher, subscriber = await room.two_sides()
    back = await room.other.connect("back")
    room.other.produce(VIDEO, on="back", producer_id="other video")
    room.home.worker.do(
        m.ProducePiped(
            router_id="router",
            transport_id="back",
            group="back",
            producer_id="other video",
            stream=VIDEO,
            is_paused=False,
            pipe=99,
            origin=address(room.other),
        )
    )
    room.other.worker.do(m.PipeProducer(transport_id="back", producer_id="other video", pipe=99, to=address(room.home)))
    local = await room.home.connect("local")
    room.home.consume(on="local", of="back", producer_id="other video", consumer_id="c2")
    stream = msgspec.structs.replace(SUBSCRIBED_AUDIO, ssrc=77)
    room.home.produce(AUDIO, producer_id="voice")
    room.pipe("voice", AUDIO)
    room.other.consume(stream, producer_id="voice", consumer_id="c3")
    publisher.send_rtp(rtp_packet(1, b"there"))
    back.send_rtp(rtp_packet(1, b"and back"))
    assert payload(await subscriber.next_rtp()) == b"there"
    assert payload(await local.next_rtp()) == b"and back"
    publisher.send_rtp(rtp_packet(1, b"a voice alone", payload_type=111, ssrc=2_222))
    assert payload(await subscriber.next_rtp()) == b"a voice alone"
