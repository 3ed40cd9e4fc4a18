"""A recorded camera, played to a worker: what is left out of the packets is made up, so that each can be told apart."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from server.media import messages as m
from server.media.worker import rtcp, rtp
from server.media.worker.consumer import Consumer
from server.media.worker.h264 import begins_keyframe
from server.media.worker.vp8 import Vp8Descriptor, parse_descriptor
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.golden.trace import Arrival, load
from tests.server.media.worker.rig import SUBSCRIBED, Rig, rtp_packet
from tests.server.media.worker.test_simulcast import subscribe

Fate = Literal["lost", "late", "twice", "again"]
"""Lost on the way; overtaken by some others; come twice; sent again by RTX although it came."""
Key = tuple[int, int]
"""A layer, and the unbounded number of a packet in it."""
CHUNK_PACKETS = 24
"""More at once would not fit into a socket's buffer."""
CHUNK_US = 30_000
LATE_BY = 9
"""Packets."""
_LOOKED_AT_BYTES = 10
_NAME_BYTES = 3
"""At the end of a payload, to tell which it is."""
ANSWER_AFTER = 30
"""Packets after which the answer to a request comes."""


class Sent(NamedTuple):
    """A packet as the browser sent it, without its header extensions."""

    layer: int
    sequence: int
    timestamp: int
    is_marked: bool
    payload: bytes
    begins_keyframe: bool
    descriptor: Vp8Descriptor | None

    @property
    def key(self) -> Key:
        """What it is called."""
        return self.layer, self.sequence

    @property
    def temporal_layer(self) -> int:
        """0 where the codec does not tell."""
        return self.descriptor.temporal_layer if self.descriptor is not None else 0


@dataclass
class Film:
    """A trace with everything that tests want to know of it."""

    stream: m.ProducerStream
    """As announced: by RID."""
    stream_by_ssrc: m.ProducerStream
    """For playing it from the middle, where packets tell their RID no more."""
    arrivals: list[Arrival]
    keys: list[Key | None]
    """By arrival; `None` for RTCP and for probes of the bandwidth."""
    packets: dict[Key, Sent] = field(default_factory=dict)
    by_payload: dict[bytes, Sent] = field(default_factory=dict)
    """By what the worker does not change."""

    def is_rtx(self, arrival: Arrival) -> bool:
        """Whether it is of a stream of retransmissions."""
        return not arrival.is_rtcp and arrival.data[1] & 0x7F == self.stream.rtx_payload_type

    def at(self, seconds: float) -> int:
        """Return the first arrival from then on."""
        return bisect_left(self.arrivals, seconds * 1e6, key=lambda arrival: arrival.at_us)


def unchanged(payload: bytes, descriptor: Vp8Descriptor | None) -> bytes:
    """Return a payload with zeros where the worker counts by itself."""
    made = bytearray(payload)
    if descriptor is not None and descriptor.picture_id_at:
        at = descriptor.picture_id_at
        made[at : at + 2] = bytes((made[at] & 0x80, 0))
    if descriptor is not None and descriptor.tl0_index_at:
        made[descriptor.tl0_index_at] = 0
    return bytes(made)


@cache
def film(codec: str) -> Film:
    """Read a trace and understand it."""
    trace = load(codec)
    stream = trace.stream
    layers = _layers(stream, trace.arrivals)
    ssrcs = {(layer, is_rtx): ssrc for ssrc, (layer, is_rtx) in layers.items()}
    encodings = [
        msgspec.structs.replace(encoding, ssrc=ssrcs[at, False], rtx_ssrc=ssrcs[at, True])
        for at, encoding in enumerate(stream.encodings)
    ]
    made = Film(stream, msgspec.structs.replace(stream, encodings=encodings), trace.arrivals, [])
    highest: dict[int, int] = {}
    for arrival in trace.arrivals:
        made.keys.append(_take(made, arrival, layers, highest))
    made.by_payload = {unchanged(sent.payload, sent.descriptor): sent for sent in made.packets.values()}
    assert len(made.by_payload) == len(made.packets), "each can be told apart"
    return made


def _layers(stream: m.ProducerStream, arrivals: Sequence[Arrival]) -> dict[int, tuple[int, bool]]:
    """Return which layer an SSRC is, and whether of retransmissions."""
    rids = {encoding.rid: at for at, encoding in enumerate(stream.encodings)}
    found: dict[int, tuple[int, bool]] = {}
    for arrival in arrivals:
        header = rtp.parse_header(arrival.data, len(arrival.data)) if not arrival.is_rtcp else None
        if header is None or header.ssrc in found:
            continue
        is_rtx = header.payload_type == stream.rtx_payload_type
        extension = stream.repaired_rid_extension if is_rtx else stream.rid_extension
        rid = rtp.read_extension(arrival.data, header, extension or 0)
        if rid is not None:
            found[header.ssrc] = rids[rid.decode()], is_rtx
    return found


def _take(made: Film, arrival: Arrival, layers: Mapping[int, tuple[int, bool]], highest: dict[int, int]) -> Key | None:
    header = rtp.parse_header(arrival.data, len(arrival.data)) if not arrival.is_rtcp else None
    if header is None:
        return None
    layer, is_rtx = layers[header.ssrc]
    sequence, head, size = header.sequence, arrival.data[header.payload_at :], arrival.size - header.payload_at
    if is_rtx:
        if size <= rtp.RTX_OVERHEAD_BYTES:
            return None
        sequence = int.from_bytes(head[:2], "big")
        head, size = head[rtp.RTX_OVERHEAD_BYTES :], size - rtp.RTX_OVERHEAD_BYTES
    sequence = rtp.unwrap_sequence(sequence, highest.setdefault(layer, sequence + (1 << 16)))
    highest[layer] = max(highest[layer], sequence)
    if (layer, sequence) not in made.packets:
        descriptor = parse_descriptor(head) if made.stream.codec == "vp8" else None
        name = (layer << 20 | sequence).to_bytes(_NAME_BYTES, "big")
        whole = head + bytes(max(0, size - len(head)))
        made.packets[layer, sequence] = Sent(
            layer,
            sequence,
            header.timestamp,
            header.is_marked,
            whole[:-_NAME_BYTES] + name if size > _LOOKED_AT_BYTES + _NAME_BYTES else whole,
            descriptor.is_keyframe if descriptor is not None else begins_keyframe(head),
            descriptor,
        )
    return layer, sequence


@dataclass
class Player:
    """Plays a film in the worker's time. `fates` are by arrival."""

    rig: Rig
    film: Film
    publisher: Endpoint
    subscriber: Endpoint
    fates: Mapping[int, Fate] = field(default_factory=dict)
    answers: bool = True
    """Whether what is asked for again is sent again."""
    delivered: list[Key] = field(default_factory=list)
    """In the order in which they were new to the worker."""
    _span: dict[int, tuple[int, int]] = field(default_factory=dict)
    """The first and the newest of each layer."""
    _known: set[Key] = field(default_factory=set)
    _pending: list[tuple[int, bytes, Key, bool]] = field(default_factory=list)
    """What comes later: when, as a number of arrivals, and whether it is sent again."""
    _rtx_sequences: dict[int, int] = field(default_factory=dict)
    _sent: int = 0
    _heard: int = 0
    _in_before: int = 0
    _out_before: int = 0
    _ticked_us: int = 0

    @classmethod
    async def meet(cls, rig: Rig, film: Film, stream: m.ProducerStream) -> "Player":
        """Connect who sends and who looks."""
        publisher, subscriber = await rig.connect("pub"), await subscribe(rig)
        rig.produce(stream)
        rig.consume()
        return cls(
            *(rig, film, publisher, subscriber),
            _in_before=rig.worker.udp.packets_in,
            _out_before=rig.worker.udp.packets_out,
        )

    @property
    def consumer(self) -> Consumer:
        """The one who looks."""
        return self.rig.worker.transports["sub"].consumers["consumer"]

    async def play(self, first: int, end: int) -> list[Key]:
        """Play arrivals until the next pause for breath; return what the worker got."""
        before = len(self.delivered)
        for at in range(first, end):
            self._play(at)
        await self._settle()
        asked = self._asked()
        if self.answers:
            self._pending += [(end + ANSWER_AFTER, self._again(key), key, True) for key in asked]
        return self.delivered[before:]

    def chunks(self, first: int, end: int, cuts: Collection[int] = ()) -> Iterator[tuple[int, int]]:
        """Cut arrivals into what is played at once, and where something else happens."""
        while first < end:
            until = self.film.arrivals[first].at_us + CHUNK_US
            last = min(end, first + CHUNK_PACKETS)
            is_cut = (at in cuts or self.film.arrivals[at].at_us > until for at in range(first + 1, last))
            next_first = next((at for at, is_here in enumerate(is_cut, first + 1) if is_here), max(first + 1, last))
            yield first, next_first
            first = next_first

    def tick(self, at: int) -> None:
        """Let time pass until an arrival."""
        now_us = self.film.arrivals[at].at_us
        self.rig.time.now = 1_000.0 + now_us / 1e6
        if now_us - self._ticked_us >= 1_000_000:
            self._ticked_us = now_us
            self.rig.tick()

    def _play(self, at: int) -> None:
        arrival, key, fate = self.film.arrivals[at], self.film.keys[at], self.fates.get(at)
        if arrival.is_rtcp:
            self._send(self.publisher.dtls._tx_srtp.protect_rtcp(arrival.data))
        elif key is not None and self.film.is_rtx(arrival):
            self._send_media(self._again(key), key, is_again=True)
        elif key is not None:
            self._play_packet(at, arrival, key, fate)
        due = [each for each in self._pending if each[0] <= at]
        self._pending = [each for each in self._pending if each[0] > at]
        for _, datagram, key, is_again in due:
            self._send_media(datagram, key, is_again=is_again)

    def _play_packet(self, at: int, arrival: Arrival, key: Key, fate: Fate | None) -> None:
        header = rtp.parse_header(arrival.data, len(arrival.data))
        assert header is not None
        whole = arrival.data[: header.payload_at] + self.film.packets[key].payload
        datagram = self.publisher.dtls._tx_srtp.protect(whole)
        if fate == "late":
            self._pending.append((at + LATE_BY, datagram, key, False))
        elif fate != "lost":
            self._send_media(datagram, key)
        if fate == "twice":
            self._send(datagram)
        elif fate == "again":
            self._pending.append((at + LATE_BY, self._again(key), key, True))

    def _again(self, key: Key) -> bytes:
        """Return a packet as RTX, protected."""
        sent, stream = self.film.packets[key], self.film.stream_by_ssrc
        ssrc = stream.encodings[sent.layer].rtx_ssrc or 0
        self._rtx_sequences[ssrc] = (self._rtx_sequences.get(ssrc, 0) + 1) & 0xFFFF
        packet = rtp_packet(
            self._rtx_sequences[ssrc],
            (sent.sequence & 0xFFFF).to_bytes(2, "big") + sent.payload,
            timestamp=sent.timestamp,
            payload_type=stream.rtx_payload_type or 0,
            ssrc=ssrc,
            marker=sent.is_marked,
        )
        return self.publisher.dtls._tx_srtp.protect(packet)

    def _send_media(self, datagram: bytes, key: Key, *, is_again: bool = False) -> None:
        """Send a packet; what is sent again, or is older than the first of all, is new only if it was missed."""
        self._send(datagram)
        layer, sequence = key
        first, newest = self._span.get(layer, (sequence, -1))
        if key in self._known or sequence < first or (is_again and sequence > newest):
            return
        self._span[layer] = first, max(newest, sequence)
        self._known.add(key)
        self.delivered.append(key)

    def _send(self, datagram: bytes) -> None:
        self.publisher.send_raw(datagram)
        self._sent += 1

    async def _settle(self) -> None:
        """Wait until the worker has handled what was sent, and what it sent in turn has come."""
        udp = self.rig.worker.udp
        await self.rig.until(lambda: udp.packets_in - self._in_before == self._sent)
        queues = (self.subscriber.rtp, self.subscriber.rtcp, self.publisher.rtcp)
        await self.rig.until(
            lambda: sum(queue.qsize() for queue in queues) + self._heard >= udp.packets_out - self._out_before
        )

    def _asked(self) -> list[Key]:
        """Return what the worker has asked for again."""
        keys, ssrcs = list[Key](), {e.ssrc: at for at, e in enumerate(self.film.stream_by_ssrc.encodings)}
        while not self.publisher.rtcp.empty():
            self._heard += 1
            for message in rtcp.parse(self.publisher.rtcp.get_nowait()):
                if isinstance(message, rtcp.Nack):
                    layer = ssrcs[message.media_ssrc]
                    newest = max(key[1] for key in self.delivered if key[0] == layer)
                    found = [(layer, rtp.unwrap_sequence(each, newest)) for each in message.sequences]
                    keys += [key for key in found if key in self.film.packets]
        return keys

    async def ask_again(self, numbers: list[int]) -> list[bytes]:
        """Miss packets by the subscriber's numbers; return what comes."""
        if numbers:
            self.subscriber.send_rtcp(rtcp.nack(1, SUBSCRIBED.ssrc, numbers))
            self._sent += 1
            await self._settle()
        return self.received()

    def received(self) -> list[bytes]:
        """Return everything that the subscriber got."""
        packets = [self.subscriber.rtp.get_nowait() for _ in range(self.subscriber.rtp.qsize())]
        self._heard += len(packets)
        return packets
