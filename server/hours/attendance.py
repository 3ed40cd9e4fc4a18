"""Who was how long in a meeting, worked out from what was recorded. Pure.

Each connection speaks for itself: what it says of media counts while it lasts. A person's time is the union over all
of theirs, so that whatever is told twice counts once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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


def stay_of(connection: ConnectionHistory) -> Interval:
    """Return from when until when a connection lasted, as far as it is known."""
    start = min((event.at for event in connection.events if event.kind == JOINED), default=connection.joined_at)
    endings = [event.at for event in connection.events if event.kind in ENDINGS]
    if connection.left_at is not None:
        endings.append(connection.left_at)
    # Of several the earliest is believed: no time is invented.
    end = min(endings, default=connection.last_seen_at)
    return Interval(start, max(start, end))


def _attendance(connections: Sequence[ConnectionHistory]) -> Attendance:
    stays = [(connection, stay_of(connection)) for connection in connections]

    def during(activity: Activity) -> Intervals:
        return union(part for connection, stay in stays for part in _clipped(_active(connection, activity, stay), stay))

    return Attendance(
        first_at=min(stay.start for _, stay in stays),
        last_at=max(stay.end for _, stay in stays),
        present=union(stay for _, stay in stays),
        media=during(Activity.MEDIA),
        microphone=during(Activity.MICROPHONE),
        camera=during(Activity.CAMERA),
        spoke_ms=total(union(part for connection, stay in stays for part in _clipped(_spoke(connection), stay))),
    )


def _active(connection: ConnectionHistory, activity: Activity, stay: Interval) -> Iterator[Interval]:
    """Yield when an activity was on; what did not end before the connection did ended with it."""
    since: int | None = None
    for event in connection.events:
        if event.kind == begins(activity) and since is None:
            since = event.at
        elif event.kind == ends(activity) and since is not None:
            yield Interval(since, max(since, event.at))
            since = None
    if since is not None:
        yield Interval(since, max(since, stay.end))


def _spoke(connection: ConnectionHistory) -> Iterator[Interval]:
    """Yield stretches as long as somebody spoke: when exactly, within some seconds, is not kept."""
    for event in connection.events:
        if event.kind == SPOKE and event.length_ms is not None:
            yield Interval(event.at - max(0, event.length_ms), event.at)


def _clipped(intervals: Iterable[Interval], stay: Interval) -> Intervals:
    return overlap(union(intervals), (stay,))
