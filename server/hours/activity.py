"""What a participant does, told in few events however often they change their mind. Pure: no clock, no store."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

from server.hours.attendance import SPOKE, begins, ends
from server.room.feature import Activity

_SWITCHED = (Activity.MEDIA, Activity.MICROPHONE, Activity.CAMERA)


TALK_TOLD_EVERY_MS = 60_000
"""How much somebody has talked is a number, not a moment: a row of it a minute is enough."""


@dataclass(frozen=True, slots=True)
class Doing:
    """An event to be."""

    kind: str
    at: int
    length_ms: int | None = None


class ActivityNotes:
    """Collects what one participant does until it is told, which is done once every heartbeat.

    Of each activity two events are told at most, and the time that it was on is what it was. Talk is told of once a
    minute, and at the end.
    """

    def __init__(self) -> None:
        self.has_news = False
        """Whether `take` has anything to look at: of thousands, most people do nothing new between two heartbeats."""
        self._switches = {activity: _Switch() for activity in _SWITCHED}
        self._talking_since: int | None = None
        self._talked_ms = 0
        self._talk_told_at = 0

    def change(self, activities: Set[Activity], at: int) -> None:
        """Take note of all that they do from `at` on."""
        self.has_news = True
        for activity, switch in self._switches.items():
            switch.set(activity in activities, at)
        self._add_talk(at)
        self._talking_since = at if Activity.TALKING in activities else None

    def take(self, at: int, *, is_last: bool = False) -> list[Doing]:
        """Return what is to be told of the time up to `at`, in order; with `is_last` all of it."""
        told = [doing for activity, switch in self._switches.items() for doing in switch.take(activity)]
        self._add_talk(at)
        if self._talked_ms > 0 and (is_last or at >= self._talk_told_at + TALK_TOLD_EVERY_MS):
            told.append(Doing(SPOKE, at, self._talked_ms))
            self._talked_ms, self._talk_told_at = 0, at
        self.has_news = self._talking_since is not None or self._talked_ms > 0
        return sorted(told, key=lambda doing: doing.at)

    def _add_talk(self, at: int) -> None:
        if self._talking_since is not None:
            self._talked_ms += max(0, at - self._talking_since)
            self._talking_since = at


class _Switch:
    """One activity: on or off, and between the first and the last change that are not told yet, on for so long."""

    def __init__(self) -> None:
        self._is_told_on = self._is_on = False
        self._first_at: int | None = None
        self._last_at = 0
        self._on_ms = 0

    def set(self, is_on: bool, at: int) -> None:
        if is_on == self._is_on:
            return
        if self._first_at is None:
            self._first_at = at
        elif self._is_on:
            self._on_ms += max(0, at - self._last_at)
        self._is_on, self._last_at = is_on, at

    def take(self, activity: Activity) -> Iterator[Doing]:
        """Yield the events of which the first one comes at the first change, the last one at the last."""
        first_at, self._first_at = self._first_at, None
        was_on, on_ms = self._is_told_on, self._on_ms
        self._is_told_on, self._on_ms = self._is_on, 0
        if first_at is None:
            return
        if was_on:
            yield Doing(ends(activity), first_at + on_ms)
            if self._is_on:
                yield Doing(begins(activity), self._last_at)
        elif self._is_on:
            yield Doing(begins(activity), self._last_at - on_ms)
        elif on_ms > 0:
            yield Doing(begins(activity), first_at)
            yield Doing(ends(activity), first_at + on_ms)
