"""What the server proposes for the hours log when a meeting is over: an entry per pair and day. Pure.

A pair's time is when both were there. What somebody has spent in two meetings at once, with two pages, is the earlier
one's: nobody is at two places. Measured is what was; how gaps and seconds are dealt with is the programme's policy, and
shows in what is credited.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from protocol.hours import ContactType
from protocol.roles import RoomKind
from server.hours.intervals import Interval, Intervals, by_day, first_instant, overlap, shifted, total, union, without
from server.hours.log.steps import Measurement
from server.hours.policy import HoursPolicy, Rounding

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPresence:
    """Who was in a meeting, and when, on its clock."""

    meeting_id: str
    room_kind: RoomKind
    opened_at: int
    node_id: str
    clock_offset: int | None
    """Subtracted from its instants, it makes those of one node's meetings comparable; `None`: they are not."""
    present: Mapping[str, Intervals]
    """By person."""
    observers: Collection[str]
    """Who was there to observe, if only for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairInMeeting:
    """A pair that may have been in a meeting."""

    pair_id: str
    mentee_id: str
    mentor_on: Callable[[date], str | None]
    """Who is the mentor on a day: the pair's, or a substitute. `None`: it is no pair on that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a pair has done together on a day, in one meeting."""

    entry_id: str
    pair_id: str
    meeting_id: str
    day: date
    found: Measurement


@dataclass(frozen=True, slots=True)
class SharedTime:
    """When two people were in a meeting at once, on a day."""

    together: Intervals
    counted_elsewhere: Intervals
    """Of it, what counts for an earlier meeting that both were in, too."""


def propose(
    meeting: MeetingPresence,
    others: Collection[MeetingPresence],
    pairs: Iterable[PairInMeeting],
    policy: HoursPolicy,
    zone: tzinfo,
) -> list[Proposal]:
    """Return what pairs have done together in a meeting, by day; also what is too little to be proposed.

    `others` are meetings that may have gone on at the same time.
    """
    inside = meeting.present.keys()
    shared = (other for other in others if len(inside & other.present.keys()) > 1)
    earlier = [other for other in shared if comes_before(other, meeting)]
    everything = union(interval for present in meeting.present.values() for interval in present)
    days = [_Day(day, zone) for day in by_day(everything, zone)]
    found = []
    for pair in pairs:
        for day in days:
            mentor_id = pair.mentor_on(day.date)
            if mentor_id is None or mentor_id == pair.mentee_id:
                continue
            both = mentor_id, pair.mentee_id
            measured = day.part(_together(meeting, earlier, both, grace=0))
            if not measured:
                continue
            credited = day.part(_together(meeting, earlier, both, grace=policy.grace_s * 1_000))
            found.append(
                Proposal(
                    entry_id=entry_id_of(pair.pair_id, meeting.meeting_id, day.date),
                    pair_id=pair.pair_id,
                    meeting_id=meeting.meeting_id,
                    day=day.date,
                    found=Measurement(
                        mentor_id=mentor_id,
                        contact_type=_contact_type(meeting, both, measured),
                        measured_ms=total(measured),
                        credited_minutes=credited_minutes(total(credited), policy),
                    ),
                )
            )
    return found


def minutes_left(entry_id: str, credited: Mapping[str, int], policy: HoursPolicy) -> int:
    """Return how many minutes an entry can have, where its pair's entries of the day are credited so many, by id.

    Whoever comes later gets what is left.
    """
    others = sum(minutes for other_id, minutes in credited.items() if other_id != entry_id)
    return max(0, policy.minutes_per_day_limit - others)


def shared_time(
    meeting: MeetingPresence,
    others: Collection[MeetingPresence],
    both: tuple[str, str],
    day: date,
    zone: tzinfo,
) -> SharedTime:
    """Return where what was measured of two people on a day comes from."""
    earlier = [other for other in others if comes_before(other, meeting)]
    together = _Day(day, zone).part(_overlap(meeting, both, 0))
    return SharedTime(together, overlap(together, _elsewhere(meeting, earlier, both, 0)))


def counted_time(
    meeting: MeetingPresence,
    others: Collection[MeetingPresence],
    both: tuple[str, str],
    day: date,
    zone: tzinfo,
    policy: HoursPolicy,
) -> Intervals:
    """Return when the minutes were that two people are credited for a meeting and day, gaps filled, on its clock."""
    earlier = [other for other in others if comes_before(other, meeting)]
    return _Day(day, zone).part(_together(meeting, earlier, both, grace=policy.grace_s * 1_000))


def entry_id_of(pair_id: str, meeting_id: str, day: date) -> str:
    """Return the id of a pair's entry for a meeting and a day: always the same, so that no entry is proposed twice."""
    said = "\n".join((pair_id, meeting_id, day.isoformat()))
    return f"entry_{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def credited_minutes(length: int, policy: HoursPolicy) -> int:
    """Return how many minutes a policy credits a pair for so many milliseconds of a day."""
    return min(whole_minutes(length, policy), policy.minutes_per_day_limit)


def whole_minutes(length: int, policy: HoursPolicy) -> int:
    """Return how many minutes a policy makes of so many milliseconds; half a minute is rounded up."""
    rest = _MINUTE_MS // 2 if policy.rounding is Rounding.NEAREST else 0
    return (length + rest) // _MINUTE_MS


class _Day:
    """A day of the programme, on a meeting's clock."""

    def __init__(self, day: date, zone: tzinfo) -> None:
        self.date = day
        self._whole = (Interval(first_instant(day, zone), first_instant(day + timedelta(days=1), zone)),)

    def part(self, intervals: Intervals) -> Intervals:
        """Return what is on this day."""
        return overlap(intervals, self._whole)


def _together(
    meeting: MeetingPresence, earlier: Collection[MeetingPresence], both: tuple[str, str], *, grace: int
) -> Intervals:
    """Return when two people were in a meeting, without when they were in an earlier one."""
    return without(_overlap(meeting, both, grace), _elsewhere(meeting, earlier, both, grace))


def _elsewhere(
    meeting: MeetingPresence, earlier: Collection[MeetingPresence], both: tuple[str, str], grace: int
) -> Intervals:
    """Return when two people were in any earlier meeting, on the clock of this one."""
    if not earlier:
        return ()
    return union(
        interval
        for other in earlier
        if all(person_id in other.present for person_id in both)
        for interval in shifted(_overlap(other, both, grace), _offset(meeting) - _offset(other))
    )


def _overlap(meeting: MeetingPresence, both: tuple[str, str], grace: int) -> Intervals:
    one, other = (union(meeting.present.get(person_id, ()), grace=grace) for person_id in both)
    return overlap(one, other)


def comes_before(other: MeetingPresence, meeting: MeetingPresence) -> bool:
    """Tell whether `other` has begun first, at the same node: no two nodes were ever at work at once."""
    if other.node_id != meeting.node_id or other.clock_offset is None or meeting.clock_offset is None:
        return False
    mine = meeting.opened_at - meeting.clock_offset, meeting.meeting_id
    return (other.opened_at - other.clock_offset, other.meeting_id) < mine


def _offset(meeting: MeetingPresence) -> int:
    return meeting.clock_offset or 0


def _contact_type(meeting: MeetingPresence, both: tuple[str, str], together: Intervals) -> ContactType:
    if meeting.room_kind is RoomKind.LESSON or any(person_id in meeting.observers for person_id in both):
        return ContactType.OBSERVATION
    if len(meeting.present) == len(both):
        return ContactType.CONFERENCE
    company = union(
        interval for person_id, present in meeting.present.items() if person_id not in both for interval in present
    )
    # Somebody who looks in for a moment makes no group.
    is_group = total(overlap(together, company)) * 2 > total(together)
    return ContactType.GROUP if is_group else ContactType.CONFERENCE
