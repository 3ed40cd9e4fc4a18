"""What a publisher sends arrives at its subscribers as it should: over real sockets, DTLS and SRTP."""

import asyncio
import struct
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.messages import ABS_SEND_TIME_ID, AUDIO_LEVEL_ID, MID_ID, ORIENTATION_ID
from server.media.worker import layer as layer_module
from server.media.worker import rtcp, rtp
from server.media.worker.feedback import KEYFRAME_INTERVAL_S, KEYFRAME_REPEAT_S, NACK_SPACING_S, OVERDUE_S
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


def losses(compound: bytes) -> list[tuple[int, int]]:
    """Return the fraction lost, in 1/256, that is told of each stream."""
    blocks = [message for message in rtcp.parse(compound) if isinstance(message, rtcp.ReportBlock)]
    return [(block.ssrc, block.fraction_lost) for block in blocks]


async def two_sides(rig: Rig) -> tuple[Endpoint, Endpoint]:
    """Connect a publisher with a video producer and a subscriber that has resumed its consumer."""
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce()
    rig.consume()
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
    return publisher, subscriber


def parsed(packet: bytes) -> rtp.RtpHeader:
    header = rtp.parse_header(packet, len(packet))
    assert header is not None
    return header


def payload(packet: bytes) -> bytes:
    header = parsed(packet)
    return packet[header.payload_at : header.payload_end]


async def test_a_packet_is_rewritten_for_its_subscriber(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    rotated = b"\x400\x60\x03"  # MID, orientation
    publisher.send_rtp(rtp_packet(65_535, b"frame", timestamp=77, marker=True, extensions=rotated))
    publisher.send_rtp(rtp_packet(65_536, b"", timestamp=78))
    first, second = await subscriber.next_rtp(), await subscriber.next_rtp()
    header = parsed(first)
    assert (header.payload_type, header.is_marked, header.timestamp, header.ssrc) == (101, True, 77, 500_001)
    assert payload(first) == b"frame"
    assert rtp.read_extension(first, header, MID_ID) == b"m000"
    assert rtp.read_extension(first, header, ORIENTATION_ID) == b"\x03"
    assert rtp.read_extension(first, header, AUDIO_LEVEL_ID) is None
    send_time = rtp.read_extension(first, header, ABS_SEND_TIME_ID)
    assert send_time == rtp.abs_send_time(rig.time.now).to_bytes(3, "big")
    assert parsed(second).sequence == (header.sequence + 1) & 0xFFFF
    assert payload(second) == b""


async def test_audio_keeps_its_level(rig: Rig) -> None:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(AUDIO, producer_id="audio")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
    publisher.send_rtp(rtp_packet(1, b"opus", payload_type=111, ssrc=2_222, extensions=b"\x20\x9f"))
    packet = await subscriber.next_rtp()
    header = parsed(packet)
    assert (header.payload_type, header.ssrc) == (100, 500_003)
    assert rtp.read_extension(packet, header, AUDIO_LEVEL_ID) == b"\x9f"


async def test_an_empty_extension_is_none(rig: Rig) -> None:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(AUDIO, producer_id="audio")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
    packet = rtp_packet(1, b"opus", payload_type=111, ssrc=2_222, extensions=b"\x02\x00\x00\x00")
    publisher.send_rtp(packet.replace(b"\xbe\xde", b"\x10\x00", 1))
    assert payload(await subscriber.next_rtp()) == b"opus"
    assert rig.worker.plumbing.udp.failures == 0


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=1_180), min_size=1, max_size=12), st.integers(0, 0xFFFF), st.integers(0, 8))
async def test_every_payload_arrives_unchanged(payloads: list[bytes], first: int, padding: int) -> None:
    async with running_worker() as rig:
        publisher, subscriber = await two_sides(rig)
        for number, data in enumerate(payloads):
            packet = rtp_packet(first + number, data)
            if padding:
                packet = bytes((packet[0] | 0x20,)) + packet[1:] + bytes(padding - 1) + bytes((padding,))
            publisher.send_rtp(packet)
        received = [await subscriber.next_rtp() for _ in payloads]
        assert [payload(packet) for packet in received] == payloads
        sequences = [parsed(packet).sequence for packet in received]
        assert sequences == [(sequences[0] + number) & 0xFFFF for number in range(len(payloads))]


async def test_everybody_gets_everything_over_ipv4_and_ipv6(rig: Rig) -> None:
    """More subscribers than one batch holds."""
    publisher = await rig.connect("pub")
    rig.produce()
    subscribers = []
    for number in range(40):
        name = f"sub{number}"
        subscribers.append(await rig.connect(name, host="::1" if number % 2 else "127.0.0.1"))
        stream = msgspec.structs.replace(SUBSCRIBED, ssrc=600_000 + number, rtx_ssrc=700_000 + number)
        rig.consume(stream, on=name, consumer_id=name)
    for number in range(20):
        publisher.send_rtp(rtp_packet(number, f"packet {number}".encode()))
    for number, subscriber in enumerate(subscribers):
        packets = [await subscriber.next_rtp() for _ in range(20)]
        assert [payload(packet) for packet in packets] == [f"packet {at}".encode() for at in range(20)]
        assert {parsed(packet).ssrc for packet in packets} == {600_000 + number}
    assert rig.worker.plumbing.counters.not_protected == 0


async def test_a_pause_leaves_no_gap_for_the_subscriber(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"before"))
    before = await subscriber.next_rtp()
    rig.pause(is_paused=True)
    for number in range(2, 40_000, 9_000):  # further than SRTP could follow
        publisher.send_rtp(rtp_packet(number, b"unseen"))
    await rig.drained()
    rig.pause(is_paused=False)
    publisher.send_rtp(rtp_packet(40_000, b"after"))
    after = await subscriber.next_rtp()
    assert payload(after) == b"after"
    assert parsed(after).sequence == parsed(before).sequence + 1


async def test_a_paused_producer_is_not_forwarded(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    rig.worker.do(m.PauseProducer(transport_id="pub", producer_id="video", is_paused=True))
    publisher.send_rtp(rtp_packet(1, b"private"))
    await rig.drained()
    producer = rig.worker.transports["pub"].producer("video")
    (layer,) = producer.layers
    assert layer.ring is not None
    assert layer.ring.get(layer.newest.sequence) is None, "nor kept"
    rig.time.advance(KEYFRAME_INTERVAL_S)
    rig.worker.do(m.PauseProducer(transport_id="pub", producer_id="video", is_paused=False))
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
    publisher.send_rtp(rtp_packet(2, b"public"))
    assert payload(await subscriber.next_rtp()) == b"public"


async def test_packets_out_of_order_keep_their_numbers(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    for number in (10, 12, 11, 13):
        publisher.send_rtp(rtp_packet(number, str(number).encode()))
    packets = [await subscriber.next_rtp() for _ in range(4)]
    first = parsed(packets[0]).sequence
    assert [(parsed(p).sequence - first) & 0xFFFF for p in packets] == [0, 2, 1, 3]
    assert [payload(p) for p in packets] == [b"10", b"12", b"11", b"13"]


async def test_a_packet_from_before_a_subscribers_start_is_for_the_others_only(rig: Rig) -> None:
    publisher, early = await two_sides(rig)
    publisher.send_rtp(rtp_packet(10, b"10"))
    await early.next_rtp()
    late = await rig.connect("late")
    rig.consume(msgspec.structs.replace(SUBSCRIBED, ssrc=9, rtx_ssrc=10), on="late", consumer_id="late")
    for number in (12, 11, 13):
        publisher.send_rtp(rtp_packet(number, str(number).encode()))
    assert {payload(await early.next_rtp()) for _ in range(3)} == {b"11", b"12", b"13"}
    packets = [await late.next_rtp() for _ in range(2)]
    assert [payload(p) for p in packets] == [b"12", b"13"]
    assert parsed(packets[1]).sequence - parsed(packets[0]).sequence == 1


class TestLossOnTheWayIn:
    async def test_over_a_lossy_line_requests_go_twice(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        for number in range(1, 16):
            publisher.send_rtp(rtp_packet(2 * number, b"x"))
        await rig.drained()
        rig.tick()
        while not publisher.rtcp.empty():
            await publisher.next_rtcp()
        rig.time.advance(NACK_SPACING_S)
        publisher.send_rtp(rtp_packet(32, b"x"))
        nacks = [rtcp.parse(await publisher.next_rtcp()) for _ in range(2)]
        assert nacks[0] == nacks[1]

    async def test_missing_packets_are_asked_for_and_the_retransmission_is_forwarded_once(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        publisher.send_rtp(rtp_packet(65_534, b"a"))
        publisher.send_rtp(rtp_packet(2, b"e"))
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (65_535, 0, 1))]
        repairs = ((0, b"c"), (0, b"c again"), (65_534, b"probe"), (1, b"d"), (65_535, b"b"))
        for at, (number, data) in enumerate(repairs):
            body = struct.pack("!H", number) + data
            publisher.send_rtp(rtp_packet(100 + at, body, payload_type=97, ssrc=1_112))
        publisher.send_rtp(rtp_packet(200, b"\x00", payload_type=97, ssrc=1_112))  # a probe without a number
        publisher.send_rtp(rtp_packet(3, b"f"))
        packets = [await subscriber.next_rtp() for _ in range(6)]
        first = parsed(packets[0]).sequence
        by_sequence = {(parsed(p).sequence - first) & 0xFFFF: payload(p) for p in packets}
        assert by_sequence == {0: b"a", 1: b"b", 2: b"c", 3: b"d", 4: b"e", 5: b"f"}
        assert rig.worker.plumbing.counters.not_protected == 0, "nothing was sent twice, to be refused as a replay"
        assert {parsed(p).payload_type for p in packets} == {101}

    async def test_what_came_late_itself_is_not_forwarded_again_as_a_retransmission(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        for number in (1, 3, 2):
            publisher.send_rtp(rtp_packet(number, str(number).encode()))
        publisher.send_rtp(rtp_packet(50, struct.pack("!H", 2) + b"2", payload_type=97, ssrc=1_112))
        publisher.send_rtp(rtp_packet(6, b"6"))
        publisher.send_rtp(rtp_packet(51, struct.pack("!HH", 5, 0), payload_type=97, ssrc=1_112))
        publisher.send_rtp(rtp_packet(5, b"late"))
        publisher.send_rtp(rtp_packet(7, b"7"))
        packets = [payload(await subscriber.next_rtp()) for _ in range(6)]
        assert packets == [b"1", b"3", b"2", b"6", bytes(2), b"7"]
        assert rig.worker.plumbing.counters.not_protected == 0

    async def test_many_gaps_have_one_timer(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        timers: list[asyncio.TimerHandle] = []

        def call_later(delay: float, call: Callable[[], None]) -> asyncio.TimerHandle:
            timers.append(asyncio.get_running_loop().call_later(delay, call))
            return timers[-1]

        rig.worker.plumbing.call_later = call_later
        for number in range(0, 20, 2):
            publisher.send_rtp(rtp_packet(number, b"x"))
        await rig.drained()
        assert len(timers) > 1
        assert [timer.cancelled() for timer in timers] == [True] * (len(timers) - 1) + [False]

    async def test_many_gaps_fit_into_packets(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        for number in range(0, 604, 2):
            publisher.send_rtp(rtp_packet(number, b"x"))
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (1,))], "the first one at once"
        await rig.drained()
        assert publisher.rtcp.empty(), "not one for each packet"
        rig.time.advance(NACK_SPACING_S)
        nacks = [rtcp.parse(await publisher.next_rtcp()) for _ in range(2)]
        asked = [number for (nack,) in nacks if isinstance(nack, rtcp.Nack) for number in nack.sequences]
        assert asked == list(range(3, 602, 2))

    async def test_a_gap_at_every_packet_costs_one_request_in_so_many_milliseconds(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        counters, seconds = rig.worker.plumbing.counters, 0.2
        for number in range(200):
            publisher.send_rtp(rtp_packet(2 * number, b"x"))
            rig.time.advance(seconds / 200)
            await rig.drained()
        assert 2 <= counters.nacks_out <= seconds / NACK_SPACING_S + 1

    async def test_a_gap_too_large_asks_for_a_keyframe(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        rig.time.advance(KEYFRAME_INTERVAL_S)
        publisher.send_rtp(rtp_packet(1, b"a"))
        publisher.send_rtp(rtp_packet(5_000, b"b"))
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]

    async def test_who_waits_for_long_gets_a_keyframe(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        for number in (1, 3):
            publisher.send_rtp(rtp_packet(number, b"x"))
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (2,))]
        rig.time.advance(OVERDUE_S)
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (2,))], "it is still worth having"

    async def test_audio_is_asked_for_again_and_comes_as_it_was(self, rig: Rig) -> None:
        publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
        rig.produce(AUDIO, producer_id="audio")
        rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
        for number in (1, 3, 2):
            publisher.send_rtp(rtp_packet(number, str(number).encode(), payload_type=111, ssrc=2_222))
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(2_222, (2,))]
        packets = [await subscriber.next_rtp() for _ in range(3)]
        assert [payload(packet) for packet in packets] == [b"1", b"3", b"2"]
        first = parsed(packets[0]).sequence
        assert [parsed(packet).sequence - first for packet in packets] == [0, 2, 1]


KEYFRAME = b"\x10\x00"
"""The beginning of a frame (RFC 7741 section 4.2), which needs no other (section 4.3)."""


class TestKeyframeRequests:
    async def test_one_is_repeated_until_a_keyframe_comes(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        for times in (1, 2):
            rig.time.advance(times * KEYFRAME_REPEAT_S)
            publisher.send_rtp(rtp_packet(1, b"\x10\x01"))
            assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
        publisher.send_rtp(rtp_packet(2, KEYFRAME))
        await rig.drained()
        (layer,) = rig.worker.transports["pub"].producer("video").layers
        assert not layer._asking.awaits_keyframe
        rig.time.advance(KEYFRAME_REPEAT_S)
        layer._asking._on_keyframe_timer()
        await rig.drained()
        assert publisher.rtcp.empty()

    async def test_a_publisher_that_pauses_is_asked_no_more(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        rig.worker.do(m.PauseProducer(transport_id="pub", producer_id="video", is_paused=True))
        rig.time.advance(KEYFRAME_REPEAT_S)
        (layer,) = rig.worker.transports["pub"].producer("video").layers
        layer._asking._on_keyframe_timer()
        await rig.drained()
        assert publisher.rtcp.empty()
        assert not layer._asking.awaits_keyframe

    async def test_one_that_comes_too_early_is_sent_later(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, KEYFRAME))
        await rig.drained()
        rig.time.advance(KEYFRAME_INTERVAL_S - 0.01)
        for _ in range(5):
            subscriber.send_rtcp(rtcp.picture_loss_indication(1, SUBSCRIBED.ssrc))
        await rig.drained()
        assert publisher.rtcp.empty()
        rig.time.advance(0.02)
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
        assert publisher.rtcp.empty()

    async def test_one_is_sent_when_the_handshake_of_a_subscriber_is_complete(self, rig: Rig) -> None:
        publisher = await rig.connect("pub")
        rig.produce()
        created = rig.create("sub")
        rig.consume()
        await rig.drained()
        assert publisher.rtcp.empty(), "nobody could see the keyframe yet"
        subscriber = await rig.open()
        rig.announce("sub", subscriber)
        await subscriber.check(created.username_fragment, created.password)
        await subscriber.shake_hands(rig.certificate.fingerprint)
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]

    async def test_one_about_somebody_elses_stream_is_ignored(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        rig.time.advance(KEYFRAME_INTERVAL_S)
        subscriber.send_rtcp(rtcp.picture_loss_indication(1, 1_111))
        await rig.drained()
        assert publisher.rtcp.empty()


class TestReports:
    async def test_a_publisher_is_told_what_arrived_and_how_much_it_may_send(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        rig.produce(AUDIO, producer_id="audio")
        for number in (1, 2, 4):
            publisher.send_rtp(rtp_packet(number, b"x"))
            publisher.send_rtp(rtp_packet(number, b"x", payload_type=111, ssrc=2_222))
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (3,))]
        assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(2_222, (3,))]
        await rig.drained()
        rig.tick()
        report = await publisher.next_rtcp()
        assert report[:2] == b"\x82\xc9", "a receiver report about two streams"
        assert [message for message in rtcp.parse(report) if isinstance(message, rtcp.BandwidthEstimate)]

    @pytest.mark.parametrize(("theirs", "told"), [(51, 51), (0, 256 // 4)])
    async def test_a_speaker_is_told_the_worst_loss_on_the_way_to_a_listener(
        self, rig: Rig, theirs: int, told: int
    ) -> None:
        publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
        rig.produce(AUDIO, producer_id="audio")
        rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
        for number in (1, 2, 3) if theirs else (1, 2, 4):
            publisher.send_rtp(rtp_packet(number, b"x", payload_type=111, ssrc=2_222))
            await subscriber.next_rtp()
        if not theirs:
            assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(2_222, (3,))]
        block = rtcp.ReportBlock(SUBSCRIBED_AUDIO.ssrc, theirs, 0, 0, 0, 0, 0)
        subscriber.send_rtcp(rtcp.receiver_report(1, [block]))
        await rig.drained()
        rig.tick()
        assert losses(await publisher.next_rtcp()) == [(2_222, told)]

    async def test_a_camera_is_told_of_its_own_line_only(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"x"))
        await subscriber.next_rtp()
        subscriber.send_rtcp(rtcp.receiver_report(1, [rtcp.ReportBlock(SUBSCRIBED.ssrc, 51, 0, 0, 0, 0, 0)]))
        await rig.drained()
        rig.tick()
        assert (1_111, 0) in losses(await publisher.next_rtcp())

    async def test_the_publishers_clock_is_passed_on(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        for number in range(3):
            publisher.send_rtp(rtp_packet(number, b"12345"))
            await subscriber.next_rtp()
        theirs = rtcp.SenderReport(1_111, 0xE1E2_E3E4_0506_0708, 90_000, 3, 15)
        publisher.send_rtcp(rtcp.sender_report(theirs, "whoever"))
        await rig.drained()
        rig.tick()
        compound = await subscriber.next_rtcp()
        assert rtcp.parse(compound) == [rtcp.SenderReport(SUBSCRIBED.ssrc, theirs.ntp, theirs.timestamp, 3, 15)]
        assert b"publisher" in compound
        assert b"whoever" not in compound

    async def test_the_clocks_of_several_streams_come_together(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        rig.produce(AUDIO, producer_id="audio")
        rig.consume(SUBSCRIBED_AUDIO, producer_id="audio", consumer_id="ear")
        publisher.send_rtp(rtp_packet(1, b"picture"))
        publisher.send_rtp(rtp_packet(1, b"sound", payload_type=AUDIO.payload_type, ssrc=2_222))
        for ssrc in (1_111, 2_222):
            publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(ssrc, ssrc << 32, 0, 0, 0), "whoever"))
        await rig.drained()
        rig.tick()
        told = rtcp.parse(await subscriber.next_rtcp())
        assert {report.ssrc: report.ntp >> 32 for report in told if isinstance(report, rtcp.SenderReport)} == {
            SUBSCRIBED.ssrc: 1_111,
            SUBSCRIBED_AUDIO.ssrc: 2_222,
        }

    async def test_a_publisher_that_reports_all_the_time_does_not_make_us_do_so(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"x"))
        await subscriber.next_rtp()
        for number in range(50):
            publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(1_111, number, 0, 0, 0), ""))
            await rig.drained()
            if number % 10 == 9:
                rig.tick()
        rig.tick()
        told = [
            rtcp.parse(await subscriber.next_rtcp()) for _ in range(6)
        ]  # at each tick: the clock, or a sign of life
        reports = [report for found in told for report in found]
        assert [report.ntp for report in reports if isinstance(report, rtcp.SenderReport)] == [9, 29, 49]
        assert subscriber.rtcp.empty()

    async def test_a_new_subscriber_knows_the_clock_with_the_first_packet(self, rig: Rig) -> None:
        publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
        rig.produce()
        theirs = rtcp.SenderReport(1_111, 0xE1E2_E3E4_0506_0708, 90_000, 3, 15)
        publisher.send_rtcp(rtcp.sender_report(theirs, "whoever"))
        await rig.drained()
        rig.consume()
        publisher.send_rtp(rtp_packet(1, b"x"))
        (report,) = rtcp.parse(await subscriber.next_rtcp())
        assert report == rtcp.SenderReport(SUBSCRIBED.ssrc, theirs.ntp, theirs.timestamp, 0, 0)

    async def test_counts_go_on_over_a_pause(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        for number in range(8):
            if number in (2, 5):
                rig.pause(is_paused=number == 2)
            publisher.send_rtp(rtp_packet(number, b"12345"))
            await rig.drained()
        publisher.send_rtcp(rtcp.sender_report(rtcp.SenderReport(1_111, 1, 2, 8, 40), ""))
        await rig.drained()
        rig.tick()
        (report,) = rtcp.parse(await subscriber.next_rtcp())
        assert isinstance(report, rtcp.SenderReport)
        assert (report.packets, report.octets) == (5, 25)


@pytest.mark.parametrize("payload_type", [95, 98])
async def test_a_payload_type_that_was_not_announced_is_dropped(rig: Rig, payload_type: int) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"other", payload_type=payload_type))
    publisher.send_rtp(rtp_packet(2, b"video"))
    assert payload(await subscriber.next_rtp()) == b"video"


async def test_a_flood_is_not_multiplied(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "MAX_PACKETS_AT_ONCE", 10)
    publisher, subscriber = await two_sides(rig)
    for number in range(30):
        publisher.send_rtp(rtp_packet(number, str(number).encode()))
    await rig.drained()
    rig.tick()
    publisher.send_rtp(rtp_packet(30, b"after"))
    packets = [await subscriber.next_rtp() for _ in range(11)]
    assert [payload(packet) for packet in packets] == [*(str(number).encode() for number in range(10)), b"after"]


async def test_a_flood_that_lasts_is_cut_to_what_a_stream_may_send_for_ever(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "MAX_PACKETS_AT_ONCE", 8)
    monkeypatch.setattr(layer_module, "MAX_PACKETS_PER_S", 3)
    publisher, _ = await two_sides(rig)
    layer = rig.worker.transports["pub"].producer("video").layers[0]
    forwarded = []
    for second in range(3):
        before = layer.forwarded_packets
        for number in range(10):
            publisher.send_rtp(rtp_packet(10 * second + number, b"x"))
        await rig.drained()
        forwarded.append(layer.forwarded_packets - before)
        rig.tick()
    assert forwarded == [8, 3, 3]


async def test_what_is_sent_again_counts_as_well(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "MAX_PACKETS_AT_ONCE", 5)
    publisher, _ = await two_sides(rig)
    layer = rig.worker.transports["pub"].producer("video").layers[0]
    for number in (0, 100):
        publisher.send_rtp(rtp_packet(number, b"x"))
    for number in range(1, 50):
        publisher.send_rtp(rtp_packet(number, struct.pack("!H", number) + b"x", payload_type=97, ssrc=1_112))
    await rig.drained()
    assert layer.forwarded_packets == 5


async def test_streams_without_ssrc_are_told_by_their_mid(rig: Rig) -> None:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(msgspec.structs.replace(VIDEO, encodings=[m.Encoding()]))
    rig.consume()
    publisher.send_rtp(rtp_packet(1, b"whose?", ssrc=31))
    publisher.send_rtp(rtp_packet(1, b"not mine", ssrc=32, extensions=b"\x401"))
    publisher.send_rtp(rtp_packet(1, b"first", ssrc=33, extensions=b"\x400"))
    publisher.send_rtp(rtp_packet(2, b"second", ssrc=33))
    publisher.send_rtp(rtp_packet(7, b"another source", ssrc=34, extensions=b"\x400"))
    publisher.send_rtp(rtp_packet(4, b"fourth", ssrc=33))
    assert [payload(await subscriber.next_rtp()) for _ in range(3)] == [b"first", b"second", b"fourth"]
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(33, (3,))]
    repair = struct.pack("!H", 3) + b"third"
    publisher.send_rtp(rtp_packet(9, repair, payload_type=97, ssrc=35, extensions=b"\x400"))
    assert payload(await subscriber.next_rtp()) == b"third"
