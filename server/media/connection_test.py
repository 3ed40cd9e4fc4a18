"""Connection tests: media for one person alone and for some seconds, to try what their network lets through.

A test is a meeting that no room knows of: the feature of real meetings answers the requests of real meetings, so what
works here works there. A page sends itself a picture and looks whether it comes back.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from protocol.connection_test import ConnectionTestOpened
from protocol.errors import ErrorCode
from protocol.events import Notice, RoomEvent
from protocol.roles import RoomKind
from protocol.room import MediaSettings, Participant, ProducerInfo, Quality, RoomInfo
from protocol.wire import Request, Wire
from server.clock import Clock
from server.errors import UserError
from server.ids import create_id
from server.room.feature import Caller, Feature, FeatureFactory

LIFETIME_S = 60.0
MAX_TESTS = 16
"""At once, of everybody."""
MAX_REQUESTS = 100
"""Of one test."""
MAX_BYTES = 64 * 1024 * 1024
"""That one test may move over HTTP, both ways together, to measure the line."""
WINDOW_S = 600.0
TESTS_PER_WINDOW = 20
"""Of one person."""


@dataclass(frozen=True, slots=True)
class _MeetingOfOne:
    """Fits `server.room.feature.Meeting`. Nobody is in it, so nobody is told anything."""

    meeting_id: str
    room: RoomInfo

    def participant(self, _participant_id: str) -> Participant | None:
        return None

    def participants(self) -> Collection[Participant]:
        return ()

    def publish(self, event: RoomEvent) -> None:
        pass

    def notify(
        self, notice: Notice, *, endpoint_id: str | None = None, except_participant_id: str | None = None
    ) -> None:
        pass

    def tell(self, notice: Notice, connection_ids: Iterable[str]) -> None:
        pass

    def is_inside(self, _connection_id: str) -> bool:
        return False

    @property
    def clock_offset_ms(self) -> int:
        return 0

    def now_ms(self) -> int:
        return 0

    def last_heard(self) -> Mapping[str, int]:
        return {}

    def set_producers(self, participant_id: str, producers: tuple[ProducerInfo, ...]) -> None:
        pass

    def set_qualities(self, qualities: Mapping[str, Quality]) -> None:
        pass

    def set_media_connected(self, participant_id: str, *, is_connected: bool) -> None:
        pass

    def set_talking(self, participant_ids: Collection[str]) -> None:
        pass


@dataclass(slots=True, eq=False)
class _Test:
    test_id: str
    feature: Feature
    caller: Caller
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    requests_left: int = MAX_REQUESTS
    bytes_left: int = MAX_BYTES
    task: asyncio.Task[None] | None = None


class ConnectionTests:
    """All tests of this node: one at a time of each person. Its methods raise `UserError`."""

    def __init__(
        self,
        create_feature: FeatureFactory,
        settings: Callable[[], MediaSettings],
        media_ports: Callable[[], Collection[int]],
        clock: Clock,
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        self._create_feature = create_feature
        self._settings = settings
        self._media_ports = media_ports
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._tests: dict[str, _Test] = {}
        """By person."""
        self._opened_at: dict[str, list[float]] = {}
        """When each person has begun tests lately."""

    async def open(self, person_id: str) -> ConnectionTestOpened:
        """Begin a test, in the place of the person's earlier one."""
        self._count(person_id)
        while (earlier := self._tests.get(person_id)) is not None:  # meanwhile another page may have begun one
            await self._end(earlier)
        if len(self._tests) >= MAX_TESTS:
            raise UserError(ErrorCode.TOO_MANY, "Too many connection tests are running; try again in a minute.")
        test_id = create_id("test")
        room = RoomInfo(room_id=test_id, slug="connection-test", name="", kind=RoomKind.ONE_TO_ONE)
        caller = Caller(participant_id=person_id, person_id=person_id, connection_id=test_id, endpoint_id=test_id)
        test = _Test(test_id, self._create_feature(_MeetingOfOne(test_id, room)), caller)
        self._tests[person_id] = test
        test.task = asyncio.create_task(self._keep(test), name="connection test")
        await test.feature.on_meeting_opened(self._clock.now_ms())
        return ConnectionTestOpened(
            test_id=test_id,
            lifetime_s=self._lifetime_s,
            media=self._settings(),
            media_ports=tuple(self._media_ports()),
        )

    async def ask(self, person_id: str, test_id: str, request: Request) -> Wire:
        """Answer a media request of the person's test."""
        test = self._own(person_id, test_id)
        handler = test.feature.handlers().get(type(request))
        if handler is None:
            raise UserError(ErrorCode.BAD_REQUEST, "A connection test knows media requests only.")
        if test.requests_left == 0:
            raise UserError(ErrorCode.TOO_MANY, "This connection test has asked too much; begin another one.")
        test.requests_left -= 1
        return await handler(test.caller, request)

    def spend(self, person_id: str, test_id: str, size: int) -> None:
        """Take note that so many bytes are moved to measure the line."""
        test = self._own(person_id, test_id)
        if size > test.bytes_left:
            raise UserError(ErrorCode.TOO_MANY, "This connection test has moved enough; begin another one.")
        test.bytes_left -= size

    async def end(self, person_id: str, test_id: str) -> None:
        """End the person's test."""
        await self._end(self._own(person_id, test_id))

    async def close(self) -> None:
        """End every test. Idempotent."""
        for test in list(self._tests.values()):
            await self._end(test)

    def _own(self, person_id: str, test_id: str) -> _Test:
        test = self._tests.get(person_id)
        if test is None or test.test_id != test_id:
            raise UserError(ErrorCode.NOT_FOUND, "This connection test is over.")
        return test

    def _count(self, person_id: str) -> None:
        since = self._clock.monotonic() - WINDOW_S
        recent = {person: [at for at in ats if at > since] for person, ats in self._opened_at.items()}
        self._opened_at = {person: ats for person, ats in recent.items() if ats}
        own = self._opened_at.setdefault(person_id, [])
        if len(own) >= TESTS_PER_WINDOW:
            raise UserError(ErrorCode.TOO_MANY, "That were many connection tests; try again in some minutes.")
        own.append(self._clock.monotonic())

    async def _end(self, test: _Test) -> None:
        if test.task is not None:
            test.ended.set()
            await asyncio.wait([test.task])

    async def _keep(self, test: _Test) -> None:
        """Let a test live until it is ended, by its person or by time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._lifetime_s):
                await test.ended.wait()
        del self._tests[test.caller.person_id]
        await test.feature.on_meeting_closed(self._clock.now_ms())
