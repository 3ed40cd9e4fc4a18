"""What those on another worker see and hear of a publisher."""

import itertools
import struct
from itertools import pairwise

import pytest

from server.media import messages as m
from server.media.messages import AUDIO_LEVEL_ID, ORIENTATION_ID
from server.media.worker import layer, rtcp, rtp
from server.media.worker.feedback import KEYFRAME_INTERVAL_S
from server.media.worker.producer import Producer
from server.media.worker.speakers import ONSET_PACKETS, UPDATE_INTERVAL_S
from tests.server.media.worker.people import FRAME, VOICE, consume_slots
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, rtp_packet
from tests.server.media.worker.test_producer import parsed, payload
from tests.server.media.worker.test_simulcast import CAMERA, SSRCS, Encoder, seen
from tests.server.media.worker.two_workers import Room, keyframe_request


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
    await room.wants(1)
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


def estimate(exponent: int) -> bytes:
    """Return a REMB of all that its mantissa holds, so many bits to the left."""
    return b"\x8f\xce\0\x05" + struct.pack("!II4sII", 1, 0, b"REMB", exponent << 18 | 0x3FFFF, SUBSCRIBED.ssrc)


async def test_what_a_subscriber_claims_to_take_reaches_the_publishers_worker_whatever_it_is(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    publisher.send_rtp(rtp_packet(1, b"x"))
    await subscriber.next_rtp()
    subscriber.send_rtcp(rtcp.receiver_report(1, []) + estimate(63))
    await room.other.drained()
    room.other.tick()
    await room.home.until(lambda: bool(room.outlet().shares))
    assert room.outlet().shares == [1 << 40]


async def test_what_cannot_be_told_of_one_stream_leaves_the_others_alone(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "MAX_SOUND_PACKETS_PER_S", 2)
    await room.two_sides()
    room.home.produce(AUDIO, producer_id="voice")
    room.pipe("voice", AUDIO)
    inlet = room.other.worker.pipes.inlets["pub"]

    def fail(_: Producer) -> None:
        raise ValueError("unexpected")

    monkeypatch.setattr(inlet, "tell_layers_wanted", fail)
    number = itertools.count(1)
    for _ in range(2):
        packets = [rtp_packet(next(number), b"x", payload_type=100) for _ in range(3)]
        for packet in packets:
            inlet.receive(inlet.producers["voice"], 0, memoryview(packet))
        room.other.tick()
    assert room.dropped("over_limit") == 2, "one in each second"
    room.other.worker.udp.failures = 0  # these were meant
