"""A meeting that remembers what its media feature tells it, with the real service and workers behind."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from msgspec.structs import replace

from protocol.events import MediaReset, Notice, RoomEvent
from protocol.roles import RoomKind, RoomRole
from protocol.room import Participant, ProducerInfo, Quality, RoomInfo
from protocol.wire import Request, Wire
from server.clock import SystemClock
from server.config import Config
from server.media.feature import MediaFeature
from server.media.service import MediaService
from server.room.feature import Caller

DEADLINE_S = 30.0
Reply = TypeVar("Reply", bound=Wire)


class RecordingMeeting:
    """Fits `server.room.feature.Meeting`."""

    def __init__(self, meeting_id: str = "meeting_1", people: Collection[str] = ("ana", "ben")) -> None:
        self.meeting_id = meeting_id
        self.room = RoomInfo(room_id="room_1", slug="round-up", name="Round-up", kind=RoomKind.ROUND_UP)
        self.events: list[RoomEvent] = []
        self.notices: list[tuple[str | None, Notice]] = []
        self.told: list[Notice | tuple[ProducerInfo, ...] | Quality] = []
        """Notices, and what participants were said to send, in order."""
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

    def set_producers(self, participant_id: str, producers: tuple[ProducerInfo, ...]) -> None:
        self._participants[participant_id] = replace(self._participants[participant_id], producers=producers)
        self.told.append(producers)
        self._changed.set()

    def set_quality(self, participant_id: str, quality: Quality) -> None:
        participant = self._participants.get(participant_id)
        if participant is not None and participant.quality is not quality:
            self._participants[participant_id] = replace(participant, quality=quality)
            self.told.append(quality)
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

    async def wait_for_notice(self, kind: type[Notice]) -> tuple[str | None, Notice]:
        """Wait for the first notice of a kind."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for endpoint_id, notice in self.notices:
                    if isinstance(notice, kind):
                        return endpoint_id, notice
                self._changed.clear()
                await self._changed.wait()


class Page:
    """Asks the feature as one page would, without the wire."""

    def __init__(self, feature: MediaFeature, participant_id: str, endpoint_id: str | None = None) -> None:
        self.caller = Caller(
            participant_id=participant_id,
            person_id=participant_id,
            connection_id=f"connection of {participant_id}",
            endpoint_id=endpoint_id or f"page of {participant_id}",
        )
        self._handlers = feature.handlers()
        self._requests = 0

    async def ask(self, kind: type[Request], reply: type[Reply], **fields: Any) -> Reply:
        """Send a request, with a fresh request id, and return its reply."""
        self._requests += 1
        answer = await self._handlers[kind](self.caller, kind(request_id=str(self._requests), **fields))
        assert isinstance(answer, reply)
        return answer


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
