"""The hot loop: packets to all subscribers of their streams.

`Fanout` knows who gets a stream; `Outbox` collects what came in one turn of the loop, or in a few milliseconds when
there is much, and sends each subscriber everything at once: the cost of a datagram hardly depends on how much is in it.
"""

import asyncio
import contextlib
import struct
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, NamedTuple

from server.media.worker.batch import BATCH, Batch, Route
from server.media.worker.continuity import Shift, shift_pictures
from server.media.worker.counters import Histogram
from server.media.worker.group import MAX_PACKETS, Group, Packet, Part, group
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
DELAY_BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05)

_pack = struct.Struct("!HI13s").pack_into
"""Sequence number, timestamp, and a subscriber's prefix, from byte 2 of the header."""


_Row = tuple[Any, ...]
"""A target, taken apart."""


class Lane:
    """The way to one subscriber, and what waits to go there. When the way changes, a new one is made."""

    __slots__ = ("path", "route", "rows", "streams", "tag_bytes")

    def __init__(self, path: Path, tag_bytes: int) -> None:
        self.path = path
        self.tag_bytes = tag_bytes
        self.route: Route | None = None
        self.streams: list[int] = []
        """Of those that packets are held of, by their numbers, and how each is to be rewritten."""
        self.rows: list[_Row] = []


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

    def __init__(self, held: list["_Held"]) -> None:
        self._held = held
        self._rows: list[_Row] = []

    def aim(self, targets: Sequence[Target]) -> None:
        """Send to `targets` from now on; what is held goes to those of before."""
        self._rows = [
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
        if self._rows:
            self._held.append((packet, self._rows))


_Held = tuple[Packet, list[_Row]]
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
        self._held: list[_Held] = []
        self._turns: list[tuple[float, int]] = []
        """When the first packet of a turn had come, in seconds since 1970, and how many were held at its end."""

    def create_fanout(self) -> "Fanout":
        """Make the fan-out of one stream."""
        return Fanout(self._held)

    def pace(self, packets_per_s: float) -> None:
        """Decide, once a second, whether packets are collected."""
        self.is_pacing = packets_per_s > (PACE_UNTIL if self.is_pacing else PACE_FROM)

    def end_turn(self) -> None:
        """Send what is held, unless there may be more in a moment."""
        if not self._held:
            return
        self._turns.append((self._udp.turn_came_at or time.time(), len(self._held)))
        if not self.is_pacing or len(self._held) >= MAX_HELD:
            self.flush()
        elif self._timer is None:
            self._timer = self._call_later(PACE_S, self.flush)

    def flush(self) -> None:
        """Send what is held."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, turns = self._held[:], self._turns[:]
        self._held.clear()
        self._turns.clear()
        with contextlib.closing(_loads(held, self.batch.segmentation.max_packets())) as loads:
            self._send(self._fill(loads))
        self._note_delays(held, turns)

    def close(self) -> None:
        """Send what is held, and stop the timer. Idempotent."""
        self.flush()

    def _fill(self, loads: Iterable["_Load"]) -> int:
        """Write datagrams into the slots, and send them whenever all are full; return how many are left."""
        batch, udp, datagrams = self.batch, self._udp, self.datagrams
        views, pointers, length, put = batch.views, batch.pointers, batch.length, batch.put
        at = packets = octets = 0
        for lane, rows, groups in loads:
            route = lane.route
            if route is None and lane.path.tcp is None:
                route = lane.route = batch.route(lane.path)
            for image, parts, size, stride in groups:
                view, pointer = views[at], pointers[at]
                view[: len(image)] = image
                for start, part_size, stream, sequence, timestamp, descriptor in parts:
                    context, prefix, shift, offset, later, pictures, _, _ = rows[stream]
                    _pack(view, start + 2, (sequence - offset) & 0xFFFF, (timestamp - later) & 0xFFFFFFFF, prefix)
                    if pictures and descriptor is not None:
                        shift_pictures(view, start + HEADER_BYTES, descriptor, shift)
                    length[0] = part_size
                    if protect(context, pointer + start if start else pointer, length):
                        self.refused += len(parts)  # what is not protected must not leave
                        break
                else:
                    if route is None:
                        self._send_framed(lane, rows, view[:size], parts, stride)
                        continue
                    put(at, route, size, stride)
                    datagrams[len(parts)] += 1
                    packets += len(parts)
                    octets += size
                    at += 1
                    if at == BATCH:
                        at = 0
                        self._send(BATCH)
        udp.packets_out += packets
        udp.bytes_out += octets
        return at

    def _send_framed(
        self, lane: Lane, rows: Sequence[_Row], view: memoryview, parts: Sequence[Part], stride: int
    ) -> None:
        """Send what would be one datagram as packets: a TCP connection takes each of them, and drops some first."""
        assert lane.path.tcp is not None  # noqa: S101 - or there would be a route
        for is_urgent in (True, False):
            packets = [view[p.at : p.at + stride] for p in parts if rows[p.stream][-2].is_urgent is is_urgent]
            if lane.path.tcp.send(packets, is_urgent=is_urgent):
                self._udp.send_failures += len(packets)
            else:
                self._udp.packets_out += len(packets)
                self._udp.bytes_out += sum(map(len, packets))

    def _note_delays(self, held: Sequence[_Held], turns: Sequence[tuple[float, int]]) -> None:
        now, start = time.time(), 0
        for came_at, end in turns:
            packets = sum(len(rows) for _, rows in held[start:end])
            self.delays.add(max(0.0, now - came_at), packets)
            start = end

    def _send(self, count: int) -> None:
        failures = self.batch.send(count)
        self._udp.packets_out -= failures
        self._udp.send_failures += failures


_Load = tuple[Lane, Sequence[_Row], list[Group]]
"""What one subscriber is sent: a row for each stream, and datagrams whose parts name one of them."""


def _loads(held: Sequence[_Held], limit: int) -> Generator[_Load, None, None]:
    """Put together what each subscriber is to get, with at most `limit` packets in a datagram."""
    streams: dict[int, tuple[list[Packet], list[_Row]]] = {}
    for packet, rows in held:
        streams.setdefault(id(rows), ([], rows))[0].append(packet)
    packets = [packets for packets, _ in streams.values()]
    plans: dict[tuple[int, ...], list[Group]] = {}
    lanes = _sort([rows for _, rows in streams.values()])
    try:
        for lane in lanes:
            key = (lane.tag_bytes, *lane.streams)
            groups = plans.get(key)
            if groups is None:
                groups = plans[key] = group([packets[number] for number in lane.streams], lane.tag_bytes, limit)
            yield lane, lane.rows, groups
    finally:
        for lane in lanes:
            lane.streams.clear()
            lane.rows.clear()


def _sort(streams: Sequence[list[_Row]]) -> list[Lane]:
    """Give each lane its rows; return the lanes that got some."""
    lanes: list[Lane] = []
    for number, rows in enumerate(streams):
        for row in rows:
            lane = row[-1]
            if not lane.rows:
                lanes.append(lane)
            lane.streams.append(number)
            lane.rows.append(row)
    return lanes
