"""The sound of a room through its slots: over real sockets, DTLS and SRTP."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.messages import AUDIO_LEVEL_ID, AUDIO_SLOTS, MID_ID
from server.media.rpc import RpcError
from server.media.worker import rtcp, rtp
from server.media.worker.consumer import MAX_RETRANSMISSIONS_PER_S
from server.media.worker.room_audio import MAX_TALKING
from server.media.worker.slots import HISTORY_S
from server.media.worker.speakers import DOMINANT_AFTER_S, HOLD_S, ONSET_PACKETS, PAUSE_S, UPDATE_INTERVAL_S
from tests.server.media.endpoint import DEADLINE_S, Endpoint
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED_AUDIO, Rig, rtp_packet, running_worker
from tests.server.media.worker.test_producer import parsed, payload

VOICE = 0x80 | 30
SILENCE = 127
PACKET_S = 0.02
FRAME = 960
CLOCK_RATE = 48_000


@dataclass(frozen=True)
class HeardPacket:
    """A packet as a page gets it."""

    speaker: str
    index: int
    header: rtp.RtpHeader
    data: bytes


@dataclass(eq=False)
class Person:
    """Somebody with a microphone and a page that hears the room, over one transport named after them."""

    name: str
    rig: Rig
    endpoint: Endpoint
    sent: int = 0
    """Packets."""
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    timestamp: int = field(default_factory=lambda: random.getrandbits(32))
    is_muted: bool = False

    @classmethod
    async def enter(cls, rig: Rig, name: str) -> "Person":
        endpoint = await rig.connect(name)
        rig.produce(AUDIO, on=name, producer_id=name)
        consume_slots(rig, name)
        return cls(name, rig, endpoint)

    def send(self, level: int | None = SILENCE, *, at: int | None = None) -> None:
        """Send the next packet, or the one numbered `at`; it says whose it is, and which."""
        index = self.sent if at is None else at
        self.sent = max(self.sent, index + 1)
        self.endpoint.send_rtp(
            rtp_packet(
                self.sequence + index,
                f"{self.name} {index}".encode(),
                timestamp=(self.timestamp + FRAME * index) & 0xFFFFFFFF,
                payload_type=111,
                ssrc=2_222,
                extensions=b"" if level is None else bytes((0x20, level)),
            )
        )

    def mute(self, *, is_muted: bool = True) -> None:
        """Mute or unmute the microphone."""
        self.is_muted = is_muted
        self.rig.worker.do(m.PauseProducer(transport_id=self.name, producer_id=self.name, is_paused=is_muted))

    async def take(self) -> list[HeardPacket]:
        """Return what has been received since the last call; a check is answered after all that was sent before."""
        credentials = self.rig.worker.transports[self.name].agent.credentials
        await self.endpoint.check(credentials.username_fragment, credentials.password)
        return [heard(self.endpoint.rtp.get_nowait()) for _ in range(self.endpoint.rtp.qsize())]

    async def heard(self) -> list[str]:
        """Return whose packets have come, each as name and index."""
        return [f"{packet.speaker} {packet.index}" for packet in await self.take()]


def heard(data: bytes) -> HeardPacket:
    name, _, index = payload(data).decode().partition(" ")
    return HeardPacket(name, int(index), parsed(data), data)


def subscriptions(transport_id: str, first_ssrc: int = 600_000) -> list[m.SlotSubscription]:
    return [
        m.SlotSubscription(
            consumer_id=f"{transport_id} slot {slot}",
            stream=msgspec.structs.replace(SUBSCRIBED_AUDIO, ssrc=first_ssrc + slot, mid=f"m00{slot}"),
        )
        for slot in range(AUDIO_SLOTS)
    ]


def consume_slots(rig: Rig, transport_id: str) -> None:
    rig.worker.do(m.ConsumeSlots(transport_id=transport_id, slots=subscriptions(transport_id)))


async def people(rig: Rig, count: int) -> list[Person]:
    return [await Person.enter(rig, f"p{number}") for number in range(count)]


async def send_all(rig: Rig, is_voice: dict[Person, bool]) -> None:
    """Let everybody send a packet, and wait until the worker has them."""
    before = rig.worker.udp.packets_in
    for person, talks in is_voice.items():
        person.send(VOICE if talks else SILENCE)
    await rig.until(lambda: rig.worker.udp.packets_in >= before + len(is_voice))


async def pass_time(rig: Rig, persons: Collection[Person], seconds: float, *talkers: Person) -> None:
    """Let the talkers talk, and all others who are not muted send silence."""
    for _ in range(round(seconds / PACKET_S)):
        rig.time.advance(PACKET_S)
        await send_all(rig, {person: person in talkers for person in persons if not person.is_muted})


def told(rig: Rig) -> m.SpeakersChanged:
    """Return what the control side was told last of who is heard."""
    return [event for event in rig.events if isinstance(event, m.SpeakersChanged)][-1]


def is_after(earlier: int, later: int) -> bool:
    return 0 < (later - earlier) & 0xFFFFFFFF < 1 << 31


async def test_in_a_small_room_everybody_hears_everybody_else_all_the_time(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS)
    await pass_time(rig, persons, 0.1)
    for person in persons:
        packets = await person.take()
        assert {packet.speaker for packet in packets} == {other.name for other in persons} - {person.name}
        assert len(packets) == 5 * (AUDIO_SLOTS - 1)
        assert len({packet.header.ssrc for packet in packets}) == AUDIO_SLOTS - 1


async def test_a_packet_looks_like_the_slots(rig: Rig) -> None:
    one, other = await people(rig, 2)
    one.send(0x9F)
    first = heard(await other.endpoint.next_rtp())
    assert (first.header.payload_type, first.header.ssrc) == (100, 600_000)
    assert first.header.is_marked, "a talkspurt begins"
    assert rtp.read_extension(first.data, first.header, AUDIO_LEVEL_ID) == b"\x9f"
    assert rtp.read_extension(first.data, first.header, MID_ID) == b"m000"
    one.send(0x9F)
    assert not heard(await other.endpoint.next_rtp()).header.is_marked


async def test_in_a_large_room_whoever_begins_to_talk_is_heard_from_the_first_packet(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 2)
    *_, listener, new = persons
    await pass_time(rig, persons, 0.5, persons[0])
    assert new.name not in {packet.speaker for packet in await listener.take()}
    first = new.sent
    await pass_time(rig, persons, 0.2, persons[0], new)
    packets = [packet for packet in await listener.take() if packet.speaker == new.name]
    assert {packet.index for packet in packets} >= set(range(first, new.sent))
    assert first - packets[0].index <= HISTORY_S / PACKET_S, "and nothing older than that"
    assert [packet.header.is_marked for packet in packets] == [True] + [False] * (len(packets) - 1)


async def test_a_new_speaker_is_heard_when_one_of_too_many_pauses(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 2)
    listener, new, *others = persons
    await pass_time(rig, persons, 0.5, *others)
    await pass_time(rig, persons, PAUSE_S + 2 * PACKET_S, *others[1:])
    await listener.take()
    first = new.sent
    await pass_time(rig, persons, 0.1, *others[1:], new)
    indexes = [packet.index for packet in await listener.take() if packet.speaker == new.name]
    assert indexes[-1] == new.sent - 1
    assert first in indexes


async def test_what_is_replayed_says_that_it_leaves_now(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    await pass_time(rig, persons, 0.3)
    await persons[0].take()
    await pass_time(rig, persons, ONSET_PACKETS * PACKET_S, persons[-1])
    replayed = [packet for packet in await persons[0].take() if packet.speaker == persons[-1].name]
    assert len(replayed) > ONSET_PACKETS
    now = rtp.abs_send_time(rig.time.now).to_bytes(3, "big")
    assert {rtp.read_extension(p.data, p.header, m.ABS_SEND_TIME_ID) for p in replayed} == {now}


async def test_a_subscriber_sees_no_gap_where_it_does_not_hear_itself(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    quiet, first = persons[0], persons[-1]
    middle = persons[1:-1]
    await pass_time(rig, persons, 0.5, *middle, first)
    (slot,) = {p.header.ssrc for p in await quiet.take() if p.speaker == first.name}
    heard_by_first = [p for p in await first.take() if p.header.ssrc == slot]
    await pass_time(rig, persons, HOLD_S + 0.2, *middle)
    await pass_time(rig, persons, 0.5, *middle, quiet)
    assert first.name not in told(rig).slots
    await quiet.take()
    await pass_time(rig, persons, 0.1, *middle, quiet)
    assert first.name not in {p.speaker for p in await quiet.take()}
    heard_by_first += [p for p in await first.take() if p.header.ssrc == slot]
    assert {p.speaker for p in heard_by_first} == {quiet.name}
    assert {p.index for p in heard_by_first} >= {0, quiet.sent - 1}, "before and after oneself"
    numbers = [p.header.sequence for p in heard_by_first]
    assert numbers == [(numbers[0] + at) & 0xFFFF for at in range(len(numbers))]


async def test_nobody_hears_themself_on_another_device(rig: Rig) -> None:
    one, other = await people(rig, 2)
    tablet = await rig.connect("tablet", group=one.name)
    consume_slots(rig, "tablet")
    one.send()
    other.send()
    assert heard(await tablet.next_rtp()).speaker == other.name
    await rig.drained()
    assert tablet.rtp.empty()


@pytest.mark.parametrize("is_talking", [False, True])
async def test_nothing_is_heard_of_whoever_is_muted(rig: Rig, *, is_talking: bool) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    listener, muted = persons[0], persons[-1]
    talkers = [muted] if is_talking else []
    await pass_time(rig, persons, 0.2, *talkers)
    await listener.take()
    muted.mute()
    assert muted.name not in told(rig).slots
    for _ in range(10):
        muted.send(VOICE)
    await rig.drained()
    assert await listener.take() == []
    muted.mute(is_muted=False)
    before = muted.sent
    await pass_time(rig, persons, 0.2, muted)
    indexes = [packet.index for packet in await listener.take() if packet.speaker == muted.name]
    assert indexes == list(range(before, muted.sent)), "nothing was kept meanwhile"


async def test_a_slot_that_somebody_leaves_goes_to_the_next(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    assert told(rig).slots == ["p0", "p1", "p2", "p3"]
    rig.time.advance(UPDATE_INTERVAL_S)
    rig.worker.do(m.CloseTransport(transport_id="p1"))
    assert told(rig).slots == ["p0", "p4", "p2", "p3"]
    await pass_time(rig, [persons[4]], PACKET_S)
    assert await persons[0].heard() == ["p4 0"]


async def test_the_control_side_is_told_who_talks_and_who_dominates_and_only_changes(rig: Rig) -> None:
    persons = await people(rig, 3)
    one, other, _ = persons
    await pass_time(rig, persons, 0.5)
    slots = ["p0", "p1", "p2", None]
    assert told(rig) == m.SpeakersChanged(router_id="router", slots=slots, talking=[], dominant=None)
    rig.events.clear()
    await pass_time(rig, persons, ONSET_PACKETS * PACKET_S, other)
    assert told(rig).talking == ["p1"], "at once"
    await pass_time(rig, persons, 2 * DOMINANT_AFTER_S, other)
    assert told(rig).dominant == "p1"
    rig.events.clear()
    await pass_time(rig, persons, 1, other)
    assert rig.events == []
    await pass_time(rig, persons, HOLD_S + 2 * UPDATE_INTERVAL_S)
    assert (told(rig).talking, told(rig).dominant) == ([], "p1")
    other.mute()
    assert told(rig).dominant is None
    assert told(rig).slots == ["p0", None, "p2", None]
    await pass_time(rig, [one], 3, one)
    assert (told(rig).talking, told(rig).dominant) == (["p0"], "p0")


async def test_silence_is_noticed_when_nobody_sends_at_all(rig: Rig) -> None:
    persons = await people(rig, 2)
    await pass_time(rig, persons, 0.5, persons[0])
    assert told(rig).talking == ["p0"]
    rig.time.advance(HOLD_S + 0.1)
    rig.tick()
    assert told(rig).talking == []


async def test_a_room_full_of_noise_is_told_of_in_part(rig: Rig) -> None:
    persons = await people(rig, MAX_TALKING + 2)
    await pass_time(rig, persons, 0.3, *persons)
    assert len(told(rig).talking) == MAX_TALKING


async def test_whoever_tells_no_levels_is_heard(rig: Rig) -> None:
    persons = await people(rig, AUDIO_SLOTS + 1)
    for _ in range(3):
        rig.time.advance(PACKET_S)
        persons[-1].send(None)
        await rig.drained()
    assert await persons[0].heard() == ["p4 0", "p4 1", "p4 2"]


async def test_a_paused_consumer_gets_nothing_and_goes_on_without_a_gap(rig: Rig) -> None:
    one, other = await people(rig, 2)
    one.send()
    one.sent += 1
    await pass_time(rig, [one], 0.1)
    before = await other.take()
    rig.pause(is_paused=True, on="p1", consumer_id="p1 slot 0")
    one.send(at=1)
    await pass_time(rig, [one], 0.1)
    assert await other.take() == []
    rig.pause(is_paused=False, on="p1", consumer_id="p1 slot 0")
    await pass_time(rig, [one], PACKET_S)
    (after,) = await other.take()
    assert after.header.sequence == (before[-1].header.sequence + 1) & 0xFFFF


async def test_a_late_packet_is_for_those_who_were_there(rig: Rig) -> None:
    one, other = await people(rig, 2)
    for index in (0, 3):
        one.send(at=index)
    await rig.drained()
    late = await Person.enter(rig, "late")
    for index in (1, 4, 2, 6, 5):
        one.send(at=index)
    await rig.drained()
    packets = await other.take()
    assert sorted(p.index for p in packets) == list(range(7))
    start = packets[0].header
    for packet in packets:
        assert (packet.header.sequence - start.sequence) & 0xFFFF == packet.index
        assert (packet.header.timestamp - start.timestamp) & 0xFFFFFFFF == FRAME * packet.index
    assert {p.header.ssrc for p in packets} == {600_000}
    assert sorted(await late.heard()) == ["p0 4", "p0 5", "p0 6"]
    assert await one.take() == []
    assert rig.worker.plumbing.outbox.refused == 0


async def test_a_closed_consumer_gets_no_more(rig: Rig) -> None:
    one, other = await people(rig, 2)
    for _ in range(2):
        rig.worker.do(m.CloseConsumer(transport_id="p1", consumer_id="p1 slot 0"))
    await pass_time(rig, [one], 0.1)
    assert await other.take() == []


async def test_an_ssrc_is_used_once(rig: Rig) -> None:
    await Person.enter(rig, "one")
    with pytest.raises(RpcError):
        rig.worker.do(m.ConsumeSlots(transport_id="one", slots=subscriptions("again")))
    rig.worker.do(m.ConsumeSlots(transport_id="one", slots=subscriptions("again", 700_000)))


async def test_slots_are_heard_as_soon_as_the_handshake_is_complete(rig: Rig) -> None:
    one = await Person.enter(rig, "one")
    created = rig.create("slow")
    consume_slots(rig, "slow")
    one.send()
    await rig.drained()
    endpoint = await rig.open()
    rig.announce("slow", endpoint)
    await endpoint.check(created.username_fragment, created.password)
    await endpoint.shake_hands(rig.certificate.fingerprint)
    await rig.until(lambda: rig.worker.transports["slow"].is_connected)
    one.send()
    assert heard(await endpoint.next_rtp()).index == 1


async def test_a_page_that_moves_goes_on_hearing(rig: Rig) -> None:
    one, other = await people(rig, 2)
    one.send()
    await other.endpoint.next_rtp()
    elsewhere = await rig.open()
    elsewhere.dtls = other.endpoint.dtls
    credentials = rig.worker.transports["p1"].agent.credentials
    await elsewhere.check(credentials.username_fragment, credentials.password)
    one.send()
    assert heard(await elsewhere.next_rtp()).index == 1
    elsewhere.dtls = (await rig.open()).dtls


async def test_each_slot_has_a_clock_of_its_own(rig: Rig) -> None:
    persons = await people(rig, 2)
    rig.tick()
    await pass_time(rig, persons[:1], 0.2)
    packets = await persons[1].take()
    rig.time.advance(0.5)
    rig.tick()
    while not (reports := rtcp.parse(await persons[1].endpoint.next_rtcp())):
        pass  # on what we publish
    (report,) = reports
    assert isinstance(report, rtcp.SenderReport)
    last = packets[-1].header
    assert report.ssrc == last.ssrc
    assert (report.timestamp - last.timestamp) & 0xFFFFFFFF == CLOCK_RATE // 2
    assert report.ntp == int(rig.time.now * (1 << 32))
    assert (report.packets, report.octets) == (10, sum(len(payload(p.data)) for p in packets))
    rig.tick()
    await rig.drained()
    assert all(
        not rtcp.parse(persons[1].endpoint.rtcp.get_nowait()) for _ in range(persons[1].endpoint.rtcp.qsize())
    ), "nothing new to report on"


async def test_a_report_counts_what_this_subscriber_was_sent(rig: Rig) -> None:
    one, other = await people(rig, 2)
    await pass_time(rig, [one], 0.1)
    late = await Person.enter(rig, "late")
    await pass_time(rig, [one], 0.1)
    rig.pause(is_paused=True, on="late", consumer_id="late slot 0")
    await pass_time(rig, [one], 0.1)
    rig.pause(is_paused=False, on="late", consumer_id="late slot 0")
    await pass_time(rig, [one], 0.1)
    rig.tick()
    for person, packets in ((other, 20), (late, 10)):
        (report,) = rtcp.parse(await person.endpoint.next_rtcp())
        assert isinstance(report, rtcp.SenderReport)
        assert report.packets == packets
        assert report.octets == sum(len(payload(p.data)) for p in await person.take())


async def test_what_a_page_reports_of_a_slot_is_its_lines_doing(rig: Rig) -> None:
    one, other = await people(rig, 2)
    for second in range(2):
        await pass_time(rig, [one], 1)
        block = rtcp.ReportBlock(600_000, 36, 7 * second, 50 * second, 0, 0, 0)
        other.endpoint.send_rtcp(rtcp.receiver_report(1, [block]))
        await rig.drained()
    assert rig.worker.plumbing.counters.lost_out == 7
    rig.tick()
    await one.take()
    while not one.endpoint.rtcp.empty():
        await one.endpoint.next_rtcp()
    await pass_time(rig, [one], 0.1)
    rig.tick()
    (report,) = [m for m in rtcp.parse(await one.endpoint.next_rtcp()) if isinstance(m, rtcp.ReportBlock)]
    assert (report.ssrc, report.fraction_lost) == (2_222, 36), "speakers protect themselves for the worst line"


def datagrams_of(person: Person, monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[bytes]:
    """Return what comes to somebody from now on as it comes: SRTP would not take a packet twice."""
    datagrams: asyncio.Queue[bytes] = asyncio.Queue()
    monkeypatch.setattr(person.endpoint, "datagram_received", lambda data, _: datagrams.put_nowait(data))
    return datagrams


async def next_datagrams(datagrams: asyncio.Queue[bytes], count: int) -> list[bytes]:
    return [await asyncio.wait_for(datagrams.get(), DEADLINE_S) for _ in range(count)]


async def test_what_was_lost_is_sent_again_to_the_byte(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = await people(rig, 2)
    datagrams = datagrams_of(other, monkeypatch)
    await pass_time(rig, [one], 0.1)
    sent = await next_datagrams(datagrams, 5)
    numbers = [int.from_bytes(datagram[2:4], "big") for datagram in sent]
    rig.time.advance(0.5)
    other.endpoint.send_rtcp(rtcp.nack(1, 600_000, [*numbers, (numbers[0] + 500) & 0xFFFF]))
    assert await next_datagrams(datagrams, 5) == sent, "other bytes under the same number would betray the key"
    rig.pause(is_paused=True, on="p1", consumer_id="p1 slot 0")
    await pass_time(rig, [one], PACKET_S)
    rig.pause(is_paused=False, on="p1", consumer_id="p1 slot 0")
    await pass_time(rig, [one], PACKET_S)
    other.endpoint.send_rtcp(rtcp.nack(1, 600_000, numbers))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 5, "nothing from before a pause"


async def test_a_subscriber_that_asks_for_everything_again_and_again_is_limited(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await people(rig, 2)
    datagrams = datagrams_of(other, monkeypatch)
    await pass_time(rig, [one], 0.4)
    numbers = [int.from_bytes(datagram[2:4], "big") for datagram in await next_datagrams(datagrams, 20)]
    for _ in range(MAX_RETRANSMISSIONS_PER_S // len(numbers) + 5):
        other.endpoint.send_rtcp(rtcp.nack(1, 600_000, numbers))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == MAX_RETRANSMISSIONS_PER_S
    rig.tick()
    other.endpoint.send_rtcp(rtcp.nack(1, 600_000, numbers))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == MAX_RETRANSMISSIONS_PER_S + len(numbers)


async def test_a_keyframe_is_not_asked_of_a_slot(rig: Rig) -> None:
    one, other = await people(rig, 2)
    other.endpoint.send_rtcp(rtcp.picture_loss_indication(1, 600_000))
    await pass_time(rig, [one], PACKET_S)
    assert len(await other.take()) == 1
    assert rig.worker.udp.failures == 0


async def test_one_microphone_can_be_consumed_beside_the_slots(rig: Rig) -> None:
    one, other = await people(rig, 2)
    stream = msgspec.structs.replace(SUBSCRIBED_AUDIO, ssrc=9)
    rig.consume(stream, on="p1", of="p0", producer_id="p0", consumer_id="single")
    await pass_time(rig, [one], PACKET_S)
    assert {packet.header.ssrc for packet in await other.take()} == {9, 600_000}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(3, 7),
    st.lists(
        st.tuples(
            st.integers(1, 30),
            st.sets(st.integers(0, 6), max_size=6),
            st.none() | st.integers(0, 6),
        ),
        min_size=1,
        max_size=12,
    ),
)
async def test_whoever_talks_and_mutes_every_subscriber_gets_a_few_unbroken_streams(
    count: int, steps: list[tuple[int, set[int], int | None]]
) -> None:
    async with running_worker() as rig:
        persons = await people(rig, count)
        sent = Sent()
        received: dict[Person, list[HeardPacket]] = {person: [] for person in persons}
        for packets, talking, toggled in steps:
            if toggled is not None and toggled < count:
                persons[toggled].mute(is_muted=not persons[toggled].is_muted)
            for _ in range(packets):
                rig.time.advance(PACKET_S)
                is_voice = {person: number in talking for number, person in enumerate(persons)}
                sent.note(is_voice, rig.time.now)
                await send_all(rig, is_voice)
            for person in persons:
                received[person] += await person.take()  # before its socket's buffer is full
        for person in persons:
            check_streams(person.name, received[person], sent)
        assert rig.worker.plumbing.outbox.refused == 0


class Sent:
    """What was sent, and what of it must be heard or must not."""

    def __init__(self) -> None:
        self.muted: set[tuple[str, int]] = set()
        self._voice: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._now = 0.0

    def note(self, is_voice: dict[Person, bool], now: float) -> None:
        """Take note of what everybody is about to send."""
        self._now = now
        for person, talks in is_voice.items():
            if person.is_muted:
                self.muted.add((person.name, person.sent))
            elif talks:
                self._voice[person.name].append((person.sent, now))

    def must_be_heard(self) -> set[tuple[str, int]]:
        """Return the packets of voice, in a row, of moments in which no more than have slots talk."""
        in_a_row = {
            (name, index, at)
            for name, packets in self._voice.items()
            for (before, before_at), (after, after_at) in pairwise(packets)
            if after == before + 1
            for index, at in ((before, before_at), (after, after_at))
        }
        return {
            (name, index)
            for name, index, at in in_a_row
            if len(self._talkers(at - PAUSE_S - 3 * PACKET_S, at + 2 * UPDATE_INTERVAL_S)) <= AUDIO_SLOTS
            and at + 2 * UPDATE_INTERVAL_S <= self._now
        }

    def _talkers(self, since: float, until: float) -> set[str]:
        return {name for name, packets in self._voice.items() if any(since <= at <= until for _, at in packets)}


def check_streams(name: str, packets: list[HeardPacket], sent: Sent) -> None:
    """See that what somebody received is as it should be."""
    by_ssrc: dict[int, list[HeardPacket]] = defaultdict(list)
    for packet in packets:
        by_ssrc[packet.header.ssrc].append(packet)
    assert by_ssrc.keys() <= set(range(600_000, 600_000 + AUDIO_SLOTS)), "at most these streams"
    for stream in by_ssrc.values():
        for before, after in pairwise(stream):
            assert (after.header.sequence - before.header.sequence) & 0xFFFF == 1
            assert is_after(before.header.timestamp, after.header.timestamp)
            if before.speaker != after.speaker:
                assert after.header.is_marked
    seen = {(packet.speaker, packet.index) for packet in packets}
    assert len(seen) == len(packets), "nothing comes twice"
    assert name not in {speaker for speaker, _ in seen}, "nobody hears themself"
    assert seen.isdisjoint(sent.muted)
    assert {(speaker, index) for speaker, index in sent.must_be_heard() if speaker != name} <= seen
