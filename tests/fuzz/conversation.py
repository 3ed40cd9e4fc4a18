"""Fuzz target of the whole worker: whatever strangers and pages send it, it goes on serving everybody else.

Handshakes are left to the target for DTLS: keys are given. Time passes when the input says so.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from enum import IntEnum

import pylibsrtp
from msgspec.structs import replace
from pylibsrtp import Policy

from server.media import messages as m
from server.media.worker.ice_lite import MAX_PATHS
from server.media.worker.path import Address
from server.media.worker.srtp import PROFILES, SrtpKeys
from server.media.worker.udp import RECEIVE_AT
from tests.fuzz.records import split
from tests.server.media.endpoint import binding_request
from tests.server.media.worker.rig import (
    AUDIO,
    SUBSCRIBED,
    SUBSCRIBED_AUDIO,
    VIDEO,
    ManualTime,
    Rig,
    rtp_packet,
    running_worker,
)

CAMERA = replace(
    VIDEO,
    encodings=[m.Encoding(rid="r0"), m.Encoding(rid="r1"), m.Encoding(rid="r2")],
    mid="1",
    rid_extension=10,
    repaired_rid_extension=11,
    abs_send_time_extension=2,
    orientation_extension=13,
)
"""As the corpus has it; the microphone, too."""
MICROPHONE = replace(AUDIO, encodings=[m.Encoding()], mid="0", audio_level_extension=1)
OTHERS_MICROPHONE = replace(AUDIO, encodings=[m.Encoding(ssrc=7_777)])
STEP_S = 0.02
ADDRESSES: dict[str, Address] = {
    name: ("::ffff:127.0.0.1", 1 + number, 0, 0) for number, name in enumerate(("stranger", "pub", "sub", "other pub"))
}
_MAX_RECORDS = 400
_MAX_BYTES = 1_300
"""What pylibsrtp encrypts; a real page may send up to 1,500."""
_PROFILE = PROFILES[0]


class Kind(IntEnum):
    """The low three bits of a record's kind. Bit 3: the turn goes on. The others: how much time passes before."""

    STRANGER = 0
    """Bytes from an address that never passed a check."""
    PUBLISHER = 1
    """Bytes from a page that sends media."""
    SUBSCRIBER = 2
    RTP = 3
    """An RTP packet of the publisher, to be encrypted."""
    PUBLISHER_RTCP = 4
    SUBSCRIBER_RTCP = 5
    CHECK = 6
    """A valid check of the publisher, who is at another port now: the first byte."""
    FORGED = 7
    """Bytes from the address of somebody else who sends media."""


class Timers:
    """Timers that go off when the time is turned forward."""

    def __init__(self, time: ManualTime) -> None:
        self._time = time
        self._set: list[tuple[float, asyncio.TimerHandle, Callable[[], None]]] = []

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        handle = asyncio.get_running_loop().call_later(86_400, callback)
        self._set.append((self._time.now + delay_s, handle, callback))
        return handle

    def advance(self, seconds: float) -> None:
        self._time.advance(seconds)
        due = [timer for timer in self._set if timer[0] <= self._time.now]
        self._set = [timer for timer in self._set if timer[0] > self._time.now]
        for _, handle, callback in due:
            if not handle.cancelled():
                handle.cancel()
                callback()


class Page:
    """One page's transport: what it sends arrives encrypted with the keys that both sides were given."""

    def __init__(self, rig: Rig, transport_id: str, router_id: str, address: Address) -> None:
        self.address = address
        self._worker = rig.worker
        self.credentials = rig.create(transport_id, router_id)
        material = bytes(range(_PROFILE.key_bytes + _PROFILE.salt_bytes))
        self.check(address)
        rig.worker.transports[transport_id]._on_connected(SrtpKeys(_PROFILE, material, material[::-1]))
        policy = Policy(key=material, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=_PROFILE.libsrtp_profile)
        policy.allow_repeat_tx = True
        self._outbound = pylibsrtp.Session(policy)

    def check(self, address: Address) -> None:
        self.send(
            binding_request(self.credentials.username_fragment, self.credentials.password, nominate=True), address
        )

    def send(self, datagram: bytes, address: Address | None = None) -> None:
        """Let bytes arrive."""
        if datagram:
            self._worker.udp.buffer.view[RECEIVE_AT : RECEIVE_AT + len(datagram)] = datagram
            self._worker._on_datagram(len(datagram), address or self.address, [])

    def send_rtp(self, packet: bytes) -> None:
        with contextlib.suppress(pylibsrtp.Error):  # what is no RTP packet
            self.send(self._outbound.protect(packet))

    def send_rtcp(self, compound: bytes) -> None:
        with contextlib.suppress(pylibsrtp.Error):
            self.send(self._outbound.protect_rtcp(compound))


def converse(data: bytes) -> int:
    """Let everything in `data` arrive and return how many packets were forwarded to the subscriber."""
    return asyncio.run(_converse(data))


async def _converse(data: bytes) -> int:
    async with running_worker() as rig:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.setblocking(False)
            return _play(rig, listener, data)


def _play(rig: Rig, listener: socket.socket, data: bytes) -> int:
    worker, timers = rig.worker, Timers(rig.time)
    worker.plumbing.call_later = timers.call_later
    publisher = Page(rig, "pub", "hostile", ADDRESSES["pub"])
    subscriber = Page(rig, "sub", "hostile", ADDRESSES["sub"])
    other = Page(rig, "other pub", "other", ADDRESSES["other pub"])
    Page(rig, "other sub", "other", ("::ffff:127.0.0.1", listener.getsockname()[1], 0, 0))
    _wire(rig)
    send: dict[Kind, Callable[[bytes], None]] = {
        Kind.STRANGER: lambda datagram: publisher.send(datagram, ADDRESSES["stranger"]),
        Kind.PUBLISHER: publisher.send,
        Kind.SUBSCRIBER: subscriber.send,
        Kind.RTP: publisher.send_rtp,
        Kind.PUBLISHER_RTCP: publisher.send_rtcp,
        Kind.SUBSCRIBER_RTCP: subscriber.send_rtcp,
        Kind.CHECK: lambda datagram: publisher.check((*ADDRESSES["pub"][:1], 100 + sum(datagram[:1]), 0, 0)),
        Kind.FORGED: other.send,
    }
    ticked_at = rig.time.now
    for number, (kind, datagram) in enumerate(split(data)):
        if number == _MAX_RECORDS:
            break
        timers.advance((kind >> 4) * STEP_S)
        if rig.time.now - ticked_at >= 1:
            ticked_at = rig.time.now
            rig.tick()
        send[Kind(kind & 7)](datagram[:_MAX_BYTES])
        if not kind & 8:
            worker._on_turn_end()
    worker._on_turn_end()
    rig.tick()
    _assert_others_are_served(rig, other, listener)
    producers = worker.transports["pub"].producers.values()
    return sum(layer.forwarded_packets for producer in producers for layer in producer.layers)


def _wire(rig: Rig) -> None:
    rig.produce(CAMERA, on="pub", producer_id="camera")
    rig.produce(MICROPHONE, on="pub", producer_id="microphone")
    rig.consume(SUBSCRIBED, producer_id="camera", consumer_id="camera")
    rig.consume(SUBSCRIBED_AUDIO, producer_id="microphone", consumer_id="microphone")
    rig.produce(OTHERS_MICROPHONE, on="other pub", producer_id="microphone")
    rig.consume(SUBSCRIBED_AUDIO, on="other sub", of="other pub", producer_id="microphone")


def _assert_others_are_served(rig: Rig, other: Page, listener: socket.socket) -> None:
    worker = rig.worker
    while _received(listener) is not None:
        pass
    other.send_rtp(rtp_packet(1, b"still here", payload_type=111, ssrc=7_777))
    worker._on_turn_end()
    packet = _received(listener)
    assert packet is not None
    assert int.from_bytes(packet[8:12], "big") == SUBSCRIBED_AUDIO.ssrc
    assert set(worker.transports) == {"pub", "sub", "other pub", "other sub"}
    assert len(worker.ice.owners) <= 3 + MAX_PATHS


def _received(listener: socket.socket) -> bytes | None:
    try:
        return listener.recv(2_000)
    except BlockingIOError:
        return None
