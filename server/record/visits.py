"""Who was in a meeting from when until when, and which of that somebody may know.

The room keeps the place of a participant whose line is lost, so that is one visit. Observers are announced in the room
to whoever is there; the record tells of them to nobody else, but to hosts and coordinators. Pure.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from protocol.roles import RoomRole
from server.store.meetings import Attendance


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody's time in a meeting without a break."""

    person_id: str
    name: str
    is_observing: bool
    came_at: int
    went_at: int | None
    """`None`: still there."""


def visits_of(attendance: Iterable[Attendance], closed_at: int | None) -> list[Visit]:
    """Return the visits to one meeting, in order of coming; whose end is not known went when it was `closed_at`."""
    visits = [
        Visit(
            person_id=one.person_id,
            name=one.name,
            is_observing=one.room_role is RoomRole.OBSERVER,
            came_at=one.joined_at,
            went_at=closed_at if one.left_at is None else one.left_at,
        )
        for one in attendance
    ]
    return _united(visits, lambda visit: (visit.person_id, visit.is_observing))


def visits_seen_by(person_id: str, visits: Sequence[Visit], *, sees_everybody: bool) -> list[Visit]:
    """Leave out the observers of whom this person was not told in the room; a person's visits are apart then."""
    own = _united((visit for visit in visits if visit.person_id == person_id), lambda visit: visit.person_id)
    came = [visit.came_at for visit in own]

    def is_seen(visit: Visit) -> bool:
        if sees_everybody or not visit.is_observing:
            return True
        # Of one's own, which are apart, the last that began before this one was over.
        count = len(own) if visit.went_at is None else bisect_right(came, visit.went_at)
        return count > 0 and not _is_before(own[count - 1].went_at, visit.came_at)

    return _united(filter(is_seen, visits), lambda visit: visit.person_id)


def _united(visits: Iterable[Visit], key: Callable[[Visit], object]) -> list[Visit]:
    """Make one of what overlaps or touches, of each key."""
    last: dict[object, int] = {}
    united: list[Visit] = []
    for visit in sorted(visits, key=lambda one: (one.came_at, one.person_id, one.is_observing)):
        index = last.get(key(visit))
        if index is None or _is_before(united[index].went_at, visit.came_at):
            last[key(visit)] = len(united)
            united.append(visit)
        else:
            went_at = _later(united[index].went_at, visit.went_at)
            united[index] = replace(united[index], went_at=went_at)
    return united


def _is_before(went_at: int | None, at: int) -> bool:
    return went_at is not None and went_at < at


def _later(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)
