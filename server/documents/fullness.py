"""How much is in a document, and whether there is room for more. Pure.

Bytes and the time that loading takes are known whenever it was loaded. Shared types are counted only when they matter:
that takes reading all of it.
"""

from dataclasses import dataclass

from protocol.documents import MAX_DOCUMENT_BYTES, DocumentHealth

MAX_TYPES = 10_000
"""Shared types in a document: strokes, paragraphs, list items. One of seven bytes takes 600 in memory; and if each were
within the one before, deleting the outermost would overflow the library's stack, which ends the process: it bears twice
as many."""
MAX_LOAD_S = 3.0
"""Of the processor's time, to put a document together. What takes longer was made to, and nothing is added to it."""
_LOADED_AGAIN_S = 1.0
_USUAL_S, _USUAL_STEP_S = 0.002, 0.000_05
"""To integrate a change, and for each step of that. What takes longer makes loading the document take longer, too."""
_NEARLY_FULL = 0.8


@dataclass(frozen=True, slots=True)
class Mark:
    """How much there was at a moment."""

    loads: int
    further_bytes: int
    types: int | None
    has_many_types: bool
    """So many that it is worth counting how many of them were deleted since."""


class Fullness:
    """What is known of one document since it was loaded."""

    def __init__(self) -> None:
        self.loads = 0
        """How often that was."""
        self.load_s = 0.0
        """Of the processor's time, the last time."""
        self.whole_bytes = 0
        """Of the snapshot."""
        self.further_bytes = 0
        """Of the changes after it."""
        self._types: int | None = None
        """At most so many shared types there are; `None`: to be counted, when it matters."""
        self._types_before = 0
        """As they were known before it was loaded again."""
        self._unusual_s = 0.0
        """Of the processor's time, beyond what is usual for the changes since it was loaded."""

    @property
    def size(self) -> int:
        """At least so many bytes is the document as one update."""
        return self.whole_bytes + self.further_bytes

    @property
    def is_counted(self) -> bool:
        """Whether it is known how many shared types there are."""
        return self._types is not None

    @property
    def is_to_be_measured(self) -> bool:
        """Whether so much work was done since it was loaded that it has to be found out how long loading takes now."""
        return self._unusual_s > max(_LOADED_AGAIN_S, self.load_s)

    @property
    def health(self) -> DocumentHealth:
        """Return how full it is."""
        fullness = max(self.size / MAX_DOCUMENT_BYTES, self._known_types / MAX_TYPES, self.load_s / MAX_LOAD_S)
        if fullness >= 1:
            return DocumentHealth.FULL
        return DocumentHealth.NEARLY_FULL if fullness >= _NEARLY_FULL else DocumentHealth.GOOD

    def has_room(self, before_bytes: int, types: int) -> bool:
        """Tell whether something may be added, after so many bytes, with which so many shared types come in all."""
        is_slow = self.load_s > MAX_LOAD_S
        return not is_slow and self.size + before_bytes < MAX_DOCUMENT_BYTES and (self._types or 0) + types <= MAX_TYPES

    def on_loaded(self, whole_bytes: int, further_bytes: int, load_s: float) -> None:
        """Begin anew with what is stored."""
        self._types_before, self._types = self._known_types, None
        self.whole_bytes, self.further_bytes = whole_bytes, further_bytes
        self.load_s, self._unusual_s = load_s, 0.0
        self.loads += 1

    def on_worked(self, effort_s: float, steps: int) -> None:
        """Take note of how much of the processor a change of so many steps took."""
        self._unusual_s += max(0.0, effort_s - _USUAL_S - _USUAL_STEP_S * steps)

    def on_added(self, size: int, types: int) -> None:
        """Take note of a change of so many bytes that is kept, with so many shared types."""
        self.further_bytes += size
        if self._types is not None:
            self._types += types

    def on_counted(self, types: int) -> None:
        """Take note of how many shared types there are."""
        self._types = types

    def mark(self) -> Mark:
        """Return how much there is now, for a snapshot that is about to be kept."""
        has_many_types = self._known_types >= MAX_TYPES * _NEARLY_FULL
        return Mark(self.loads, self.further_bytes, self._types, has_many_types)

    def on_snapshot(self, mark: Mark, whole_bytes: int) -> None:
        """Take note of a snapshot of what there was at `mark`."""
        if mark.loads == self.loads:  # else the bytes are of what was stored when it was loaded again
            self.whole_bytes = whole_bytes
            self.further_bytes -= mark.further_bytes

    def on_counted_again(self, mark: Mark, types: int) -> None:
        """Take note of how many shared types there were at `mark`: some may have been deleted."""
        if mark.loads != self.loads or (mark.types is None and self._types is not None):
            return  # counted anew meanwhile, or about to be
        self._types = types + (self._types or 0) - (mark.types or 0)

    @property
    def _known_types(self) -> int:
        return self._types_before if self._types is None else self._types
