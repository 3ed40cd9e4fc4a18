"""What a subscriber asks for: packets again."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media import messages as m
from server.media.worker import fanout, repeats, rtcp, rtp
from server.media.worker.congestion import LONG_QUEUE_S, LOSSY, Condition
from server.media.worker.quota import MAX_NACKS_PER_S
from server.media.worker.repeats import MAX_LOOKUPS_PER_S, MAX_RETRANSMISSIONS_PER_S
from tests.server.media.endpoint import DEADLINE_S, Endpoint
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED, SUBSCRIBED_AUDIO, Rig, rtp_packet, running_worker
from tests.server.media.worker.test_producer import parsed, payload, two_sides


async def ask_again(subscriber: Endpoint, sequences: list[int]) -> None:
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, sequences))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 0xFFFF), st.sets(st.integers(0, 29), min_size=1))
async def test_what_is_asked_for_is_sent_again_as_rtx(first: int, lost: set[int]) -> None:
    async with running_worker() as rig:
        publisher, subscriber = await two_sides(rig)
        for number in range(30):
            publisher.send_rtp(rtp_packet(first + number, f"packet {number}".encode(), timestamp=number))
        packets = [await subscriber.next_rtp() for _ in range(30)]
        await ask_again(subscriber, [parsed(packets[number]).sequence for number in sorted(lost)])
        again = [await subscriber.next_rtp() for _ in lost]
        for number, packet in zip(sorted(lost), again, strict=True):
            header, original = parsed(packet), parsed(packets[number])
            assert (header.ssrc, header.payload_type) == (SUBSCRIBED.rtx_ssrc, 102)
            assert header.timestamp == original.timestamp
            assert rtp.original_sequence(packet, header) == original.sequence
            assert payload(packet)[2:] == payload(packets[number])
        numbers = [parsed(packet).sequence for packet in again]
        assert numbers == [(numbers[0] + at) & 0xFFFF for at in range(len(numbers))]
        assert rig.worker.plumbing.counters.retransmissions_out == len(lost)


async def test_over_a_lossy_line_it_is_sent_again_twice(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    for number in range(3):
        publisher.send_rtp(rtp_packet(number, b"x"))
    packets = [await subscriber.next_rtp() for _ in range(3)]
    rig.worker.transports["sub"].downlink.tick((), Condition(loss=2 * LOSSY), rig.time())
    await ask_again(subscriber, [parsed(packet).sequence for packet in packets])
    again = [await subscriber.next_rtp() for _ in range(6)]
    originals = [rtp.original_sequence(packet, parsed(packet)) for packet in again]
    assert originals == 2 * [parsed(packet).sequence for packet in packets]
    assert len({parsed(packet).sequence for packet in again}) == 6, "each under a number of its own"
    assert rig.worker.plumbing.counters.retransmissions_out == 6


async def test_over_a_full_line_it_is_not(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"x"))
    packet = await subscriber.next_rtp()
    full = Condition(loss=2 * LOSSY, queue_s=2 * LONG_QUEUE_S)
    rig.worker.transports["sub"].downlink.tick((), full, rig.time())
    await ask_again(subscriber, [parsed(packet).sequence])
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 1


async def test_copies_leave_enough_for_what_was_not_sent_again_yet(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_RETRANSMISSIONS_PER_S", 6)
    publisher, subscriber = await two_sides(rig)
    for number in range(4):
        publisher.send_rtp(rtp_packet(number, b"x"))
    numbers = [parsed(await subscriber.next_rtp()).sequence for _ in range(4)]
    rig.worker.transports["sub"].downlink.tick((), Condition(loss=2 * LOSSY), rig.time())
    await ask_again(subscriber, numbers)
    again = [await subscriber.next_rtp() for _ in range(6)]
    assert [rtp.original_sequence(packet, parsed(packet)) for packet in again] == [*numbers, *numbers[:2]]


async def test_audio_is_sent_again_to_the_byte(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(AUDIO, producer_id="audio")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="audio")
    datagrams: asyncio.Queue[bytes] = asyncio.Queue()
    monkeypatch.setattr(subscriber, "datagram_received", lambda data, _: datagrams.put_nowait(data))
    for number in range(6):  # in one turn of the worker, and of lengths that would be made equal in one group
        publisher.send_rtp(rtp_packet(number, b"opus" + bytes(number), payload_type=111, ssrc=2_222))
    sent = [await asyncio.wait_for(datagrams.get(), DEADLINE_S) for _ in range(6)]
    numbers = [int.from_bytes(datagram[2:4], "big") for datagram in sent]
    rig.time.advance(0.5)
    subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED_AUDIO.ssrc, numbers))
    again = [await asyncio.wait_for(datagrams.get(), DEADLINE_S) for _ in range(6)]
    assert again == sent, "other bytes under the same number would betray the key"


async def test_what_never_was_or_is_long_gone_is_not_sent(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    for number in range(600):
        publisher.send_rtp(rtp_packet(number, str(number).encode()))
        packet = await subscriber.next_rtp()
        if number == 0:
            gone = parsed(packet).sequence
    last = parsed(packet).sequence
    await ask_again(subscriber, [gone, (gone - 5) & 0xFFFF, (last + 1) & 0xFFFF, last])
    again = await subscriber.next_rtp()
    assert payload(again)[2:] == b"599"
    assert rig.worker.plumbing.counters.retransmissions_out == 1


async def test_nothing_from_before_a_pause_is_sent(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"before"))
    before = await subscriber.next_rtp()
    rig.pause(is_paused=True)
    publisher.send_rtp(rtp_packet(2, b"unseen"))
    await rig.drained()
    rig.pause(is_paused=False)
    publisher.send_rtp(rtp_packet(3, b"after"))
    after = await subscriber.next_rtp()
    await ask_again(subscriber, [parsed(before).sequence, parsed(after).sequence])
    assert payload(await subscriber.next_rtp())[2:] == b"after"
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 1


async def test_a_subscriber_that_asks_for_everything_again_and_again_is_limited(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    for number in range(16):
        publisher.send_rtp(rtp_packet(number, b"x"))
    sequences = [parsed(await subscriber.next_rtp()).sequence for _ in range(16)]
    for _ in range(40):
        await ask_again(subscriber, sequences)
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == MAX_RETRANSMISSIONS_PER_S
    rig.tick()
    await ask_again(subscriber, sequences)
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == MAX_RETRANSMISSIONS_PER_S + 16


async def test_all_streams_of_a_subscriber_share_a_limit(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_RETRANSMISSIONS_IN_ALL_PER_S", 20)
    publisher, subscriber = await two_sides(rig)
    rig.produce(AUDIO, producer_id="audio")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="audio", consumer_id="sound")
    rig.tick()
    for number in range(16):
        publisher.send_rtp(rtp_packet(number, b"x"))
        publisher.send_rtp(rtp_packet(number, b"x", payload_type=111, ssrc=2_222))
    packets = [parsed(await subscriber.next_rtp()) for _ in range(32)]
    for ssrc in (SUBSCRIBED.ssrc, SUBSCRIBED_AUDIO.ssrc):
        numbers = [packet.sequence for packet in packets if packet.ssrc == ssrc]
        subscriber.send_rtcp(rtcp.nack(1, ssrc, numbers))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 20


async def test_asking_for_what_never_was_costs_no_more_than_a_share(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"x"))
    sequence = parsed(await subscriber.next_rtp()).sequence
    nonsense = [(sequence + 10_000 + at) & 0xFFFF for at in range(200)]
    for _ in range(MAX_LOOKUPS_PER_S // len(nonsense)):
        await ask_again(subscriber, nonsense)
    await ask_again(subscriber, [sequence])
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 0
    rig.tick()
    await ask_again(subscriber, [sequence])
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 1


async def test_a_storm_of_rtcp_is_cut_off(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"x"))
    sequence = parsed(await subscriber.next_rtp()).sequence
    counters = rig.worker.plumbing.counters
    for number in range(MAX_NACKS_PER_S + 50):
        await ask_again(subscriber, [sequence])
        if number % 50 == 0:
            await rig.drained()
    await rig.drained()
    assert (counters.nacks_in, counters.drops["over_limit"]) == (MAX_NACKS_PER_S, 50)
    subscriber.send_rtcp(rtcp.receiver_report(1, [rtcp.ReportBlock(SUBSCRIBED.ssrc, 51, 0, 0, 0, 0, 0)]))
    await rig.drained()
    reported = rig.worker.transports["sub"].consumers["consumer"].reported
    assert reported.loss.fraction == 51, "a report gets through all the same"


@pytest.mark.parametrize("ssrc", [1_111, 500_002, 1])
async def test_a_nack_for_another_stream_is_ignored(rig: Rig, ssrc: int) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"x"))
    sequence = parsed(await subscriber.next_rtp()).sequence
    subscriber.send_rtcp(rtcp.nack(1, ssrc, [sequence]))
    await rig.drained()
    assert rig.worker.plumbing.counters.retransmissions_out == 0


async def test_what_is_held_leaves_before_its_key_stream_is_forgotten(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encrypted afterwards, it would have the first numbers of the key again: two packets under one key stream."""
    monkeypatch.setattr(fanout, "PACE_S", 3_600)
    publisher, subscriber = await two_sides(rig)
    rig.worker.plumbing.outbox.is_pacing = True
    publisher.send_rtp(rtp_packet(1, b"held"))
    await rig.drained()
    assert subscriber.rtp.empty()
    forgotten: list[bool] = []
    session = rig.worker.transports["sub"].outbound
    assert session is not None
    monkeypatch.setattr(type(session), "forget", lambda _, ssrc: forgotten.append(outbox_is_empty(rig)))
    rig.worker.do(m.CloseConsumer(transport_id="sub", consumer_id="consumer"))
    assert forgotten
    assert all(forgotten)
    assert payload(await subscriber.next_rtp()) == b"held"


def outbox_is_empty(rig: Rig) -> bool:
    return not rig.worker.plumbing.outbox._held
