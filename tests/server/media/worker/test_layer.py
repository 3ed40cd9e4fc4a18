"""What a publisher's jumps of sequence numbers do to those who watch and hear: over real sockets, DTLS and SRTP."""

import struct
from collections.abc import Callable

import pytest

from server.media import messages as m
from server.media.worker import layer as layer_module
from server.media.worker import rtcp
from server.media.worker.feedback import KEYFRAME_INTERVAL_S
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, SUBSCRIBED_AUDIO, VIDEO, Rig, rtp_packet
from tests.server.media.worker.test_producer import parsed, payload
from tests.server.media.worker.two_workers import Room

JUMP = 30_000


async def connected(rig: Rig, stream: m.ProducerStream) -> tuple[Endpoint, Endpoint]:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(stream)
    rig.consume(SUBSCRIBED if stream is VIDEO else SUBSCRIBED_AUDIO)
    return publisher, subscriber


def numbered(stream: m.ProducerStream, number: int) -> bytes:
    ssrc = stream.encodings[0].ssrc
    assert ssrc is not None
    return rtp_packet(number, str(number).encode(), payload_type=stream.payload_type, ssrc=ssrc)


def lose_media(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lose what comes to a page over SRTP, until what is returned is called."""
    receive = endpoint.receive
    monkeypatch.setattr(endpoint, "receive", lambda data: receive(data) if data[0] < 128 else None)
    return lambda: monkeypatch.setattr(endpoint, "receive", receive)


@pytest.mark.parametrize("stream", [VIDEO, AUDIO], ids=["pictures", "sound"])
async def test_who_misses_a_packet_among_jumps_decrypts_what_comes_after(
    rig: Rig, stream: m.ProducerStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher, subscriber = await connected(rig, stream)
    credentials = rig.worker.transports["sub"].agent.credentials
    for at in range(5):
        if at == 2:
            find = lose_media(subscriber, monkeypatch)
        publisher.send_rtp(numbered(stream, at * JUMP))
        await rig.drained()
        await subscriber.check(credentials.username_fragment, credentials.password)
        if at == 2:
            find()
    packets = [await subscriber.next_rtp() for _ in range(4)]
    assert [payload(packet) for packet in packets] == [str(at * JUMP).encode() for at in (0, 1, 3, 4)]
    first = parsed(packets[0]).sequence
    numbers = [(parsed(packet).sequence - first) & 0xFFFF for packet in packets]
    assert numbers == [0, 2, 6, 8], "one stays missing each time: what came before is not continued"


async def test_a_jump_of_pictures_asks_for_a_keyframe(rig: Rig) -> None:
    publisher, _ = await connected(rig, VIDEO)
    await publisher.next_rtcp()
    rig.time.advance(KEYFRAME_INTERVAL_S)
    for number in (1, 3, 3 + JUMP):
        publisher.send_rtp(numbered(VIDEO, number))
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (2,))]
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.KeyframeRequest(1_111)]
    (layer,) = rig.worker.transports["pub"].producer("video").layers
    assert layer._asking.missing.next_due is None, "what was missed before is asked for no more"
    publisher.send_rtp(rtp_packet(1, struct.pack("!H", 2) + b"too late", payload_type=97, ssrc=1_112))
    await rig.drained()
    assert rig.worker.plumbing.counters.drops["duplicate"] == 1


async def test_after_a_jump_what_is_lost_is_sent_again_in_both_directions(rig: Rig) -> None:
    publisher, subscriber = await connected(rig, VIDEO)
    await publisher.next_rtcp()
    for number in (1, JUMP, JUMP + 2):
        publisher.send_rtp(numbered(VIDEO, number))
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (JUMP + 1,))]
    repair = struct.pack("!H", JUMP + 1) + b"repaired"
    publisher.send_rtp(rtp_packet(1, repair, payload_type=97, ssrc=1_112))
    packets = [await subscriber.next_rtp() for _ in range(4)]
    first = parsed(packets[0]).sequence
    came = {(parsed(packet).sequence - first) & 0xFFFF: payload(packet) for packet in packets}
    assert came == {0: b"1", 2: b"30000", 3: b"repaired", 4: b"30002"}
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, [(first + 3) & 0xFFFF]))
    assert payload(await subscriber.next_rtp())[2:] == b"repaired"


async def test_what_comes_from_before_a_jump_has_no_number_any_more(room: Room) -> None:
    _, subscriber = await room.two_sides()
    numbers = (1, 3, 3 + JUMP, 2, 4 + JUMP)
    await room.write(*(rtp_packet(number, str(number).encode(), payload_type=101) for number in numbers))
    packets = [await subscriber.next_rtp() for _ in range(4)]
    assert [payload(packet) for packet in packets] == [b"1", b"3", b"30003", b"30004"]
    assert room.dropped("duplicate") == 1
    first = parsed(packets[0]).sequence
    assert [(parsed(packet).sequence - first) & 0xFFFF for packet in packets] == [0, 2, 4, 5]


async def test_more_sound_than_a_microphone_makes_is_not_multiplied(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "MAX_SOUND_PACKETS_PER_S", 10)
    publisher, subscriber = await connected(rig, AUDIO)
    for second in range(2):
        for number in range(30):
            publisher.send_rtp(numbered(AUDIO, 30 * second + number))
        await rig.drained()
        rig.tick()
    packets = [await subscriber.next_rtp() for _ in range(20)]
    assert [int(payload(packet)) for packet in packets] == [*range(10), *range(30, 40)]
