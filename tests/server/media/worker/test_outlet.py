"""What a publisher is told of those on another worker."""

import pytest

from server.media import messages as m
from server.media.worker import rtcp
from server.media.worker.feedback import KEYFRAME_INTERVAL_S
from server.media.worker.producer import LINGER_TICKS
from tests.server.media.worker.people import consume_slots
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, rtp_packet
from tests.server.media.worker.test_producer import losses
from tests.server.media.worker.test_simulcast import CAMERA
from tests.server.media.worker.two_workers import Room, keyframe_request


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
    await room.home.until(lambda: outlet.loss == (51, 1))
    room.home.tick()
    assert (2_222, 51) in losses(await publisher.next_rtcp())
