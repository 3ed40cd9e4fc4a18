"""A school year of meetings, invented day by day: who was where, and what their connections did. Pure.

The same plan gives the same year. It has what real ones have: who comes late, lines that are lost and come back, second
tabs, and servers that die.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from protocol.roles import RoomKind

MENTEES_EACH = 10
LARGE_CASELOAD = 80
_GROUP = 6
"""Mentees in a group."""
_SECOND_MS = 1_000
_MINUTE_MS = 60_000
_WINTER_BREAK_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a year is, and when it ends."""

    pairs: int
    days: int
    """With school: Mondays to Fridays, without a winter break after half of them."""
    last_day: date
    zone: tzinfo
    seed: int = 1

    @property
    def caseloads(self) -> tuple[int, ...]:
        """Return how many mentees each mentor has: a twentieth of the mentors of large programmes has very many."""
        large = self.pairs // 500
        rest = self.pairs - large * LARGE_CASELOAD
        usual = [MENTEES_EACH] * (rest // MENTEES_EACH)
        return (*[LARGE_CASELOAD] * large, *usual, *([rest % MENTEES_EACH] if rest % MENTEES_EACH else []))

    @property
    def school_days(self) -> tuple[date, ...]:
        """Return the days with school, oldest first."""
        found: list[date] = []
        day = self.last_day
        while len(found) < self.days:
            if day.weekday() < 5:
                found.append(day)
                if len(found) == self.days // 2:
                    day -= timedelta(days=_WINTER_BREAK_DAYS)
            day -= timedelta(days=1)
        return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Pair:
    """A mentor and one of their mentees, by number: each sort of people is counted from 0."""

    mentor: int
    mentee: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a connection's history tells."""

    kind: str
    at: int
    length_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of somebody. The last of its happenings ends it."""

    happenings: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in a meeting."""

    is_mentor: bool
    number: int
    connections: tuple[Connection, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting. Rooms are counted for each kind, from 0."""

    room_kind: RoomKind
    room: int
    opened_at: int
    closed_at: int
    visitors: tuple[Visitor, ...]


def pairs_of(plan: Plan) -> list[Pair]:
    """Return all pairs, mentor by mentor; each mentee is in one of them."""
    mentors = [mentor for mentor, count in enumerate(plan.caseloads) for _ in range(count)]
    return [Pair(mentor, mentee) for mentee, mentor in enumerate(mentors)]


def meetings_of(plan: Plan) -> Iterator[tuple[date, list[Meeting]]]:
    """Yield the meetings of each school day: a fifth of the pairs alone, and five ninths of the groups."""
    dice = random.Random(plan.seed)  # noqa: S311 - an invented year keeps no secret
    groups = _groups(plan)
    pairs = pairs_of(plan)
    for number, day in enumerate(plan.school_days):
        morning = round(datetime.combine(day, time(8), plan.zone).timestamp() * _SECOND_MS)
        meetings = [
            _meeting(dice, RoomKind.ONE_TO_ONE, pair.mentor, morning + dice.randrange(480) * _MINUTE_MS, 40, [pair])
            for pair in pairs[number % 5 :: 5]
        ]
        meetings += [
            _meeting(dice, RoomKind.ROUND_UP, group[0].mentor, morning + dice.randrange(480) * _MINUTE_MS, 20, group)
            for index, group in enumerate(groups)
            if (index + number) % 9 < 5
        ]
        yield day, meetings


def _groups(plan: Plan) -> list[list[Pair]]:
    """Return the mentees of each mentor in groups."""
    pairs = pairs_of(plan)
    found: list[list[Pair]] = []
    first = 0
    for count in plan.caseloads:
        own = pairs[first : first + count]
        found += [own[start : start + _GROUP] for start in range(0, count, _GROUP)]
        first += count
    return found


def _meeting(
    dice: random.Random, kind: RoomKind, room: int, starts_at: int, minutes: int, pairs: Sequence[Pair]
) -> Meeting:
    ends_at = starts_at + minutes * _MINUTE_MS
    has_crashed = dice.random() < 0.005
    visitors = [_visitor(dice, pairs[0].mentor, starts_at, ends_at, is_mentor=True, has_crashed=has_crashed)]
    visitors += [
        _visitor(dice, pair.mentee, starts_at, ends_at, is_mentor=False, has_crashed=has_crashed)
        for pair in pairs
        if dice.random() < 0.96
    ]
    moments = [one.at for who in visitors for each in who.connections for one in each.happenings]
    return Meeting(kind, room, min(moments), max(moments), tuple(visitors))


def _visitor(
    dice: random.Random, number: int, starts_at: int, ends_at: int, *, is_mentor: bool, has_crashed: bool
) -> Visitor:
    came_at = starts_at + round(dice.gauss(1, 2) * _MINUTE_MS)
    went_at = max(came_at + _MINUTE_MS, ends_at + round(dice.gauss(0, 1.5) * _MINUTE_MS))
    ending = "crashed" if has_crashed else "left"
    connections = []
    if dice.random() < 0.08:  # the line is lost, and comes back
        lost_at = dice.randrange(came_at + _SECOND_MS, went_at)
        back_at = min(went_at - 1, lost_at + dice.randrange(2, 90) * _SECOND_MS)
        connections.append(_connection(dice, came_at, lost_at, "lost"))
        came_at = max(back_at, lost_at)
    connections.append(_connection(dice, came_at, max(went_at, came_at), ending))
    if dice.random() < 0.03:  # a second tab for a while
        opened_at = dice.randrange(came_at, went_at) if went_at > came_at else came_at
        connections.append(_connection(dice, opened_at, went_at, ending, has_media=False))
    return Visitor(is_mentor, number, tuple(connections))


def _connection(dice: random.Random, came_at: int, went_at: int, ending: str, *, has_media: bool = True) -> Connection:
    happenings = [Happening("joined", came_at)]
    length = went_at - came_at
    if has_media and length > _MINUTE_MS:
        talks = sorted(came_at + 5_000 + dice.randrange(length - 10_000) for _ in range(dice.randrange(1, 5)))
        middle = [Happening("media_on", came_at + 1_500), Happening("microphone_on", came_at + 1_600)]
        if dice.random() < 0.8:
            middle += [Happening("camera_on", came_at + 1_700), Happening("camera_off", went_at - 300)]
        since = [came_at + 1_600, *talks]
        middle += [
            Happening("spoke", at, min(at - before, dice.randrange(5_000, _MINUTE_MS)))
            for before, at in pairwise(since)
            if at > before
        ]
        middle += [Happening("microphone_off", went_at - 200), Happening("media_off", went_at - 100)]
        happenings += sorted(middle, key=lambda one: one.at)
    return Connection((*happenings, Happening(ending, went_at)))
