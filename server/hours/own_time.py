"""What of somebody's time their entries come to: an hour with several people at once is one hour of theirs. Pure.

Of entries whose times touch, what they share counts once, in the one that has most; what people have added or taken
away stays. Where it is not known any more when the two were there together, the longest entry of the meeting counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from protocol.hours import ContactType
from server.hours.intervals import Intervals, total, union
from server.hours.policy import HoursPolicy
from server.hours.proposals import credited_minutes, whole_minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntry:
    """An entry that counts, of whoever is asked about."""

    day: date
    meeting_id: str | None
    """`None`: entered by hand."""
    clock: str
    """Whose instants can be compared: those of one clock."""
    together: Intervals
    """When its minutes were, gaps filled, on this clock; empty: that is not known."""
    credited_minutes: int
    contact_type: ContactType


def minutes_of(entries: Iterable[OwnEntry], policy: HoursPolicy) -> dict[ContactType, int]:
    """Return how many minutes of somebody's time entries come to, by kind of contact."""
    minutes: dict[ContactType, int] = {}
    for group in _at_once(entries):
        rest = _minutes_of_group(group, policy)
        for entry in sorted(group, key=lambda one: -one.credited_minutes):
            part = min(rest, entry.credited_minutes)
            rest -= part
            minutes[entry.contact_type] = minutes.get(entry.contact_type, 0) + part
    return {contact_type: count for contact_type, count in minutes.items() if count}


def _at_once(entries: Iterable[OwnEntry]) -> Iterator[Sequence[OwnEntry]]:
    """Yield entries in groups, of which no two have any time in common."""
    unknown: dict[tuple[str, date], list[OwnEntry]] = {}
    known: dict[tuple[str, date], list[OwnEntry]] = {}
    for entry in entries:
        if entry.meeting_id is None:
            yield [entry]
        elif entry.together:
            known.setdefault((entry.clock, entry.day), []).append(entry)
        else:
            unknown.setdefault((entry.meeting_id, entry.day), []).append(entry)
    yield from unknown.values()
    for of_day in known.values():
        group: list[OwnEntry] = []
        until = 0
        for entry in sorted(of_day, key=lambda one: one.together[0].start):
            if group and entry.together[0].start >= until:
                yield group
                group = []
            until = max(until, entry.together[-1].end) if group else entry.together[-1].end
            group.append(entry)
        yield group


def _minutes_of_group(group: Sequence[OwnEntry], policy: HoursPolicy) -> int:
    credited = [entry.credited_minutes for entry in group]
    everything = union(interval for entry in group for interval in entry.together)
    measured = sum(credited_minutes(total(entry.together), policy) for entry in group)
    # A day's limit is one of a pair: several of them may come to more.
    own = whole_minutes(total(everything), policy) + sum(credited) - measured if everything else 0
    return min(sum(credited), max(own, *credited))
