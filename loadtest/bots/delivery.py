"""Whether every packet that was published reached a subscriber, told by the stamps in the payloads.

Sequence numbers cannot tell: an SFU rewrites them, and could hide what it never forwarded.
"""

_CHUNK = 4_096
MAX_INDEX = 1 << 22
"""Stamps beyond are ignored; at 60 packets a second that is 19 hours."""


class Delivery:
    """The packets of one publisher's stream that one subscriber has."""

    __slots__ = ("_seen", "strays")

    def __init__(self) -> None:
        self.strays = 0
        """Stamps that no publisher can have made."""
        self._seen = bytearray(_CHUNK)

    def note(self, index: int) -> bool:
        """Note that packet `index` is here; tell whether for the first time."""
        seen = self._seen
        if index >= len(seen):
            if index >= MAX_INDEX:
                self.strays += 1
                return False
            seen.extend(bytes((index // _CHUNK + 1) * _CHUNK - len(seen)))
        if seen[index]:
            return False
        seen[index] = 1
        return True

    def note_run(self, first: int, count: int) -> None:
        """Note that the packets `first` to `first + count - 1` are here."""
        end = min(first + count, MAX_INDEX)
        if end > len(self._seen):
            self._seen.extend(bytes((end // _CHUNK + 1) * _CHUNK - len(self._seen)))
        if 0 <= first < end:
            self._seen[first:end] = b"\x01" * (end - first)

    def count_missing(self, first: int, end: int) -> int:
        """Return how many of the packets `first` to `end - 1` are not here."""
        return end - first - self._seen.count(1, first, end)
