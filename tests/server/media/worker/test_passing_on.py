"""What passes from worker to worker, and with which numbers."""

from dataclasses import dataclass

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.media import messages as m
from server.media.worker.feedback import KEYFRAME_INTERVAL_S, MAX_MISSING
from server.media.worker.outlet import Course
from server.media.worker.room_audio import MAX_PASSED_ON
from server.media.worker.slots import HISTORY_S
from server.media.worker.speakers import HOLD_S, ONSET_PACKETS, UPDATE_INTERVAL_S
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.people import FRAME, PACKET_S, SILENCE, VOICE, consume_slots
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED_AUDIO, rtp_packet
from tests.server.media.worker.test_producer import parsed, payload
from tests.server.media.worker.test_simulcast import CAMERA, SSRCS, Encoder
from tests.server.media.worker.two_workers import Room, keyframe_request

FIRST = 1 << 16
VOICES = {
    f"voice{number}": msgspec.structs.replace(AUDIO, encodings=[m.Encoding(ssrc=3_000 + number)], mid=f"{number}")
    for number in range(MAX_PASSED_ON + 1)
}


@dataclass
class Crowd:
    """Publishers of sound on one transport, of whom one too many is unmuted."""

    room: Room
    publisher: Endpoint
    sent: int = 0

    @classmethod
    async def enter(cls, room: Room) -> "Crowd":
        publisher = await room.home.connect("pub")
        for producer_id, stream in VOICES.items():
            room.home.produce(stream, producer_id=producer_id)
            room.pipe(producer_id, stream)
        return cls(room, publisher)

    async def send(self, *talkers: str) -> None:
        """Let everybody send a packet that says whose it is, and which."""
        for rig in (self.room.home, self.room.other):
            rig.time.advance(PACKET_S)
        for producer_id, stream in VOICES.items():
            self.publisher.send_rtp(
                rtp_packet(
                    self.sent,
                    f"{producer_id} {self.sent}".encode(),
                    timestamp=FRAME * self.sent,
                    payload_type=111,
                    ssrc=stream.encodings[0].ssrc or 0,
                    extensions=bytes((0x20, VOICE if producer_id in talkers else SILENCE)),
                )
            )
        self.sent += 1
        await self.room.settled()


@given(st.lists(st.tuples(st.integers(-3, 3_000), st.booleans()), max_size=60))
def test_no_number_is_given_twice_and_none_is_left_out_over_a_pause(arrivals: list[tuple[int, bool]]) -> None:
    course = Course()
    newest, highest = FIRST, 0
    came: set[int] = set()
    passed: dict[int, int] = {}
    began_at: int | None = None
    for step, does_pass in arrivals:
        sequence = newest + step
        if sequence in came:
            continue  # a layer takes each once
        came.add(sequence)
        newest = max(newest, sequence)
        if not does_pass:
            course.pause()
            began_at = None
            continue
        number = course.number(sequence)
        if number is None:
            assert sequence < max(passed, default=0) or (began_at is not None and sequence < began_at)
            continue
        assert number not in passed.values()
        if began_at is None:
            began_at = sequence
            assert number == highest + 1
        else:
            assert number - passed[began_at] == sequence - began_at, "what was lost stays a gap"
        passed[sequence] = number
        highest = max(highest, number)


async def test_of_a_picture_the_layers_pass_that_somebody_there_wants(room: Room) -> None:
    publisher, _ = await room.two_sides(CAMERA)
    encoders = [Encoder(publisher, ssrc) for ssrc in SSRCS]

    async def passed() -> int:
        before = room.piped
        for encoder in encoders:
            encoder.send(packets=2)
        await room.settled()
        return room.piped - before

    assert await passed() == 6
    room.other.worker.do(m.PreferLayer(transport_id="sub", consumer_id="consumer", layer=0))
    room.other.tick()
    assert await passed() == 6, "a look aside costs nothing"
    room.linger()
    await room.wants(1)
    assert await passed() == 2
    room.other.pause(is_paused=True)
    room.linger()
    await room.wants(0)
    assert await passed() == 0


async def test_what_did_not_pass_for_however_long_was_a_pause_and_no_loss(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    publisher.send_rtp(rtp_packet(1, b"before"))
    before = await subscriber.next_rtp()
    room.other.pause(is_paused=True)
    room.linger()
    await room.wants(0)
    for number in (20_001, 40_001, 60_001):
        publisher.send_rtp(rtp_packet(number, b"meanwhile"))
    await room.settled()
    room.other.pause(is_paused=False)
    await room.wants(1)
    publisher.send_rtp(rtp_packet(60_003, b"after"))
    publisher.send_rtp(rtp_packet(60_002, b"from before that"))
    publisher.send_rtp(rtp_packet(60_005, b"late"))
    publisher.send_rtp(rtp_packet(60_004, b"early"))
    packets = [await subscriber.next_rtp() for _ in range(3)]
    assert [payload(packet) for packet in packets] == [b"after", b"late", b"early"]
    first = parsed(before).sequence
    assert [(parsed(packet).sequence - first) & 0xFFFF for packet in packets] == [1, 3, 2]
    layer = room.other.worker.pipes.inlets["pub"].producers["video"].layers[0]
    assert layer.newest.sequence - layer.reception._base == 3, "numbers there have no gap"


async def test_what_is_missing_from_a_pipe_is_asked_of_nobody(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    await keyframe_request(publisher)
    for rig in (room.home, room.other):
        rig.time.advance(2 * KEYFRAME_INTERVAL_S)
    numbers = (1, 3, 2, 3 + 2 * MAX_MISSING)
    await room.write(*(rtp_packet(number, str(number).encode(), payload_type=101) for number in numbers))
    assert [payload(await subscriber.next_rtp()) for _ in numbers] == [str(number).encode() for number in numbers]
    layer = room.other.worker.pipes.inlets["pub"].producers["video"].layers[0]
    assert layer._asking._nack_timer is None
    await room.home.drained()
    assert room.home.worker.plumbing.counters.keyframe_requests_out == 1, "only that of the beginning"


async def test_of_many_voices_those_pass_that_may_be_heard_from_their_first_syllable_on(room: Room) -> None:
    crowd = await Crowd.enter(room)
    listener = await room.other.connect("sub")
    consume_slots(room.other, "sub")
    *_, last = VOICES
    for _ in range(10):
        await crowd.send()
    assert room.piped == 10 * MAX_PASSED_ON
    begun = crowd.sent
    for _ in range(ONSET_PACKETS + 2):
        await crowd.send(last)
    await room.other.drained()
    heard = [payload(listener.rtp.get_nowait()).decode() for _ in range(listener.rtp.qsize())]
    indexes = [int(each.partition(" ")[2]) for each in heard if each.startswith(last)]
    assert indexes == list(range(indexes[0], crowd.sent))
    assert 0 < begun - indexes[0] <= HISTORY_S / PACKET_S


async def test_a_voice_that_loses_its_place_passes_no_more_and_comes_back_without_a_gap(room: Room) -> None:
    crowd = await Crowd.enter(room)
    first, *others = VOICES
    for _ in range(ONSET_PACKETS):
        await crowd.send(*others)
    layer = room.other.worker.pipes.inlets["pub"].producers[first].layers[0]
    paused_at = layer.reception.highest
    assert paused_at is not None
    for _ in range(10):
        await crowd.send(*others)
    assert layer.reception.highest == paused_at, "all the others talk"
    for rig in (room.home, room.other):
        rig.time.advance(HOLD_S + UPDATE_INTERVAL_S)
    await crowd.send()
    for _ in range(ONSET_PACKETS):
        await crowd.send(first)
    assert layer.reception.highest == paused_at + 1 + ONSET_PACKETS, "what came in the last moments, and no gap"


async def test_a_sound_that_somebody_there_consumes_by_itself_passes_unheard(room: Room) -> None:
    crowd = await Crowd.enter(room)
    listener = await room.other.connect("sub")
    *_, last = VOICES
    room.other.consume(SUBSCRIBED_AUDIO, producer_id=last)
    room.other.tick()
    await room.wants(1, last)
    await crowd.send()
    assert payload(await listener.next_rtp()).decode() == f"{last} 0"
    room.other.pause(is_paused=True)
    room.other.tick()
    await room.wants(0, last)
    before = room.piped
    await crowd.send()
    assert room.piped == before + MAX_PASSED_ON
