"""Who was in which meeting, and when: every join and leave, and what happened between, recorded with its connection.

A person's time is the union of the intervals of their connections. With every heartbeat a node keeps when each of them
was heard last: after a crash its interval ends there.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

import structlog

from server.clock import Clock
from server.hours.conclusions import Conclusions, MeetingRecorded
from server.hours.feature import PresenceFeature
from server.logs import log_failure
from server.room.feature import Feature, Meeting
from server.store.attendance import AttendanceRepository
from server.store.presence import (
    ConnectionRecord,
    EventRecord,
    MeetingRecord,
    NodeEndedError,
    OpenRecords,
    PresenceRepository,
    RecordRefusedError,
)

HEARTBEAT_S = 5.0
"""With the few seconds that a good line may be silent, a crash costs nobody more than ten."""
LATE_S = 10.0
"""What is written so long after it was noted says so."""
SWEEP_S = 60.0
RETRY_S = 2.0
MAX_PENDING = 20_000
"""Records of each kind not written yet. Beyond, the oldest are given up, and the log says so."""
_BATCH = 500
_CLOSE_TIMEOUT_S = 5.0

K = TypeVar("K")
R = TypeVar("R")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _NotedEvent:
    record: EventRecord
    noted_at: float
    """In monotonic seconds."""


async def _nothing(_meeting_id: str) -> None:
    """Draw no further conclusions."""


class PresenceService:
    """Writes what the meetings' features note, in the background, until it is written.

    A disk that fails keeps nobody out: what is noted waits in memory, meetings and connections as they are now.
    """

    def __init__(
        self,
        repository: PresenceRepository,
        attendance: AttendanceRepository,
        clock: Clock,
        node_id: str,
        on_meeting_recorded: MeetingRecorded = _nothing,
    ) -> None:
        """`on_meeting_recorded` is told of every meeting that is over, with all of it written, until it succeeds."""
        self._repository = repository
        self._clock = clock
        self._node_id = node_id
        self._conclusions = Conclusions(attendance, clock, on_meeting_recorded)
        self._features: dict[str, PresenceFeature] = {}
        """Of the meetings that go on, by meeting."""
        self._meetings: dict[str, MeetingRecord] = {}
        self._connections: dict[str, ConnectionRecord] = {}
        self._events: dict[tuple[str, int], _NotedEvent] = {}
        """To be written."""
        self._unended: dict[str, int] = {}
        """Connections whose record was given up, and when each was seen last."""
        self._closed: list[str] = []
        """Meetings of which the closing is written, and maybe not all else."""
        self._has_news = asyncio.Event()
        self._renew_at = clock.monotonic() + HEARTBEAT_S
        self._sweep_at = clock.monotonic() + SWEEP_S
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._is_ended = False
        """Whether the database belongs to another node by now."""
        self._observe_heartbeat: Callable[[float], None] | None = None

    async def start(self) -> None:
        """End what a node that died has left open, and begin to write."""
        await self._repository.start_node(self._node_id)
        await self._conclusions.start()
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
        await self._conclusions.close()
        if self._waiting:
            _log.error("presence_not_written", waiting=self._waiting)

    def observe_heartbeats(self, observe: Callable[[float], None]) -> None:
        """Tell somebody from now on how many seconds each heartbeat takes that is written."""
        self._observe_heartbeat = observe

    def create_feature(self, meeting: Meeting) -> Feature:
        """Make the feature that takes notes of a meeting."""
        return PresenceFeature(meeting, self)

    def on_opened(self, feature: PresenceFeature) -> None:
        """Ask a meeting's feature from now on, every heartbeat, what is new."""
        self._features[feature.meeting_id] = feature

    def on_closed(self, feature: PresenceFeature) -> None:
        """Ask it no more."""
        self._features.pop(feature.meeting_id, None)

    def note_meeting(self, record: MeetingRecord) -> None:
        """Have a meeting written as it is now."""
        self._note(self._meetings, record.meeting_id, record)

    def note_connection(self, record: ConnectionRecord) -> None:
        """Have a connection written as it is now."""
        self._note(self._connections, record.connection_id, record)

    def note_event(self, record: EventRecord) -> None:
        """Have written that something happened."""
        self._note(self._events, (record.connection_id, record.seq), _NotedEvent(record, self._clock.monotonic()))

    async def flush(self) -> bool:
        """Write everything that was noted; tell whether the database took it."""
        while self._waiting:
            meetings = dict(islice(self._meetings.items(), _BATCH))
            # A connection refers to its meeting, an event to its connection: these go first.
            connections = dict(islice(self._connections.items(), _BATCH - len(meetings)))
            events = dict(islice(self._events.items(), _BATCH - len(meetings) - len(connections)))
            try:
                await self._write(meetings.values(), connections.values(), self._dated(events.values()))
            except NodeEndedError:
                self._end()
                return True
            except Exception as error:  # noqa: BLE001 - whatever it is, the records are kept and tried again
                log_failure(_log, "presence_write_failed", error, waiting=self._waiting)
                return False
            self._closed += [each.meeting_id for each in meetings.values() if each.closed_at is not None]
            _forget(self._meetings, meetings)
            _forget(self._connections, connections)
            _forget(self._events, events)
        closed, self._closed = self._closed, []
        self._conclusions.add(*closed)
        return True

    async def renew(self) -> None:
        """Note what was done since the last time, and keep when each connection was heard last."""
        began_at = self._clock.monotonic()
        self._renew_at = began_at + HEARTBEAT_S
        if self._is_ended:
            return
        # Also those whose ending is not written yet, or never will be: what is not told of them now is lost.
        heard = self._unended | {each.connection_id: each.last_seen_at for each in self._connections.values()}
        for feature in list(self._features.values()):
            heard.update(feature.beat())
        try:
            await self._repository.renew(self._node_id, heard)
        except NodeEndedError:
            self._end()
        except Exception as error:  # noqa: BLE001 - the next heartbeat tries again
            log_failure(_log, "presence_lease_failed", error)
        else:
            if self._observe_heartbeat is not None:
                self._observe_heartbeat(self._clock.monotonic() - began_at)

    async def sweep(self) -> None:
        """End what is open in the database only: its ending was given up."""
        self._sweep_at = self._clock.monotonic() + SWEEP_S
        if self._is_ended:
            return
        unended = list(self._unended)
        if unended:
            await self.renew()  # the database has to know how long they were there
        try:
            found = await self._repository.open_records(self._node_id)
            # Whoever came in since then is not among them, and whoever went is not ended twice.
            inside = {each for feature in self._features.values() for each in feature.open_connections}
            lost = OpenRecords(
                meetings=set(found.meetings) - self._features.keys() - self._meetings.keys(),
                connections=set(found.connections) - inside - self._connections.keys(),
            )
            if lost.meetings or lost.connections:
                changed = await self._repository.give_up(self._node_id, lost)
                _log.warning("presence_swept", meetings=len(lost.meetings), connections=len(lost.connections))
                # Also those that were concluded before: how long some were there was not known then.
                self._conclusions.add(*changed)
            for connection_id in unended:
                self._unended.pop(connection_id, None)
        except NodeEndedError:
            self._end()
        except Exception as error:  # noqa: BLE001 - the next sweep tries again
            log_failure(_log, "presence_sweep_failed", error)

    @property
    def _waiting(self) -> int:
        return len(self._meetings) + len(self._connections) + len(self._events)

    def _dated(self, events: Collection[_NotedEvent]) -> list[EventRecord]:
        late = self._clock.monotonic() - LATE_S
        return [replace(each.record, is_late=each.noted_at < late) for each in events]

    async def _write(
        self,
        meetings: Collection[MeetingRecord],
        connections: Collection[ConnectionRecord],
        events: Collection[EventRecord],
    ) -> None:
        """Write records, but give up the ones that the database will never take."""
        try:
            await self._repository.record(self._node_id, meetings, connections, events)
        except RecordRefusedError:
            if len(meetings) + len(connections) + len(events) == 1:
                _log.exception("presence_refused", record=next(iter((*meetings, *connections, *events))))
                return
            for meeting in meetings:
                await self._write([meeting], [], [])
            for connection in connections:
                await self._write([], [connection], [])
            for event in events:
                await self._write([], [], [event])

    def _note(self, pending: dict[K, R], key: K, record: R) -> None:
        if self._is_ended:
            return
        pending[key] = record
        if len(pending) > MAX_PENDING:
            given_up = pending.pop(next(iter(pending)))
            if isinstance(given_up, ConnectionRecord):
                self._unended[given_up.connection_id] = given_up.last_seen_at
            _log.error("presence_given_up", waiting=MAX_PENDING)
        self._has_news.set()

    def _end(self) -> None:
        """Write nothing any more: another node has ended what this one had open."""
        if not self._is_ended:
            self._is_ended = True
            _log.error("presence_fenced", node_id=self._node_id, waiting=self._waiting)
        for pending in (self._meetings, self._connections, self._events):
            pending.clear()
        self._closed.clear()

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
            if is_written and self._clock.monotonic() >= self._sweep_at:
                await self.sweep()
        await self.flush()


def _forget(pending: dict[K, R], written: Mapping[K, R]) -> None:
    """Take out what was written, unless it has changed meanwhile."""
    for key, record in written.items():
        if pending.get(key) is record:
            del pending[key]
