"""The hot loop: packets to all subscribers of their streams.

`Fanout` knows who gets a stream; `Outbox` collects what came in one turn of the loop, or in a few milliseconds when
there is much, and sends each subscriber everything at once: the cost of a datagram hardly depends on how much is in it.
"""

import asyncio
import itertools
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from server.media.worker.batch import BATCH, Batch, Route
from server.media.worker.continuity import Shift, shift_pictures
from server.media.worker.group import Group, Packet, group
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

_pack = struct.Struct("!HI13s").pack_into
"""Sequence number, timestamp, and a subscriber's prefix, from byte 2 of the header."""


_Row = tuple[Any, ...]
"""A target, taken apart."""


class Lane:
    """The way to one subscriber, and what waits to go there. When the way changes, a new one is made."""

    __slots__ = ("numbers", "path", "route", "rows", "tag_bytes")

    def __init__(self, path: Path, tag_bytes: int) -> None:
        self.path = path
        self.tag_bytes = tag_bytes
        self.route: Route | None = None
        self.numbers: list[int] = []
        self.rows: list[_Row] = []
        """Which of the packets that are held, and how each is to be rewritten."""


class Target(NamedTuple):
    """A subscriber as the hot loop needs it. `shift` is taken from the layer's numbers."""

    session: SrtpSession
    lane: Lane
    prefix: bytes
    shift: Shift


_Held = tuple[int, Packet, list[_Row]]
"""A packet, with the number of its stream, and who gets it."""


class Outbox:
    """Everything that a worker forwards leaves through here. Counts on the socket what left."""

    def __init__(self, udp: UdpSocket, call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]) -> None:
        self.batch = Batch(udp.sock)
        self.refused = 0
        """Packets that SRTP refused."""
        self.is_pacing = False
        self._udp = udp
        self._call_later = call_later
        self._timer: asyncio.TimerHandle | None = None
        self._held: list[_Held] = []
        self._streams = itertools.count()

    def create_fanout(self) -> "Fanout":
        """Make the fan-out of one stream."""
        return Fanout(self._held, next(self._streams))

    def pace(self, packets_per_s: float) -> None:
        """Decide, once a second, whether packets are collected."""
        self.is_pacing = packets_per_s > (PACE_UNTIL if self.is_pacing else PACE_FROM)

    def end_turn(self) -> None:
        """Send what is held, unless there may be more in a moment."""
        if not self._held:
            return
        if not self.is_pacing or len(self._held) >= MAX_HELD:
            self.flush()
        elif self._timer is None:
            self._timer = self._call_later(PACE_S, self.flush)

    def flush(self) -> None:
        """Send what is held."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held = self._held[:]
        self._held.clear()
        lanes = _sort(held)
        packets, streams = [packet for _, packet, _ in held], [stream for stream, _, _ in held]
        limit = self.batch.segmentation.max_packets()
        plans: dict[tuple[int, ...], list[Group]] = {}
        filled = 0
        try:
            for lane in lanes:
                key = (lane.tag_bytes, *lane.numbers)
                groups = plans.get(key)
                if groups is None:
                    plans[key] = groups = group(
                        [packets[number] for number in lane.numbers],
                        [streams[number] for number in lane.numbers],
                        lane.tag_bytes,
                        limit,
                    )
                for each in groups:
                    if self._fill(filled, lane, each):
                        filled += 1
                    if filled == BATCH:
                        filled = 0
                        self._send(BATCH)
        finally:
            for lane in lanes:
                lane.numbers.clear()
                lane.rows.clear()
            self._send(filled)

    def close(self) -> None:
        """Send what is held, and stop the timer. Idempotent."""
        self.flush()

    def _fill(self, at: int, lane: Lane, each: Group) -> bool:
        """Write one datagram into a slot; false when it must not leave, as a part of it is not protected."""
        image, parts, size, stride = each
        batch, rows = self.batch, lane.rows
        view, pointer, length = batch.views[at], batch.pointers[at], batch.length
        view[: len(image)] = image
        for start, part_size, number, sequence, timestamp, descriptor in parts:
            context, prefix, shift, offset, later, pictures, _, _ = rows[number]
            _pack(view, start + 2, (sequence - offset) & 0xFFFF, (timestamp - later) & 0xFFFFFFFF, prefix)
            if pictures and descriptor is not None:
                shift_pictures(view, start + HEADER_BYTES, descriptor, shift)
            length[0] = part_size
            if protect(context, pointer + start, length):
                self.refused += len(parts)
                return False
        if lane.route is None:
            lane.route = batch.route(lane.path)
        batch.put(at, lane.route, size, stride)
        udp = self._udp
        udp.packets_out += len(parts)
        udp.bytes_out += size
        return True

    def _send(self, count: int) -> None:
        failures = self.batch.send(count)
        self._udp.packets_out -= failures
        self._udp.send_failures += failures


def _sort(held: Sequence[_Held]) -> list[Lane]:
    """Give each lane what is for it; return the lanes that got something."""
    lanes: list[Lane] = []
    for number, (_, _, rows) in enumerate(held):
        for row in rows:
            lane = row[-1]
            if not lane.numbers:
                lanes.append(lane)
            lane.numbers.append(number)
            lane.rows.append(row)
    return lanes


class Fanout:
    """One stream's targets, which change far less often than packets come."""

    def __init__(self, held: list[_Held], stream: int) -> None:
        self._held = held
        self._stream = stream
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
                target.session,  # lives as long as its context is needed
                target.lane,
            )
            for target in targets
        ]

    def put(self, packet: Packet) -> None:
        """Have a packet, with its header written, sent to every target."""
        if self._rows:
            self._held.append((self._stream, packet, self._rows))
