"""Packets over a bad line, in simulated time: what is lost on the way to the worker, and on the way from it."""

import asyncio
import contextlib
import heapq
import struct
from collections.abc import Callable, Iterable
from random import Random

import pylibsrtp
import pytest

from loadtest.lines.line import Impairment, Line
from server.media.messages import ProducerStream
from server.media.worker import rtcp, rtp
from server.media.worker.feedback import MissingPackets
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import (
    AUDIO,
    SUBSCRIBED,
    SUBSCRIBED_AUDIO,
    VIDEO,
    ManualTime,
    Rig,
    rtp_packet,
)

BAD = Impairment(loss=0.2, delay_s=0.1, jitter_s=0.03)
STEP_S = 0.01
PACKETS = 300
"""Every other step one."""
TAIL_STEPS = 150
"""So long after the last packet, the last retransmission has come."""
TICK_STEPS = 100
_TURNS = 4
"""Of the event loop in a step, so that what was sent over loopback is handled."""

both_kinds = pytest.mark.parametrize("stream", [AUDIO, VIDEO], ids=lambda stream: stream.kind.value)


class Timers:
    """The worker's timers in simulated time."""

    def __init__(self, time: ManualTime) -> None:
        self._time = time
        self._heap: list[tuple[float, int, asyncio.TimerHandle, Callable[[], None]]] = []

    def call_later(self, delay: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        at = self._time() + delay
        handle = asyncio.TimerHandle(at, call, (), asyncio.get_running_loop())
        heapq.heappush(self._heap, (at, id(handle), handle, call))
        return handle

    def run(self) -> None:
        while self._heap and self._heap[0][0] <= self._time():
            _, _, handle, call = heapq.heappop(self._heap)
            if not handle.cancelled():
                call()


class BadLine:
    """Stands between an endpoint's socket and the endpoint."""

    def __init__(self, endpoint: Endpoint, time: ManualTime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.up: Line[bytes] = Line(BAD, Random(3))
        self.down: Line[bytes] = Line(BAD, Random(4))
        self._time = time
        self._send, self._receive = endpoint.send_raw, endpoint.datagram_received
        monkeypatch.setattr(endpoint, "send_raw", lambda data: self.up.put(data, len(data), time()))
        monkeypatch.setattr(endpoint, "datagram_received", lambda data, _: self.down.put(data, len(data), time()))

    def run(self) -> None:
        for data in self.up.due(self._time()):
            self._send(data)
        for data in self.down.due(self._time()):
            with contextlib.suppress(pylibsrtp.Error):  # came twice
                self._receive(data, ("127.0.0.1", 0))


async def connected(rig: Rig, stream: ProducerStream) -> tuple[Endpoint, Endpoint]:
    publisher, subscriber = await rig.connect("pub"), await rig.connect("sub")
    rig.produce(stream)
    rig.consume(SUBSCRIBED_AUDIO if stream is AUDIO else SUBSCRIBED)
    return publisher, subscriber


def numbered(number: int, stream: ProducerStream) -> bytes:
    ssrc = stream.encodings[0].ssrc or 0
    return rtp_packet(number, struct.pack("!H", number), payload_type=stream.payload_type, ssrc=ssrc)


def taken(queue: asyncio.Queue[bytes]) -> Iterable[bytes]:
    while not queue.empty():
        yield queue.get_nowait()


def asked_for(messages: Iterable[bytes]) -> Iterable[int]:
    for compound in messages:
        for message in rtcp.parse(compound):
            if isinstance(message, rtcp.Nack):
                yield from message.sequences


async def simulate(rig: Rig, line: BadLine, do: Callable[[int], None]) -> None:
    """Let the stream and its tail pass; `do` is called at each step with a packet's number, or with -1."""
    timers = Timers(rig.time)
    rig.worker.plumbing.call_later = timers.call_later
    for step in range(2 * PACKETS + TAIL_STEPS):
        rig.time.advance(STEP_S)
        timers.run()
        if step % TICK_STEPS == 0:
            rig.tick()
        do(step // 2 if step % 2 == 0 and step < 2 * PACKETS else -1)
        line.run()
        for _ in range(_TURNS):
            await asyncio.sleep(0)


@both_kinds
async def test_what_is_lost_on_the_way_to_us_is_asked_for_and_forwarded(
    rig: Rig, stream: ProducerStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher, subscriber = await connected(rig, stream)
    line = BadLine(publisher, rig.time, monkeypatch)
    rtx_numbers = iter(range(1, 10_000))
    datagrams: dict[int, bytes] = {}
    arrived: list[int] = []

    def send(number: int) -> None:
        if number >= 0:
            datagrams[number] = publisher.dtls._tx_srtp.protect(numbered(number, stream))
            publisher.send_raw(datagrams[number])
        for asked in asked_for(taken(publisher.rtcp)):
            if stream is AUDIO:
                publisher.send_raw(datagrams[asked])
            else:
                payload = struct.pack("!HH", asked, asked)
                publisher.send_rtp(rtp_packet(next(rtx_numbers), payload, payload_type=97, ssrc=1_112))
        arrived.extend(int.from_bytes(packet[-2:], "big") for packet in taken(subscriber.rtp))

    await simulate(rig, line, send)
    assert line.up.lost > PACKETS // 10
    assert len(arrived) == len(set(arrived)), "nothing twice"
    assert len(arrived) >= 0.99 * PACKETS


@both_kinds
async def test_what_is_lost_on_the_way_from_us_is_sent_again(
    rig: Rig, stream: ProducerStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher, subscriber = await connected(rig, stream)
    line = BadLine(subscriber, rig.time, monkeypatch)
    missing, expected = MissingPackets(), 0
    arrived: set[int] = set()
    ssrc = SUBSCRIBED_AUDIO.ssrc if stream is AUDIO else SUBSCRIBED.ssrc

    def receive(number: int) -> None:
        nonlocal expected
        if number >= 0:
            publisher.send_rtp(numbered(number, stream))
        for packet in taken(subscriber.rtp):
            header = rtp.parse_header(packet, len(packet))
            assert header is not None
            arrived.add(int.from_bytes(packet[-2:], "big"))
            sequence = header.sequence if header.ssrc == ssrc else rtp.original_sequence(packet, header) or 0
            if sequence >= expected:
                missing.on_gap(expected or sequence, sequence, rig.time())
                expected = sequence + 1
            else:
                missing.take(sequence, rig.time())
        if due := missing.take_due(rig.time()):
            subscriber.send_rtcp(rtcp.nack(1, ssrc, due))

    await simulate(rig, line, receive)
    assert line.down.lost > PACKETS // 10
    assert len(arrived) >= 0.97 * PACKETS
