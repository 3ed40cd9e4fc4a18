"""Proposes entries of the hours log when a meeting is over, and measures anew when more of it is known.

However often it is told of a meeting, there is one entry per pair, meeting and day, and a row is added only where
something has changed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from protocol.hours import EntryAction, Side
from protocol.roles import RoomKind, RoomRole
from server.clock import Clock
from server.hours.attendance import Attendance, attendance_of
from server.hours.log.rows import Entry, Step
from server.hours.log.steps import Measurement, measured_again
from server.hours.policy import HoursPolicy
from server.hours.proposals import MeetingPresence, PairInMeeting, Proposal, comes_before, propose
from server.store.attendance import AttendanceRepository, MeetingHistory
from server.store.hours_facts import HoursFactsRepository, PairDays, ProgrammeHours
from server.store.hours_log import HoursLogRepository


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
        for later in await self._record(meeting_id):
            await self._record(later)

    async def _record(self, meeting_id: str) -> Sequence[str]:
        """Propose for one meeting; return the later ones that are over already, and had one of its pairs in them."""
        history = await self._attendance.load_history(meeting_id)
        if history is None or history.closed_at is None:
            return ()
        inside = {connection.person_id for connection in history.connections}
        pairs = await self._facts.pairs_among(inside)
        if not pairs:
            return ()
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
        await self._write(meeting_id, proposals, programme.policy, is_incomplete=is_incomplete)
        is_over = {one.meeting_id for one in histories if one.closed_at is not None}
        return [one.meeting_id for one in others if one.meeting_id in is_over and comes_before(meeting, one)]

    async def _write(
        self, meeting_id: str, proposals: Sequence[Proposal], policy: HoursPolicy, *, is_incomplete: bool
    ) -> None:
        async with self._log.writing() as writer:
            entries = dict(await writer.entries_of_meeting(meeting_id))
            if is_incomplete:
                found = {proposal.entry_id for proposal in proposals}
                entries = {entry_id: entry for entry_id, entry in entries.items() if entry_id in found}
            await writer.append(steps_of(proposals, entries, policy, self._clock.now_ms()))


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
    pairs: Iterable[PairDays],
    programme: ProgrammeHours,
) -> list[Proposal]:
    """Return what pairs have done together in a meeting, as a programme counts. Pure."""
    inside = (
        PairInMeeting(pair_id=pair.pair_id, mentee_id=pair.mentee_id, mentor_on=pair.mentor_on)
        for pair in pairs
        if _may_meet(pair, meeting.present.keys())
    )
    return propose(meeting, others, inside, programme.policy, programme.zone)


def steps_of(proposals: Iterable[Proposal], entries: Mapping[str, Entry], policy: HoursPolicy, at: int) -> list[Step]:
    """Return the steps that a meeting's entries have to take to say what was found. Pure."""
    steps: list[Step | None] = []
    found = {proposal.entry_id: proposal for proposal in proposals}
    for entry_id, proposal in found.items():
        entry = entries.get(entry_id)
        if entry is not None:
            steps.append(measured_again(entry, proposal.found, at))
        elif proposal.found.credited_minutes >= policy.minimum_minutes:
            steps.append(_proposed(proposal, at))
    for entry_id, entry in entries.items():
        if entry_id not in found:
            steps.append(measured_again(entry, _nothing(entry), at))
    return [step for step in steps if step is not None]


def _proposed(proposal: Proposal, at: int) -> Step:
    return Step(
        entry_id=proposal.entry_id,
        pair_id=proposal.pair_id,
        mentor_id=proposal.found.mentor_id,
        meeting_id=proposal.meeting_id,
        day=proposal.day,
        action=EntryAction.PROPOSED,
        side=Side.SERVER,
        author_id=None,
        at=at,
        contact_type=proposal.found.contact_type,
        measured_ms=proposal.found.measured_ms,
        credited_minutes=proposal.found.credited_minutes,
        text=None,
    )


def _nothing(entry: Entry) -> Measurement:
    """Return what was found of two people who were not there together after all."""
    latest = entry.latest
    return Measurement(mentor_id=latest.mentor_id, contact_type=latest.contact_type, measured_ms=0, credited_minutes=0)


def _may_meet(pair: PairDays, there: Collection[str]) -> bool:
    return pair.mentee_id in there and not pair.mentors().isdisjoint(there)
