"""One encoding of a publisher's track, with an SSRC of its own: received, watched, and forwarded to who has it.

A track without simulcast is one layer.
"""

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING

from protocol.rtp import MediaKind
from server.media.messages import AUDIO_LEVEL_ID, ORIENTATION_ID, Encoding, ProducerStream
from server.media.worker import rtcp, rtp
from server.media.worker.arrangement import Packet
from server.media.worker.asking import Asking
from server.media.worker.consumer import Consumer
from server.media.worker.continuity import Position
from server.media.worker.counters import DropReason
from server.media.worker.fanout import Fanout, Target
from server.media.worker.feedback import Reception
from server.media.worker.gaps import PICTURES_PER_S, SOUND_PER_S, Gaps
from server.media.worker.h264 import begins_keyframe
from server.media.worker.plumbing import Plumbing
from server.media.worker.ring import AUDIO_PACKETS, VIDEO_PACKETS, PacketRing
from server.media.worker.rtp import RtpHeader
from server.media.worker.thinning import BASE, WHOLE, Thinning
from server.media.worker.udp import RECEIVE_AT
from server.media.worker.vp8 import Vp8Descriptor, parse_descriptor

if TYPE_CHECKING:
    from server.media.worker.producer import Producer

MAX_PACKETS_PER_S, MAX_PACKETS_AT_ONCE = 600, 1_500
"""For ever, and after quiet seconds. A screen sends some 300 at the most that we ask for, a camera less. What is more
is dropped: it would be multiplied by the number of subscribers."""
MAX_SOUND_PACKETS_PER_S = 500
"""The shortest packets of Opus are 400 (RFC 6716 section 2.1.4); a browser sends 50, and some of them twice."""
MAX_KEYFRAMES_PER_S = 10
"""Looked at, for whoever waits for one to change layers. They are asked for once a second, and few come unasked."""
MAX_RETURNS_PER_S = 2
"""Of a layer that had fallen silent: each time, everybody's layer is chosen anew."""
SETTLE_S = 10.0
"""A layer that its publisher's line did not carry must have come for so long before it is forwarded again: to have it
for seconds at a time would be a freeze each time."""
SILENT_FRAMES = 8
"""A publisher stops sending a layer without a word. Losing so many frames of it in a row is unlikely on any line."""
_PRICED_TICKS = 3
OVERTAKEN_S = 0.04
"""A sound missed for longer was not overtaken by the next two: it was lost, and sent again."""


class Layer:
    """Packets come in by `receive` and `receive_retransmission`; they lie in the socket's buffer, decrypted.

    What is missing is asked for again (NACK), and what came is kept for subscribers that miss some.
    """

    def __init__(self, producer: "Producer", index: int, encoding: Encoding, plumbing: Plumbing) -> None:
        stream = producer.stream
        is_video = stream.kind is MediaKind.VIDEO
        self.producer = producer
        self.index = index
        """Layers are numbered from the smallest picture to the largest."""
        self.rid = encoding.rid
        self.ssrc = encoding.ssrc
        self.rtx_ssrc = encoding.rtx_ssrc
        self.ring = PacketRing(VIDEO_PACKETS if is_video else AUDIO_PACKETS)
        self.reception = Reception(stream.clock_rate)
        self.forwarded_packets = self.forwarded_octets = 0
        self.last_sender_report: rtcp.SenderReport | None = None
        self.newest = Position(0, 0)
        """Of the packets that came, the one with the highest sequence number; unbounded, 0 before the first one.

        As it is forwarded: the publisher's own number, less what was jumped over.
        """
        self.newest_at = 0.0
        self.is_live = False
        """Whether packets came lately."""
        self.bitrate = 0
        """Of the last second, with retransmissions."""
        self.base_bitrate = 0
        """Of the base temporal layer alone."""
        self.price = self.base_price = 0
        """The same as it usually is: a keyframe takes several times as much, but not every second."""
        self.top_temporal_layer = BASE
        """The highest that came lately, if the codec tells."""
        self._octets = self._base_octets = 0
        self._bitrates = deque([(0, 0)] * _PRICED_TICKS, _PRICED_TICKS)
        """Of the last seconds: the whole, and the base temporal layer."""
        self._highest_temporal_layer = BASE
        self._missed_frames = 0
        """Of the smallest layer, since this one's last packet."""
        self._has_failed = False
        """Whether it fell silent while it was wanted."""
        self._settled_at = 0.0
        self._stream: ProducerStream = stream
        self._plumbing = plumbing
        self._fanout = plumbing.outbox.create_fanout()
        self._thinnings: dict[int, Thinning] = {}
        """Those that somebody gets, by the temporal layer up to which."""
        self._thinned: list[tuple[Thinning, Fanout]] = []
        self._first = 0
        self._is_stale = self._is_relimiting = False
        self._packets_per_s = MAX_PACKETS_PER_S if is_video else MAX_SOUND_PACKETS_PER_S
        self._packets_left = self._packets_at_once = MAX_PACKETS_AT_ONCE if is_video else MAX_SOUND_PACKETS_PER_S
        self._gaps = Gaps(PICTURES_PER_S if is_video else SOUND_PER_S)
        self.skipped = 0
        """Numbers that the publisher jumped over."""
        self._oldest = 0
        """The first number after the last jump, as it is forwarded."""
        self._keyframes_left = MAX_KEYFRAMES_PER_S
        self._returns_left = MAX_RETURNS_PER_S
        self._asking = Asking(self, plumbing)
        extension = stream.orientation_extension if is_video else stream.audio_level_extension
        self._extension = extension or 0
        self._forwarded_extension = ORIENTATION_ID if is_video else AUDIO_LEVEL_ID

    @property
    def consumers(self) -> Iterable[Consumer]:
        """Who gets this layer."""
        return (consumer for consumer in self.producer.consumers.values() if consumer.layer is self)

    def receive(self, header: RtpHeader, now: float) -> None:
        """Take a packet of the stream itself."""
        if not self._packets_left or header.payload_type != self._stream.payload_type:
            self._drop("unknown_stream" if self._packets_left else "over_limit")
            return
        self._packets_left -= 1
        expected = self.newest.sequence + 1
        sequence = self.reception.add(header.sequence, header.timestamp, now) - self.skipped
        if sequence > expected > 1 and not self._gaps.take(sequence - expected, now):
            sequence = self._jump(expected, sequence)
        elif sequence < self._oldest:
            self._drop("duplicate")
            return
        elif self.producer.transport.request_again is None:
            pass  # what is missing is asked for elsewhere, and comes once
        elif sequence < expected:
            # Audio is sent again without RTX: then only time tells what was lost and what was overtaken.
            missed_s = self._asking.missing.take(sequence, now, is_answer=not self.producer.is_video)
            if missed_s is None:
                self._drop("duplicate")  # came before as RTX, or was given up
                return
            if missed_s > OVERTAKEN_S and not self.producer.is_video:
                self.reception.on_repaired()
        elif sequence > expected > 1 and not self.producer.is_paused:
            self._asking.packets(expected, sequence, now)
        self._accept(header, sequence, now)

    def receive_retransmission(self, header: RtpHeader, now: float) -> None:
        """Take an RTX packet: a packet that we asked for, or a probe of the bandwidth, which ends here."""
        if header.payload_type != self._stream.rtx_payload_type:
            self._drop("unknown_stream")
            return
        number = rtp.original_sequence(self._plumbing.udp.buffer.view[RECEIVE_AT:], header)
        if number is None:
            self._drop("duplicate")
            return
        sequence = rtp.unwrap_sequence(number, self.newest.sequence + self.skipped) - self.skipped
        if not self._packets_left:
            self._drop("over_limit")
        elif self._asking.missing.take(sequence, now) is not None:
            self._packets_left -= 1
            self._plumbing.counters.retransmissions_in += 1
            self._accept(header._replace(payload_at=header.payload_at + rtp.RTX_OVERHEAD_BYTES), sequence, now)
        else:
            self._drop("duplicate")

    def report(self, now: float) -> rtcp.ReportBlock | None:
        """Return what to report to the publisher, or `None` before the first packet.

        Audio protects itself (Opus in-band FEC) as well as the worst of all lines on its way needs.
        """
        if self.ssrc is None:
            return None
        return self.reception.block(
            self.ssrc, now, given_up=self._asking.missing.given_up, worst_loss=self.producer.worst_loss
        )

    def on_sender_report(self, report: rtcp.SenderReport, now: float) -> None:
        """Take note of the publisher's clock; every consumer passes it on in its own time."""
        self.reception.on_sender_report(report, now)
        self.last_sender_report = report
        for outlet in self.producer.outlets:
            outlet.put_report(self.index, report)

    def request_keyframe(self) -> None:
        """Ask the publisher for a keyframe, now or as soon as that may be done."""
        self._asking.keyframe()

    def misses_frame(self) -> bool:
        """Take note of a frame of the smallest layer; tell whether this one is found to be no longer live."""
        self._missed_frames += 1
        if not self.is_live or self._missed_frames < SILENT_FRAMES:
            return False
        self._fall_silent()
        return True

    @property
    def is_needed(self) -> bool:
        """Whether somebody misses what is lost: who gets this layer, or waits for a keyframe of it."""
        producer = self.producer
        if producer.is_paused or not producer.is_video:
            return not producer.is_paused
        forwarding = (consumer for consumer in producer.consumers.values() if consumer.is_forwarding)
        is_awaited = any(consumer.target_layer in (self, None) or consumer.layer is self for consumer in forwarding)
        return is_awaited or any(outlet.layers_wanted > self.index for outlet in producer.outlets)

    @property
    def awaits_keyframe(self) -> bool:
        """Whether a keyframe was asked for, may be asked for again, and has not come."""
        return self._asking.awaits_keyframe

    @property
    def is_steady(self) -> bool:
        """Whether packets come, and can be expected to go on coming."""
        return self.is_live and self._plumbing.clock() >= self._settled_at

    def refresh(self) -> None:
        """Take note that who gets this layer, or how, has changed."""
        self._is_stale = True

    def relimit(self) -> None:
        """Take note that somebody who gets this layer is to get more, or fewer, temporal layers of it."""
        self._is_relimiting = True

    def thinning(self, limit: int) -> Thinning | None:
        """Return this layer up to the temporal layer `limit`; `None` for the whole."""
        if limit >= WHOLE:
            return None
        if (thinning := self._thinnings.get(limit)) is None:
            thinning = self._thinnings[limit] = Thinning(limit)
        return thinning

    def tick(self, elapsed_s: float) -> None:
        """Refill what is limited per second, and measure."""
        self._packets_left = min(self._packets_at_once, self._packets_left + self._packets_per_s)
        self._keyframes_left = MAX_KEYFRAMES_PER_S
        self._returns_left = MAX_RETURNS_PER_S
        self.bitrate = int(self._octets * 8 / elapsed_s)
        self.base_bitrate = int(self._base_octets * 8 / elapsed_s)
        self._bitrates.append((self.bitrate, self.base_bitrate))
        self.price, self.base_price = (int(median(seconds)) for seconds in zip(*self._bitrates, strict=True))
        if self._octets:
            self.is_live = self.is_live or not self.producer.is_layered
            self.top_temporal_layer = self._highest_temporal_layer
        elif self.is_live:
            self._fall_silent()
        self._octets = self._base_octets = 0
        self._highest_temporal_layer = BASE

    def close(self) -> None:
        """Stop the timers and let go of everything. Idempotent."""
        self._fanout.aim(())
        self._thinnings.clear()
        self._thinned.clear()
        self._asking.close()

    def _fall_silent(self) -> None:
        self.is_live = False
        self._has_failed = 0 < self.index < self.producer.layers_wanted

    def _accept(self, header: RtpHeader, sequence: int, now: float) -> None:
        """Take note of a packet that is new to us, and forward it."""
        self._octets += header.payload_end
        producer = self.producer
        known = self.newest
        position = Position(sequence, header.timestamp, known.picture_id, known.tl0_index)
        descriptor = None
        if producer.is_layered:
            descriptor, is_keyframe = self._parsed(header)
            if descriptor is not None:
                position = Position(sequence, header.timestamp, descriptor.picture_id, descriptor.tl0_index)
            self._missed_frames = 0
            if header.is_marked and self.index == 0:
                producer.on_smallest_frame()
            if not self.is_live and self._returns_left:
                self._returns_left -= 1
                self.is_live = True
                self._settled_at = now + SETTLE_S if self._has_failed else now
                self._has_failed = False
                producer.retarget()
            if is_keyframe and self._keyframes_left and not producer.is_paused:
                self._keyframes_left -= 1
                self._asking.on_keyframe(sequence)
                producer.on_keyframe(self, position, now)
            if descriptor is not None:
                self._look_into(descriptor, sequence, header.payload_end)
        elif self._asking.awaits_keyframe and self._parsed(header)[1]:
            self._asking.on_keyframe(sequence)
        is_late = sequence <= known.sequence
        if not is_late:
            self.newest, self.newest_at = position, now
        if producer.is_paused:
            self._drop("paused")
            return
        data = self._rewritten(header, now)
        is_video = producer.is_video
        packet = Packet(data, sequence, header.timestamp, descriptor, may_be_padded=is_video, is_late=is_late)
        self._pass_on(packet, now)

    def _parsed(self, header: RtpHeader) -> tuple[Vp8Descriptor | None, bool]:
        """Return what the codec tells of a packet, and whether it begins a keyframe."""
        payload = self._plumbing.udp.buffer.view[RECEIVE_AT + header.payload_at : RECEIVE_AT + header.payload_end]
        if self._stream.codec == "vp8":
            descriptor = parse_descriptor(payload)
            return descriptor, descriptor is not None and descriptor.is_keyframe
        return None, begins_keyframe(payload)

    def _drop(self, reason: DropReason) -> None:
        self._plumbing.counters.drops[reason] += 1

    def _look_into(self, frame: Vp8Descriptor, sequence: int, size: int) -> None:
        """Take note of a packet's temporal layer, and of a frame where somebody may get more or fewer of them."""
        if frame.temporal_layer == BASE:
            self._base_octets += size
        elif frame.temporal_layer > self._highest_temporal_layer:
            self._highest_temporal_layer = frame.temporal_layer
            self.top_temporal_layer = max(self.top_temporal_layer, frame.temporal_layer)
        if self._is_relimiting and frame.begins_frame and sequence > self.newest.sequence:
            self._is_relimiting = False
            for consumer in self.consumers:
                before = consumer.thinning
                if not consumer.take_limit(frame, sequence):
                    self._is_relimiting = True
                if consumer.thinning is not before:
                    self._is_stale = True

    def _rewritten(self, header: RtpHeader, now: float) -> bytes:
        """Return the packet with the header that all subscribers get, but for what is their own."""
        view = self._plumbing.udp.buffer.view
        extension, value = 0, 0
        if self._extension:
            data = rtp.read_extension(view[RECEIVE_AT:], header, self._extension)
            if data:  # a two-byte element may be empty (RFC 8285 section 4.3)
                extension, value = self._forwarded_extension, data[0]
        at = RECEIVE_AT + header.payload_at - rtp.HEADER_BYTES
        rtp.write_header(
            view,
            at,
            payload_type=self._stream.forwarded_payload_type,
            is_marked=header.is_marked,
            sequence=header.sequence,
            timestamp=header.timestamp,
            send_time=rtp.abs_send_time(now),
            extension_id=extension,
            extension_value=value,
        )
        return bytes(view[at : RECEIVE_AT + header.payload_end])

    def _pass_on(self, packet: Packet, now: float) -> None:
        """Let a packet go wherever it is wanted: to other workers, into the room's slots, to subscribers."""
        producer = self.producer
        if producer.is_video:
            for outlet in producer.outlets:
                outlet.put(self.index, packet)
        else:
            producer.transport.audio.put(producer.producer_id, packet, now)
        if producer.is_video or producer.consumers:
            self._forward(packet)

    def _forward(self, packet: Packet) -> None:
        if self._is_stale:
            self._aim(packet.sequence)
        self.ring.put(packet)
        self.forwarded_packets += 1
        self.forwarded_octets += len(packet.data) - rtp.HEADER_BYTES  # no padding (RFC 3550 section 6.4.1)
        is_for_all = packet.sequence >= self._first
        for thinning, fanout in self._thinned:
            kept = thinning.put(packet)
            if kept is not None and is_for_all:
                fanout.put(kept)
        if is_for_all:
            self._fanout.put(packet)
        else:
            for consumer in self.consumers:
                consumer.send_late(packet)

    def _aim(self, sequence: int) -> None:
        self._is_stale = False
        targets: dict[Thinning | None, list[Target]] = {None: []}
        self._first = 0
        if not self.producer.is_layered:
            first = sequence if sequence == self.newest.sequence else self.newest.sequence + 1
            self.producer.start_all(self, first)
        for consumer in self.consumers:
            same = targets.setdefault(consumer.thinning, [])
            if (target := consumer.target()) is not None:
                same.append(target)
                self._first = max(self._first, consumer.first or 0)
        self._fanout.aim(targets.pop(None))
        self._thinnings = {thinning.limit: thinning for thinning in targets if thinning is not None}
        self._thinned = []
        for thinning in self._thinnings.values():
            fanout = self._plumbing.outbox.create_fanout()
            fanout.aim(targets[thinning])
            self._thinned.append((thinning, fanout))

    def _jump(self, expected: int, sequence: int) -> int:
        """Return the number of a packet before which more is missing than can have been lost.

        One number stays missing, so that nobody takes it for the continuation of the picture before.
        """
        self._asking.missing.give_up(sequence - expected)
        self._oldest = expected + 1
        self.skipped += sequence - self._oldest
        if self.producer.transport.request_again is not None:
            self.request_keyframe()
        return self._oldest
