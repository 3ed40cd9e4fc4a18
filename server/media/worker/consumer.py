"""One producer's stream on its way to one subscriber."""

import secrets
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from protocol.rtp import MAX_LAYERS
from server.media.messages import ConsumerStream
from server.media.worker import rtcp
from server.media.worker.arrangement import Packet
from server.media.worker.continuity import Position, Shift, follow, same_instant, shift_pictures
from server.media.worker.fanout import Target
from server.media.worker.feedback import Reception
from server.media.worker.listening import ReportedLoss
from server.media.worker.repeats import RepeatBudget, Repeated
from server.media.worker.rtp import (
    HEADER_BYTES,
    abs_send_time,
    addressed,
    retransmission,
    subscriber_prefix,
    unwrap_sequence,
)
from server.media.worker.srtp import SrtpSession
from server.media.worker.thinning import BASE, WHOLE, Offset, Thinning, limit_at, reduced_position
from server.media.worker.vp8 import Vp8Descriptor

if TYPE_CHECKING:
    from server.media.worker.layer import Layer
    from server.media.worker.producer import Producer
    from server.media.worker.transport import Transport

SENDER_REPORT_TICKS = 2
"""Lip sync and the round trip need no more. Who begins to receive is told the last one at once."""
_REMEMBERED_STRETCHES = 6


class _Stretch(NamedTuple):
    """What came from one layer without interruption: its packets from `first` on, all with the same shift."""

    layer: "Layer"
    first: int
    thinning: Thinning | None
    """What is left out; the shift is from its numbers."""
    shift: Shift
    begins: int
    """The first one's number, as the subscriber has it."""

    @property
    def source(self) -> "Layer | Thinning":
        """What counts the packets that it is made of."""
        return self.thinning or self.layer

    @property
    def end(self) -> Position:
        """Where it is, in the subscriber's numbers."""
        newest = self.layer.newest
        return self.shift.applied(self.thinning.end(newest) if self.thinning is not None else newest)

    def packet(self, packet: Packet) -> Packet | None:
        """Return a packet of the layer as it is in the thinned one, if it is not too old."""
        return self.thinning.reduce(packet) if self.thinning is not None else packet

    def find(self, sequence: int) -> Packet | None:
        """Return the packet with the subscriber's number `sequence`, if it is still there."""
        found: int | None = sequence + self.shift.sequence
        if self.thinning is not None:
            found = self.thinning.original(sequence + self.shift.sequence)
        packet = self.layer.ring.get(found) if found is not None else None
        return self.packet(packet) if packet is not None else None


class Consumer:
    """The subscriber's numbers go on without a gap over pauses and changes of layer."""

    def __init__(self, consumer_id: str, transport: "Transport", producer: "Producer", stream: ConsumerStream) -> None:
        self.consumer_id = consumer_id
        self.transport = transport
        self.producer = producer
        self.ssrc = stream.ssrc
        self.rtx_ssrc = stream.rtx_ssrc
        self.is_paused = True
        self.max_layer = MAX_LAYERS - 1
        """The largest that the page has a use for."""
        self.is_large = False
        """How the page shows it."""
        self.allowed_layer: int | None = MAX_LAYERS - 1
        """The largest that the subscriber's line carries; `None` when it does not even carry the smallest."""
        self.temporal_limit = WHOLE
        """The highest temporal layer of it."""
        self.target_layer: Layer | None = None
        """Which one is to be forwarded from its next keyframe on; `None` for whichever comes first."""
        self.reported = ReportedLoss()
        self._cname = stream.cname
        self._prefix = subscriber_prefix(stream.ssrc, stream.mid)
        self._rtx_prefix = subscriber_prefix(stream.rtx_ssrc, stream.mid) if stream.rtx_ssrc is not None else b""
        self._rtx_sequence = secrets.randbits(15)
        self._now: _Stretch | None = None
        self._past: deque[_Stretch] = deque(maxlen=_REMEMBERED_STRETCHES)
        self._last = Position(secrets.randbits(15), 0)
        """The newest packet in the subscriber's numbers, as of the last stop. They start in the lower half, so that
        losses around an early wrap cannot confuse SRTP (RFC 3711 section 3.3.1)."""
        self._begin_after = self._last.sequence
        self._last_stretch: _Stretch | None = None
        self._last_at = 0.0
        self._packets = self._octets = 0
        self._passed_on: rtcp.SenderReport | None = None
        """The publisher's report that was passed on last."""
        self._silent_ticks = SENDER_REPORT_TICKS
        """Since then."""
        self._repeats = RepeatBudget(transport.repeats)

    @property
    def layer(self) -> "Layer | None":
        """What is forwarded just now."""
        return self._now.layer if self._now is not None else None

    @property
    def origin(self) -> Reception | None:
        """How what is forwarded came to us."""
        return self._now.layer.reception if self._now is not None else None

    @property
    def unsent(self) -> int:
        """How many of the subscriber's numbers were passed over, because there was no packet to send."""
        sent = self._packets + (self._now.source.forwarded_packets if self._now is not None else 0)
        return self._newest - self._begin_after - sent

    @property
    def _newest(self) -> int:
        """The highest number so far."""
        return self._now.end.sequence if self._now is not None else self._last.sequence

    @property
    def sound_clock_rate(self) -> int | None:
        """In Hz; `None` for pictures."""
        return None if self.producer.is_video else self.producer.stream.clock_rate

    @property
    def bitrate(self) -> int:
        """What is forwarded just now, in bits a second."""
        if self._now is None:
            return 0
        return self._now.layer.base_bitrate if self._now.thinning is not None else self._now.layer.bitrate

    @property
    def price(self) -> int:
        """The same as it usually is."""
        if self._now is None:
            return 0
        return self._now.layer.base_price if self._now.thinning is not None else self._now.layer.price

    @property
    def first(self) -> int | None:
        """The layer's packet from which on it is forwarded; `None` while nothing is."""
        return self._now.first if self._now is not None else None

    @property
    def thinning(self) -> Thinning | None:
        """What is left out of the layer that is forwarded."""
        return self._now.thinning if self._now is not None else None

    @property
    def is_forwarding(self) -> bool:
        """Whether packets are to be sent to this subscriber as things are now."""
        return self.is_wanted and self.allowed_layer is not None and self.transport.is_connected

    @property
    def is_wanted(self) -> bool:
        """Whether the page wants to see or hear it, and there is something."""
        return not (self.is_paused or self.producer.is_paused)

    def set_paused(self, is_paused: bool) -> None:
        """Forward no more, or again. Resuming asks for a keyframe, as soon as it can be forwarded."""
        if is_paused == self.is_paused:
            return
        self.is_paused = is_paused
        self.producer.refresh()
        self.transport.allocate()
        if self.is_forwarding:
            self.request_keyframe()

    def prefer(self, layer: int, *, is_large: bool) -> None:
        """Forward no larger layer than this one."""
        self.max_layer, self.is_large = layer, is_large
        self.producer.retarget_one(self)
        self.transport.allocate()

    def allow(self, layer: int | None, *, is_thin: bool) -> None:
        """Forward no larger layer than the line carries; `is_thin`: of that, the base temporal layer only."""
        limit = BASE if is_thin else WHOLE
        if limit != self.temporal_limit:
            self.temporal_limit = limit
            if self._now is not None:
                self._now.layer.relimit()
        if layer == self.allowed_layer:
            return
        has_changed = (layer is None) != (self.allowed_layer is None)
        self.allowed_layer = layer
        if not has_changed:
            self.producer.retarget_one(self)
            return
        self.producer.refresh()
        if self.is_forwarding:
            self.request_keyframe()
        self.transport.tell_dark(self)

    @property
    def largest_layer(self) -> int:
        """The largest layer to forward."""
        return min(self.max_layer, self.allowed_layer) if self.allowed_layer is not None else self.max_layer

    def request_keyframe(self) -> None:
        """Ask for a keyframe of what is, or is to be, forwarded."""
        self.producer.request_keyframe(self.target_layer)

    def start(self, layer: "Layer", first: int) -> None:
        """Forward the only layer there is from its packet `first` on, if that was not being done."""
        if self._now is None:
            self._begin(layer, Position(first, 0), None, Shift(first - self._last.sequence - 1))

    def switch(self, layer: "Layer", first: Position, now: float) -> None:
        """Forward `layer` from its packet `first` on, the beginning of a keyframe, instead of whatever was before."""
        if self._now is not None:
            self._past.append(self._now)
        self._end()
        thinning = layer.thinning(self.temporal_limit)
        reduced = _reduced(first, thinning)
        if (last := self._last_stretch) is None:
            shift = Shift(reduced.sequence - self._last.sequence - 1)
        else:
            shift = follow(self._last, reduced, self._timestamp_of(last, layer, first, now))
        self._begin(layer, first, thinning, shift)

    def take_limit(self, frame: Vp8Descriptor, first: int) -> bool:
        """Leave out more or fewer temporal layers from `frame` on, which begins with the packet `first`, if it allows.

        Return whether what is left out is as it should be.
        """
        if (past := self._now) is None:
            return True
        current = past.thinning.limit if past.thinning is not None else WHOLE
        limit = limit_at(current, self.temporal_limit, past.layer.top_temporal_layer, frame)
        if limit != current:
            self._past.append(past)
            thinning = past.layer.thinning(limit)
            position = Position(first, 0)
            old, new = _reduced(position, past.thinning), _reduced(position, thinning)
            shift = past.shift._replace(
                sequence=past.shift.sequence + new.sequence - old.sequence,
                picture_id=(past.shift.picture_id + new.picture_id - old.picture_id) & 0x7FFF,
            )
            self._now = _Stretch(past.layer, first, thinning, shift, new.sequence - shift.sequence)
            self._count(past, 1)
            self._count(self._now, -1)
        return limit == self.temporal_limit

    def stop(self) -> None:
        """Forward no more for now; the next packet that is forwarded will follow the last one."""
        self._end()
        self._past.clear()

    def target(self) -> Target | None:
        """Return this subscriber as the hot loop needs it, or `None` while its transport cannot send."""
        session, lane = self._protection(), self.transport.lane
        if session is None or lane is None or self._now is None:
            return None
        return Target(session, lane, self._prefix, self._now.shift, is_urgent=not self.producer.is_video)

    def send_late(self, packet: Packet) -> None:
        """Send a packet of its layer that came out of order, unless it is from before this consumer's start."""
        stretch = self._stretch_of(packet.sequence)
        if stretch is None:
            self._packets -= 1  # the layer has counted it
            self._octets -= len(packet.data) - HEADER_BYTES
            return
        reduced, session = stretch.packet(packet), self._protection()
        if reduced is None or session is None:
            return
        self.transport.send_rtp(self._addressed(reduced, stretch.shift), session, is_urgent=not self.producer.is_video)

    def _add_sender_report(self) -> None:
        """Pass on what the publisher last told of its clock, if that is new, as this stream's: the same NTP time."""
        report = self._now.layer.last_sender_report if self._now is not None else None
        if self._now is None or report is None or report is self._passed_on:
            return
        self._passed_on, self._silent_ticks = report, 0
        shift, source = self._now.shift, self._now.source
        own = rtcp.SenderReport(
            ssrc=self.ssrc,
            ntp=report.ntp,
            timestamp=(report.timestamp - shift.timestamp) & 0xFFFFFFFF,
            packets=self._packets + source.forwarded_packets,
            octets=self._octets + source.forwarded_octets,
        )
        self.transport.rtcp.add_sender_report(own, self._cname)

    def on_nack(self, sequences: tuple[int, ...], now: float) -> Repeated:
        """Answer from the layers' rings.

        Video goes as RTX, or not at all; audio, for which browsers do not know RTX, as it was.
        """
        repeated = Repeated()
        if self.producer.is_video and not self._rtx_prefix:
            return repeated
        sent: list[tuple[Packet, Shift, int]] = []
        for number in self._repeats.look_up(sequences):
            found = self._find(number)
            if found is None:
                continue
            if not self._repeats.take():
                break
            if self.producer.is_video:
                self._send_as_rtx(*found, number, now)
                sent.append((*found, number))
            else:
                self.transport.send_rtp(self._addressed(*found), self._protection(), is_urgent=True)
            repeated.add(number, found[0])
        if self.transport.downlink.is_lossy:
            for copy in sent:
                if not self._repeats.take():
                    break
                self._send_as_rtx(*copy, now)
                repeated.packets += 1
        return repeated

    def _send_as_rtx(self, packet: Packet, shift: Shift, number: int, now: float) -> None:
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        self.transport.send_rtp(
            retransmission(
                _shifted(packet, shift),
                original_sequence=number,
                payload_type=self.producer.stream.forwarded_rtx_payload_type or 0,
                sequence=self._rtx_sequence,
                prefix=self._rtx_prefix,
                send_time=abs_send_time(now),
            )
        )

    def _addressed(self, packet: Packet, shift: Shift) -> bytes:
        """Return a packet as this subscriber gets it: always with the same bytes."""
        return addressed(
            _shifted(packet, shift),
            sequence=packet.sequence - shift.sequence,
            timestamp=packet.timestamp - shift.timestamp,
            prefix=self._prefix,
        )

    def _protection(self) -> SrtpSession | None:
        return self.transport.outbound_for(may_repeat=not self.producer.is_video)

    def tick(self) -> None:
        """Do what is due every second."""
        self.reported.tick()
        self._repeats.refill()
        self._silent_ticks += 1
        if self._silent_ticks >= SENDER_REPORT_TICKS:
            self._add_sender_report()

    def _begin(self, layer: "Layer", first: Position, thinning: Thinning | None, shift: Shift) -> None:
        begins = _reduced(first, thinning).sequence - shift.sequence
        self._now = _Stretch(layer, first.sequence, thinning, shift, begins)
        self._count(self._now, -1)
        self._passed_on = None
        self._add_sender_report()
        self.transport.rtcp.send_sender_reports()

    def _end(self) -> None:
        if (past := self._now) is None:
            return
        layer = past.layer
        if layer.newest.sequence >= past.first:
            self._last, self._last_at = past.end, layer.newest_at
            self._last_stretch = past
        self._count(past, 1)
        self._now = None

    def _count(self, stretch: _Stretch, sign: int) -> None:
        """Add what its source has counted so far, or begin to count from there."""
        self._packets += sign * stretch.source.forwarded_packets
        self._octets += sign * stretch.source.forwarded_octets

    def _stretch_of(self, sequence: int) -> _Stretch | None:
        """Return how a packet of the layer that is forwarded just now was, or is, to be sent."""
        for stretch in (self._now, *reversed(self._past)):
            if stretch is None or stretch.layer is not self.layer:
                return None
            if sequence >= stretch.first:
                return stretch
        return None

    def _timestamp_of(self, last: _Stretch, layer: "Layer", first: Position, now: float) -> int:
        """Return the timestamp that `first` should have in the subscriber's stream."""
        if layer is last.layer:
            return last.shift.applied(first).timestamp
        ours, theirs = layer.last_sender_report, last.layer.last_sender_report
        clock_rate = self.producer.stream.clock_rate
        if ours is None or theirs is None:
            return self._last.timestamp + int((now - self._last_at) * clock_rate)
        instant = same_instant(first.timestamp, ours, theirs, clock_rate)
        return (instant - last.shift.timestamp) & 0xFFFFFFFF

    def _find(self, number: int) -> tuple[Packet, Shift] | None:
        """Return the layer's packet that was sent with the 16-bit sequence number `number`, and its shift."""
        if self._now is None:
            return None
        sequence = unwrap_sequence(number, self._now.end.sequence)
        for stretch in (self._now, *reversed(self._past)):
            if sequence >= stretch.begins:
                packet = stretch.find(sequence)
                return (packet, stretch.shift) if packet is not None else None
        return None


def _reduced(position: Position, thinning: Thinning | None) -> Position:
    """Return a position in the numbers of the thinned layer."""
    offset = thinning.offset(position.sequence) if thinning is not None else None
    return reduced_position(position, offset or Offset())


def _shifted(packet: Packet, shift: Shift) -> bytes:
    """Return a packet with everything shifted but its sequence number, which the caller writes."""
    if not shift.timestamp and not shift.has_pictures:
        return packet.data
    data = bytearray(packet.data)
    data[4:8] = ((packet.timestamp - shift.timestamp) & 0xFFFFFFFF).to_bytes(4, "big")
    if packet.descriptor is not None:
        shift_pictures(data, HEADER_BYTES, packet.descriptor, shift)
    return bytes(data)
