"""One direction of a line: what becomes of each packet, and when it comes out. No sockets, no clock, no own chance."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

MAX_PACKETS = 8_192
"""On their way at the same time; more are lost, whatever the rate."""

PacketT = TypeVar("PacketT")


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a line does. The default does nothing. Raises `ValueError` for what no line can do."""

    loss: float = 0.0
    """Share of packets that are lost, 0 to 1."""
    burst_packets: float = 0.0
    """Mean length of a run of losses; 0: each packet is lost or not whatever happened to the one before."""
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """Each packet's delay is that much longer or shorter at most, all values being as likely, so that packets that
    follow each other closely overtake each other."""
    reorder: float = 0.0
    """Share of packets that are not delayed at all, and so overtake those before them."""
    rate_bits_per_s: float = 0.0
    """0: without limit. Only what is in the packets counts, no headers of UDP, IP or below."""
    queue_bytes: int = 64_000
    """What may wait for its turn when the rate is limited; a packet that does not fit is lost."""

    def __post_init__(self) -> None:
        if not (0 <= self.loss <= 1 and 0 <= self.reorder <= 1):
            raise ValueError("loss and reorder are shares of all packets, 0 to 1")
        if min(self.delay_s, self.jitter_s, self.rate_bits_per_s, self.queue_bytes) < 0:
            raise ValueError("a delay, a rate and a queue are not negative")
        if self.jitter_s > self.delay_s:
            raise ValueError("the jitter would let packets come out before they went in")
        if self.burst_packets and self.burst_packets < max(1.0, self.loss / (1 - self.loss) if self.loss < 1 else 1.0):
            raise ValueError("runs of losses this short cannot add up to that share")


class Line(Generic[PacketT]):
    """Takes packets at instants that never decrease, and gives out those that are due."""

    def __init__(self, impairment: Impairment, chance: Random) -> None:
        self.taken = 0
        self.lost = 0
        """By chance."""
        self.overflowed = 0
        """Lost because the queue, or the line, was full."""
        self._does = impairment
        self._chance = chance
        self._free_at = float("-inf")
        """When all that waits for its turn will have left."""
        self._was_lost = False
        self._under_way: list[tuple[float, int, PacketT]] = []
        """A heap by the instant of coming out; the running number keeps equal ones in order."""

    @property
    def next_at(self) -> float | None:
        """When the next packet comes out; `None` when there is none."""
        return self._under_way[0][0] if self._under_way else None

    def put(self, packet: PacketT, size: int, now: float) -> float | None:
        """Take a packet of `size` bytes at `now`; return when it will come out, or `None` when it is lost."""
        self.taken += 1
        if self._loses():
            self.lost += 1
            return None
        sent_at = self._queue(size, now)
        if sent_at is None or len(self._under_way) >= MAX_PACKETS:
            self.overflowed += 1
            return None
        comes_at = sent_at + self._delay()
        heapq.heappush(self._under_way, (comes_at, self.taken, packet))
        return comes_at

    def due(self, now: float) -> Iterator[PacketT]:
        """Give out what has arrived at `now`, in order of arrival."""
        while self._under_way and self._under_way[0][0] <= now:
            yield heapq.heappop(self._under_way)[2]

    def change(self, impairment: Impairment) -> None:
        """Do something else to packets from now on; those under way come when they were to."""
        self._does = impairment

    def clear(self) -> None:
        """Forget what is under way."""
        self._under_way.clear()

    def _loses(self) -> bool:
        """Decide by a Markov chain of two states, the losing and the passing one (Gilbert 1960)."""
        loss, burst = self._does.loss, self._does.burst_packets
        if not burst or loss in (0.0, 1.0):
            likelihood = loss
        elif self._was_lost:
            likelihood = 1 - 1 / burst
        else:
            likelihood = loss / (burst * (1 - loss))
        self._was_lost = self._chance.random() < likelihood
        return self._was_lost

    def _queue(self, size: int, now: float) -> float | None:
        """Return when the last bit has left by a line of limited rate; `None` when the queue is full."""
        rate = self._does.rate_bits_per_s
        if not rate:
            return now
        starts_at = max(now, self._free_at)
        if (starts_at - now) * rate / 8 + size > self._does.queue_bytes:
            return None
        self._free_at = starts_at + size * 8 / rate
        return self._free_at

    def _delay(self) -> float:
        does, chance = self._does, self._chance
        if does.reorder and chance.random() < does.reorder:
            return 0.0
        return does.delay_s + (chance.uniform(-does.jitter_s, does.jitter_s) if does.jitter_s else 0.0)
