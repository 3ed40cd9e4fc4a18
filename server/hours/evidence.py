"""Where the minutes of an entry come from: what was recorded of the two in its meeting. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, tzinfo

from protocol.hours import (
    MAX_EVIDENCE,
    ConnectionEvidence,
    MeetingEvidence,
    MeetingReference,
    PersonEvidence,
    PresenceEvent,
    Side,
)
from protocol.roles import RoomKind
from protocol.tasks import RoomPerson
from server.hours.attendance import ENDINGS, Attendance, attendance_of
from server.hours.proposals import MeetingPresence, shared_time
from server.hours.proposer import presence_of
from server.hours.showing import show_stretches
from server.store.attendance import ConnectionHistory, MeetingHistory

_NOT_THERE = Attendance(first_at=0, last_at=0, present=(), media=(), microphone=(), camera=(), spoke_ms=0)


def evidence_of(
    reference: MeetingReference,
    history: MeetingHistory,
    kinds: Mapping[str, RoomKind],
    others: Collection[MeetingPresence],
    people: Mapping[Side, RoomPerson],
    day: date,
    zone: tzinfo,
) -> MeetingEvidence:
    """Return the evidence of an entry of a day, from a history that has at least its two people.

    `others` are meetings that may have gone on at the same time.
    """
    both = people[Side.MENTOR].person_id, people[Side.MENTEE].person_id
    attendance = attendance_of(history)
    shared = shared_time(presence_of(history, attendance, kinds), others, both, day, zone)
    theirs = [one for one in history.connections if one.person_id in both]
    room = MAX_EVIDENCE // max(1, len(theirs))
    return MeetingEvidence(
        meeting=reference,
        closed_at=history.closed_at,
        people=tuple(
            _person(person, side, attendance.get(person.person_id, _NOT_THERE), theirs, room)
            for side, person in people.items()
        ),
        together=show_stretches(shared.together),
        counted_elsewhere=show_stretches(shared.counted_elsewhere),
        is_cut=len(theirs) > MAX_EVIDENCE or any(len(one.events) > room for one in theirs),
    )


def _person(
    person: RoomPerson, side: Side, attendance: Attendance, connections: Sequence[ConnectionHistory], room: int
) -> PersonEvidence:
    return PersonEvidence(
        person=person,
        side=side,
        present=show_stretches(attendance.present),
        media=show_stretches(attendance.media),
        microphone=show_stretches(attendance.microphone),
        camera=show_stretches(attendance.camera),
        spoke_ms=attendance.spoke_ms,
        connections=tuple(
            _connection(one, room) for one in connections[:MAX_EVIDENCE] if one.person_id == person.person_id
        ),
    )


def _connection(connection: ConnectionHistory, room: int) -> ConnectionEvidence:
    return ConnectionEvidence(
        connection_id=connection.connection_id,
        joined_at=connection.joined_at,
        left_at=connection.left_at,
        left_reason=next((event.kind for event in connection.events if event.kind in ENDINGS), None),
        last_seen_at=connection.last_seen_at,
        events=tuple(
            PresenceEvent(seq=event.seq, kind=event.kind, at=event.at, length_ms=event.length_ms, is_late=event.is_late)
            for event in connection.events[:room]
        ),
    )
