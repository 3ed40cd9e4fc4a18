"""One audio slot of a room: whoever speaks in it, its subscribers get one stream."""

import secrets
from collections.abc import Collection
from typing import TYPE_CHECKING

from server.media.messages import SlotSubscription
from server.media.worker import rtp
from server.media.worker.arrangement import Packet
from server.media.worker.feedback import Reception
from server.media.worker.plumbing import Plumbing
from server.media.worker.ring import AUDIO_PACKETS, PacketRing
from server.media.worker.slot_consumer import SlotConsumer
from server.media.worker.slots import SlotRewriter

if TYPE_CHECKING:
    from server.media.worker.transport import Transport

_FIRST_SEQUENCE = 1 << 16
"""Of what is unbounded, so that a late packet's number is never negative."""


class Slot:
    """What is forwarded between two calls of `change` is one speaker's."""

    def __init__(self, plumbing: Plumbing) -> None:
        self.forwarded_packets = self.forwarded_octets = 0
        self._rewriter = SlotRewriter(_FIRST_SEQUENCE, secrets.randbits(32), plumbing.clock())
        self._ring = PacketRing(AUDIO_PACKETS)
        self._fanout = plumbing.outbox.create_fanout()
        self._consumers: dict[SlotConsumer, None] = {}
        self.origin: Reception | None = None
        """How the speaker's packets come in."""
        self._group = ""
        self._is_stale = True

    def consume(self, transport: "Transport", subscription: SlotSubscription) -> SlotConsumer:
        """Send this slot to a transport, too."""
        consumer = SlotConsumer(subscription.consumer_id, transport, self, subscription.stream)
        self._consumers[consumer] = None
        self.refresh()
        return consumer

    def remove(self, consumer: SlotConsumer) -> None:
        """Forget a subscriber. Idempotent."""
        self._consumers.pop(consumer, None)
        self.refresh()

    def refresh(self) -> None:
        """Take note that who may be sent to, or how, has changed. Holds from the next packet on."""
        self._is_stale = True

    def change(self, group: str, origin: Reception) -> None:
        """Begin anew with the next packet: somebody of `group` is in this slot now, received as `origin` says."""
        self._rewriter.change()
        self.origin = origin
        if group != self._group:
            self._group = group
            self.refresh()

    def forward(self, packet: Packet, came_at: float, now: float) -> None:
        """Send a packet of the speaker's, with the header that all subscribers get, that came at `came_at`."""
        expected = self.highest + 1
        place = self._rewriter.rewrite(packet.sequence, packet.timestamp, came_at)
        if place is None:
            return
        data = packet.data
        if place.is_first or came_at < now:
            data = rtp.restamped(data, is_marked=place.is_first, send_time=rtp.abs_send_time(now))
        is_late = place.sequence < expected
        moved = Packet(data, place.sequence, place.timestamp, is_late=is_late)
        self._ring.put(moved)
        if self._is_stale and not is_late:
            self._aim(expected, place.sequence)
        self.forwarded_packets += 1
        self.forwarded_octets += len(data) - rtp.HEADER_BYTES
        if is_late:
            self._send_late(moved)
        else:
            self._fanout.put(moved)

    def find(self, number: int, offset: int) -> Packet | None:
        """Return the packet that a subscriber with this offset got with a 16-bit sequence number, if it is kept."""
        return self._ring.get(rtp.unwrap_sequence(number, self.highest - offset) + offset)

    @property
    def highest(self) -> int:
        """The highest sequence number so far, unbounded."""
        return self._rewriter.highest

    @property
    def consumers(self) -> Collection[SlotConsumer]:
        """Whose slot it is."""
        return self._consumers.keys()

    def timestamp_at(self, now: float) -> int:
        """Return the stream's RTP timestamp at a moment."""
        return self._rewriter.timestamp_at(now)

    def _send_late(self, packet: Packet) -> None:
        for consumer in self._consumers:
            if consumer.may_hear(self._group):
                consumer.send_late(packet)
            else:
                consumer.pass_over(packet)

    def _aim(self, end: int, first: int) -> None:
        """Send to whoever may hear the speaker, from the packet `first` on; what went before ended before `end`."""
        self._is_stale = False
        targets = []
        for consumer in self._consumers:
            target = None
            if consumer.may_hear(self._group):
                consumer.start(first)
                target = consumer.target()
            if target is not None:
                targets.append(target)
            else:
                consumer.stop(end)
        self._fanout.aim(targets)
