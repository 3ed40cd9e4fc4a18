"""What one page receives of a room's slots: over real sockets, DTLS and SRTP."""

import asyncio

import msgspec
import pytest

from server.media import messages as m
from server.media.messages import AUDIO_LEVEL_ID, AUDIO_SLOTS, MID_ID
from server.media.rpc import RpcError
from server.media.worker import rtcp, rtp
from server.media.worker.listening import FEW, FORGET_TICKS
from server.media.worker.repeats import MAX_LOOKUPS_PER_S, MAX_RETRANSMISSIONS_PER_S
from server.media.worker.slot_consumer import SlotConsumer
from server.media.worker.speakers import HOLD_S, ONSET_PACKETS
from tests.server.media.endpoint import DEADLINE_S
from tests.server.media.worker.people import (
    FRAME,
    PACKET_S,
    Person,
    consume_slots,
    heard,
    pass_time,
    people,
    subscriptions,
    told,
)
from tests.server.media.worker.rig import SUBSCRIBED_AUDIO, Rig
from tests.server.media.worker.test_producer import payload

CLOCK_RATE = 48_000


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
    assert [slot_of(person).unsent for person in (one, other, late)] == [0, 0, 0]
    assert rig.worker.plumbing.outbox.refused == 0


async def test_what_did_not_come_was_not_sent(rig: Rig) -> None:
    one, other = await people(rig, 2)
    for index in (0, 1, 4, 5):
        one.send(at=index)
    await rig.drained()
    assert slot_of(other).unsent == 2
    rig.pause(is_paused=True, on="p1", consumer_id="p1 slot 0")
    for index in (6, 8):
        one.send(at=index)
    await rig.drained()
    assert slot_of(other).unsent == 2, "nor was it to be"
    rig.pause(is_paused=False, on="p1", consumer_id="p1 slot 0")
    for index in (9, 11, 10, 14):
        one.send(at=index)
    await rig.drained()
    assert slot_of(other).unsent == 4
    assert slot_of(one).unsent == 0


async def test_what_came_late_is_not_held_against_the_line_of_who_missed_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await people(rig, 2)
    for index in (0, 1, 4, 3, 5):
        one.send(at=index)
    await rig.drained()
    numbers = {p.index: p.header.sequence for p in await other.take()}
    datagrams_of(other, monkeypatch)
    missing = (numbers[1] + 1) & 0xFFFF
    repeated = slot_of(other).on_nack((missing, numbers[3], numbers[5]), 0.0)
    await rig.drained()
    assert (repeated.packets, repeated.lost) == (2, [numbers[5]])


def slot_of(person: Person) -> SlotConsumer:
    """Return the first slot of somebody."""
    (slot,) = [each for each in person.rig.worker.transports[person.name].sent.values() if each.ssrc == 600_000]
    assert isinstance(slot, SlotConsumer)
    return slot


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
    assert await told_loss(rig, one) == 36, "speakers protect themselves for the worst line"


async def told_loss(rig: Rig, speaker: Person) -> int:
    """Return the loss that a speaker is told in the second report from now: the first one gathers."""
    rig.tick()
    await speaker.take()
    while not speaker.endpoint.rtcp.empty():
        await speaker.endpoint.next_rtcp()
    await pass_time(rig, [speaker], 0.1)
    rig.tick()
    (report,) = [m for m in rtcp.parse(await speaker.endpoint.next_rtcp()) if isinstance(m, rtcp.ReportBlock)]
    assert report.ssrc == 2_222
    return report.fraction_lost


async def report_loss(rig: Rig, *listeners: Person, slots: int, fraction: int) -> None:
    blocks = [rtcp.ReportBlock(600_000 + slot, fraction, 0, 0, 0, 0, 0) for slot in range(slots)]
    for listener in listeners:
        listener.endpoint.send_rtcp(rtcp.receiver_report(1, blocks))
    await rig.drained()


async def test_who_reports_no_more_costs_the_speakers_no_protection(rig: Rig) -> None:
    one, other = await people(rig, 2)
    await report_loss(rig, other, slots=1, fraction=36)
    assert await told_loss(rig, one) == 36
    rig.pause(is_paused=True, on="p1", consumer_id="p1 slot 0")
    for _ in range(FORGET_TICKS):
        rig.tick()
    assert await told_loss(rig, one) == 0


async def test_one_listener_of_many_does_not_decide_for_all(rig: Rig) -> None:
    speaker, *listeners, worst = await people(rig, FEW + 2)
    await report_loss(rig, *listeners, slots=1, fraction=5)
    await report_loss(rig, worst, slots=AUDIO_SLOTS, fraction=255)
    assert await told_loss(rig, speaker) == 5


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


async def test_asking_for_what_never_was_costs_no_more_than_a_share(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = await people(rig, 2)
    datagrams = datagrams_of(other, monkeypatch)
    await pass_time(rig, [one], PACKET_S)
    (number,) = [int.from_bytes(datagram[2:4], "big") for datagram in await next_datagrams(datagrams, 1)]
    nonsense = [(number + 10_000 + at) & 0xFFFF for at in range(200)]
    for _ in range(MAX_LOOKUPS_PER_S // len(nonsense)):
        other.endpoint.send_rtcp(rtcp.nack(1, 600_000, nonsense))
    other.endpoint.send_rtcp(rtcp.nack(1, 600_000, [number]))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 0
    rig.tick()
    other.endpoint.send_rtcp(rtcp.nack(1, 600_000, [number]))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 1


async def test_a_speaker_who_jumps_deafens_nobody_to_those_who_come_after(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, hostile = await people(rig, 2)
    receive = listener.endpoint.receive
    for at in range(6):
        if at == 3:  # the listener's line loses this one
            monkeypatch.setattr(listener.endpoint, "receive", lambda data: receive(data) if data[0] < 128 else None)
        hostile.sequence += 30_000
        await pass_time(rig, [hostile], PACKET_S, hostile)
        taken = await listener.take()
        monkeypatch.setattr(listener.endpoint, "receive", receive)
        assert len(taken) == (at != 3)
    (slot,) = {packet.header.ssrc for packet in taken}
    rig.worker.do(m.CloseTransport(transport_id="p1"))
    honest = await Person.enter(rig, "honest")
    await pass_time(rig, [honest], 0.1, honest)
    assert {(packet.speaker, packet.header.ssrc) for packet in await listener.take()} == {("honest", slot)}


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
