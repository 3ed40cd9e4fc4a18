"""A room's audio slots: a few streams whose SSRCs never change, whoever speaks in them.

`AudioSlots` says who is in which slot, `SlotRewriter` makes one continuous RTP stream of a slot's changing speakers,
and `History` keeps the last packets of a publisher without a slot, so that who gets one is heard from the start:

    without a slot:  history.put(packet, now)
    gets a slot:     rewriter.change()
                     for packet, came_at in history.take(now): send(rewriter.rewrite(packet..., came_at))
    has a slot:      send(rewriter.rewrite(packet..., now)), unless that is `None`

What is given to a rewriter between two calls of `change` must be one speaker's. Pure: time is an argument (seconds of
a monotonic clock).
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from server.media.worker.arrangement import Packet
from server.media.worker.gaps import MAX_GAP, SOUND_PER_S, Gaps

CLOCK_RATE = 48_000
"""Of Opus, whatever its bandwidth (RFC 7587 section 4.1)."""
HISTORY_S = 0.1
HISTORY_PACKETS = 12
"""At most. Packets of 10 ms, the shortest that browsers send, are ten in `HISTORY_S`."""
_USUAL_FRAME = CLOCK_RATE // 50
_LONGEST_FRAME = CLOCK_RATE * 120 // 1000
"""RFC 7587 section 4.2. A longer step between two packets is silence, not a frame."""
_LONGEST_SILENCE = CLOCK_RATE * 5
"""What the timestamp may advance by beyond the time that has passed: packets that a line held up come all at once."""
_TIMESTAMPS = 1 << 32


class AudioSlots:
    """Who is in which slot, changed as little as possible."""

    def __init__(self, count: int) -> None:
        self.speakers: list[str | None] = [None] * count
        """By slot."""

    def assign(self, active: Sequence[str]) -> list[int]:
        """Put exactly the first speakers of `active` into the slots; return which slots have somebody else now.

        `active` is in order of importance, as from `Speakers.active`. Who is in stays where they are; who is new gets a
        slot that was free, else that of somebody who is no longer wanted. A slot that is only emptied is not returned.
        """
        wanted = dict.fromkeys(active[: len(self.speakers)])
        free = [slot for slot, speaker in enumerate(self.speakers) if speaker is None]
        for slot, speaker in enumerate(self.speakers):
            if speaker in wanted:
                del wanted[speaker]
            elif speaker is not None:
                self.speakers[slot] = None
                free.append(slot)
        changed = []
        for slot, speaker in zip(free, wanted, strict=False):
            self.speakers[slot] = speaker
            changed.append(slot)
        return changed


class Rewritten(NamedTuple):
    """A packet's place in the slot's stream."""

    sequence: int
    """Unbounded."""
    timestamp: int
    """32 bits."""
    is_first: bool
    """Of this speaker in this slot: it needs the marker bit, as a talkspurt begins (RFC 3551 section 4.1)."""


class SlotRewriter:
    """One stream of many speakers, one after the other.

    Within a speaker, sequence numbers and timestamps keep their distances: what was lost stays a gap and what comes
    late stays late, so that the receiver conceals it. At a change the sequence goes on without a gap, and the timestamp
    advances by the time that has passed, at least by one frame: a receiver drops what overlaps with what it played. A
    speaker's jump, which neither loss nor silence explains, is such a change, too: what one speaker does to the numbers
    must not make the slot useless to those who come after.
    """

    def __init__(self, sequence: int, timestamp: int, now: float) -> None:
        """The stream begins with these numbers, when something is sent `now`."""
        self._highest = sequence - 1
        self._timestamp = timestamp - _USUAL_FRAME
        self._at = now - _USUAL_FRAME / CLOCK_RATE
        """Timestamp and time of arrival of the packet `highest`."""
        self._frame = _USUAL_FRAME
        self._first: int | None = None
        self._sequence_offset = self._timestamp_offset = 0
        self._gaps = Gaps(SOUND_PER_S)

    @property
    def highest(self) -> int:
        """The highest sequence number so far, unbounded."""
        return self._highest

    def change(self) -> None:
        """Begin anew with the next packet: another speaker's, or the same one's after an interruption."""
        self._first = None

    def rewrite(self, sequence: int, timestamp: int, now: float) -> Rewritten | None:
        """Return the place of a speaker's packet that came at `now`, or `None` when it is too late to have one.

        `sequence` is unbounded, `timestamp` the packet's own 32 bits. A packet from before the first one that was taken
        since the change is too late: its number belongs to somebody else. So is one from before all that is kept.
        """
        if self._first is not None and self._has_jumped(sequence, timestamp, now):
            self._first = None
        is_first = self._first is None
        if self._first is None:
            passed = max(self._frame, round((now - self._at) * CLOCK_RATE))
            self._timestamp_offset = self._timestamp + passed - timestamp
            self._sequence_offset = self._highest + 1 - sequence
            self._first = sequence
        elif sequence < max(self._first, self._highest - self._sequence_offset - MAX_GAP):
            return None
        number = sequence + self._sequence_offset
        slot_timestamp = (timestamp + self._timestamp_offset) % _TIMESTAMPS
        if number > self._highest:
            step = (slot_timestamp - self._timestamp) % _TIMESTAMPS
            if number == self._highest + 1 and not is_first and 0 < step <= _LONGEST_FRAME:
                self._frame = step
            self._highest, self._timestamp, self._at = number, slot_timestamp, now
        return Rewritten(number, slot_timestamp, is_first)

    def _has_jumped(self, sequence: int, timestamp: int, now: float) -> bool:
        """Tell whether a packet ahead of all others is too far ahead of them, or its timestamp not ahead."""
        missing = sequence + self._sequence_offset - self._highest - 1
        if missing < 0:
            return False
        step = (timestamp + self._timestamp_offset - self._timestamp) % _TIMESTAMPS
        passed = max(0, round((now - self._at) * CLOCK_RATE))
        return not 0 < step <= passed + _LONGEST_SILENCE or not self._gaps.take(missing, now)

    def timestamp_at(self, now: float) -> int:
        """Return the stream's timestamp at a moment, for sender reports: 32 bits."""
        return (self._timestamp + round((now - self._at) * CLOCK_RATE)) % _TIMESTAMPS


class History:
    """The last 100 ms of packets of one publisher, in the order in which they came."""

    def __init__(self) -> None:
        self._packets: deque[tuple[Packet, float]] = deque(maxlen=HISTORY_PACKETS)

    def put(self, packet: Packet, now: float) -> None:
        """Keep a packet that came just now. The oldest goes when there are too many."""
        self._packets.append((packet, now))

    def recent(self, now: float) -> list[tuple[Packet, float]]:
        """Return the packets that are not too old, by sequence number, with when they came."""
        recent = [held for held in self._packets if now - held[1] <= HISTORY_S]
        recent.sort(key=lambda held: held[0].sequence)
        return recent

    def take(self, now: float) -> list[tuple[Packet, float]]:
        """Do the same, and keep none."""
        recent = self.recent(now)
        self._packets.clear()
        return recent
