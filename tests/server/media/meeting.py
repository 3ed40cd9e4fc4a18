"""A meeting that remembers what its media feature tells it, with the real service and workers behind."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from protocol.events import MediaReset, Notice, RoomEvent
from protocol.roles import RoomKind, RoomRole
from protocol.room import Participant, ProducerInfo, Quality, RoomInfo
from server.clock import SystemClock
from server.config import Config
from server.media import messages as m
from server.media.feature import MediaFeature
from server.media.service import MediaService
from server.media.supervisor import WorkerStats
from server.media.worker_process import WorkerProcess
from tests.support.waiting import until

DEADLINE_S = 30.0


class RecordingMeeting:
    """Fits `server.room.feature.Meeting`."""

    def __init__(self, meeting_id: str = "meeting_1", people: Collection[str] = ("ana", "ben")) -> None:
        self.meeting_id = meeting_id
        self.room = RoomInfo(room_id="room_1", slug="round-up", name="Round-up", kind=RoomKind.ROUND_UP)
        self.events: list[RoomEvent] = []
        self.notices: list[tuple[str | None, Notice]] = []
        self.qualities: list[dict[str, Quality]] = []
        self.told: list[Notice | tuple[ProducerInfo, ...]] = []
        """Notices, and what participants were said to send, in order."""
        self.with_media: set[str] = set()
        self.talking: set[str] = set()
        self._changed = asyncio.Event()
        self._participants = {
            name: Participant(
                participant_id=name,
                person_id=name,
                name=name.title(),
                role=RoomRole.PARTICIPANT,
                joined_at=0,
                is_connected=True,
            )
            for name in people
        }

    def participant(self, participant_id: str) -> Participant | None:
        return self._participants.get(participant_id)

    def participants(self) -> Collection[Participant]:
        return self._participants.values()

    def publish(self, event: RoomEvent) -> None:
        self.events.append(event)
        self._changed.set()

    def notify(
        self,
        notice: Notice,
        *,
        endpoint_id: str | None = None,
        except_participant_id: str | None = None,
    ) -> None:
        self.notices.append((endpoint_id, notice))
        self.told.append(notice)
        self._changed.set()

    def tell(self, notice: Notice, connection_ids: Iterable[str]) -> None:
        raise AssertionError(f"media tells endpoints, not connections: {notice}, {connection_ids}")

    def is_inside(self, connection_id: str) -> bool:
        raise AssertionError(f"media does not ask for {connection_id}")

    @property
    def clock_offset_ms(self) -> int:
        raise AssertionError("media ask for no instants")

    def now_ms(self) -> int:
        raise AssertionError("media ask for no instants")

    def last_heard(self) -> Mapping[str, int]:
        raise AssertionError("media ask for nobody's line")

    def set_producers(self, participant_id: str, producers: tuple[ProducerInfo, ...]) -> None:
        self._participants[participant_id] = replace(self._participants[participant_id], producers=producers)
        self.told.append(producers)
        self._changed.set()

    def set_qualities(self, qualities: Mapping[str, Quality]) -> None:
        self.qualities.append(dict(qualities))
        self._changed.set()

    def set_media_connected(self, participant_id: str, *, is_connected: bool) -> None:
        (self.with_media.add if is_connected else self.with_media.discard)(participant_id)
        self._changed.set()

    def set_talking(self, participant_ids: Collection[str]) -> None:
        self.talking = set(participant_ids)
        self._changed.set()

    def producers(self, participant_id: str) -> tuple[ProducerInfo, ...]:
        return self._participants[participant_id].producers

    async def wait_for_reset(self, epoch: int) -> MediaReset:
        """Wait until media of `epoch` is available."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for event in self.events:
                    if isinstance(event, MediaReset) and event.epoch == epoch and event.is_available:
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def next_qualities(self) -> dict[str, Quality]:
        """Wait for the next that is told of connections, and take it."""
        async with asyncio.timeout(DEADLINE_S):
            while not self.qualities:
                self._changed.clear()
                await self._changed.wait()
        return self.qualities.pop(0)

    async def wait_for_notice(self, kind: type[Notice]) -> tuple[str | None, Notice]:
        """Wait for the first notice of a kind."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for endpoint_id, notice in self.notices:
                    if isinstance(notice, kind):
                        return endpoint_id, notice
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def running_service(workers: int = 1, **fields: Any) -> AsyncIterator[MediaService]:
    """Run the service with real worker processes on free ports, reached over loopback."""
    defaults: dict[str, Any] = {"media_port": 0, "announce_ips": ("127.0.0.1",)}
    service = MediaService(Config(media_workers=workers, **(defaults | fields)), SystemClock())
    await service.start()
    try:
        yield service
    finally:
        await service.close()


@asynccontextmanager
async def live_feature(service: MediaService, meeting: RecordingMeeting) -> AsyncIterator[MediaFeature]:
    """Open and close the media of a meeting."""
    feature = service.create_feature(meeting)
    assert isinstance(feature, MediaFeature)
    await feature.on_meeting_opened(0)
    try:
        yield feature
    finally:
        await feature.on_meeting_closed(0)


async def worker_has(service: MediaService, **expected: int) -> WorkerStats:
    """Wait for a report of the first worker with these numbers."""
    await until(lambda: all(getattr(service.stats()[0], name) == value for name, value in expected.items()))
    return service.stats()[0]


def note_commands(monkeypatch: pytest.MonkeyPatch) -> list[m.AnyCommand]:
    """Return what workers are given from now on, in order; they do it as ever."""
    given: list[m.AnyCommand] = []
    call, post = WorkerProcess.call, WorkerProcess.post

    async def note_and_call(worker: WorkerProcess, command: m.AnyCommand) -> m.Answer:
        given.append(command)
        return await call(worker, command)

    def note_and_post(worker: WorkerProcess, command: m.AnyCommand) -> None:
        given.append(command)
        post(worker, command)

    monkeypatch.setattr(WorkerProcess, "call", note_and_call)
    monkeypatch.setattr(WorkerProcess, "post", note_and_post)
    return given
