"""The hot loop: packets to all subscribers of their streams.

`Fanout` knows who gets a stream; `Outbox` collects what came in one turn of the loop, or in a few milliseconds when
there is much, and sends each subscriber everything at once: the cost of a datagram hardly depends on how much is in it.
"""

import asyncio
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from server.media.worker.arrangement import MAX_PACKETS, Packet, Row, arrange
from server.media.worker.batch import BATCH, Batch, Route
from server.media.worker.continuity import Shift, shift_pictures
from server.media.worker.counters import Histogram
from server.media.worker.path import Path
from server.media.worker.rtp import HEADER_BYTES
from server.media.worker.srtp import SrtpSession, protect
from server.media.worker.udp import UdpSocket

PACE_S = 0.003
"""How long packets are collected for when there is much to send."""
PACE_FROM, PACE_UNTIL = 20_000, 12_000
"""Packets a second, sent, from which on they are collected, and below which they are not any more."""
MAX_HELD = 512
"""Packets; then they leave, whatever the time."""
DELAY_BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

_pack = struct.Struct("!HI13s").pack_into
"""Sequence number, timestamp, and a subscriber's prefix, from byte 2 of the header."""


_Aim = tuple[Any, ...]
"""A target, taken apart."""


class Lane:
    """The way to one subscriber, and what waits to go there. When the way changes, a new one is made."""

    __slots__ = ("aims", "path", "route", "tag_bytes", "urgencies")

    def __init__(self, path: Path, tag_bytes: int) -> None:
        self.path = path
        self.tag_bytes = tag_bytes
        self.route: Route | None = None
        self.aims: dict[int, _Aim] = {}
        """By the number of a stream that packets are held of: how each is to be rewritten."""
        self.urgencies: list[bool] = []
        """Of the packets that are being put together, where the way is a TCP connection."""


class Target(NamedTuple):
    """A subscriber as the hot loop needs it. `shift` is taken from the layer's numbers.

    On a slow TCP connection, what is not urgent is dropped first.
    """

    session: SrtpSession
    lane: Lane
    prefix: bytes
    shift: Shift
    is_urgent: bool = True


class Fanout:
    """One stream's targets, which change far less often than packets come."""

    def __init__(self, held: list["_Held"], flush: Callable[[], None]) -> None:
        self._held = held
        self._flush = flush
        self._aims: list[_Aim] = []

    def aim(self, targets: Sequence[Target]) -> None:
        """Send to `targets` from now on.

        What is held leaves now: somebody's next packet may follow one of another stream, and must not overtake it.
        """
        self._flush()
        self._aims = [
            (
                target.session.context,
                target.prefix,
                target.shift,
                target.shift.sequence,
                target.shift.timestamp,
                target.shift.has_pictures,
                target,  # its session lives as long as the context is needed
                target.lane,
            )
            for target in targets
        ]

    def put(self, packet: Packet) -> None:
        """Have a packet, with its header written, sent to every target."""
        if self._aims:
            self._held.append((packet, self._aims))


_Held = tuple[Packet, list[_Aim]]
"""A packet, and who gets it."""


class Outbox:
    """Everything that a worker forwards leaves through here. Counts on the socket what left."""

    def __init__(self, udp: UdpSocket, call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]) -> None:
        self.batch = Batch(udp.sock)
        self.refused = 0
        """Packets that SRTP refused."""
        self.delays = Histogram(DELAY_BOUNDS_S)
        """For each packet that was to leave, how many seconds passed at most since it had come."""
        self.datagrams = [0] * (MAX_PACKETS + 1)
        """Those with forwarded packets, by how many they had."""
        self.is_pacing = False
        self._udp = udp
        self._call_later = call_later
        self._timer: asyncio.TimerHandle | None = None
        self._filled = 0
        """Places of the batch."""
        self._held: list[_Held] = []
        self._turns: list[tuple[float, int]] = []
        """When the first packet of a turn had come, in seconds since 1970, and how many were held at its end."""

    def create_fanout(self) -> "Fanout":
        """Make the fan-out of one stream."""
        return Fanout(self._held, self.flush)

    def pace(self, packets_per_s: float) -> None:
        """Decide, once a second, whether packets are collected."""
        self.is_pacing = packets_per_s > (PACE_UNTIL if self.is_pacing else PACE_FROM)

    def end_turn(self) -> None:
        """Send what is held, unless there may be more in a moment."""
        if not self._held:
            return
        self._note_turn()
        if not self.is_pacing or len(self._held) >= MAX_HELD:
            self.flush()
        elif self._timer is None:
            self._timer = self._call_later(PACE_S, self.flush)

    def flush(self) -> None:
        """Send what is held."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._held:
            return
        self._note_turn()
        held, turns = self._held[:], self._turns[:]
        self._held.clear()
        self._turns.clear()
        streams = _by_stream(held)
        rows = arrange([packets for packets, _ in streams])
        lanes = _sort([aims for _, aims in streams])
        try:
            self._send_all(rows, lanes)
        finally:
            for lane in lanes:
                lane.aims.clear()
        self._note_delays(held, turns)

    def close(self) -> None:
        """Send what is held, and stop the timer. Idempotent."""
        self.flush()

    def _send_all(self, rows: Sequence[Row], lanes: Sequence[Lane]) -> None:  # noqa: C901 - a call costs more here
        """Write each lane's datagrams into the batch, and send that whenever it is full."""
        batch = self.batch
        views, pointers, length = batch.views, batch.pointers, batch.length
        limit = batch.segmentation.max_packets()
        for lane in lanes:
            aims, tag_bytes, urgencies = lane.aims, lane.tag_bytes, lane.urgencies
            is_tcp = lane.path.tcp is not None
            if lane.route is None and not is_tcp:
                lane.route = batch.route(lane.path)
            view, pointer = views[self._filled], pointers[self._filled]
            start = count = stride = 0
            room = limit
            for size, streams in rows:
                size_sent = size + tag_bytes
                for stream, entries in streams:
                    aim = aims.get(stream)
                    if aim is None:
                        continue
                    context, prefix, shift, offset, later, pictures, target, _ = aim
                    for data, sequence, timestamp, descriptor in entries:
                        if count == room or (size_sent > stride and count):
                            self._end_datagram(lane, view, start, stride, count)
                            view, pointer = views[self._filled], pointers[self._filled]
                            start = count = 0
                            room = limit
                        if not count:
                            stride = size_sent
                        elif size_sent < stride:
                            room = count + 1  # nothing can follow what is shorter
                        view[start : start + size] = data
                        _pack(view, start + 2, (sequence - offset) & 0xFFFF, (timestamp - later) & 0xFFFFFFFF, prefix)
                        if pictures and descriptor is not None:
                            shift_pictures(view, start + HEADER_BYTES, descriptor, shift)
                        length[0] = size
                        if protect(context, pointer + start if start else pointer, length):
                            self.refused += 1  # what is not protected must not leave
                            continue
                        start += size_sent
                        count += 1
                        if is_tcp:
                            urgencies.append(target.is_urgent)
            if count:
                self._end_datagram(lane, view, start, stride, count)
        self._send(self._filled)
        self._filled = 0

    def _end_datagram(self, lane: Lane, view: memoryview, size: int, stride: int, count: int) -> None:
        """Take note of a datagram that is complete, of `count` packets."""
        if lane.route is None:
            self._send_framed(lane, view[:size], stride)
            lane.urgencies.clear()
            return
        self.batch.put(self._filled, lane.route, size, stride)
        self.datagrams[count] += 1
        self._udp.packets_out += count
        self._udp.bytes_out += size
        self._filled += 1
        if self._filled == BATCH:
            self._filled = 0
            self._send(BATCH)

    def _send_framed(self, lane: Lane, view: memoryview, stride: int) -> None:
        """Send what would be one datagram as packets: a TCP connection takes each of them, and drops some first."""
        assert lane.path.tcp is not None  # noqa: S101 - or there would be a route
        for is_urgent in (True, False):
            starts = [stride * at for at, each in enumerate(lane.urgencies) if each is is_urgent]
            packets = [view[start : start + stride] for start in starts]
            if lane.path.tcp.send(packets, is_urgent=is_urgent):
                self._udp.send_failures += len(packets)
            else:
                self._udp.packets_out += len(packets)
                self._udp.bytes_out += sum(map(len, packets))

    def _note_turn(self) -> None:
        """Take note of when what is held came, as far as that was not done."""
        if not self._turns or self._turns[-1][1] < len(self._held):
            self._turns.append((self._udp.turn_came_at or time.time(), len(self._held)))

    def _note_delays(self, held: Sequence[_Held], turns: Sequence[tuple[float, int]]) -> None:
        now, start = time.time(), 0
        for came_at, end in turns:
            packets = sum(len(aims) for _, aims in held[start:end])
            self.delays.add(max(0.0, now - came_at), packets)
            start = end

    def _send(self, count: int) -> None:
        failures = self.batch.send(count)
        self._udp.packets_out -= failures
        self._udp.send_failures += failures


def _by_stream(held: Sequence[_Held]) -> list[tuple[list[Packet], list[_Aim]]]:
    """Put the packets of each stream together, with who gets them."""
    streams: dict[int, tuple[list[Packet], list[_Aim]]] = {}
    for packet, aims in held:
        streams.setdefault(id(aims), ([], aims))[0].append(packet)
    return list(streams.values())


def _sort(streams: Sequence[list[_Aim]]) -> list[Lane]:
    """Tell each lane what it gets; return the lanes that get something."""
    lanes: list[Lane] = []
    for number, aims in enumerate(streams):
        for aim in aims:
            lane = aim[-1]
            if not lane.aims:
                lanes.append(lane)
            lane.aims[number] = aim
    return lanes
