"""A page as the server sees it: a real Socket.IO client that speaks the protocol and keeps the room's snapshot."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import socketio

from protocol import PROTOCOL_VERSION
from protocol.events import Notice, RoomEvent
from protocol.replay import apply_event, apply_events
from protocol.requests import REQUESTS, Joined
from protocol.room import RoomSnapshot
from protocol.wire import Failure, Mutation, Wire

NOTICES = frozenset(kind.__struct_config__.tag for kind in Notice.__args__)
TIMEOUT_S = 30.0
W = TypeVar("W", bound=Wire)


class RequestError(Exception):
    """The server said no."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.text}")
        self.code = failure.code
        self.retry_after_s = failure.retry_after_s


class Page:
    """One open page, with one `endpoint_id`, through any number of connections."""

    def __init__(self, session_token: str, *, cookie_name: str = "roundup_session") -> None:
        self.endpoint_id = secrets.token_hex(8)
        self.joined: Joined | None = None
        self.snapshot: RoomSnapshot | None = None
        """Kept current by the events."""
        self.events: list[RoomEvent] = []
        self.notices: list[Notice] = []
        self.is_closed = asyncio.Event()
        self.requests_in_order: list[str] = []
        self.session_token = session_token
        self._cookie = f"{cookie_name}={session_token}"
        self._heard = asyncio.Condition()
        self._early: list[RoomEvent] | None = None
        self._socket = self._create_socket()

    async def connect(
        self, url: str, *, transports: Sequence[str] = ("websocket",), headers: Mapping[str, str] | None = None
    ) -> None:
        """Open a connection. Raises `socketio.exceptions.ConnectionError` with the server's reason."""
        self.is_closed.clear()
        self._url = url
        await self._socket.connect(
            url,
            headers={"Cookie": self._cookie, **(headers or {})},
            transports=list(transports),
            wait_timeout=TIMEOUT_S,
        )

    async def join(self, slug: str, **fields: Any) -> Joined:
        """Enter a room, and hear its events from there on."""
        self._early = []
        body = {"protocol_version": PROTOCOL_VERSION, "slug": slug, "endpoint_id": self.endpoint_id, **fields}
        joined = msgspec.convert(await self.request("room_join", **body), Joined)
        self.joined = joined
        if joined.snapshot is not None:
            self.snapshot = joined.snapshot
        else:
            assert joined.missed is not None
            assert self.snapshot is not None
            self.snapshot = apply_events(self.snapshot, joined.missed)
        early, self._early = self._early, None
        self.snapshot = apply_events(self.snapshot, early)
        return joined

    async def come_back(self, **fields: Any) -> Joined:
        """Connect again with a new connection and enter as the same page, naming what was seen."""
        assert self.snapshot is not None
        self._socket = self._create_socket()
        await self.connect(self._url)
        known = {"meeting_id": self.snapshot.meeting.meeting_id, "last_seq": self.snapshot.seq}
        return await self.join(self.snapshot.room.slug, **{**known, **fields})

    async def request(self, name: str, **fields: Any) -> Any:
        """Ask, and return the reply as it came. Raises `RequestError`."""
        kind = REQUESTS.get(name)
        if kind is not None and issubclass(kind.fields, Mutation):
            fields.setdefault("request_id", secrets.token_hex(8))
        return await self.request_raw(name, fields)

    async def request_raw(self, name: str, *arguments: Any) -> Any:
        """Ask with any arguments. Raises `RequestError`."""
        data = arguments[0] if len(arguments) == 1 else tuple(arguments)
        ack = await self._socket.call(name, data, timeout=TIMEOUT_S)
        if "error" in ack:
            raise RequestError(msgspec.convert(ack["error"], Failure))
        return ack["ok"]

    async def ask(self, reply: type[W], **fields: Any) -> W:
        """Make the one request that is answered with a `reply`. Raises `RequestError`."""
        [name] = [row.name for row in REQUESTS.values() if row.reply is reply]
        return msgspec.convert(await self.request(name, **fields), reply)

    async def tell(self, name: str, **fields: Any) -> None:
        """Ask without wanting an answer."""
        await self._socket.emit(name, fields)

    async def next_event(self, tag: str, *, nth: int = 1) -> Any:
        """Wait for the `nth` room event or notice of a kind since the page was opened."""
        async with asyncio.timeout(TIMEOUT_S), self._heard:
            while True:
                found = [m for m in (*self.events, *self.notices) if m.__struct_config__.tag == tag]
                if len(found) >= nth:
                    return found[nth - 1]
                await self._heard.wait()

    async def heard_something(self) -> None:
        """Wait until the server says something."""
        async with asyncio.timeout(TIMEOUT_S), self._heard:
            await self._heard.wait()

    async def until_seq(self, seq: int) -> None:
        """Wait until the room's event of this number was heard."""
        async with asyncio.timeout(TIMEOUT_S), self._heard:
            await self._heard.wait_for(lambda: self.snapshot is not None and self.snapshot.seq >= seq)

    async def break_line(self) -> None:
        """Lose the connection as a network does: the transport is gone without a word."""
        websocket = self._socket.eio.ws
        websocket._response.connection.transport.abort()
        async with asyncio.timeout(TIMEOUT_S):
            await self.is_closed.wait()

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.disconnect()

    def _create_socket(self) -> socketio.AsyncClient:
        socket = socketio.AsyncClient(serializer="msgpack", reconnection=False)
        socket.on("*", self._on_event)
        socket.on("disconnect", lambda _reason: self.is_closed.set())
        return socket

    async def _on_event(self, name: str, argument: Any) -> None:
        assert argument["type"] == name
        if name in NOTICES:
            self.notices.append(msgspec.convert(argument, Notice))
        else:
            event = msgspec.convert(argument, RoomEvent)
            self.events.append(event)
            if self._early is not None:
                self._early.append(event)
            elif self.snapshot is not None:
                self.snapshot = apply_event(self.snapshot, event)
        async with self._heard:
            self._heard.notify_all()
