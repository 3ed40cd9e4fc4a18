"""What people know of their own time by a clock that nobody sets, to be compared with what was recorded of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[float, float]
"""From an instant to another, in seconds."""


@dataclass(slots=True)
class Visit:
    """A connection to a meeting, as its page knows it, in monotonic seconds."""

    meeting_id: str
    asked_at: float
    """The page has asked to come in: the server cannot have let it in before."""
    joined_at: float
    """The page was told that it is inside: the server has let it in by then."""
    gone_at: float | None = None
    """The page has noticed that the connection is gone: the server cannot have heard it after."""

    @property
    def possible(self) -> Span:
        """All the time that may be recorded."""
        return self.asked_at, self.asked_at if self.gone_at is None else self.gone_at

    def certain(self, ends: Iterable[float]) -> Span:
        """Return the time that was spent inside for sure: up to the first end of the server, or of the connection."""
        last = self.joined_at if self.gone_at is None else self.gone_at
        return self.joined_at, max(self.joined_at, min([end for end in ends if end >= self.joined_at] + [last]))


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with those that touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif end > start:
            found.append((start, end))
    return found


def overlap(one: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """Return when both were there."""
    second = union(other)
    return union(
        (max(start, from_), min(end, to))
        for start, end in union(one)
        for from_, to in second
        if start < to and from_ < end
    )


def total(spans: Iterable[Span]) -> float:
    """Return how long spans are together, in seconds; what lies in two of them counts once."""
    return sum(end - start for start, end in union(spans))


@dataclass(frozen=True, slots=True)
class Account:
    """What somebody's time, or two people's time together, was in one meeting, and what was recorded of it: seconds."""

    certain_s: float
    possible_s: float
    recorded_s: float

    @property
    def lost_s(self) -> float:
        """What is missing; 0 when nothing is."""
        return max(0.0, self.certain_s - self.recorded_s)

    @property
    def invented_s(self) -> float:
        """What cannot have been; 0 when nothing is."""
        return max(0.0, self.recorded_s - self.possible_s)


def person_account(visits: Sequence[Visit], ends: Sequence[float], recorded_s: float) -> Account:
    """Compare somebody's time in a meeting."""
    return Account(total(one.certain(ends) for one in visits), total(one.possible for one in visits), recorded_s)


def pair_account(one: Sequence[Visit], other: Sequence[Visit], ends: Sequence[float], recorded_s: float) -> Account:
    """Compare what two people have spent together."""
    certain = overlap([visit.certain(ends) for visit in one], [visit.certain(ends) for visit in other])
    possible = overlap([visit.possible for visit in one], [visit.possible for visit in other])
    return Account(total(certain), total(possible), recorded_s)
