"""Notes of one meeting: who came, who went, and what they did meanwhile."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Protocol

from server.hours.activity import ActivityNotes
from server.hours.attendance import JOINED
from server.room.feature import Activity, Caller, Ending, Feature, Meeting
from server.store.presence import ConnectionRecord, EventRecord, MeetingRecord


class Notebook(Protocol):
    """What takes the notes of all meetings, and writes them when it can."""

    def note_meeting(self, record: MeetingRecord) -> None:
        """Have a meeting written as it is now."""
        ...

    def note_connection(self, record: ConnectionRecord) -> None:
        """Have a connection written as it is now."""
        ...

    def note_event(self, record: EventRecord) -> None:
        """Have written that something happened."""
        ...

    def on_opened(self, feature: "PresenceFeature") -> None:
        """Take note that the meeting goes on from now on."""
        ...

    def on_closed(self, feature: "PresenceFeature") -> None:
        """Take note that the meeting is over."""
        ...


@dataclass(slots=True)
class _Stay:
    record: ConnectionRecord
    events: int = 0
    """So many of its events are noted."""


@dataclass(slots=True)
class _Account:
    """Which of a participant's connections speaks for what they do, and what it has not told yet."""

    stay: _Stay
    notes: ActivityNotes


class PresenceFeature(Feature):
    """Takes notes of one meeting. Of a participant's connections one at a time tells what they do."""

    def __init__(self, meeting: Meeting, notebook: Notebook) -> None:
        self._meeting = meeting
        self._notebook = notebook
        self._record: MeetingRecord | None = None
        self._open: dict[str, _Stay] = {}
        """By connection, in order of joining."""
        self._accounts: dict[str, _Account] = {}
        """By participant who is there."""
        self._activities: dict[str, Set[Activity]] = {}
        """By participant, also of those whose line is lost just now: what they do now."""

    @property
    def meeting_id(self) -> str:
        """The meeting that it takes notes of."""
        return self._meeting.meeting_id

    @property
    def open_connections(self) -> Set[str]:
        """Those who are inside."""
        return self._open.keys()

    def beat(self) -> Mapping[str, int]:
        """Tell what everybody has done up to now, and return when each connection was last heard."""
        now = self._meeting.now_ms()
        for account in self._accounts.values():
            if account.notes.has_news:
                self._tell(account, now)
        return self._meeting.last_heard()

    def on_activities(self, participant_id: str, activities: Set[Activity], at: int) -> None:
        """Note what somebody does."""
        self._activities[participant_id] = activities
        if (account := self._accounts.get(participant_id)) is not None:
            account.notes.change(activities, at)

    async def on_meeting_opened(self, at: int) -> None:
        """Note that the meeting is open."""
        self._record = MeetingRecord(
            meeting_id=self._meeting.meeting_id,
            room_id=self._meeting.room.room_id,
            opened_at=at,
            clock_offset=self._meeting.clock_offset_ms,
        )
        self._notebook.on_opened(self)
        self._notebook.note_meeting(self._record)

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        """Note who came in. Who has gone again by now was never let in: joining waits for this."""
        participant = self._meeting.participant(caller.participant_id)
        if participant is None:
            return
        stay = self._open[caller.connection_id] = _Stay(
            ConnectionRecord(
                connection_id=caller.connection_id,
                meeting_id=self._meeting.meeting_id,
                person_id=caller.person_id,
                participant_id=caller.participant_id,
                endpoint_id=caller.endpoint_id,
                room_role=participant.role,
                joined_at=at,
                last_seen_at=at,
            )
        )
        self._notebook.note_connection(stay.record)
        self._note_event(stay, JOINED, at)
        if caller.participant_id not in self._accounts:
            self._open_account(stay)

    async def on_connection_left(self, caller: Caller, reason: Ending, at: int) -> None:
        """Note who went."""
        stay = self._open.pop(caller.connection_id, None)
        if stay is None:
            return
        account = self._accounts.get(caller.participant_id)
        if account is not None and account.stay is stay:
            # Up to when the page was last heard: what is told of a later moment was not in the meeting any more.
            self._tell(account, at, is_last=True)
            del self._accounts[caller.participant_id]
            others = (each for each in self._open.values() if each.record.participant_id == caller.participant_id)
            if (other := next(others, None)) is not None:
                self._open_account(other)
        self._note_event(stay, reason, at)
        self._notebook.note_connection(replace(stay.record, last_seen_at=at, left_at=at, left_reason=reason))

    async def on_participant_left(self, participant_id: str) -> None:
        """Forget what somebody did."""
        self._activities.pop(participant_id, None)

    async def on_meeting_closed(self, at: int) -> None:
        """Note that the meeting is over."""
        if self._record is not None:
            self._notebook.note_meeting(replace(self._record, closed_at=at))
            self._notebook.on_closed(self)
            self._record = None

    def _open_account(self, stay: _Stay) -> None:
        participant_id = stay.record.participant_id
        account = self._accounts[participant_id] = _Account(stay, ActivityNotes())
        account.notes.change(self._activities.get(participant_id, frozenset()), self._meeting.now_ms())

    def _tell(self, account: _Account, now: int, *, is_last: bool = False) -> None:
        for doing in account.notes.take(now, is_last=is_last):
            self._note_event(account.stay, doing.kind, doing.at, doing.length_ms)

    def _note_event(self, stay: _Stay, kind: str, at: int, length_ms: int | None = None) -> None:
        record = EventRecord(
            connection_id=stay.record.connection_id, seq=stay.events, kind=kind, at=at, length_ms=length_ms
        )
        stay.events += 1
        self._notebook.note_event(record)
