"""What a subscriber gets over a line that does not carry everything."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from server.media import messages as m
from server.media.worker import rtcp
from server.media.worker.allocation import ASSUMED_BITRATES, Allocation, WantedStream
from server.media.worker.congestion import Condition
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, SUBSCRIBED_AUDIO, Rig, rtp_packet
from tests.server.media.worker.test_simulcast import CAMERA, SSRCS, Encoder, seen
from tests.server.media.worker.test_temporal import PATTERN, Camera, came, temporal_layers

LOWEST, MIDDLE, HIGHEST = ASSUMED_BITRATES[3]
OTHER = msgspec.structs.replace(
    CAMERA,
    mid="9",
    encodings=[m.Encoding(ssrc=ssrc + 50, rtx_ssrc=ssrc + 51, rid=f"r{at}") for at, ssrc in enumerate(SSRCS)],
)
OTHER_SUBSCRIBED = m.ConsumerStream(ssrc=500_011, rtx_ssrc=500_012, mid="m002", cname="publisher")


class Viewer:
    """A subscriber who tells, again and again, what its line carries."""

    def __init__(self, rig: Rig, endpoint: Endpoint) -> None:
        self._rig = rig
        self.endpoint = endpoint

    async def tell(self, bitrate: int, seconds: int = 1) -> None:
        """Say the same once a second."""
        for _ in range(seconds):
            estimate = rtcp.bandwidth_estimate(1, bitrate, [SUBSCRIBED.ssrc])
            self.endpoint.send_rtcp(rtcp.receiver_report(1, []) + estimate)
            await self._rig.drained()
            self._rig.time.advance(1)

    def dark(self) -> list[tuple[str, bool]]:
        """Return which consumers went dark, or light again."""
        return [(e.consumer_id, e.is_dark) for e in self._rig.events if isinstance(e, m.ConsumerDark)]

    async def layers(self) -> list[int]:
        """Return which layers have come since the last call."""
        await self._rig.drained()
        found = []
        while not self.endpoint.rtp.empty():
            found.append(seen(await self.endpoint.next_rtp())[2])
        return found


async def meet(rig: Rig) -> tuple[Viewer, list[Encoder]]:
    """Let somebody look at a camera in three layers."""
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(CAMERA)
    rig.consume()
    return Viewer(rig, subscriber), [Encoder(publisher, ssrc) for ssrc in SSRCS]


def allowed(rig: Rig, consumer_id: str = "consumer") -> int | None:
    return rig.worker.transports["sub"].consumers[consumer_id].allowed_layer


async def test_a_line_gets_the_layer_that_it_carries(rig: Rig) -> None:
    viewer, encoders = await meet(rig)
    await viewer.tell(LOWEST + 10_000, seconds=9)
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    assert set(await viewer.layers()) == {0}
    await viewer.tell(HIGHEST * 2, seconds=9)
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    assert (await viewer.layers())[-1] == 2


async def test_a_picture_that_the_line_does_not_carry_goes_dark_and_says_so(rig: Rig) -> None:
    viewer, encoders = await meet(rig)
    await viewer.tell(LOWEST // 3, seconds=6)
    assert viewer.dark() == [("consumer", True)]
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    assert await viewer.layers() == []
    await viewer.tell(MIDDLE * 2, seconds=9)
    assert viewer.dark() == [("consumer", True), ("consumer", False)]
    for encoder in encoders:
        encoder.send(is_keyframe=True)
    assert await viewer.layers() != []


async def test_without_temporal_layers_there_is_nothing_less_than_the_smallest(rig: Rig) -> None:
    viewer, _ = await meet(rig)
    await viewer.tell(LOWEST // 2, seconds=6)
    assert viewer.dark() == [("consumer", True)]


async def test_before_a_picture_goes_dark_it_has_fewer_frames(rig: Rig) -> None:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(CAMERA)
    rig.consume()
    viewer = Viewer(rig, subscriber)
    film = Camera([Encoder(publisher, ssrc) for ssrc in SSRCS])
    for _ in range(3):
        film.send(len(PATTERN), is_keyframe=True)
        await rig.drained()
        rig.time.advance(1)
        rig.tick()
    (low, *_) = rig.worker.transports["pub"].producer("video").layers
    assert 0 < low.base_bitrate < low.bitrate / 2
    await viewer.layers()
    await viewer.tell(low.base_bitrate, seconds=6)
    film.send(len(PATTERN), is_keyframe=True)
    packets = await came(rig, subscriber)
    assert viewer.dark() == []
    assert temporal_layers(packets) == [0, 0]
    assert {seen(packet)[2] for packet in packets} == {0}
    await viewer.tell(low.base_bitrate - 1, seconds=3)
    assert viewer.dark() == [("consumer", True)]


async def test_a_paused_picture_is_not_dark(rig: Rig) -> None:
    viewer, _ = await meet(rig)
    rig.pause(is_paused=True)
    await viewer.tell(LOWEST // 3, seconds=6)
    assert viewer.dark() == []


async def test_what_is_large_comes_first(rig: Rig) -> None:
    viewer, _ = await meet(rig)
    rig.produce(OTHER, producer_id="other")
    rig.consume(OTHER_SUBSCRIBED, producer_id="other", consumer_id="large")
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="large", layer=2, is_large=True))
    await viewer.tell(MIDDLE + LOWEST + 10_000, seconds=9)
    assert (allowed(rig, "large"), allowed(rig)) == (1, 0)
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="large", layer=2, is_large=False))
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=2, is_large=True))
    assert (allowed(rig, "large"), allowed(rig)) == (0, 1), "at once"


async def test_of_what_is_alike_a_screen_comes_first(rig: Rig) -> None:
    viewer, _ = await meet(rig)
    rig.produce(msgspec.structs.replace(OTHER, is_screen=True), producer_id="other")
    rig.consume(OTHER_SUBSCRIBED, producer_id="other", consumer_id="screen")
    await viewer.tell(MIDDLE + LOWEST + 10_000, seconds=9)
    assert (allowed(rig, "screen"), allowed(rig)) == (1, 0)


async def test_sound_is_never_given_up(rig: Rig) -> None:
    viewer, _ = await meet(rig)
    publisher = rig.endpoints[0]
    rig.produce(AUDIO, producer_id="audio")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="audio", consumer_id="ear")
    await viewer.tell(5_000, seconds=6)
    assert viewer.dark() == [("consumer", True)]
    publisher.send_rtp(rtp_packet(1, b"hello", payload_type=AUDIO.payload_type, ssrc=2_222))
    assert (await viewer.endpoint.next_rtp()).endswith(b"hello")


async def test_without_new_estimates_the_last_one_holds(rig: Rig) -> None:
    viewer, _ = await meet(rig)
    await viewer.tell(LOWEST + 10_000, seconds=9)
    rig.time.advance(10)
    rig.tick()
    assert allowed(rig) == 0


class TestWhatArrives:
    """What arrives is carried, even when a busy browser's estimate says less."""

    SENT = 35_000
    """Bits a second of the picture, at least."""
    highest = lost = 0

    async def hear(
        self,
        rig: Rig,
        seconds: int,
        *,
        lost: int = 0,
        lost_when_dark: int = 0,
        queue_s: float = 0.0,
        good_for: int = 0,
        is_reported: bool = True,
        growth: float = 1.0,
    ) -> list[tuple[str, bool]]:
        """Look at a picture; return when it went dark and light again.

        Every second an estimate is told that is too low, and 100 packets are reported on, of which some are lost, with
        a round trip that is longer by `queue_s` from the second picture on, while there are pictures.
        """
        viewer, encoders = await meet(rig)
        line = rig.worker.transports["sub"].line
        for second in range(seconds):
            encoders[0].send(is_keyframe=True, packets=int(100 * growth**second))
            await rig.drained()
            is_light = allowed(rig) is not None
            self.highest += 100
            if second >= good_for:
                self.lost += lost if is_light else lost_when_dark
            ntp = self.highest << 16
            delay_s = 0.02 + (queue_s if is_light and second else 0.0)
            line.on_sent_report(SUBSCRIBED.ssrc, ntp, rig.time() - delay_s)
            block = rtcp.ReportBlock(SUBSCRIBED.ssrc, lost, self.lost, self.highest, 0, ntp >> 16 & 0xFFFFFFFF, 0)
            if is_reported:
                viewer.endpoint.send_rtcp(rtcp.receiver_report(1, [block]))
            await viewer.tell(self.SENT // 3)
            rig.tick()
        return viewer.dark()

    async def test_a_picture_that_arrives_stays(self, rig: Rig) -> None:
        assert await self.hear(rig, 20) == []

    async def test_on_another_network_nothing_has_arrived_yet(self, rig: Rig) -> None:
        await self.hear(rig, 20)
        rig.worker.transports["sub"].on_moved()
        viewer = Viewer(rig, rig.endpoints[1])
        await viewer.tell(self.SENT // 3, seconds=8)
        assert viewer.dark()[:1] == [("consumer", True)]

    async def test_a_picture_that_begins_to_move_stays(self, rig: Rig) -> None:
        assert await self.hear(rig, 9, growth=1.4) == []

    async def test_what_nobody_has_reported_on_has_not_arrived(self, rig: Rig) -> None:
        assert (await self.hear(rig, 7, is_reported=False))[0] == ("consumer", True)

    async def test_a_line_that_loses_what_is_sent_is_believed_to_be_slow(self, rig: Rig) -> None:
        assert (await self.hear(rig, 12, lost=12))[0] == ("consumer", True)

    async def test_a_line_that_loses_whatever_is_sent_gets_its_picture_back(self, rig: Rig) -> None:
        told = await self.hear(rig, 30, lost=12, lost_when_dark=12)
        assert told in ([], [("consumer", True), ("consumer", False)])

    async def test_a_line_that_queues_is_believed_to_be_slow(self, rig: Rig) -> None:
        assert (await self.hear(rig, 12, queue_s=0.5))[0] == ("consumer", True)

    async def test_a_picture_that_arrived_stays_when_the_line_becomes_a_bad_one(self, rig: Rig) -> None:
        assert await self.hear(rig, 30, lost=12, lost_when_dark=12, good_for=6) == []

    async def test_what_was_allocated_but_never_sent_proves_nothing(self, rig: Rig) -> None:
        viewer, encoders = await meet(rig)
        downlink = rig.worker.transports["sub"].downlink
        consumers = rig.worker.transports["sub"].consumers.values()
        for _ in range(8):
            encoders[0].send(is_keyframe=True, packets=100)
            await viewer.tell(2 * HIGHEST)
            rig.worker.transports["pub"].tick(rig.time())
            downlink.tick(consumers, Condition(loss=0.0), rig.time())
        assert downlink._allocation.bitrate > MIDDLE
        assert 0 < downlink._proven < 2 * self.SENT

    async def test_a_picture_at_rest_proves_nothing(self, rig: Rig) -> None:
        viewer, encoders = await meet(rig)
        rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
        downlink, proven = rig.worker.transports["sub"].downlink, list[int]()
        consumers = rig.worker.transports["sub"].consumers.values()
        for second in range(30):
            if second < 10:
                encoders[0].send(is_keyframe=True, packets=100)
            await viewer.tell(LOWEST + 10_000)
            rig.worker.transports["pub"].tick(rig.time())
            downlink.tick(consumers, Condition(loss=0.0), rig.time())
            proven.append(downlink._proven)
        assert 0 < proven[-1] < proven[9] / 2


async def test_a_keyframe_does_not_make_a_picture_dear(rig: Rig) -> None:
    viewer, encoders = await meet(rig)
    rig.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    downlink = rig.worker.transports["sub"].downlink
    for second in range(9):
        encoders[0].send(is_keyframe=True, packets=100 if second % 3 == 0 else 10)
        await viewer.tell(LOWEST + 10_000)
        rig.worker.transports["pub"].tick(rig.time())
        if second >= 3:
            assert downlink._allocation.costs["consumer"] < TestWhatArrives.SENT / 5


async def test_many_estimates_at_once_cost_no_more_than_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, _ = await meet(rig)
    await viewer.tell(HIGHEST)
    allocator, divided = rig.worker.transports["sub"].downlink._allocator, list[int | None]()
    divide = allocator.allocate

    def note(estimate: int | None, wanted: Sequence[WantedStream], now: float, **known: Any) -> Allocation:
        divided.append(estimate)
        return divide(estimate, wanted, now, **known)

    monkeypatch.setattr(allocator, "allocate", note)
    estimates = b"".join(
        rtcp.bandwidth_estimate(1, bitrate, [SUBSCRIBED.ssrc]) for bitrate in range(50_000, 90_000, 1_000)
    )
    viewer.endpoint.send_rtcp(rtcp.receiver_report(1, []) + estimates)
    await rig.drained()
    assert len(divided) == 1
    rig.time.advance(1)
    rig.tick()
    assert divided[1:] == [89_000]
