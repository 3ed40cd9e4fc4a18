"""A meeting's events: numbered, and the newest kept for pages that come back."""

from collections import deque

import msgspec
from msgspec.structs import replace

from protocol.events import RoomEvent


class EventRing:
    """Numbers events from 1 and remembers the newest, at most `size` of them and `max_bytes`; older are forgotten."""

    def __init__(self, size: int, max_bytes: int) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._encoder = msgspec.msgpack.Encoder()
        self._events: deque[tuple[RoomEvent, int]] = deque()
        """With the bytes that each takes on the wire."""
        self._bytes = 0
        self._seq = 0

    @property
    def seq(self) -> int:
        """Number of the newest event; 0 before the first."""
        return self._seq

    def append(self, event: RoomEvent) -> RoomEvent:
        """Return `event` with the next number."""
        self._seq += 1
        numbered = replace(event, seq=self._seq)
        length = len(self._encoder.encode(numbered))
        self._events.append((numbered, length))
        self._bytes += length
        while len(self._events) > self._size or self._bytes > self._max_bytes:
            self._bytes -= self._events.popleft()[1]
        return numbered

    def since(self, seq: int) -> tuple[RoomEvent, ...] | None:
        """Return every event after the one numbered `seq`, or `None` when some are forgotten or `seq` is not ours."""
        missing = self._seq - seq
        if missing < 0 or missing > len(self._events):
            return None
        start = len(self._events) - missing
        return tuple(event for index, (event, _) in enumerate(self._events) if index >= start)
