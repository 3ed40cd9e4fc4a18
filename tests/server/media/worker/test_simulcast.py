"""A camera in three layers: each subscriber gets one of them, and one stream without a seam."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.worker import rtcp, rtp
from server.media.worker.continuity import Position
from server.media.worker.feedback import KEYFRAME_INTERVAL_S
from server.media.worker.layer import MAX_KEYFRAMES_PER_S, MAX_RETURNS_PER_S, SETTLE_S, SILENT_FRAMES, Layer
from server.media.worker.producer import LINGER_TICKS
from server.media.worker.vp8 import Vp8Descriptor, parse_descriptor
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import SUBSCRIBED, VIDEO, Rig, rtp_packet, running_worker
from tests.server.media.worker.test_h264 import SLICE, SPS
from tests.server.media.worker.test_producer import parsed, payload
from tests.server.media.worker.test_vp8 import vp8_payload

SSRCS = (1_111, 1_121, 1_131)
CAMERA = msgspec.structs.replace(
    VIDEO, encodings=[m.Encoding(ssrc=ssrc, rtx_ssrc=ssrc + 1, rid=f"r{at}") for at, ssrc in enumerate(SSRCS)]
)
BY_RID = msgspec.structs.replace(
    CAMERA,
    encodings=[m.Encoding(rid=f"r{at}") for at in range(3)],
    rid_extension=10,
    repaired_rid_extension=11,
)


@dataclass
class Encoder:
    """One layer as a browser sends it: numbers of its own, one frame every 33 ms."""

    publisher: Endpoint
    ssrc: int
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    timestamp: int = field(default_factory=lambda: random.getrandbits(32))
    picture_id: int = field(default_factory=lambda: random.getrandbits(15))
    tl0_index: int = field(default_factory=lambda: random.getrandbits(8))
    extensions: bytes = b""

    def send(self, *, is_keyframe: bool = False, packets: int = 2) -> None:
        """Send one frame."""
        for packet in self.frame(is_keyframe=is_keyframe, packets=packets):
            self.publisher.send_rtp(packet)

    def frame(
        self, *, is_keyframe: bool = False, packets: int = 2, temporal_layer: int = 0, is_sync: bool = False
    ) -> list[bytes]:
        """Return the packets of the next frame."""
        self.timestamp = (self.timestamp + 3_000) & 0xFFFFFFFF
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        self.tl0_index = (self.tl0_index + (temporal_layer == 0)) & 0xFF
        made = []
        for at in range(packets):
            self.sequence = (self.sequence + 1) & 0xFFFF
            data = vp8_payload(
                picture_id=self.picture_id,
                tl0_index=self.tl0_index,
                temporal_layer=temporal_layer,
                is_sync=is_sync,
                is_start=at == 0,
                is_keyframe=is_keyframe,
                data=f"{self.ssrc} {self.sequence}".encode(),
            )
            packet = rtp_packet(
                self.sequence,
                data,
                timestamp=self.timestamp,
                ssrc=self.ssrc,
                marker=at == packets - 1,
                extensions=self.extensions,
            )
            made.append(packet)
        return made

    def report(self, ntp_s: float) -> None:
        """Tell the clock."""
        ntp = int(ntp_s * (1 << 32))
        self.publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(self.ssrc, ntp, self.timestamp, 0, 0), ""))


async def subscribe(rig: Rig, bitrate: int = 10_000_000) -> Endpoint:
    """Connect a subscriber whose line carries `bitrate` bits a second, as it tells."""
    subscriber = await rig.connect("sub")
    subscriber.send_rtcp(rtcp.receiver_report(1, []) + rtcp.bandwidth_estimate(1, bitrate, [SUBSCRIBED.ssrc]))
    await rig.drained()
    return subscriber


async def camera(rig: Rig) -> tuple[Endpoint, Endpoint, list[Encoder]]:
    publisher, subscriber = await rig.connect("pub"), await subscribe(rig)
    rig.produce(CAMERA)
    rig.consume()
    return publisher, subscriber, [Encoder(publisher, ssrc) for ssrc in SSRCS]


def seen(packet: bytes) -> tuple[rtp.RtpHeader, Vp8Descriptor, int]:
    """Return header, descriptor, and the layer that a packet came from."""
    header, body = parsed(packet), payload(packet)
    descriptor = parse_descriptor(body)
    assert descriptor is not None
    ssrc = next(ssrc for ssrc in SSRCS if f"{ssrc} ".encode() in body)
    return header, descriptor, SSRCS.index(ssrc)


async def test_the_largest_layer_is_forwarded_from_its_keyframe_on(rig: Rig) -> None:
    publisher, subscriber, (low, middle, high) = await camera(rig)
    for encoder in (low, middle, high):
        encoder.send()
    await rig.drained()
    assert subscriber.rtp.empty(), "without a keyframe nobody could see it"
    asked = {rtcp.parse(await publisher.next_rtcp())[0] for _ in range(3)}
    assert rtcp.KeyframeRequest(SSRCS[2]) in asked
    high.send(is_keyframe=True)
    low.send()
    high.send()
    packets = [seen(await subscriber.next_rtp()) for _ in range(4)]
    assert [layer for _, _, layer in packets] == [2] * 4
    assert packets[0][1].is_keyframe
    first = packets[0][0].sequence
    assert [(header.sequence - first) & 0xFFFF for header, _, _ in packets] == [0, 1, 2, 3]


async def test_a_layer_that_falls_silent_is_replaced_within_some_frames(rig: Rig) -> None:
    publisher, subscriber, (low, middle, high) = await camera(rig)
    for encoder in (low, middle, high):
        encoder.send(is_keyframe=True)
    await rig.drained()
    rig.time.advance(KEYFRAME_INTERVAL_S)
    while not publisher.rtcp.empty():
        await publisher.next_rtcp()
    for _ in range(SILENT_FRAMES - 1):
        low.send()
        middle.send()
    await rig.drained()
    assert publisher.rtcp.empty()
    low.send()
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(SSRCS[1])]
    while not subscriber.rtp.empty():
        await subscriber.next_rtp()
    middle.send(is_keyframe=True)
    assert seen(await subscriber.next_rtp())[2] == 1


async def test_a_layer_that_fell_silent_is_not_taken_again_at_once(rig: Rig) -> None:
    _, _, (low, _, high) = await camera(rig)
    layers = rig.worker.transports["pub"].producers["video"].layers
    consumer = rig.worker.transports["sub"].consumers["consumer"]
    for encoder in (low, high):
        encoder.send(is_keyframe=True)
    for _ in range(SILENT_FRAMES):
        low.send()
    await rig.drained()
    assert consumer.target_layer is layers[0]
    targets = []
    for seconds in (0.0, SETTLE_S - 1, 1.0):
        rig.time.advance(seconds)
        for encoder in (high, low):
            encoder.send(is_keyframe=True)
        await rig.drained()
        rig.tick()
        targets.append(consumer.target_layer)
    assert targets == [layers[0], layers[0], layers[2]]


async def test_a_layer_that_comes_and_goes_is_taken_a_few_times_a_second_only(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, (low, _, high) = await camera(rig)
    producer = rig.worker.transports["pub"].producers["video"]
    rig.worker.transports["sub"].consumers["consumer"].prefer(0, is_large=False)
    for _ in range(LINGER_TICKS):
        low.send()
        await rig.drained()
        rig.tick()
    assert producer.layers_wanted == 1, "nobody minds that the others are silent"
    retarget, retargets = producer.retarget, 0

    def on_retarget() -> None:
        nonlocal retargets
        retargets += 1
        retarget()

    monkeypatch.setattr(producer, "retarget", on_retarget)
    for _ in range(10):
        high.send()
        for _ in range(SILENT_FRAMES):
            low.send()
        await rig.drained()
    assert retargets == 2 * MAX_RETURNS_PER_S
    rig.tick()
    high.send()
    await rig.drained()
    assert producer.layers[2].is_steady, "in the next second it may come back"


async def test_keyframes_without_end_are_looked_at_a_few_times_a_second_only(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, subscriber, (low, _, high) = await camera(rig)
    producer = rig.worker.transports["pub"].producers["video"]
    looks: list[Layer] = []
    look = producer.on_keyframe

    def on_keyframe(layer: Layer, first: Position, now: float) -> None:
        looks.append(layer)
        look(layer, first, now)

    monkeypatch.setattr(producer, "on_keyframe", on_keyframe)
    for _ in range(2 * MAX_KEYFRAMES_PER_S):
        low.send(is_keyframe=True)
    await rig.drained()
    assert looks == [producer.layers[0]] * MAX_KEYFRAMES_PER_S
    high.send(is_keyframe=True)
    await rig.drained()
    assert looks[-1] is producer.layers[2], "each layer has its own"
    rig.tick()
    while not subscriber.rtp.empty():
        await subscriber.next_rtp()
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    low.send(is_keyframe=True)
    assert seen(await subscriber.next_rtp())[2] == 0


async def test_a_layer_that_was_silent_because_nobody_wanted_it_is_taken_at_once(rig: Rig) -> None:
    _, _, (low, _, high) = await camera(rig)
    producer = rig.worker.transports["pub"].producers["video"]
    rig.worker.transports["sub"].consumers["consumer"].prefer(0, is_large=False)
    while producer.layers_wanted > 1:
        for encoder in (low, high):
            encoder.send(is_keyframe=True)
        await rig.drained()
        rig.tick()
    rig.tick()
    assert (producer.layers_wanted, producer.layers[2].is_live) == (1, False)
    high.send()
    await rig.drained()
    assert producer.layers[2].is_steady


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=2, max_size=8), st.booleans())
async def test_switching_leaves_no_seam(wishes: list[tuple[int, int]], has_reports: bool) -> None:
    """Whatever layer is wanted in turn: numbers go on, time goes on, and every switch begins with a keyframe."""
    async with running_worker() as rig:
        _, subscriber, encoders = await camera(rig)
        for at, (wish, frames) in enumerate(wishes):
            rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=wish))
            for frame in range(frames + 1):
                for encoder in encoders:
                    encoder.send(is_keyframe=frame == 0)
                    if has_reports and at == 0:
                        encoder.report(1_000 + frame / 30)
                await rig.drained()
                rig.time.advance(1 / 30)
        packets = []
        while not subscriber.rtp.empty():
            packets.append(seen(await subscriber.next_rtp()))
        assert packets
        for (before, old, from_layer), (after, new, to_layer) in pairwise(packets):
            assert (after.sequence - before.sequence) & 0xFFFF == 1
            elapsed = (after.timestamp - before.timestamp) & 0xFFFFFFFF
            if old.picture_id == new.picture_id:
                assert (from_layer, elapsed) == (to_layer, 0), "one frame"
                continue
            assert (new.picture_id - old.picture_id) & 0x7FFF == 1
            assert (new.tl0_index - old.tl0_index) & 0xFF == 1
            assert 0 < elapsed < 90_000
            if from_layer != to_layer:
                assert new.is_keyframe
        assert packets[-1][2] == wishes[-1][0]


async def test_a_packet_without_a_picture_leaves_no_seam_either(rig: Rig) -> None:
    _, subscriber, (low, _, high) = await camera(rig)
    high.send(is_keyframe=True)
    packets = [seen(await subscriber.next_rtp()) for _ in range(2)]
    high.sequence += 1
    high.publisher.send_rtp(rtp_packet(high.sequence, b"", timestamp=high.timestamp, ssrc=high.ssrc))
    assert payload(await subscriber.next_rtp()) == b""
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    low.send()
    low.send(is_keyframe=True)
    packets += [seen(await subscriber.next_rtp()) for _ in range(2)]
    (_, old, _), (_, new, layer) = packets[1:3]
    assert layer == 0
    assert (new.picture_id - old.picture_id) & 0x7FFF == 1
    assert (new.tl0_index - old.tl0_index) & 0xFF == 1


async def test_a_layer_that_falls_silent_is_replaced_by_the_next_smaller_one(rig: Rig) -> None:
    _, subscriber, (low, middle, high) = await camera(rig)
    for encoder in (low, middle, high):
        encoder.send(is_keyframe=True)
    await rig.drained()
    rig.tick()
    while not subscriber.rtp.empty():
        await subscriber.next_rtp()
    rig.time.advance(1)
    for encoder in (low, middle):
        encoder.send()
    await rig.drained()
    rig.tick()
    middle.send(is_keyframe=True)
    assert seen(await subscriber.next_rtp())[2] == 1
    for _ in range(2):
        high.send()
        middle.send()
        await rig.drained()
        rig.time.advance(SETTLE_S)
    rig.tick()
    high.send(is_keyframe=True)
    layers = []
    await rig.drained()
    while not subscriber.rtp.empty():
        layers.append(seen(await subscriber.next_rtp())[2])
    assert layers[-1] == 2, "and taken again when it is back"


async def test_what_was_lost_around_a_switch_is_sent_again(rig: Rig) -> None:
    _, subscriber, (low, _, high) = await camera(rig)
    high.send(is_keyframe=True)
    before = [await subscriber.next_rtp() for _ in range(2)]
    low.send()
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    low.send(is_keyframe=True)
    after = [await subscriber.next_rtp() for _ in range(2)]
    lost = [before[1], *after]
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [parsed(packet).sequence for packet in lost]))
    again = [await subscriber.next_rtp() for _ in lost]
    assert [payload(packet)[2:] for packet in again] == [payload(packet) for packet in lost]
    assert [parsed(packet).timestamp for packet in again] == [parsed(packet).timestamp for packet in lost]


async def test_of_layers_that_nobody_gets_nothing_is_asked_for_again(rig: Rig) -> None:
    publisher, _, (low, middle, high) = await camera(rig)
    high.send(is_keyframe=True)
    for encoder in (low, middle, high):
        encoder.send()
        encoder.sequence += 1
        encoder.send()
    await rig.drained()
    while not publisher.rtcp.empty():
        for message in rtcp.parse(await publisher.next_rtcp()):
            assert not isinstance(message, rtcp.Nack) or message.media_ssrc == high.ssrc
    assert rig.worker.plumbing.counters.nacks_out == 1
    rig.pause(is_paused=True)
    high.sequence += 1
    high.send()
    await rig.drained()
    assert rig.worker.plumbing.counters.nacks_out == 1, "nor while all who did have paused it"


async def test_layers_are_told_by_their_rid(rig: Rig) -> None:
    publisher, subscriber = await rig.connect("pub"), await subscribe(rig)
    rig.produce(BY_RID)
    rig.consume()
    encoders = [
        Encoder(publisher, ssrc, extensions=b"\x400" + bytes((10 << 4 | 1,)) + f"r{at}".encode())
        for at, ssrc in enumerate(SSRCS)
    ]
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    await rig.drained()
    assert [layer.ssrc for layer in rig.worker.transports["pub"].producer("video").layers] == list(SSRCS)
    encoders[2].send(is_keyframe=True)
    await rig.drained()
    layers = []
    while not subscriber.rtp.empty():
        layers.append(seen(await subscriber.next_rtp())[2])
    assert layers[-1] == 2
    assert sorted(layers) == layers


async def test_every_layer_is_reported_on(rig: Rig) -> None:
    publisher, _, encoders = await camera(rig)
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    await rig.drained()
    while not publisher.rtcp.empty():
        await publisher.next_rtcp()
    rig.tick()
    report = await publisher.next_rtcp()
    assert report[:2] == b"\x83\xc9", "three report blocks"
    assert all(ssrc.to_bytes(4, "big") in report[-12:] for ssrc in SSRCS), "the bandwidth estimate names all of them"


async def test_the_publisher_is_told_what_nobody_watches(rig: Rig) -> None:
    publisher, _, encoders = await camera(rig)
    del publisher
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    await rig.drained()

    def told() -> list[int]:
        return [event.layers for event in rig.events if isinstance(event, m.LayersWanted)]

    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    for _ in range(LINGER_TICKS):
        assert told() == []
        rig.tick()
    assert told() == [1]
    rig.pause(is_paused=True)
    for _ in range(LINGER_TICKS):
        rig.tick()
    assert told() == [1, 0]
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=1))
    rig.pause(is_paused=False)
    assert told() == [1, 0, 2], "at once"


async def test_a_keyframe_is_asked_for_until_the_layer_changes(rig: Rig) -> None:
    publisher, _, (low, _, high) = await camera(rig)
    low.send()
    high.send(is_keyframe=True)
    await rig.drained()
    while not publisher.rtcp.empty():
        await publisher.next_rtcp()
    rig.time.advance(KEYFRAME_INTERVAL_S)
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(SSRCS[0])]
    rig.time.advance(KEYFRAME_INTERVAL_S)
    low.send()
    high.send()
    await rig.drained()
    rig.tick()
    while rtcp.KeyframeRequest(SSRCS[0]) not in rtcp.parse(await publisher.next_rtcp()):
        pass  # reports


async def test_h264_changes_layers_at_its_keyframes(rig: Rig) -> None:
    publisher, subscriber = await rig.connect("pub"), await subscribe(rig)
    rig.produce(msgspec.structs.replace(CAMERA, codec="h264"))
    rig.consume()
    sequences = dict.fromkeys(SSRCS, 5)

    def send(layer: int, unit: bytes) -> None:
        sequences[SSRCS[layer]] += 1
        publisher.send_rtp(rtp_packet(sequences[SSRCS[layer]], unit + bytes((layer,)), ssrc=SSRCS[layer], marker=True))

    for unit in (SLICE, SPS, SLICE):
        for layer in (0, 2):
            send(layer, unit)
    await rig.drained()
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    for unit in (SLICE, SPS, SLICE):
        for layer in (0, 2):
            send(layer, unit)
    await rig.drained()
    packets = []
    while not subscriber.rtp.empty():
        packets.append(await subscriber.next_rtp())
    assert [payload(packet) for packet in packets] == [
        *(SPS + b"\2", SLICE + b"\2", SLICE + b"\2"),
        *(SPS + b"\0", SLICE + b"\0"),
    ]
    numbers = [parsed(packet).sequence for packet in packets]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == [0, 1, 2, 3, 4]
