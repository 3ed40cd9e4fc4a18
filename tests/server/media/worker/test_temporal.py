"""Temporal layers: a slow line gets fewer frames a second, and one stream without a seam."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.worker import rtcp
from server.media.worker.consumer import Consumer
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import SUBSCRIBED, Rig, running_worker
from tests.server.media.worker.test_producer import parsed, payload
from tests.server.media.worker.test_simulcast import SSRCS, Encoder, camera, seen

PATTERN = ((0, False), (2, True), (1, True), (2, False), (0, False), (2, False), (1, False), (2, False))
"""Temporal layers, and which frames need only the base: as libwebrtc sends them."""


@dataclass
class Camera:
    """All layers, frame by frame, with temporal layers."""

    encoders: list[Encoder]
    temporal_layers: list[int] = field(default_factory=list)
    """Of the frames so far."""
    keyframes: set[int] = field(default_factory=set)
    ends: dict[bytes, int] = field(default_factory=dict)
    """The frame that ends with a packet, by what is in it."""
    _at: int = 0

    def next(self, *, is_keyframe: bool = False) -> list[list[bytes]]:
        """Return the packets of the next frame of every layer."""
        self._at = 0 if is_keyframe else self._at + 1
        temporal_layer, is_sync = PATTERN[self._at % len(PATTERN)]
        made = []
        for encoder in self.encoders:
            made.append(encoder.frame(is_keyframe=is_keyframe, temporal_layer=temporal_layer, is_sync=is_sync))
            self.ends[f"{encoder.ssrc} {encoder.sequence}".encode()] = len(self.temporal_layers)
        if is_keyframe:
            self.keyframes.add(len(self.temporal_layers))
        self.temporal_layers.append(temporal_layer)
        return made

    def send(self, count: int = 1, *, is_keyframe: bool = False, layers: Collection[int] = (0, 1, 2)) -> None:
        for at in range(count):
            for layer, packets in enumerate(self.next(is_keyframe=is_keyframe and at == 0)):
                for packet in packets if layer in layers else ():
                    self.encoders[layer].publisher.send_rtp(packet)


async def meet(rig: Rig) -> tuple[Endpoint, Endpoint, Camera, Consumer]:
    publisher, subscriber, encoders = await camera(rig)
    film = Camera(encoders)
    film.send(is_keyframe=True)
    await came(rig, subscriber)
    return publisher, subscriber, film, rig.worker.transports["sub"].consumers["consumer"]


async def came(rig: Rig, subscriber: Endpoint) -> list[bytes]:
    await rig.drained()
    packets = []
    while not subscriber.rtp.empty():
        packets.append(await subscriber.next_rtp())
    return packets


def temporal_layers(packets: list[bytes]) -> list[int]:
    """Return the temporal layer of each frame."""
    return [seen(packet)[1].temporal_layer for packet in packets if parsed(packet).is_marked]


def assert_has_no_seam(packets: list[bytes]) -> None:
    for (before, old, from_layer), (after, new, to_layer) in pairwise(map(seen, packets)):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        elapsed = (after.timestamp - before.timestamp) & 0xFFFFFFFF
        if old.picture_id == new.picture_id:
            assert (from_layer, elapsed) == (to_layer, 0), "one frame"
            continue
        assert (new.picture_id - old.picture_id) & 0x7FFF == 1
        assert 0 < elapsed < 90_000
        assert (new.tl0_index - old.tl0_index) & 0xFF == (new.temporal_layer == 0)
        if from_layer != to_layer:
            assert new.is_keyframe


async def test_a_thin_picture_is_the_base_alone(rig: Rig) -> None:
    _, subscriber, film, consumer = await meet(rig)
    consumer.allow(0, is_thin=True)
    film.send(8, is_keyframe=True)
    packets = await came(rig, subscriber)
    assert temporal_layers(packets) == [0, 0]
    assert_has_no_seam(packets)


async def test_less_is_sent_from_the_next_frame_on(rig: Rig) -> None:
    _, subscriber, film, consumer = await meet(rig)
    film.send(3, is_keyframe=True)
    first, second = film.next()[2]
    film.encoders[2].publisher.send_rtp(first)
    await rig.drained()
    consumer.allow(2, is_thin=True)
    film.encoders[2].publisher.send_rtp(second)
    film.send(6)
    packets = await came(rig, subscriber)
    assert temporal_layers(packets) == [0, 2, 1, 2, 0, 0], "a frame that has begun comes whole"
    assert_has_no_seam(packets)


async def test_more_is_sent_from_frames_on_that_need_only_the_base(rig: Rig) -> None:
    _, subscriber, film, consumer = await meet(rig)
    consumer.allow(2, is_thin=True)
    film.send(5, is_keyframe=True)
    await rig.drained()
    consumer.allow(2, is_thin=False)
    film.send(8 + 5)
    packets = await came(rig, subscriber)
    assert temporal_layers(packets) == [0, 0, 0, 1, 0, 1, 0, 2], "the first of layer 1, then the first of layer 2"
    film.send(8)
    packets += await came(rig, subscriber)
    assert len(temporal_layers(packets)) == 8 + 8, "all"
    assert_has_no_seam(packets)


async def test_a_keyframe_brings_everything_at_once(rig: Rig) -> None:
    _, subscriber, film, consumer = await meet(rig)
    consumer.allow(2, is_thin=True)
    film.send(3, is_keyframe=True)
    await rig.drained()
    consumer.allow(2, is_thin=False)
    film.send(4, is_keyframe=True)
    packets = await came(rig, subscriber)
    assert temporal_layers(packets) == [0, 0, 2, 1, 2]
    assert_has_no_seam(packets)


steps = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(1, 11), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_whatever_is_allowed_in_turn_leaves_no_seam(wishes: list[tuple[int, bool, int, bool]]) -> None:
    """Numbers go on, and every frame that comes has those that it needs before it."""
    async with running_worker() as rig:
        _, subscriber, film, consumer = await meet(rig)
        film.send(is_keyframe=True)
        for layer, is_thin, frames, is_keyframe in wishes:
            consumer.allow(layer, is_thin=is_thin)
            film.send(frames, is_keyframe=is_keyframe)
            await rig.drained()
            rig.time.advance(1 / 30)
        packets = await came(rig, subscriber)
        assert_has_no_seam(packets)
        is_thin = wishes[-1][1]
        consumer.allow(wishes[-1][0], is_thin=is_thin)
        film.send(8, is_keyframe=True)
        last = await came(rig, subscriber)
        expected = [0, 0] if is_thin else [layer for layer, _ in PATTERN]
        assert temporal_layers(last)[-len(expected) :] == expected
        assert not is_thin or set(temporal_layers(last)) == {0}
        assert_is_decodable(film, packets + last)


def assert_is_decodable(film: Camera, packets: list[bytes]) -> None:
    """A frame needs the newest one of every layer up to its own; one that says so only that of the base."""
    got: list[set[int]] = [set() for _ in SSRCS]
    for packet in packets:
        if not parsed(packet).is_marked:
            continue
        _, frame, layer = seen(packet)
        number = film.ends[payload(packet)[payload(packet).index(b"%d " % SSRCS[layer]) :]]
        got[layer].add(number)
        needed = () if number in film.keyframes else (0,) if frame.is_sync else range(frame.temporal_layer + 1)
        before = list(enumerate(film.temporal_layers[:number]))
        for below in needed:
            assert max(at for at, temporal_layer in before if temporal_layer == below) in got[layer]


async def test_what_was_lost_is_sent_again_as_it_was(rig: Rig) -> None:
    """Lost before, across and after changes of what is left out."""
    publisher, subscriber, film, consumer = await meet(rig)
    del publisher
    film.send(3, is_keyframe=True)
    await rig.drained()
    consumer.allow(2, is_thin=True)
    film.send(6)
    await rig.drained()
    consumer.allow(2, is_thin=False)
    film.send(9)
    packets = await came(rig, subscriber)
    assert_has_no_seam(packets)
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [parsed(packet).sequence for packet in packets]))
    again = await came(rig, subscriber)
    assert [payload(packet)[2:] for packet in again] == [payload(packet) for packet in packets]
    assert [payload(packet)[:2] for packet in again] == [packet[2:4] for packet in packets]
    assert [parsed(packet).timestamp for packet in again] == [parsed(packet).timestamp for packet in packets]


async def test_what_was_missing_fills_its_place_when_it_comes(rig: Rig) -> None:
    """What is above the limit comes empty: its number had to be kept."""
    publisher, subscriber, film, consumer = await meet(rig)
    film.send(3, is_keyframe=True)
    whole = film.next()[2]
    publisher.send_rtp(whole[0])
    await rig.drained()
    consumer.allow(2, is_thin=True)
    base, above, *missing, last = (film.next()[2] for _ in range(5))
    for packet in (base[0], above[0], *last):
        publisher.send_rtp(packet)
    packets = await came(rig, subscriber)
    for packet in (whole[1], base[1], above[1], *missing[0], *missing[1]):
        publisher.send_rtp(packet)
    late = await came(rig, subscriber)
    assert [bool(payload(packet)) for packet in late] == [True, True, False, False, False, False, False]
    assert [parsed(packet).is_marked for packet in late] == [True, True, False, False, False, False, False]
    first = parsed(packets[0]).sequence
    numbers = sorted((parsed(packet).sequence - first) & 0xFFFF for packet in packets + late)
    assert numbers == list(range(len(numbers)))
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [parsed(packet).sequence for packet in late]))
    again = await came(rig, subscriber)
    assert [payload(packet)[2:] for packet in again] == [payload(packet) for packet in late]
    assert rig.worker.plumbing.outbox.refused == 0, "nothing twice"


async def test_a_frame_that_begins_late_brings_no_more(rig: Rig) -> None:
    publisher, subscriber, film, consumer = await meet(rig)
    consumer.allow(2, is_thin=True)
    film.send(2, is_keyframe=True)
    sync = film.next()[2]
    await rig.drained()
    consumer.allow(2, is_thin=False)
    for packet in (sync[1], *(packet for _ in range(2) for packet in film.next()[2]), sync[0]):
        publisher.send_rtp(packet)
    packets = await came(rig, subscriber)
    assert [bool(payload(packet)) for packet in packets] == [True] * 4 + [False]
    film.send(8)
    assert temporal_layers(await came(rig, subscriber)) == [0, 1, 0], "with the next one that needs only the base"


async def test_reports_count_what_was_sent(rig: Rig) -> None:
    _, subscriber, film, consumer = await meet(rig)
    before = await reported(rig, subscriber, film)
    film.send(3, is_keyframe=True)
    await rig.drained()
    consumer.allow(2, is_thin=True)
    film.send(6)
    await rig.drained()
    consumer.allow(2, is_thin=False)
    film.send(11)
    packets = await came(rig, subscriber)
    rig.tick()
    after = await reported(rig, subscriber, film)
    assert after.packets - before.packets == len(packets)
    assert after.octets - before.octets == sum(len(payload(packet)) for packet in packets)


async def reported(rig: Rig, subscriber: Endpoint, film: Camera) -> rtcp.SenderReport:
    """Let the publisher tell its clock; return what the subscriber is told."""
    film.encoders[2].report(1_000)
    await rig.drained()
    rig.tick()
    await rig.drained()
    found: list[rtcp.SenderReport] = []
    while not subscriber.rtcp.empty():
        messages = rtcp.parse(await subscriber.next_rtcp())
        found.extend(message for message in messages if isinstance(message, rtcp.SenderReport))
    return found[-1]


async def test_two_subscribers_each_get_their_share(rig: Rig) -> None:
    _, subscriber, film, consumer = await meet(rig)
    second, other = await join(rig)
    other.allow(2, is_thin=False)
    consumer.allow(2, is_thin=True)
    film.send(8, is_keyframe=True)
    assert temporal_layers(await came(rig, subscriber)) == [0, 0]
    assert temporal_layers(await came(rig, second)) == [layer for layer, _ in PATTERN]


async def test_who_comes_to_the_same_frames_later_has_no_seam_either(rig: Rig) -> None:
    _, _, film, consumer = await meet(rig)
    second, other = await join(rig)
    other.allow(2, is_thin=False)
    consumer.allow(0, is_thin=True)
    film.send(8, is_keyframe=True)
    await rig.drained()
    other.allow(0, is_thin=True)
    film.send(8, is_keyframe=True)
    packets = await came(rig, second)
    assert temporal_layers(packets) == [*(layer for layer, _ in PATTERN), 0, 0]
    assert_has_no_seam(packets)


async def join(rig: Rig) -> tuple[Endpoint, Consumer]:
    """Let somebody else look at the camera, too."""
    endpoint = await rig.connect("other")
    stream = m.ConsumerStream(ssrc=500_021, rtx_ssrc=500_022, mid="m003", cname="publisher")
    rig.consume(stream, on="other", consumer_id="other")
    return endpoint, rig.worker.transports["other"].consumers["other"]
