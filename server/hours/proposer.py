"""Proposes entries of the hours log when a meeting is over, and measures anew when more of it is known.

However often it is told of a meeting, there is one entry per pair, meeting and day, and a row is added only where
something has changed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from protocol.hours import EntryAction, Side
from protocol.roles import RoomKind, RoomRole
from server.clock import Clock
from server.hours.attendance import Attendance, attendance_of
from server.hours.log.rows import Entry, Step
from server.hours.log.steps import Measurement, measured_again
from server.hours.policy import HoursPolicy
from server.hours.proposals import MeetingPresence, PairInMeeting, Proposal, comes_before, minutes_left, propose
from server.store.attendance import AttendanceRepository, MeetingHistory
from server.store.hours_facts import HoursFactsRepository, ProgrammeHours
from server.store.hours_log import CreditedDays, HoursLogRepository
from server.store.pairs import Pair

_NOTHING_YET: CreditedDays = {}


class Proposer:
    """Makes entries of meetings."""

    def __init__(
        self, log: HoursLogRepository, facts: HoursFactsRepository, attendance: AttendanceRepository, clock: Clock
    ) -> None:
        self._log = log
        self._facts = facts
        self._attendance = attendance
        self._clock = clock

    async def on_meeting_recorded(self, meeting_id: str) -> None:
        """Propose what pairs have done in a meeting that is over and recorded. Raises `StoreError`.

        Those that began later are measured anew: who was in both is counted in this one.
        """
        found = await self._find(meeting_id)
        if found is None:
            return
        # They first: what they lose to this one is left of the day for this one.
        for later_id in found.later:
            later = await self._find(later_id)
            if later is not None:
                await self._write(later)
        await self._write(found)

    async def propose_missing(self, meeting_id: str, entry_ids: Collection[str], *, actor: str) -> Sequence[Step]:
        """Propose some entries of a meeting that are not there, as of pairs that were made known after it.

        Entries that there are stay as they are. Who had it done is in the audit trail. Returns what was added.
        Raises `StoreError`.
        """
        found = await self._find(meeting_id)
        if found is None:
            return ()
        found_ms = {one.entry_id: one.found.measured_ms for one in found.proposals}
        async with self._log.writing() as writer:
            entries = await writer.entries_of_meeting(meeting_id)
            # Where days have become others since, the time is in the log already, if only as the rest of an entry whose
            # day has less of it now: it would count twice.
            moved = {
                entry.latest.pair_id
                for entry_id, entry in entries.items()
                if _has(entry) and (entry.latest.measured_ms or 0) > found_ms.get(entry_id, 0)
            }
            # No others than are asked for: of whom events have been deleted, nobody knows what counts elsewhere.
            missing = [
                one
                for one in found.proposals
                if one.entry_id in entry_ids and one.entry_id not in entries and one.pair_id not in moved
            ]
            credited = await writer.credited({one.pair_id for one in missing}, {one.day for one in missing})
            steps = steps_of(missing, {}, found.policy, self._clock.now_ms(), credited)
            for step in steps:
                detail = f"{step.credited_minutes} minutes on {step.day.isoformat()}, pair {step.pair_id}"
                writer.audit(step.at, actor, "hours_proposed", step.entry_id, detail)
            await writer.append(steps)
        return steps

    async def _find(self, meeting_id: str) -> "_Found | None":
        """Return what pairs have done in a meeting; `None`: it is not over, or there were no pairs."""
        history = await self._attendance.load_history(meeting_id)
        if history is None or history.closed_at is None:
            return None
        inside = {connection.person_id for connection in history.connections}
        pairs = await self._facts.pairs_among(inside)
        if not pairs:
            return None
        people = {person_id for pair in pairs for person_id in (pair.mentee_id, *pair.mentors())}
        beside = await self._facts.meetings_beside(meeting_id, people & inside)
        shared = [other for other, there in beside.items() if any(_may_meet(pair, there) for pair in pairs)]
        histories = await self._attendance.load_histories(shared)
        kinds = await self._facts.room_kinds({one.room_id for one in (history, *histories)})
        meeting, *others = (presence_of(one, attendance_of(one), kinds) for one in (history, *histories))
        programme = await self._facts.programme()
        proposals = proposals_of(meeting, others, pairs, programme)
        # Who cannot be seen there any more was not away: their events have been deleted.
        is_incomplete = bool(await self._attendance.final([meeting_id]))
        is_over = {one.meeting_id for one in histories if one.closed_at is not None}
        later = [one.meeting_id for one in others if one.meeting_id in is_over and comes_before(meeting, one)]
        return _Found(meeting_id, proposals, programme.policy, is_incomplete, later)

    async def _write(self, found: "_Found") -> None:
        proposals = found.proposals
        async with self._log.writing() as writer:
            entries = dict(await writer.entries_of_meeting(found.meeting_id))
            if found.is_incomplete:
                known = {proposal.entry_id for proposal in proposals}
                entries = {entry_id: entry for entry_id, entry in entries.items() if entry_id in known}
            credited = await writer.credited({one.pair_id for one in proposals}, {one.day for one in proposals})
            await writer.append(steps_of(proposals, entries, found.policy, self._clock.now_ms(), credited))


class _Found(NamedTuple):
    """What a meeting comes to."""

    meeting_id: str
    proposals: Sequence[Proposal]
    policy: HoursPolicy
    is_incomplete: bool
    """Whether events of it have been deleted."""
    later: Sequence[str]
    """Meetings that began after it, are over already, and had one of its pairs in them."""


def presence_of(
    history: MeetingHistory, attendance: Mapping[str, Attendance], kinds: Mapping[str, RoomKind]
) -> MeetingPresence:
    """Return who was in a meeting, and when, from what is recorded of it and the attendance that this comes to."""
    return MeetingPresence(
        meeting_id=history.meeting_id,
        room_kind=kinds[history.room_id],
        opened_at=history.opened_at,
        node_id=history.node_id,
        clock_offset=history.clock_offset,
        present={person_id: each.present for person_id, each in attendance.items()},
        observers={one.person_id for one in history.connections if one.room_role is RoomRole.OBSERVER},
    )


def proposals_of(
    meeting: MeetingPresence,
    others: Sequence[MeetingPresence],
    pairs: Iterable[Pair],
    programme: ProgrammeHours,
) -> list[Proposal]:
    """Return what pairs have done together in a meeting, as a programme counts. Pure."""
    inside = (
        PairInMeeting(pair_id=pair.pair_id, mentee_id=pair.mentee_id, mentor_on=pair.mentor_on)
        for pair in pairs
        if _may_meet(pair, meeting.present.keys())
    )
    return propose(meeting, others, inside, programme.policy, programme.zone)


def steps_of(
    proposals: Iterable[Proposal],
    entries: Mapping[str, Entry],
    policy: HoursPolicy,
    at: int,
    credited: CreditedDays = _NOTHING_YET,
) -> list[Step]:
    """Return the steps that a meeting's entries have to take to say what was found, within what days have left. Pure.

    Where a day has nothing left, it is proposed all the same that the two have met.
    """
    steps: list[Step | None] = []
    found = {proposal.entry_id: proposal for proposal in proposals}
    for entry_id, proposal in found.items():
        entry, measured = entries.get(entry_id), proposal.found
        left = minutes_left(entry_id, credited.get((proposal.pair_id, proposal.day), {}), policy)
        within = measured if measured.credited_minutes <= left else replace(measured, credited_minutes=left)
        if entry is not None:
            steps.append(measured_again(entry, within, at))
        elif measured.credited_minutes >= policy.minimum_minutes:
            steps.append(_proposed(proposal, within, at))
    for entry_id, entry in entries.items():
        if entry_id not in found:
            steps.append(measured_again(entry, _nothing(entry), at))
    return [step for step in steps if step is not None]


def _proposed(proposal: Proposal, found: Measurement, at: int) -> Step:
    return Step(
        entry_id=proposal.entry_id,
        pair_id=proposal.pair_id,
        mentor_id=found.mentor_id,
        meeting_id=proposal.meeting_id,
        day=proposal.day,
        action=EntryAction.PROPOSED,
        side=Side.SERVER,
        author_id=None,
        at=at,
        contact_type=found.contact_type,
        measured_ms=found.measured_ms,
        credited_minutes=found.credited_minutes,
        text=None,
    )


def _nothing(entry: Entry) -> Measurement:
    """Return what was found of two people who were not there together after all."""
    latest = entry.latest
    return Measurement(mentor_id=latest.mentor_id, contact_type=latest.contact_type, measured_ms=0, credited_minutes=0)


def _has(entry: Entry) -> bool:
    """Tell whether an entry has any minutes."""
    return entry.latest.credited_minutes > 0 and not entry.is_withdrawn


def _may_meet(pair: Pair, there: Collection[str]) -> bool:
    return pair.mentee_id in there and not pair.mentors().isdisjoint(there)
