"""One audio slot on its way to one subscriber, who never hears themself in it."""

import secrets
from typing import TYPE_CHECKING

from server.media.messages import ConsumerStream
from server.media.worker import rtcp
from server.media.worker.arrangement import Packet
from server.media.worker.continuity import Shift
from server.media.worker.fanout import Target
from server.media.worker.feedback import Reception
from server.media.worker.listening import ReportedLoss
from server.media.worker.repeats import RepeatBudget, Repeated
from server.media.worker.rtp import HEADER_BYTES, addressed, subscriber_prefix
from server.media.worker.slots import CLOCK_RATE
from server.media.worker.srtp import SrtpSession

if TYPE_CHECKING:
    from server.media.worker.slot import Slot
    from server.media.worker.transport import Transport


class SlotConsumer:
    """The subscriber's sequence numbers go on without a gap over everything that it is not sent."""

    sound_clock_rate = CLOCK_RATE

    def __init__(self, consumer_id: str, transport: "Transport", slot: "Slot", stream: ConsumerStream) -> None:
        self.consumer_id = consumer_id
        self.transport = transport
        self.slot = slot
        self.ssrc = stream.ssrc
        self.is_paused = False
        self.reported = ReportedLoss()
        self._cname = stream.cname
        self._prefix = subscriber_prefix(stream.ssrc, stream.mid)
        self._first: int | None = None
        """The slot's packet from which on it is sent; `None` while nothing is."""
        self._next = secrets.randbits(15)
        """The subscriber's number of the next packet, as of the last stop. In the lower half at first, so that losses
        around an early wrap cannot confuse SRTP (RFC 3711 section 3.3.1)."""
        self._begin = self._next
        self._offset = 0
        """Subtracted from the slot's numbers to get the subscriber's."""
        self._packets = self._octets = 0
        """Sent until the last stop; while sending, less what the slot had forwarded at the start."""
        self._reported = 0
        self._repeats = RepeatBudget(transport.repeats)

    @property
    def origin(self) -> Reception | None:
        """How what is in the slot came to us."""
        return self.slot.origin

    @property
    def unsent(self) -> int:
        """How many of the subscriber's numbers were passed over, because there was no packet to send."""
        if self._first is None:
            return self._next - self._begin - self._packets
        end = max(self._first, self.slot.highest + 1) - self._offset
        return end - self._begin - self._packets - self.slot.forwarded_packets

    def set_paused(self, is_paused: bool) -> None:
        """Send no more, or again."""
        self.is_paused = is_paused
        self.slot.refresh()

    def close(self) -> None:
        """Let go of the slot."""
        self.slot.remove(self)

    def may_hear(self, group: str) -> bool:
        """Tell whether packets of somebody in `group` can be sent to this subscriber as things are now."""
        return not self.is_paused and self.transport.group != group and self.transport.is_connected

    def start(self, first: int) -> None:
        """Send from the slot's packet `first` on, if that was not being done."""
        if self._first is None:
            self._first = first
            self._offset = first - self._next
            self._packets -= self.slot.forwarded_packets
            self._octets -= self.slot.forwarded_octets

    def stop(self, end: int) -> None:
        """Send no more from the slot's packet `end` on; the next packet that is sent will follow the last one."""
        if self._first is not None:
            self._next = max(self._first, end) - self._offset
            self._first = None
            self._packets += self.slot.forwarded_packets
            self._octets += self.slot.forwarded_octets

    def target(self) -> Target | None:
        """Return this subscriber as the hot loop needs it, or `None` while its transport cannot send."""
        session, lane = self._protection(), self.transport.lane
        if session is None or lane is None:
            return None
        return Target(session, lane, self._prefix, Shift(self._offset), is_urgent=True)

    def send_late(self, packet: Packet) -> None:
        """Send a packet that came out of order, unless it is from before the start."""
        if self._first is None or packet.sequence < self._first:
            self.pass_over(packet)
        else:
            self.transport.send_rtp(self._addressed(packet), self._protection(), is_urgent=True)

    def pass_over(self, packet: Packet) -> None:
        """Take note of a packet that the slot has counted, and that is not sent to this subscriber."""
        if self._first is not None:
            self._packets -= 1
            self._octets -= len(packet.data) - HEADER_BYTES

    def on_nack(self, sequences: tuple[int, ...], _now: float) -> Repeated:
        """Send again what is kept, as it was."""
        repeated = Repeated()
        for number in self._repeats.look_up(sequences):
            packet = self.slot.find(number, self._offset)
            if packet is None or self._first is None or packet.sequence < self._first:
                continue
            if not self._repeats.take():
                break
            self.transport.send_rtp(self._addressed(packet), self._protection(), is_urgent=True)
            repeated.add(number, packet)
        return repeated

    def tick(self, now: float) -> None:
        """Do what is due every second."""
        self.reported.tick()
        self._repeats.refill()
        self._add_sender_report(now)

    def _addressed(self, packet: Packet) -> bytes:
        """Return a packet as this subscriber gets it: always with the same bytes."""
        return addressed(
            packet.data,
            sequence=packet.sequence - self._offset,
            timestamp=packet.timestamp,
            prefix=self._prefix,
        )

    def _add_sender_report(self, now: float) -> None:
        """Tell the stream's clock, if something was sent since that was last done."""
        packets, octets = self._packets, self._octets
        if self._first is not None:
            packets += self.slot.forwarded_packets
            octets += self.slot.forwarded_octets
        if packets == self._reported:
            return
        self._reported = packets
        report = rtcp.SenderReport(
            ssrc=self.ssrc,
            ntp=int(now * (1 << 32)),
            timestamp=self.slot.timestamp_at(now),
            packets=packets,
            octets=octets,
        )
        self.transport.rtcp.add_sender_report(report, self._cname)

    def _protection(self) -> SrtpSession | None:
        return self.transport.outbound_for(may_repeat=True)
