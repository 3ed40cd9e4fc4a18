"""Makes anew what is derived: attendance from what was recorded of presence, entries from the log.

The log itself is never made anew. Where its entries say otherwise than presence, that is told, and left to people.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from itertools import islice

from protocol.roles import RoomKind
from server.hours.attendance import attendance_of, records_of
from server.hours.policy import HoursPolicy
from server.hours.proposals import MeetingPresence, Proposal
from server.hours.proposer import presence_of, proposals_of
from server.store.attendance import AttendanceRecord, AttendanceRepository, MeetingHistory
from server.store.hours_facts import HoursFactsRepository
from server.store.hours_log import HoursLogRepository
from server.store.pairs import Pair
from server.store.rebuilding import Measured, MeetingSpan, RebuildRepository

_ENTRIES = 2_000
_MEETINGS = 200
"""At once, in memory and while one moment of the database is read."""
_BATCHES_AT_ONCE = 3
"""Are read ahead: the database is at work while one of them is gone through."""


@dataclass(frozen=True, slots=True)
class RebuiltEntries:
    """Entries that were made anew."""

    count: int
    changed: tuple[str, ...]
    """Ids of those that were not what the log says."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an entry says otherwise of a meeting than presence, or what has no entry."""

    meeting_id: str
    entry_id: str
    """Without an entry: that which it gets when it is proposed."""
    pair_id: str
    day: date
    kept_ms: int | None
    """What the log says was measured; `None`: there is no such entry."""
    found_ms: int


@dataclass(frozen=True, slots=True)
class RebuiltAttendance:
    """Meetings whose attendance was made anew."""

    count: int
    changed: tuple[str, ...]
    """Ids of those of which something else was kept."""
    differences: tuple[Difference, ...]


class Rebuilder:
    """Makes derived rows anew, in short transactions: a server may be at work meanwhile."""

    def __init__(
        self,
        log: HoursLogRepository,
        facts: HoursFactsRepository,
        attendance: AttendanceRepository,
        derived: RebuildRepository,
    ) -> None:
        self._log = log
        self._facts = facts
        self._attendance = attendance
        self._derived = derived

    async def rebuild_entries(self, advance: Callable[[int], None]) -> RebuiltEntries:
        """Make all entries anew from the log; `advance` is told how many more are done. Raises `StoreError`."""
        count, changed = 0, list[str]()
        after: str | None = ""
        while after is not None:
            batch = await self._log.rebuild(after, _ENTRIES)
            count += batch.count
            changed += batch.changed
            after = batch.up_to
            advance(batch.count)
        return RebuiltEntries(count, tuple(changed))

    async def spans(self) -> Sequence[MeetingSpan]:
        """Return the meetings, in the order in which they are gone through."""
        return await self._derived.spans()

    async def rebuild_attendance(
        self, spans: Sequence[MeetingSpan], advance: Callable[[int], None]
    ) -> RebuiltAttendance:
        """Make the attendance of meetings anew that are over, and compare what their entries say. Raises `StoreError`.

        What goes on is looked at, too: who is in two meetings at once is counted in the one that began first.
        """
        programme = await self._facts.programme()
        pairs = _Pairs(await self._facts.all_pairs())
        window = _Window()
        changed, differences = list[str](), list[Difference]()
        async with aclosing(self._read_ahead(spans)) as batches:
            async for read in batches:
                window.note_final(read.final)
                anew: dict[str, Sequence[AttendanceRecord]] = {}
                for span in read.spans:
                    history = read.histories[span.meeting_id]
                    attendance = attendance_of(history)
                    records = sorted(records_of(attendance), key=lambda record: record.person_id)
                    if span.ends_at is not None and records != read.kept.get(span.meeting_id, []):
                        anew[span.meeting_id] = records
                    meeting = presence_of(history, attendance, read.kinds)
                    earlier = window.enter(span, meeting)
                    if span.is_recorded:
                        # Where events have been deleted nothing can be compared: the log stands.
                        incomplete = pairs.of(window.final_in(span, earlier))
                        comparable = (pair for pair in pairs.among(meeting) if pair.pair_id not in incomplete)
                        proposals = proposals_of(meeting, earlier, comparable, programme)
                        measured = {
                            entry_id: one
                            for entry_id, one in read.measured.get(span.meeting_id, {}).items()
                            if one.pair_id not in incomplete
                        }
                        differences += _differences(span.meeting_id, measured, proposals, programme.policy)
                if anew:
                    await self._attendance.replace(anew)
                    changed += anew
                advance(len(read.spans))
        count = sum(span.ends_at is not None for span in spans)
        return RebuiltAttendance(count, tuple(changed), tuple(differences))

    async def _read_ahead(self, spans: Sequence[MeetingSpan]) -> AsyncGenerator["_Batch"]:
        """Read some batches at once: while one is worked on, the database is at the next ones."""
        rest = iter(spans)
        under_way = deque[asyncio.Task[_Batch]]()
        try:
            while True:
                while len(under_way) < _BATCHES_AT_ONCE and (batch := list(islice(rest, _MEETINGS))):
                    under_way.append(asyncio.create_task(self._read(batch)))
                if not under_way:
                    return
                yield await under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _read(self, spans: Sequence[MeetingSpan]) -> "_Batch":
        ids = [span.meeting_id for span in spans]
        histories = {one.meeting_id: one for one in await self._attendance.load_histories(ids)}
        return _Batch(
            spans=spans,
            histories=histories,
            kinds=await self._facts.room_kinds({one.room_id for one in histories.values()}),
            kept=await self._derived.attendance(ids),
            measured=await self._derived.measured(ids),
            final=await self._attendance.final(ids),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Meetings, and what is known of each, by its id."""

    spans: Sequence[MeetingSpan]
    histories: Mapping[str, MeetingHistory]
    kinds: Mapping[str, RoomKind]
    """By room."""
    kept: Mapping[str, Sequence[AttendanceRecord]]
    measured: Mapping[str, Mapping[str, Measured]]
    final: Mapping[str, set[str]]


class _Window:
    """The meetings that go on, as one after the other begins."""

    def __init__(self) -> None:
        self._going_on: list[tuple[MeetingSpan, MeetingPresence]] = []
        self._final: dict[str, set[str]] = {}

    def note_final(self, final: Mapping[str, set[str]]) -> None:
        """Take of whom nothing but sums is left, by meeting."""
        going_on = {span.meeting_id for span, _ in self._going_on}
        self._final = {one: gone for one, gone in self._final.items() if one in going_on} | dict(final)

    def final_in(self, span: MeetingSpan, earlier: Sequence[MeetingPresence]) -> set[str]:
        """Return of whom events are missing in a meeting, or in one that it was beside."""
        gone = self._final.get
        return gone(span.meeting_id, set()).union(*(gone(one.meeting_id, set()) for one in earlier))

    def enter(self, span: MeetingSpan, meeting: MeetingPresence) -> list[MeetingPresence]:
        """Take the next meeting; return those that began before it and go on."""
        self._going_on = [one for one in self._going_on if one[0].node_id == span.node_id and _is_beside(one[0], span)]
        earlier = [one for _, one in self._going_on]
        self._going_on.append((span, meeting))
        return earlier


def _is_beside(earlier: MeetingSpan, span: MeetingSpan) -> bool:
    return earlier.ends_at is None or earlier.ends_at > span.begins_at


class _Pairs:
    """All pairs, by their mentees."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._by_mentee: dict[str, list[Pair]] = {}
        self._by_person: dict[str, set[str]] = {}
        for pair in pairs:
            self._by_mentee.setdefault(pair.mentee_id, []).append(pair)
            for person_id in (pair.mentee_id, *pair.mentors()):
                self._by_person.setdefault(person_id, set()).add(pair.pair_id)

    def among(self, meeting: MeetingPresence) -> Iterator[Pair]:
        """Return the pairs whose mentees were in a meeting."""
        for person_id in meeting.present:
            yield from self._by_mentee.get(person_id, ())

    def of(self, people: Iterable[str]) -> set[str]:
        """Return the ids of the pairs that any of these people are in."""
        return set[str]().union(*(self._by_person.get(person_id, ()) for person_id in people))


def _differences(
    meeting_id: str, kept: Mapping[str, Measured], proposals: Sequence[Proposal], policy: HoursPolicy
) -> Iterator[Difference]:
    found = {one.entry_id: one for one in proposals}
    wanted = {entry_id: one for entry_id, one in found.items() if one.found.credited_minutes >= policy.minimum_minutes}
    named: dict[str, Proposal | Measured] = {**wanted, **kept}
    for entry_id, entry in sorted(named.items()):
        kept_ms = kept[entry_id].measured_ms if entry_id in kept else None
        found_ms = found[entry_id].found.measured_ms if entry_id in found else 0
        if kept_ms != found_ms:
            yield Difference(meeting_id, entry_id, entry.pair_id, entry.day, kept_ms, found_ms)
