"""What all transports, producers and consumers of a worker share: the socket, buffers, clock and timers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from server.media.worker.batch import Slots
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
class Counters:
    """Totals that no single object could count."""

    packets_dropped: int = 0
    srtp_failures: int = 0
    retransmissions: int = 0


class Flushable(Protocol):
    """Somebody who holds packets back until the end of a turn."""

    def flush(self) -> None:
        """Send them."""
        ...


@dataclass(slots=True)
class Plumbing:
    """Passed down from the worker. `clock` gives seconds, `call_later` takes seconds."""

    udp: UdpSocket
    clock: Callable[[], float]
    call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]
    slots: Slots
    counters: Counters = field(default_factory=Counters)
    holding: list[Flushable] = field(default_factory=list)
    """Who holds packets back, to be flushed when the turn ends."""
    _scratch: Buffer = field(default_factory=lambda: Buffer(_SCRATCH_BYTES))

    def flush(self) -> None:
        """Send everything that is held back. When that raises, call it again for the rest."""
        while self.holding:
            self.holding.pop().flush()

    def send_rtp(self, session: SrtpSession, packet: bytes, path: Path) -> None:
        """Protect and send one packet, apart from the hot loop."""
        self._send(protect, session, packet, path, RTP_TRAILER_BYTES)

    def send_rtcp(self, session: SrtpSession, compound: bytes, path: Path) -> None:
        """Protect and send one RTCP compound."""
        self._send(protect_rtcp, session, compound, path, RTCP_TRAILER_BYTES)

    def _send(
        self,
        protect_: Callable[..., int],
        session: SrtpSession,
        data: bytes,
        path: Path,
        trailer_bytes: int,
    ) -> None:
        scratch, size = self._scratch, len(data)
        if size + trailer_bytes > _SCRATCH_BYTES:
            self.counters.packets_dropped += 1
            return
        scratch.view[:size] = data
        scratch.length[0] = size
        if protect_(session.context, scratch.pointer, scratch.length):
            self.counters.srtp_failures += 1
            return
        self.udp.send(scratch.view[: scratch.length[0]], path)
