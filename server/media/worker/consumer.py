"""One producer's stream on its way to one subscriber."""

import secrets
from typing import TYPE_CHECKING

from server.media.messages import ConsumerStream
from server.media.worker import rtcp
from server.media.worker.fanout import Target
from server.media.worker.rtp import abs_send_time, retransmission, subscriber_prefix, unwrap_sequence
from server.media.worker.srtp import SrtpSession

if TYPE_CHECKING:
    from server.media.worker.producer import Producer
    from server.media.worker.transport import Transport

MAX_RETRANSMISSIONS_PER_S = 300
"""A subscriber that asks for more has a problem that retransmission makes worse."""
MAX_LOOKUPS_PER_S = 3_000
"""Sequence numbers looked up for one subscriber, whether they are found or not."""


class Consumer:
    """Sequence numbers stay without a gap over pauses: `offset` is what is taken from the producer's.

    The consumer forwards from the producer's packet `first` on. Timestamps are the publisher's own.
    """

    def __init__(self, consumer_id: str, transport: "Transport", producer: "Producer", stream: ConsumerStream) -> None:
        self.consumer_id = consumer_id
        self.transport = transport
        self.producer = producer
        self.ssrc = stream.ssrc
        self.rtx_ssrc = stream.rtx_ssrc
        self.is_paused = True
        self.first: int | None = None
        """`None` while nothing is forwarded."""
        self._cname = stream.cname
        self._session: SrtpSession | None = None
        """Of this stream's RTP alone: libsrtp looks a stream up by walking through all that a session has."""
        self._prefix = subscriber_prefix(stream.ssrc, stream.mid)
        self._rtx_prefix = subscriber_prefix(stream.rtx_ssrc, stream.mid) if stream.rtx_ssrc is not None else b""
        self._rtx_sequence = secrets.randbits(15)
        self._offset = 0
        self._next = secrets.randbits(15)
        """The next sequence number towards the subscriber, while nothing is forwarded. It starts in the lower half, so
        that losses around an early wrap cannot confuse SRTP (RFC 3711 section 3.3.1)."""
        self._packets = self._octets = 0
        self._retransmissions_left = MAX_RETRANSMISSIONS_PER_S
        self._lookups_left = MAX_LOOKUPS_PER_S

    @property
    def is_forwarding(self) -> bool:
        """Whether packets are to be sent to this subscriber as things are now."""
        return not (self.is_paused or self.producer.is_paused) and self.transport.is_connected

    def set_paused(self, is_paused: bool) -> None:
        """Forward no more, or again. Resuming asks for a keyframe, as soon as it can be forwarded."""
        if is_paused == self.is_paused:
            return
        self.is_paused = is_paused
        self.producer.refresh()
        if self.is_forwarding:
            self.producer.request_keyframe()

    def start(self, first: int) -> None:
        """Forward from the producer's packet `first` on, if that was not being done."""
        if self.first is not None:
            return
        self.first = first
        self._offset = first - self._next
        self._packets -= self.producer.forwarded_packets
        self._octets -= self.producer.forwarded_octets
        if (report := self.producer.last_sender_report) is not None:
            self.send_sender_report(report)

    def stop(self) -> None:
        """Forward no more for now; the next packet that is forwarded will follow the last one."""
        if self.first is None:
            return
        highest = self.producer.highest
        self._next = max(highest, self.first - 1) - self._offset + 1
        self._packets += self.producer.forwarded_packets
        self._octets += self.producer.forwarded_octets
        self.first = None

    def target(self) -> Target | None:
        """Return this subscriber as the hot loop needs it, or `None` while its transport cannot send."""
        session, path = self._own_session(), self.transport.path
        if session is None or path is None:
            return None
        return Target(session, path, self._prefix, self._offset)

    def send_late(self, packet: bytes, sequence: int) -> None:
        """Send a packet that came out of order, unless it is from before this consumer's start."""
        if self.first is None or sequence < self.first:
            return
        session = self._own_session()
        if session is not None:
            number = (sequence - self._offset) & 0xFFFF
            data = packet[:2] + number.to_bytes(2, "big") + packet[4:8] + self._prefix + packet[21:]
            self.transport.send_rtp(data, session)

    def send_sender_report(self, report: rtcp.SenderReport) -> None:
        """Pass on what the publisher tells of its clock, as this stream's: same NTP time, same RTP timestamp."""
        if self.first is None:
            return
        own = rtcp.SenderReport(
            ssrc=self.ssrc,
            ntp=report.ntp,
            timestamp=report.timestamp,
            packets=self._packets + self.producer.forwarded_packets,
            octets=self._octets + self.producer.forwarded_octets,
        )
        self.transport.send_rtcp(rtcp.sender_report(own, self._cname))

    def on_nack(self, sequences: tuple[int, ...], now: float) -> int:
        """Answer from the producer's ring, as RTX; return how many packets were sent again."""
        ring, payload_type = self.producer.ring, self.producer.forwarded_rtx_payload_type
        if ring is None or payload_type is None or not self._rtx_prefix or self.first is None:
            return 0
        highest = self.producer.highest - self._offset
        sent = 0
        looked_up = sequences[: self._lookups_left]
        self._lookups_left -= len(looked_up)
        for number in looked_up:
            if self._retransmissions_left <= 0:
                break
            sequence = unwrap_sequence(number, highest) + self._offset
            packet = ring.get(sequence) if sequence >= self.first else None
            if packet is None:
                continue
            self._retransmissions_left -= 1
            self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
            self.transport.send_rtp(
                retransmission(
                    packet,
                    original_sequence=number,
                    payload_type=payload_type,
                    sequence=self._rtx_sequence,
                    prefix=self._rtx_prefix,
                    send_time=abs_send_time(now),
                )
            )
            sent += 1
        return sent

    def _own_session(self) -> SrtpSession | None:
        if self._session is None:
            self._session = self.transport.create_outbound()
        return self._session

    def tick(self) -> None:
        """Refill what is limited per second."""
        self._retransmissions_left = MAX_RETRANSMISSIONS_PER_S
        self._lookups_left = MAX_LOOKUPS_PER_S
