"""Who was how long in a meeting, worked out from what was recorded. Pure.

Each connection speaks for itself: what it says of media counts while it lasts. A person's time is the union over all
of theirs, so that whatever is told twice counts once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.hours.intervals import Interval, Intervals, overlap, total, union
from server.room.feature import Activity
from server.store.attendance import AttendanceRecord, ConnectionHistory, MeetingHistory

JOINED = "joined"
CRASHED = "crashed"
"""What ends the connections of a node that died."""
SPOKE = "spoke"
ENDINGS = frozenset({"left", "lost", "removed", "ended", CRASHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """A person's time in a meeting, on its clock. Everything else is within `present`."""

    first_at: int
    last_at: int
    present: Intervals
    media: Intervals
    """Sound or pictures could come and go: they heard and saw what went on."""
    microphone: Intervals
    camera: Intervals
    """Or a shared screen."""
    spoke_ms: int


def begins(activity: Activity) -> str:
    """Return the kind of event that an activity begins with."""
    return f"{activity}_on"


def ends(activity: Activity) -> str:
    """Return the kind of event that an activity ends with."""
    return f"{activity}_off"


_BEGINNINGS = {begins(activity): activity for activity in Activity}
_ENDS = {ends(activity): activity for activity in Activity}


def attendance_of(history: MeetingHistory) -> Mapping[str, Attendance]:
    """Return everybody's time by person, in order of coming; of those, too, who were gone at once."""
    by_person: dict[str, list[ConnectionHistory]] = {}
    for connection in history.connections:
        by_person.setdefault(connection.person_id, []).append(connection)
    return {person_id: _attendance(connections) for person_id, connections in by_person.items()}


def records_of(attendance: Mapping[str, Attendance]) -> Sequence[AttendanceRecord]:
    """Return the sums that are kept of everybody's time."""
    return [
        AttendanceRecord(
            person_id=person_id,
            first_at=each.first_at,
            last_at=each.last_at,
            present_ms=total(each.present),
            media_ms=total(each.media),
            microphone_ms=total(each.microphone),
            camera_ms=total(each.camera),
            spoke_ms=each.spoke_ms,
        )
        for person_id, each in attendance.items()
    ]


def _attendance(connections: Sequence[ConnectionHistory]) -> Attendance:
    told = [_told(connection) for connection in connections]

    def during(parts: Callable[[_Told], Intervals]) -> Intervals:
        return parts(told[0]) if len(told) == 1 else union(part for one in told for part in parts(one))

    return Attendance(
        first_at=min([one.stay.start for one in told]),
        last_at=max([one.stay.end for one in told]),
        present=union([one.stay for one in told]),
        media=during(lambda one: one.active[Activity.MEDIA]),
        microphone=during(lambda one: one.active[Activity.MICROPHONE]),
        camera=during(lambda one: one.active[Activity.CAMERA]),
        spoke_ms=total(during(lambda one: one.spoke)),
    )


class _Told(NamedTuple):
    """What one connection tells."""

    stay: Interval
    """From when until when it lasted, as far as it is known."""
    active: Mapping[Activity, Intervals]
    spoke: Intervals
    """Stretches as long as somebody spoke: when exactly, within some seconds, is not kept."""


def _told(connection: ConnectionHistory) -> _Told:
    """Read the events of a connection, once: there are millions."""
    starts: list[int] = []
    ended: list[int] = [] if connection.left_at is None else [connection.left_at]
    since: dict[Activity, int] = {}
    active: dict[Activity, list[Interval]] = {activity: [] for activity in Activity}
    spoke: list[Interval] = []
    for _, kind, at, length_ms, _ in connection.events:
        if (begun := _BEGINNINGS.get(kind)) is not None:
            since.setdefault(begun, at)
        elif (over := _ENDS.get(kind)) is not None:
            start = since.pop(over, None)
            if start is not None:
                active[over].append(Interval(start, max(start, at)))
        elif kind == SPOKE:
            if length_ms is not None:
                spoke.append(Interval(at - max(0, length_ms), at))
        elif kind == JOINED:
            starts.append(at)
        elif kind in ENDINGS:
            ended.append(at)
    came_at = min(starts, default=connection.joined_at)
    # Of several endings the earliest is believed: no time is invented.
    stay = Interval(came_at, max(came_at, min(ended, default=connection.last_seen_at)))
    for activity, start in since.items():  # what did not end before the connection did ended with it
        active[activity].append(Interval(start, max(start, stay.end)))
    within = {activity: overlap(union(parts), (stay,)) for activity, parts in active.items()}
    return _Told(stay, within, overlap(union(spoke), (stay,)))
