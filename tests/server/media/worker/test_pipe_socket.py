"""What comes and goes between two workers, and what does not."""

import asyncio
import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.media.worker import pipe_socket
from server.media.worker.fanout import DELAY_BOUNDS_S
from server.media.worker.pipe_records import (
    MESSAGE,
    PREAMBLE,
    KeyframeWanted,
    SenderReported,
    Wanted,
    encode_message,
    record,
)
from tests.server.media.worker.rig import rtp_packet, running_worker
from tests.server.media.worker.test_producer import payload
from tests.server.media.worker.two_workers import Room, address


async def test_what_one_turn_has_for_another_worker_leaves_together(room: Room) -> None:
    publisher, subscriber = await room.two_sides()
    sent: list[int] = []
    (link,) = room.home.worker.pipes._links.values()
    link._sock = _Counting(link._sock, sent)  # type: ignore[assignment]
    data = [bytes((number,)) * 1_000 for number in range(40)]
    for number, each in enumerate(data):
        publisher.send_rtp(rtp_packet(number, each))
    assert [payload(await subscriber.next_rtp()) for _ in data] == data
    assert max(sent) <= pipe_socket.DATAGRAM_BYTES + PREAMBLE.size
    assert len(sent) < len(data)


class _Counting:
    """A socket that notes how large its datagrams are."""

    def __init__(self, sock: socket.socket, sent: list[int]) -> None:
        self._sock = sock
        self._sent = sent

    def sendto(self, data: bytes, to: str) -> None:
        self._sock.sendto(data, to)
        self._sent.append(len(data))


async def test_the_delay_is_measured_from_when_a_packet_came_from_its_page(room: Room) -> None:
    _, subscriber = await room.two_sides()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
        came_at = time.time() - DELAY_BOUNDS_S[-1] - 1.0
        writer.sendto(PREAMBLE.pack(came_at) + record(5, 0, rtp_packet(1, b"x", payload_type=101)), address(room.other))
    assert payload(await subscriber.next_rtp()) == b"x"
    outbox = room.other.worker.plumbing.outbox
    await room.other.until(lambda: outbox.delays.distribution().counts[-1] == 1)
    assert room.other.worker.udp.turn_came_at == 0.0


async def test_a_worker_that_takes_nothing_for_a_while_gets_it_later_and_what_is_too_much_is_dropped(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher, subscriber = await room.two_sides()
    await room.other.until(lambda: room.home.worker.plumbing.counters.keyframe_requests_out == 1)
    monkeypatch.setattr(pipe_socket, "MAX_HELD_BYTES", 40_000)
    asyncio.get_running_loop().remove_reader(room.other.worker.pipes._socket.sock.fileno())
    counters = room.home.worker.plumbing.counters
    number = 0
    while not counters.not_piped:
        assert number < 2_000, "it is bounded"
        publisher.send_rtp(rtp_packet(number, bytes(1_000)))
        number += 1
        await room.home.drained()
    (link,) = room.home.worker.pipes._links.values()
    assert link._held_bytes <= 40_000
    room.other.worker.pipes.start()
    await room.other.until(lambda: room.other.worker.plumbing.counters.piped_in == number - counters.not_piped)
    assert link._held_bytes == 0
    assert counters.piped_out == number - counters.not_piped
    assert payload(await subscriber.next_rtp()) == bytes(1_000)


async def test_a_worker_that_is_gone_harms_nobody(room: Room) -> None:
    publisher, _ = await room.two_sides()
    local = await room.home.connect("local")
    room.home.consume(on="local", consumer_id="local's")
    room.other.worker.pipes.close()
    publisher.send_rtp(rtp_packet(1, b"x"))
    assert payload(await local.next_rtp()) == b"x"
    await room.home.until(lambda: room.home.worker.plumbing.counters.not_piped == 1)
    room.other.tick()  # tells nobody what it wants


async def test_too_long_a_packet_or_a_layer_that_is_not_there_is_malformed(room: Room) -> None:
    await room.two_sides()
    good = rtp_packet(1, b"x", payload_type=101)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
        for count, wrong in enumerate(
            (
                record(5, 0, good + bytes(2_000)),
                record(5, 1, good),
                record(5, 0, b"no RTP"),
                b"\x00",
                record(5, MESSAGE, b""),
            ),
            1,
        ):
            writer.sendto(PREAMBLE.pack(0.0) + wrong, address(room.other))
            await room.other.until(lambda count=count: room.dropped("malformed") == count)  # type: ignore[misc]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.binary(max_size=100)
        | st.builds(
            lambda records: PREAMBLE.pack(0.0) + b"".join(record(*each) for each in records),
            st.lists(st.tuples(st.integers(4, 7), st.sampled_from([0, 1, 9, MESSAGE]), st.binary(max_size=60))),
        )
        | st.builds(
            lambda pipe, message: PREAMBLE.pack(0.0) + record(pipe, MESSAGE, encode_message(message)),
            st.integers(4, 7),
            st.builds(KeyframeWanted, st.integers(-5, 9))
            | st.builds(SenderReported, st.integers(-5, 9), st.integers(0, (1 << 64) - 1), st.integers(0, 9))
            | st.builds(Wanted, st.integers(0, 3), st.lists(st.integers(0, 1 << 40), max_size=3)),
        ),
        max_size=12,
    )
)
async def test_whatever_comes_by_a_pipe_nothing_breaks(datagrams: list[bytes]) -> None:
    async with running_worker() as home, running_worker() as other:
        room = Room(home, other)
        publisher, subscriber = await room.two_sides()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.bind("")
            for rig in (home, other):
                for datagram in datagrams:
                    writer.sendto(datagram, address(rig))
                    await rig.drained()
        room.other.tick()
        await room.wants(1)
        publisher.send_rtp(rtp_packet(1, b"still there"))
        while payload(await subscriber.next_rtp()) != b"still there":
            pass
        assert home.worker.udp.failures == other.worker.udp.failures == 0
