"""What all transports, producers and consumers of a worker share: the socket, buffers, clock and timers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from server.media.worker.counters import Counters
from server.media.worker.fanout import Outbox
from server.media.worker.path import Path
from server.media.worker.srtp import (
    RTCP_TRAILER_BYTES,
    RTP_TRAILER_BYTES,
    Buffer,
    SrtpSession,
    protect,
    protect_rtcp,
)
from server.media.worker.udp import UdpSocket

_SCRATCH_BYTES = 2_048


@dataclass(slots=True)
class Plumbing:
    """Passed down from the worker. `clock` gives seconds, `call_later` takes seconds."""

    udp: UdpSocket
    clock: Callable[[], float]
    call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]
    outbox: Outbox
    counters: Counters = field(default_factory=Counters)
    _scratch: Buffer = field(default_factory=lambda: Buffer(_SCRATCH_BYTES))

    def send_rtp(self, session: SrtpSession, packet: bytes, path: Path, *, is_urgent: bool) -> None:
        """Protect and send one packet, apart from the hot loop. Sound is urgent, pictures are not."""
        self._send(protect, session, packet, path, RTP_TRAILER_BYTES, is_urgent=is_urgent)

    def send_rtcp(self, session: SrtpSession, compound: bytes, path: Path) -> None:
        """Protect and send one RTCP compound."""
        self._send(protect_rtcp, session, compound, path, RTCP_TRAILER_BYTES, is_urgent=True)

    def send(self, packet: bytes | memoryview, path: Path, *, is_urgent: bool = True) -> None:
        """Send one packet, or count that it was not taken."""
        if path.tcp is None:
            self.udp.send(packet, path)
        elif path.tcp.send((packet,), is_urgent=is_urgent):
            self.udp.send_failures += 1
        else:  # the totals are the worker's, whichever way packets go
            self.udp.packets_out += 1
            self.udp.bytes_out += len(packet)

    def _send(
        self,
        protect_: Callable[..., int],
        session: SrtpSession,
        data: bytes,
        path: Path,
        trailer_bytes: int,
        *,
        is_urgent: bool,
    ) -> None:
        scratch, size = self._scratch, len(data)
        if size + trailer_bytes > _SCRATCH_BYTES:
            self.counters.too_large += 1
            return
        scratch.view[:size] = data
        scratch.length[0] = size
        if protect_(session.context, scratch.pointer, scratch.length):
            self.counters.not_protected += 1
            return
        self.send(scratch.view[: scratch.length[0]], path, is_urgent=is_urgent)
