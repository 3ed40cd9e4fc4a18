"""Socket.IO at one path: the libraries' servers, made to open connections of ours.

With `engine_socket.py`, which says why, the only files that know the insides of python-socketio and python-engineio.
`tests/server/gateway/test_engine.py` fails when what is overridden in the two changes in the libraries.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import socketio
import structlog
from aiohttp import web
from engineio import AsyncServer, packet

from protocol.errors import ErrorCode
from server.clock import Clock
from server.errors import StoreError, UserError
from server.gateway.engine_socket import Receiver, Socket
from server.gateway.posts import MAX_POST_BYTES
from server.logs import log_failure

PATH = "/socket.io/"
PING_INTERVAL_S = 4
"""So long a good line may be silent: a line that has died counts as one until it was last heard, and so does everybody
when the server is killed. A ping of a few bytes so often costs a phone in a call nothing."""
PING_TIMEOUT_S = 11
"""With the interval: how long a dead line goes unnoticed."""
_SOCKET = "roundup.socket"
"""Where the environment of a request has its `Socket`."""

_log = structlog.get_logger(__name__)

Accept = Callable[[web.Request, Socket], Awaitable[Receiver]]
"""Decides who may connect; raises `UserError` for who may not."""


class EngineServer(AsyncServer):  # type: ignore[misc]
    """The Engine.IO sessions of this process, and the tasks that the library starts for them."""

    socketio: "SocketServer"
    start_service_task: bool

    def __init__(self, *, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self.clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()

    def start_background_task(
        self, target: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any
    ) -> asyncio.Task[Any]:
        """Start a task that `shutdown` ends."""
        task = asyncio.create_task(target(*args, **kwargs))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def shutdown(self) -> None:
        """End every task, the library's own included. Idempotent."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle_connect(self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None) -> Any:  # noqa: ARG002
        """Open a session: the library's own method, with a `Socket` of ours."""
        if self.start_service_task:
            self.start_service_task = False
            self.service_task_handle = self.start_background_task(self._service_task)
        sid = self.generate_id()
        socket = environ[_SOCKET] = self.sockets[sid] = Socket(self, sid)
        opening = {
            "sid": sid,
            "upgrades": [] if transport == "websocket" else ["websocket"],
            "pingTimeout": PING_TIMEOUT_S * 1000,
            "pingInterval": PING_INTERVAL_S * 1000,
            "maxPayload": MAX_POST_BYTES,
        }
        await socket.send(packet.Packet(packet.OPEN, opening))
        await self._trigger_event("connect", sid, environ, run_async=False)
        socket.schedule_ping()
        if transport == "websocket":
            try:
                return await socket.handle_get_request(environ)
            finally:
                await socket.close(reason=self.reason.TRANSPORT_ERROR)
        socket.connected = True
        return self._ok(await socket.poll())


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """Socket.IO at `PATH` of an aiohttp application."""

    def __init__(self, accept: Accept, clock: Clock) -> None:
        super().__init__(
            async_mode="aiohttp",
            serializer="msgpack",
            cors_allowed_origins=[],  # the gateway has checked the origin
            max_http_buffer_size=MAX_POST_BYTES,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            logger=_library_logger(),
            engineio_logger=_library_logger(),
            clock=clock,
        )
        self.eio.socketio = self
        self._accept = accept
        self.on("connect", self._on_connect)

    @property
    def sockets(self) -> tuple[Socket, ...]:
        """The sessions that are open."""
        return tuple(self.eio.sockets.values())

    async def close(self, code: ErrorCode, text: str) -> None:
        """Tell every page why it is to come back later, and close its connection. Idempotent."""
        for socket in self.sockets:
            socket.hang_up(code, text, should_reconnect=True)
        await asyncio.gather(*(socket.leaving for socket in self.sockets if socket.leaving is not None))
        await self.shutdown()

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    async def _on_connect(self, _sid: str, environ: dict[str, Any], _auth: object) -> None:
        socket: Socket = environ[_SOCKET]
        try:
            receiver = await self._accept(environ["aiohttp.request"], socket)
        except UserError as error:
            if isinstance(error, StoreError):
                log_failure(_log, "connect_failed", error)
            raise _refusal(error.code, error.text) from error
        except Exception as error:
            log_failure(_log, "connect_failed", error)
            raise _refusal(ErrorCode.INTERNAL_ERROR, "Something went wrong on our side.") from error
        if not socket.accepted_by(receiver):
            # It went while we looked who it is; the library has told nobody.
            receiver.on_closed(is_page_gone=False)
            raise _refusal(ErrorCode.BAD_REQUEST, "The connection is gone.")


def _refusal(code: ErrorCode, text: str) -> socketio.exceptions.ConnectionRefusedError:
    return socketio.exceptions.ConnectionRefusedError(text, {"code": code, "text": text})


def _library_logger() -> logging.Logger:
    """Return a logger that lets exceptions through: the libraries also log every packet, and what clients do wrong."""
    logger = logging.getLogger("socketio.server")
    logger.setLevel(logging.ERROR)
    logger.addFilter(_has_exception)
    return logger


def _has_exception(record: logging.LogRecord) -> bool:
    return record.exc_info is not None
