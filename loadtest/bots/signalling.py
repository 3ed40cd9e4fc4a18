"""Socket.IO as a page speaks it: sign-in by link, requests with acknowledgements, events decoded to their types."""

import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

import aiohttp
import msgspec
import socketio

from loadtest.bots.errors import RequestError, SignInError
from protocol.events import Notice, RoomEvent
from protocol.requests import REQUEST_NAMES
from protocol.wire import Failure, Request, Wire

REQUEST_TIMEOUT_S = 15.0
_SILENCE = logging.Logger("loadtest.engineio", logging.CRITICAL + 1)
"""For a library that logs every lost connection as an error: `was_lost` tells."""
_CONNECT_TIMEOUT_S = 15.0

Reply = TypeVar("Reply", bound=Wire)
EventHandler = Callable[[RoomEvent | Notice], None]


def random_id() -> str:
    """Make a `request_id` or `endpoint_id`."""
    return secrets.token_hex(8)


class Signalling:
    """One page's connection to the gateway. `connect` once, `close` when done."""

    def __init__(self, server_url: str, on_event: EventHandler, connector: aiohttp.BaseConnector) -> None:
        self.malformed = 0
        """Events that are not in the protocol."""
        self.was_lost = False
        """Whether the connection ended otherwise than by `close`."""
        self._server_url = server_url
        self._on_event = on_event
        # Cookies of hosts that are bare addresses are kept only by an "unsafe" jar.
        self._http = aiohttp.ClientSession(
            connector=connector, connector_owner=False, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self._client = socketio.AsyncClient(
            serializer="msgpack",
            reconnection=False,
            handle_sigint=False,
            http_session=self._http,
            logger=_SILENCE,
            engineio_logger=_SILENCE,
        )
        self._client.on("*", self._on_message)
        self._client.on("disconnect", self._on_disconnect)
        self._is_closing = False

    async def open_link(self, link: str) -> None:
        """Open a sign-in link and keep the session cookie; raises `SignInError`."""
        async with self._http.get(link, allow_redirects=False) as answer:
            if answer.status not in (302, 303) or not answer.cookies:
                raise SignInError(f"the sign-in link was answered with HTTP {answer.status}")

    def use_cookie(self, name: str, value: str) -> None:
        """Be whoever owns a session that exists already."""
        self._http.cookie_jar.update_cookies({name: value})

    async def connect(self) -> None:
        """Open the WebSocket; raises `RequestError` when it is refused."""
        try:
            await self._client.connect(
                self._server_url,
                headers={"Origin": self._server_url},
                transports=["websocket"],
                wait_timeout=_CONNECT_TIMEOUT_S,
            )
        except socketio.exceptions.ConnectionError as error:
            raise RequestError("connect", "refused", str(error)) from error

    async def request(self, fields: Request, reply: type[Reply]) -> Reply:
        """Make a request and return its typed answer; raises `RequestError`."""
        name = REQUEST_NAMES[type(fields)]
        arguments = {key: value for key, value in msgspec.to_builtins(fields).items() if value is not None}
        try:
            answer = await self._client.call(name, arguments, timeout=REQUEST_TIMEOUT_S)
        except socketio.exceptions.TimeoutError as error:
            raise RequestError(name, "no_answer", f"no acknowledgement within {REQUEST_TIMEOUT_S:g} s") from error
        except (socketio.exceptions.BadNamespaceError, socketio.exceptions.DisconnectedError) as error:
            raise RequestError(name, "disconnected", "the connection is gone") from error
        if not isinstance(answer, dict) or len(answer) != 1 or not answer.keys() <= {"ok", "error"}:
            raise RequestError(name, "bad_answer", f"neither ok nor error: {answer!r:.200}")
        if "error" in answer:
            failure = msgspec.convert(answer["error"], Failure)
            raise RequestError(name, failure.code, failure.text)
        return msgspec.convert(answer["ok"], reply)

    async def close(self) -> None:
        """Close the connection. Idempotent."""
        self._is_closing = True
        try:
            await self._client.disconnect()
        finally:
            await self._http.close()

    def _on_message(self, name: str, data: Any = None, *_: Any) -> None:
        try:
            event = msgspec.convert(data, RoomEvent | Notice)
        except msgspec.ValidationError:
            self.malformed += 1
            return
        if event.__struct_config__.tag != name:
            self.malformed += 1
            return
        self._on_event(event)

    def _on_disconnect(self, _reason: str) -> None:
        self.was_lost = self.was_lost or not self._is_closing
