"""Reading very many sockets in turn instead of being woken for each datagram: what lets one core take a room's packets.

The kernel stamps every datagram when it arrives, so that nothing is measured later than it was; only answers (NACK,
reports) leave up to `ROUND_S` later.
"""

import asyncio
from collections.abc import Callable

from loadtest.bots.batch import SLOTS, Batch

TURN_S = 0.001
TURNS = 40
"""A round visits every socket once, and is spread over so many turns that publishers are never held up for long."""
ROUND_S = TURN_S * TURNS
_MAX_CALLS = 16
"""For one socket in one round."""

BatchHandler = Callable[[Batch], None]


class Intake:
    """Reads the sockets that were added, for as long as there are any. Made within a running loop."""

    def __init__(self) -> None:
        self.errors = 0
        """Failed calls: the server's port was closed (ICMP)."""
        self._loop = asyncio.get_running_loop()
        self._batch = Batch()
        self._sockets: dict[int, BatchHandler] = {}
        self._order: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0

    def add(self, fd: int, on_batch: BatchHandler) -> None:
        """Read a non-blocking socket from now on; `on_batch` is told what came."""
        self._sockets[fd] = on_batch
        self._order.append(fd)
        if self._timer is None:
            self._timer = self._loop.call_later(TURN_S, self._take_turn)

    def remove(self, fd: int) -> None:
        """Read a socket no longer. Idempotent."""
        if self._sockets.pop(fd, None) is None:
            return
        self._order.remove(fd)
        if not self._order and self._timer:
            self._timer.cancel()
            self._timer = None

    def _take_turn(self) -> None:
        self._timer = self._loop.call_later(TURN_S, self._take_turn)
        self._turn = (self._turn + 1) % TURNS
        for fd in self._order[self._turn :: TURNS]:
            if on_batch := self._sockets.get(fd):  # what was read before it may have closed it
                self._read(fd, on_batch)

    def _read(self, fd: int, on_batch: BatchHandler) -> None:
        for _ in range(_MAX_CALLS):
            try:
                count = self._batch.receive(fd)
            except OSError:
                self.errors += 1
                return
            if count:
                on_batch(self._batch)
            if count < SLOTS:
                return
