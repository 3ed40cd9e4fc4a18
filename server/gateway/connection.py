"""One connection's requests: decoded, authorised, answered."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import structlog

from protocol import PROTOCOL_VERSION
from protocol.errors import ErrorCode
from protocol.events import Departure
from protocol.permissions import is_permitted
from protocol.requests import REQUESTS, Joined, RequestType, RoomJoin, RoomLeave
from protocol.roles import RoomState
from protocol.room import MediaSettings, Person
from protocol.wire import Empty, Request, Wire
from server.clock import Clock
from server.errors import ProtocolError, StoreError, UserError
from server.gateway.engine_socket import Socket
from server.gateway.frames import Event, encode_failure, encode_reply
from server.gateway.limits import REQUESTS_IN_FLIGHT, Joins
from server.logs import log_failure
from server.room.directory import Entry, RoomDirectory

R = TypeVar("R")

_log = structlog.get_logger(__name__)


class _JoinVersion(msgspec.Struct):
    """The one field of `room_join` that every version of the protocol can read."""

    protocol_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every connection needs."""

    directory: RoomDirectory
    media_settings: Callable[[], MediaSettings]
    clock: Clock
    joins: Joins
    observe_join: Callable[[float], None]
    start_task: Callable[[Coroutine[Any, Any, None], Context], None]
    """Runs to its end even when the connection goes: the page may ask for the outcome on its next one."""
    on_closed: Callable[["Connection"], None]


class Connection:
    """A signed-in person's connection, in at most one room at a time."""

    def __init__(self, person: Person, token: str, socket: Socket, services: Services) -> None:
        self.person = person
        self.token = token
        """Of the session that it was opened with."""
        self._socket = socket
        self._services = services
        self._entry: Entry | None = None
        self._joining = asyncio.Lock()
        self._left_by: str | None = None
        """`request_id` of the last room_leave that was done."""
        self._log_context = copy_context()
        """In which everything that is logged says where, and of whom."""
        self._in_flight = 0
        self._is_closed = self._is_page_gone = False
        self._removal: Departure | None = None
        """Why the person may be here no longer."""

    def on_event(self, event: Event, *, is_too_many: bool) -> None:
        """Begin to answer a request."""
        if is_too_many or self._in_flight >= REQUESTS_IN_FLIGHT:
            self._fail(event, ErrorCode.TOO_MANY, "Too many requests at once.")
            return
        self._in_flight += 1
        kind = REQUESTS.get(event.name)
        context = self._log_context.copy()
        if kind is not None and self._entry is not None and self._entry.meeting.is_prompt(kind.fields):
            context.run(self._answer_promptly, event, kind)
        else:
            self._services.start_task(self._answer(event, kind), context)

    def end_session(self, reason: Departure) -> None:
        """Take the person out of the room at once, and close the connection: their session is over."""
        self._removal = reason
        if self._entry is not None:
            self._leave_room(self._entry, reason)
        # The page comes back at once, and is let in when its browser has a new session.
        self._socket.hang_up(ErrorCode.NOT_SIGNED_IN, "You are signed out.", should_reconnect=True)

    def on_closed(self, *, is_page_gone: bool) -> None:
        """Tell the room that the connection is lost, unless the last thing it said was that it leaves."""
        self._is_closed, self._is_page_gone = True, is_page_gone
        # Requests that came before begin first.
        asyncio.get_running_loop().call_soon(self._lose, is_page_gone)
        self._services.on_closed(self)

    def _lose(self, is_page_gone: bool) -> None:
        if self._entry is not None:
            self._services.directory.lose(self._entry, is_page_gone=is_page_gone)

    async def _answer(self, event: Event, kind: RequestType | None) -> None:
        try:
            self._done(event, await self._perform(event, kind))
        except Exception as error:  # noqa: BLE001 - a handler's fault is no reason to leave the page without an answer
            self._failed(event, error)
        except BaseException:
            self._in_flight -= 1
            raise

    def _answer_promptly(self, event: Event, kind: RequestType) -> None:
        answer = _Answer(event, self._done, self._failed)
        try:
            entry = self._authorise(kind)
            if entry is None:
                raise UserError(ErrorCode.NOT_IN_ROOM, "You are not in this room.")
            entry.meeting.handle_promptly(entry.caller, _decode(_argument(event), kind.fields), answer)
        except Exception as error:  # noqa: BLE001 - as above
            answer.failed(error)

    def _done(self, event: Event, reply: Wire) -> None:
        """Send the reply. When nothing was awaited before, it goes out before the events that follow it."""
        frame = None if event.ack_id is None else encode_reply(event.ack_id, reply)
        self._in_flight -= 1
        if frame is not None:
            self._socket.put(frame)

    def _failed(self, event: Event, error: Exception) -> None:
        self._in_flight -= 1
        if isinstance(error, ProtocolError):
            self._socket.hang_up(error.code, error.text, should_reconnect=False)
        elif isinstance(error, UserError):
            if isinstance(error, StoreError):
                log_failure(_log, "request_failed", error, **self._context(event.name))
            self._fail(event, error.code, error.text, error.retry_after_s)
        else:
            log_failure(_log, "request_failed", error, **self._context(event.name))
            self._fail(event, ErrorCode.INTERNAL_ERROR, "Something went wrong on our side.")

    def _fail(self, event: Event, code: ErrorCode, text: str, retry_after_s: int | None = None) -> None:
        if event.ack_id is not None:
            self._socket.put(encode_failure(event.ack_id, code, text, retry_after_s))

    async def _perform(self, event: Event, kind: RequestType | None) -> Wire:
        if kind is None:
            raise UserError(ErrorCode.BAD_REQUEST, "There is no such request.")
        argument = _argument(event)
        if kind.fields is RoomJoin:
            return await self._join(argument)
        entry = self._authorise(kind)
        if entry is None:
            return self._answer_outside(kind.fields, argument)
        request: Request = _decode(argument, kind.fields)
        if isinstance(request, RoomLeave):
            return self._leave(entry, request)
        return await entry.meeting.handle(entry.caller, request)

    def _authorise(self, kind: RequestType) -> Entry | None:
        """Return where the person is; `None`: in no room. Raises `UserError` for what they may not do there."""
        entry = self._entry
        participant = None if entry is None else entry.meeting.participant(entry.caller.participant_id)
        if entry is None or participant is None:
            return None
        if not is_permitted(participant.role, kind.name, RoomState.LIVE):
            raise UserError(ErrorCode.FORBIDDEN, "You may not do this here.")
        return entry

    async def _join(self, argument: msgspec.Raw) -> Joined:
        began = self._services.clock.monotonic()
        if _decode(argument, _JoinVersion).protocol_version != PROTOCOL_VERSION:
            raise UserError(ErrorCode.VERSION_MISMATCH, "Roundup was updated; please reload this page.")
        request = _decode(argument, RoomJoin)
        if request.person_id not in (None, self.person.person_id):
            raise UserError(ErrorCode.OTHER_PERSON, "Somebody else has signed in in this browser.")
        async with self._joining:
            self._entry = entry = await self._enter(request)
        self._bind_log(entry)
        if self._removal is not None:
            self._leave_room(entry, self._removal)
            raise UserError(ErrorCode.NOT_SIGNED_IN, "You are signed out.")
        if self._is_closed:
            self._services.directory.lose(entry, is_page_gone=self._is_page_gone)
            raise UserError(ErrorCode.NOT_IN_ROOM, "The connection is gone.")
        self._services.observe_join(self._services.clock.monotonic() - began)
        welcome = entry.welcome
        return Joined(
            you=welcome.you,
            media=self._services.media_settings(),
            snapshot=welcome.snapshot,
            missed=welcome.missed,
            now=self._services.clock.now_ms(),
        )

    async def _enter(self, request: RoomJoin) -> Entry:
        directory = self._services.directory
        if self._entry is not None:
            return directory.rejoin(self._entry, request)  # the page has not heard the answer, and asks again
        wait_s = self._services.joins.take(self.person.person_id)
        if wait_s > 0:
            text = f"You have come in very often just now. Try again in {wait_s} s."
            raise UserError(ErrorCode.TOO_MANY, text, retry_after_s=wait_s)
        door = await directory.find(request.slug, self.person)
        if not is_permitted(door.role, "room_join", directory.state(door.room.room_id)):
            raise UserError(ErrorCode.FORBIDDEN, "You may not enter this room.")
        return await directory.join(door, self.person, request, self._socket)

    def _leave(self, entry: Entry, request: RoomLeave) -> Empty:
        self._left_by = request.request_id
        self._leave_room(entry, "left")
        return Empty()

    def _leave_room(self, entry: Entry, reason: Departure) -> None:
        self._entry = None
        self._log_context.run(structlog.contextvars.unbind_contextvars, "room_id", "participant_id")
        self._services.directory.leave(entry, reason)

    def _answer_outside(self, kind: type[Request], argument: msgspec.Raw) -> Empty:
        if kind is RoomLeave and self._left_by is not None and _decode(argument, RoomLeave).request_id == self._left_by:
            return Empty()
        raise UserError(ErrorCode.NOT_IN_ROOM, "You are not in this room.")

    def _bind_log(self, entry: Entry) -> None:
        """Have everything that is logged while requests are handled say where, and of whom: from here on, and later."""
        where = {"room_id": entry.meeting.room.room_id, "participant_id": entry.caller.participant_id}
        structlog.contextvars.bind_contextvars(**where)
        self._log_context = copy_context()

    def _context(self, request: str) -> dict[str, str]:
        context = {"request": request, "person_id": self.person.person_id}
        if self._entry is not None:
            context |= {
                "room_id": self._entry.meeting.room.room_id,
                "participant_id": self._entry.caller.participant_id,
                "connection_id": self._entry.caller.connection_id,
            }
        return context


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one request comes to. Implements `server.room.feature.Answer`."""

    event: Event
    on_done: Callable[[Event, Wire], None]
    on_failed: Callable[[Event, Exception], None]

    def done(self, reply: Wire) -> None:
        """Send the reply."""
        self.on_done(self.event, reply)

    def failed(self, error: Exception) -> None:
        """Say why there is none."""
        self.on_failed(self.event, error)


def _argument(event: Event) -> msgspec.Raw:
    if len(event.arguments) != 1:
        raise UserError(ErrorCode.BAD_REQUEST, "A request has one argument.")
    return event.arguments[0]


def _decode(argument: msgspec.Raw, kind: type[R]) -> R:
    try:
        return msgspec.msgpack.decode(argument, type=kind)
    except (ValueError, RecursionError) as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"This request is malformed: {error}.") from error
