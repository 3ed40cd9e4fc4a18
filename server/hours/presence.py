"""Who was in which meeting, and when: every join and leave, recorded with its connection.

A person's time is the union of the intervals of their connections. Each connection holds a lease, moved on with every
heartbeat: after a crash its interval ends when it was last seen.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TypeVar

import structlog

from server.clock import Clock
from server.logs import log_failure
from server.room.feature import Caller, Ending, Feature, Meeting
from server.store.presence import ConnectionRecord, MeetingRecord, PresenceRepository, RecordRefusedError

HEARTBEAT_S = 10.0
RETRY_S = 2.0
MAX_PENDING = 20_000
"""Records not written yet. Beyond, the oldest are given up, and the log says so."""
_BATCH = 500
_CLOSE_TIMEOUT_S = 5.0

R = TypeVar("R", MeetingRecord, ConnectionRecord)

_log = structlog.get_logger(__name__)


class PresenceService:
    """Writes what the meetings' features note, in the background, until it is written.

    A disk that fails keeps nobody out: what is noted waits in memory, as the newest state of each record.
    """

    def __init__(self, repository: PresenceRepository, clock: Clock, node_id: str) -> None:
        self._repository = repository
        self._clock = clock
        self._node_id = node_id
        self._meetings: dict[str, MeetingRecord] = {}
        self._connections: dict[str, ConnectionRecord] = {}
        """To be written, by id."""
        self._has_news = asyncio.Event()
        self._renew_at = clock.monotonic() + HEARTBEAT_S
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    async def start(self) -> None:
        """End what a node that died has left open, and begin to write."""
        await self._repository.end_others(self._node_id)
        self._task = asyncio.create_task(self._run(), name="presence")

    async def close(self) -> None:
        """Write what is left, and stop. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        # Not cancelled if it can be helped: a write that is cut off leaves the database locked for a while.
        self._is_closing = True
        self._has_news.set()
        await asyncio.wait([task], timeout=_CLOSE_TIMEOUT_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if self._meetings or self._connections:
            _log.error("presence_not_written", meetings=len(self._meetings), connections=len(self._connections))

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the feature that takes notes of a meeting."""
        return PresenceFeature(meeting, self)

    def note_meeting(self, record: MeetingRecord) -> None:
        """Have a meeting written as it is now."""
        self._note(self._meetings, record.meeting_id, record)

    def note_connection(self, record: ConnectionRecord) -> None:
        """Have a connection written as it is now."""
        self._note(self._connections, record.connection_id, record)

    async def flush(self) -> bool:
        """Write everything that was noted; tell whether the database took it."""
        while self._meetings or self._connections:
            meetings = dict(islice(self._meetings.items(), _BATCH))
            # A connection refers to its meeting: meetings go first.
            connections = dict(islice(self._connections.items(), _BATCH - len(meetings)))
            try:
                await self._write(meetings.values(), connections.values())
            except Exception as error:  # noqa: BLE001 - whatever it is, the records are kept and tried again
                log_failure(_log, "presence_write_failed", error, waiting=len(self._meetings) + len(self._connections))
                return False
            _forget(self._meetings, meetings)
            _forget(self._connections, connections)
        return True

    async def renew(self) -> None:
        """Move the leases of all open connections on."""
        self._renew_at = self._clock.monotonic() + HEARTBEAT_S
        try:
            await self._repository.renew(self._node_id, self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - the next heartbeat tries again
            log_failure(_log, "presence_lease_failed", error)

    async def _write(self, meetings: Collection[MeetingRecord], connections: Collection[ConnectionRecord]) -> None:
        """Write records, but give up the ones that the database will never take."""
        try:
            await self._repository.record(self._node_id, meetings, connections)
        except RecordRefusedError:
            if len(meetings) + len(connections) == 1:
                _log.exception("presence_refused", record=next(iter((*meetings, *connections))))
                return
            for meeting in meetings:
                await self._write([meeting], [])
            for connection in connections:
                await self._write([], [connection])

    def _note(self, pending: dict[str, R], key: str, record: R) -> None:
        pending[key] = record
        if len(pending) > MAX_PENDING:
            del pending[next(iter(pending))]
            _log.error("presence_given_up", waiting=MAX_PENDING)
        self._has_news.set()

    async def _run(self) -> None:
        is_written = True
        while not self._is_closing:
            delay = max(0.0, self._renew_at - self._clock.monotonic()) if is_written else RETRY_S
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._has_news.wait()
            self._has_news.clear()
            is_written = await self.flush()
            if self._clock.monotonic() >= self._renew_at:
                await self.renew()
        await self.flush()


class PresenceFeature(Feature):
    """Takes notes of one meeting."""

    def __init__(self, meeting: Meeting, service: PresenceService) -> None:
        self._meeting = meeting
        self._service = service
        self._record: MeetingRecord | None = None
        self._open: dict[str, ConnectionRecord] = {}
        """By connection."""

    async def on_meeting_opened(self, at: int) -> None:
        """Note that the meeting is open."""
        self._record = MeetingRecord(
            meeting_id=self._meeting.meeting_id,
            room_id=self._meeting.room.room_id,
            opened_at=at,
        )
        self._service.note_meeting(self._record)

    async def on_connection_joined(self, caller: Caller, at: int) -> None:
        """Note who came in. Who has gone again by now was never let in: joining waits for this."""
        participant = self._meeting.participant(caller.participant_id)
        if participant is None:
            return
        record = self._open[caller.connection_id] = ConnectionRecord(
            connection_id=caller.connection_id,
            meeting_id=self._meeting.meeting_id,
            person_id=caller.person_id,
            participant_id=caller.participant_id,
            endpoint_id=caller.endpoint_id,
            room_role=participant.role,
            joined_at=at,
            last_seen_at=at,
        )
        self._service.note_connection(record)

    async def on_connection_left(self, caller: Caller, reason: Ending, at: int) -> None:
        """Note who went."""
        record = self._open.pop(caller.connection_id, None)
        if record is not None:
            self._service.note_connection(replace(record, last_seen_at=at, left_at=at, left_reason=reason))

    async def on_meeting_closed(self, at: int) -> None:
        """Note that the meeting is over."""
        if self._record is not None:
            self._service.note_meeting(replace(self._record, closed_at=at))
            self._record = None


def _forget(pending: dict[str, R], written: Mapping[str, R]) -> None:
    """Take out what was written, unless it has changed meanwhile."""
    for key, record in written.items():
        if pending.get(key) is record:
            del pending[key]
