"""Pipes between two workers, made and closed."""

import msgspec
import pytest

from server.media import messages as m
from server.media.rpc import RpcError
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED_AUDIO, VIDEO, rtp_packet
from tests.server.media.worker.test_producer import payload
from tests.server.media.worker.two_workers import Room, address


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
    (way_back,) = room.other.worker.transports["back"].producer("other video").outlets
    await room.other.until(lambda: way_back.layers_wanted == 1)
    publisher.send_rtp(rtp_packet(1, b"there"))
    back.send_rtp(rtp_packet(1, b"and back"))
    assert payload(await subscriber.next_rtp()) == b"there"
    assert payload(await local.next_rtp()) == b"and back"
    publisher.send_rtp(rtp_packet(1, b"a voice alone", payload_type=111, ssrc=2_222))
    assert payload(await subscriber.next_rtp()) == b"a voice alone"
