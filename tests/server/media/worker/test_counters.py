"""What a worker counts of real packets, as it stands in its report."""

import asyncio
import math
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media import messages as m
from server.media.worker import layer as layer_module
from server.media.worker import rtcp
from server.media.worker.counters import Histogram
from server.media.worker.fanout import DELAY_BOUNDS_S
from server.media.worker.udp import open_socket
from tests.server.media.worker.rig import SUBSCRIBED, Rig, rtp_packet
from tests.server.media.worker.test_producer import payload, two_sides

_SO_NO_CHECK = 11


def report(rig: Rig) -> m.Report:
    """Return what the worker reports now."""
    rig.tick()
    last = rig.events[-1]
    assert isinstance(last, m.Report)
    return last


def drops(rig: Rig) -> dict[str, int]:
    return {reason: packets for reason, packets in report(rig).drops.items() if packets}


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40)), max_size=30))
def test_every_observation_is_in_one_bucket(observations: list[tuple[float, int]]) -> None:
    histogram = Histogram(DELAY_BOUNDS_S)
    for value, times in observations:
        histogram.add(value, times)
    counted = histogram.distribution()
    for at, bound in enumerate(counted.bounds):
        assert sum(counted.counts[: at + 1]) == sum(times for value, times in observations if value <= bound)
    assert sum(counted.counts) == sum(times for _, times in observations)
    assert math.isclose(counted.total, sum(value * times for value, times in observations), abs_tol=1e-9)


class TestDrops:
    async def test_from_an_address_that_passed_no_check(self, rig: Rig) -> None:
        stranger = await rig.open()
        stranger.send_raw(b"\x80\x60" + bytes(40))
        await rig.drained()
        assert drops(rig) == {"unknown_source": 1}

    async def test_checks_of_strangers(self, rig: Rig) -> None:
        stranger = await rig.open()
        stranger.send_raw(b"\x00\x01\x00\x00" + bytes(40))
        await rig.drained()
        assert drops(rig) == {"bad_check": 1}

    async def test_forged_and_replayed(self, rig: Rig) -> None:
        publisher, subscriber = await two_sides(rig)
        packet = publisher.dtls._tx_srtp.protect(rtp_packet(1, b"once"))
        for datagram in (packet, packet, packet[:-1] + bytes((packet[-1] ^ 1,))):
            publisher.send_raw(datagram)
        assert payload(await subscriber.next_rtp()) == b"once"
        await rig.drained()
        assert drops(rig) == {"not_authentic": 2}

    async def test_what_is_no_packet(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        publisher.send_raw(b"\xff" + bytes(40))
        publisher.send_raw(b"\x80\x60" + bytes(4))
        await rig.drained()
        assert drops(rig) == {"malformed": 2}

    async def test_of_a_stream_or_payload_type_that_nobody_announced(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"x", ssrc=9_999))
        publisher.send_rtp(rtp_packet(2, b"x", payload_type=77))
        await rig.drained()
        assert drops(rig) == {"unknown_stream": 2}

    async def test_more_than_a_stream_may_send(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(layer_module, "MAX_PACKETS_AT_ONCE", 2)
        publisher, _ = await two_sides(rig)
        for number in range(5):
            publisher.send_rtp(rtp_packet(number, b"x"))
        await rig.drained()
        assert drops(rig) == {"over_limit": 3}

    async def test_what_came_already(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        publisher.send_rtp(rtp_packet(1, b"x"))
        publisher.send_rtp(rtp_packet(1, b"\0\1x", payload_type=97, ssrc=1_112))
        await rig.drained()
        assert drops(rig) == {"duplicate": 1}

    async def test_of_a_stream_that_is_paused(self, rig: Rig) -> None:
        publisher, _ = await two_sides(rig)
        rig.worker.transports["pub"].producer("video").set_paused(True)
        publisher.send_rtp(rtp_packet(1, b"x"))
        await rig.drained()
        assert drops(rig) == {"paused": 1}

    async def test_what_the_kernel_does_not_take(self, rig: Rig) -> None:
        await two_sides(rig)
        path = rig.worker.transports["pub"].path
        assert path is not None
        rig.worker.udp.send(bytes(70_000), path)
        await rig.drained()
        assert drops(rig) == {"not_sent": 1}


async def test_what_is_missed_and_sent_again_is_counted_in_both_directions(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(1, b"first"))
    first = await subscriber.next_rtp()
    publisher.send_rtp(rtp_packet(3, b"third"))
    assert rtcp.parse(await publisher.next_rtcp()) == [rtcp.Nack(1_111, (2,))]
    publisher.send_rtp(rtp_packet(1, b"\0\2second", payload_type=97, ssrc=1_112))
    assert {payload(await subscriber.next_rtp()) for _ in range(2)} == {b"second", b"third"}
    subscriber.send_rtcp(rtcp.nack(7, SUBSCRIBED.ssrc, [int.from_bytes(first[2:4], "big")]))
    await subscriber.next_rtp()
    subscriber.send_rtcp(rtcp.picture_loss_indication(7, SUBSCRIBED.ssrc))
    await rig.drained()
    rig.time.advance(2)
    told = report(rig)
    assert (told.lost_in, told.lost_out) == (1, 0)
    assert (told.nacks_in, told.nacks_out) == (1, 1)
    assert (told.retransmissions_in, told.retransmissions_out) == (1, 1)
    assert (told.keyframe_requests_in, told.keyframe_requests_out) == (1, 1), "the first was sent to begin with"
    assert not drops(rig)


async def test_packets_that_leave_together_are_counted_as_one_datagram(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    for number, data in enumerate((b"one", b"two", b"six")):  # all of them wait when the worker's turn comes
        publisher.send_rtp(rtp_packet(number, data, marker=number == 2))
    assert [payload(await subscriber.next_rtp()) for _ in range(3)] == [b"one", b"two", b"six"]
    publisher.send_rtp(rtp_packet(3, b"alone", marker=True))
    await subscriber.next_rtp()
    datagrams = report(rig).datagrams
    assert [datagrams.counts[at] for at, bound in enumerate(datagrams.bounds) if bound in (1, 2, 3)] == [1, 0, 1]
    assert (sum(datagrams.counts), datagrams.total) == (2, 4)


async def test_datagrams_that_the_kernel_would_not_cut_are_counted(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    publisher.send_rtp(rtp_packet(0, b"first"))
    await subscriber.next_rtp()
    rig.worker.udp.sock.setsockopt(socket.SOL_SOCKET, _SO_NO_CHECK, 1)  # then it cannot
    for number in (1, 2):
        publisher.send_rtp(rtp_packet(number, b"frame", marker=number == 2))
    for _ in range(2):
        assert payload(await subscriber.next_rtp()) == b"frame"
    assert report(rig).refused_datagrams == 1


async def test_the_delay_of_every_forwarded_packet_is_counted(rig: Rig) -> None:
    publisher, subscriber = await two_sides(rig)
    other = await rig.connect("other")
    rig.consume(on="other", consumer_id="other")
    began_at = time.time()
    for number in range(20):
        publisher.send_rtp(rtp_packet(number, b"x", marker=True))
    for endpoint in (subscriber, other):
        for _ in range(20):
            await endpoint.next_rtp()
    delays = report(rig).delays
    assert sum(delays.counts) == 40
    assert 0 < delays.total <= 40 * (time.time() - began_at)


async def test_tasks_and_open_files_are_those_of_now(rig: Rig) -> None:
    before = report(rig)
    never = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(asyncio.wait([never]))
    with open_socket(0):
        during = report(rig)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    after = report(rig)
    assert [each.tasks - before.tasks for each in (during, after)] == [1, 0]
    assert [each.open_files - before.open_files for each in (during, after)] == [1, 0]
