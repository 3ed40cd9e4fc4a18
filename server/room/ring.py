"""A meeting's events: numbered, and the newest kept for pages that come back."""

from collections import deque

from msgspec.structs import replace

from protocol.events import RoomEvent


class EventRing:
    """Numbers events from 1 and remembers the newest `size` of them; older ones are forgotten."""

    def __init__(self, size: int) -> None:
        self._events: deque[RoomEvent] = deque(maxlen=size)
        self._seq = 0

    @property
    def seq(self) -> int:
        """Number of the newest event; 0 before the first."""
        return self._seq

    def append(self, event: RoomEvent) -> RoomEvent:
        """Return `event` with the next number."""
        self._seq += 1
        numbered = replace(event, seq=self._seq)
        self._events.append(numbered)
        return numbered

    def since(self, seq: int) -> tuple[RoomEvent, ...] | None:
        """Return every event after the one numbered `seq`, or `None` when some are forgotten or `seq` is not ours."""
        missing = self._seq - seq
        if missing < 0 or missing > len(self._events):
            return None
        start = len(self._events) - missing
        return tuple(event for index, event in enumerate(self._events) if index >= start)
