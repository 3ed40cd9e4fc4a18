"""The edge: who may connect, and what becomes of their connections."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from typing import Any

import msgspec
import structlog
from aiohttp import web

from protocol.errors import ErrorCode
from protocol.room import MediaSettings, Person
from protocol.wire import Failure
from server.clock import Clock
from server.errors import UserError
from server.gateway.connection import Connection, Services
from server.gateway.engine import PATH, SocketServer
from server.gateway.engine_socket import Socket
from server.gateway.limits import CONNECTIONS_PER_PERSON, Joins
from server.logs import log_failure
from server.room.directory import RoomDirectory

RECHECK_EVERY_S = 30.0
"""How long a page may stay after its session was ended elsewhere: by a command, or by time."""
_STOP_TIMEOUT_S = 3.0
"""For requests that are being answered when we stop."""

_log = structlog.get_logger(__name__)


class Gateway:
    """Socket.IO at `/socket.io/`. `close` ends every connection and every request that is being answered."""

    def __init__(
        self,
        *,
        identify: Callable[[str], Awaitable[Person | None]],
        directory: RoomDirectory,
        media_settings: Callable[[], MediaSettings],
        is_own_origin: Callable[[str, str], bool],
        cookie_name: str,
        clock: Clock,
        observe_join: Callable[[float], None],
        recheck_every_s: float = RECHECK_EVERY_S,
    ) -> None:
        """`identify` tells whose session a cookie is; `is_own_origin` judges an Origin header, given the Host header.

        `observe_join` is told how many seconds each join took.
        """
        self._identify = identify
        self._is_own_origin = is_own_origin
        self._cookie_name = cookie_name
        self._services = Services(
            directory=directory,
            media_settings=media_settings,
            clock=clock,
            joins=Joins(clock),
            observe_join=observe_join,
            start_task=self._start_task,
            on_closed=self._on_closed,
        )
        self._server = SocketServer(self._accept, clock)
        self._connections: dict[str, set[Connection]] = {}
        """By person."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._recheck_every_s = recheck_every_s
        self._rechecking: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def connection_count(self) -> int:
        """How many connections are open, inside a room or not."""
        return sum(len(connections) for connections in self._connections.values())

    def attach(self, app: web.Application) -> None:
        """Serve `/socket.io/` of an application that is not running yet."""
        app.router.add_get(PATH, self._on_http, allow_head=False)
        app.router.add_post(PATH, self._on_http)

    def start(self) -> None:
        """Begin to look, from time to time, whether those who are connected are still signed in."""
        self._rechecking = asyncio.create_task(self._recheck(), name="sessions")

    def on_signed_out(self, token: str) -> None:
        """Take whoever was connected with this session out of their room, at once."""
        for connection in self._connections_of(token):
            connection.end_session("left")

    async def close(self) -> None:
        """Tell every page to come back later, and close its connection. Idempotent."""
        self._is_closed = True
        if self._rechecking is not None:
            self._rechecking.cancel()
            await asyncio.gather(self._rechecking, return_exceptions=True)
        await self._server.close(ErrorCode.SERVER_STOPPING, "The server is restarting.")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_TIMEOUT_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _on_http(self, request: web.Request) -> web.StreamResponse:
        if not self._is_from_own_page(request) or "j" in request.query:  # JSONP was made to cross origins
            failure = Failure(code=ErrorCode.FORBIDDEN, text="This page may not connect here.")
            body = msgspec.json.encode({"error": failure})
            return web.Response(status=403, body=body, content_type="application/json")
        response: web.StreamResponse = await self._server.handle_request(request)
        return response

    def _is_from_own_page(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        if origin is not None:
            return self._is_own_origin(origin, request.headers.get("Host", ""))
        # A browser leaves out the origin of its own page's GET only; what is no browser has no other site's cookies.
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        return not any(name.startswith("Sec-Fetch-") for name in request.headers)

    async def _accept(self, request: web.Request, socket: Socket) -> Connection:
        token = request.cookies.get(self._cookie_name, "")
        person = await self._identify(token) if token else None
        if self._is_closed:
            raise UserError(ErrorCode.SERVER_STOPPING, "The server is restarting.")
        if person is None:
            raise UserError(ErrorCode.NOT_SIGNED_IN, "Open your sign-in link first.")
        connections = self._connections.setdefault(person.person_id, set())
        if len(connections) >= CONNECTIONS_PER_PERSON:
            raise UserError(ErrorCode.TOO_MANY, "You are connected too many times; close some other pages.")
        connection = Connection(person, token, socket, self._services)
        connections.add(connection)
        return connection

    def _on_closed(self, connection: Connection) -> None:
        person_id = connection.person.person_id
        connections = self._connections[person_id]
        connections.discard(connection)
        if not connections:
            del self._connections[person_id]

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(self._recheck_every_s)
            for connection in self._all_connections():
                try:
                    is_signed_in = await self._identify(connection.token) is not None
                except Exception as error:  # noqa: BLE001 - a database that fails is no reason to send everybody away
                    log_failure(_log, "recheck_failed", error)
                    break
                if not is_signed_in:
                    connection.end_session("removed")

    def _all_connections(self) -> list[Connection]:
        return [connection for own in self._connections.values() for connection in own]

    def _connections_of(self, token: str) -> list[Connection]:
        return [connection for connection in self._all_connections() if connection.token == token]

    def _start_task(self, work: Coroutine[Any, Any, None], context: Context) -> None:
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
