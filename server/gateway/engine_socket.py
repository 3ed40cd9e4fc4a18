"""One Socket.IO connection: with `engine.py`, all that knows the insides of python-socketio and python-engineio.

The libraries keep the handshake, the namespaces, the pings and the polling transport. Ours is all that is read and
written, because theirs
- queues without bound for a page that does not read; a `Socket` is closed when too much waits for it;
- lets an unreadable message raise out of the receive loop and leave a session behind; here it closes the connection;
- times its pings by the wall clock: where that is set, lines that live would be closed, and dead ones kept;
- makes a task per recipient and compresses per recipient; here what is put in one turn of the loop goes to the
  WebSocket's transport in one piece, as an acknowledgement and the change that it is part of;
- reads a posted body only as far as it has arrived.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import WSCloseCode, WSMsgType, web
from engineio import packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError

from protocol.errors import ErrorCode
from protocol.events import ConnectionClosing, NoticesDropped
from protocol.wire import MAX_MESSAGE_BYTES
from server.errors import ProtocolError
from server.gateway.counted_queue import CountedQueue
from server.gateway.frames import (
    BINARY,
    PONG,
    TEXT,
    Connect,
    Disconnect,
    Event,
    Frame,
    decode,
    encode_disconnect,
    encode_message,
    websocket_close,
    websocket_message,
)
from server.gateway.limits import (
    QUEUED_BYTES,
    QUEUED_BYTES_FOR_NOTICES,
    QUEUED_BYTES_WHEN_DRAINED,
    MessageBucket,
    Verdict,
)
from server.gateway.posts import MAX_POST_BYTES, read_packets

if TYPE_CHECKING:
    from server.gateway.engine import EngineServer

CONNECT_TIMEOUT_S = 10.0
"""For a session to say who it is."""
CLOSE_TIMEOUT_S = 3.0
"""For what is on its way when we close."""
_UPGRADE_TIMEOUT_S = 10.0
_WORTH_A_WRITE_BYTES = 16_384
"""More is written before the turn of the loop ends: large frames are neither copied together nor count as waiting."""
_DRAINED_S = 0.25
"""So often it is looked whether a connection that went without notices has caught up."""
_notices_dropped = encode_message(NoticesDropped())


class Receiver(Protocol):
    """What takes the requests of one connection."""

    def on_event(self, event: Event, *, is_too_many: bool) -> None:
        """Take a request. With `is_too_many`, do no more than say so."""
        ...

    def on_closed(self, *, is_page_gone: bool) -> None:
        """Take note that the connection is gone, and whether its page is: closed, or about to be loaded anew.

        Called once.
        """
        ...


class Socket(AsyncSocket):  # type: ignore[misc]
    """One connection: an Engine.IO session, over a WebSocket or by polling. Implements `server.room.meeting.Outbox`."""

    last_ping: float | None
    """When the page was last asked for a sign of life, by the loop's clock; `None` once it has given one."""

    def __init__(self, server: "EngineServer", sid: str) -> None:
        super().__init__(server, sid)
        self.queue = CountedQueue()
        """What waits to be polled; with a WebSocket, what was sent before it was there."""
        self._receiver: Receiver | None = None
        self._bucket = MessageBucket(server.clock)
        self._transport: asyncio.Transport | None = None
        """Of the WebSocket, once it is in use."""
        self._unwritten: list[bytes] = []
        """Put in this turn of the loop."""
        self._unwritten_bytes = 0
        self._is_page_gone = False
        self.leaving: asyncio.Task[None] | None = None
        """Tells the page why, and closes."""
        self._loop = asyncio.get_running_loop()
        self.last_ping = self._loop.time()
        self._connect_timer = self._loop.call_later(CONNECT_TIMEOUT_S, self._on_nobody)
        self._heard_at = self._loop.time()
        """When the last message or request came, by the loop's clock."""
        self._silence_timer: asyncio.TimerHandle | None = None
        self._ping_timer: asyncio.TimerHandle | None = None
        self._dropped_timer: asyncio.TimerHandle | None = None
        """While the page does not know that it went without notices."""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing will be sent or received any more."""
        return bool(self.closing or self.closed)

    @property
    def silent_s(self) -> float:
        """Seconds since the page was heard last. While its line is good, it answers a ping every few seconds."""
        return self._loop.time() - self._heard_at

    @property
    def _is_open(self) -> bool:
        # A transport that is closing may be asked nothing more: with TLS it has forgotten its connection.
        is_closing = self._transport is not None and self._transport.is_closing()
        return self.leaving is None and not self.is_over and not is_closing

    @property
    def queued_bytes(self) -> int:
        """Bytes that the page has not taken yet, as far as this process holds them."""
        if self._transport is None:
            return self.queue.size
        return self._unwritten_bytes + self._transport.get_write_buffer_size()

    def put(self, frame: Frame) -> None:
        """Put a frame on its way; a slow connection goes without notices, and is closed when too much waits.

        Who went without is told so (`NoticesDropped`) after everything that was put before.
        """
        if not self._is_open:
            return
        waiting = self.queued_bytes
        if waiting > QUEUED_BYTES:
            self._close_slow()
        elif waiting <= QUEUED_BYTES_FOR_NOTICES or not frame.is_droppable:
            self._write_frame(frame)
        elif self._dropped_timer is None:
            self._dropped_timer = self._loop.call_later(_DRAINED_S, self._tell_dropped)

    def hang_up(self, code: ErrorCode, text: str, *, should_reconnect: bool) -> None:
        """Tell the page why, and close the connection. Idempotent; what was put before is still sent if it can be."""
        if not self._is_open:
            return
        if self.queued_bytes > QUEUED_BYTES:
            self.queue.clear()
        self._write_frame(encode_message(ConnectionClosing(code=code, text=text, should_reconnect=should_reconnect)))
        if not should_reconnect:
            self._write_frame(encode_disconnect())
        self.leaving = self.server.start_background_task(self._leave)

    def accepted_by(self, receiver: Receiver) -> bool:
        """Hand requests to `receiver` from now on. False when the connection is gone already."""
        if not self._is_open:
            return False
        self._connect_timer.cancel()
        self._receiver = receiver
        return True

    async def send(self, pkt: packet.Packet) -> None:
        """Send a packet of the library's: the handshake, a ping, the answer to a namespace."""
        if await self.check_ping_timeout():
            self._write(pkt)

    async def check_ping_timeout(self) -> bool:
        """Tell whether the page may still answer its last ping; close the connection when not.

        The library asks, of every connection in turn. Raises `SocketIsClosedError`.
        """
        if self.closed:
            raise SocketIsClosedError
        if self.last_ping is None or self._loop.time() - self.last_ping <= self.server.ping_timeout:
            return True
        await self.close(reason=self.server.reason.PING_TIMEOUT)
        return False

    def schedule_ping(self) -> None:
        """Ping in a while: the page has answered the last one. The library's own keeps a task for it."""
        if self.last_ping is not None:
            self.last_ping = None
            self._ping_timer = self._loop.call_later(self.server.ping_interval, self._ping)

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: ARG002
        """Close the connection without waiting for what is on its way. Idempotent."""
        if self.is_over:
            return
        self.closing = True
        self._connect_timer.cancel()
        for timer in (self._ping_timer, self._silence_timer, self._dropped_timer):
            if timer is not None:
                timer.cancel()
        self.server.sockets.pop(self.sid, None)
        if self._receiver is not None:
            self._receiver.on_closed(is_page_gone=self._is_page_gone)
        reason = reason or self.server.reason.SERVER_DISCONNECT
        await self.server._trigger_event("disconnect", self.sid, reason, run_async=False)  # noqa: SLF001
        self._write(packet.Packet(packet.CLOSE))
        self.closed = True
        if self._transport is not None:
            if not self._transport.is_closing():
                self._write_soon(websocket_close(WSCloseCode.OK))
                self._flush()
                self._transport.close()
            # A page that reads nothing would keep what is queued for it for ever.
            self._loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """Answer a polling page, or begin a WebSocket."""
        self._heard_at = self._loop.time()
        return await super().handle_get_request(environ)

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take what a polling page posts."""
        self._heard_at = self._loop.time()
        try:
            for data in await read_packets(environ["aiohttp.request"]):
                await self._take(data)
        except ProtocolError as error:
            self.hang_up(error.code, error.text, should_reconnect=False)

    async def _upgrade_websocket(self, environ: dict[str, Any]) -> Any:
        """Serve the WebSocket of this session: a new session's, or the one that a polling page moves to."""
        request: web.Request = environ["aiohttp.request"]
        if self.upgrading or self.upgraded:
            return self.server._bad_request("There is a WebSocket already")  # noqa: SLF001
        websocket = web.WebSocketResponse(
            autoping=False,  # pings count like everything else
            compress=False,
            max_msg_size=MAX_POST_BYTES,
        )
        await websocket.prepare(request)
        if self.connected and not await self._move_to(websocket):
            return websocket
        transport = request.transport
        if transport is None:
            return websocket  # gone already
        self._begin_writing_to(transport)
        self._heard_at = self._loop.time()
        self._watch_silence()
        try:
            await self._read(websocket, transport)
        finally:
            await self.close(reason=self.server.reason.TRANSPORT_CLOSE)
        return websocket

    async def _move_to(self, websocket: web.WebSocketResponse) -> bool:
        """Let a polling page try a WebSocket; tell whether it goes on with it."""
        self.upgrading = True
        try:
            if (await websocket.receive(_UPGRADE_TIMEOUT_S)).data != "2probe":
                return False
            await websocket.send_str("3probe")
            self._write(packet.Packet(packet.NOOP))  # ends the poll under way
            return bool((await websocket.receive(_UPGRADE_TIMEOUT_S)).data == "5") and not self.is_over
        except TimeoutError:
            return False
        finally:
            self.upgrading = False

    def _begin_writing_to(self, transport: asyncio.Transport) -> None:
        self.connected = self.upgraded = True
        self._transport = transport
        for waiting in self.queue.clear():
            self._write(waiting)

    async def _read(self, websocket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        """Take messages until the connection is closed, or not worth listening to."""
        try:
            while not self.is_over:
                message = await websocket.receive()
                self._heard_at = self._loop.time()
                match message.type:
                    case WSMsgType.TEXT | WSMsgType.BINARY:
                        await self._take(message.data)
                    case WSMsgType.PING:
                        self._count()
                        if not transport.is_closing():
                            self._write_soon(websocket_message(PONG, message.data))
                    case WSMsgType.PONG:
                        self._count()
                    case WSMsgType.CLOSE:
                        # What browsers say when they close or reload a page, and never when the line is lost.
                        self._is_page_gone = message.data == WSCloseCode.GOING_AWAY
                        return
                    case _:
                        return
        except ProtocolError as error:
            self.hang_up(error.code, error.text, should_reconnect=False)

    async def _take(self, data: str | bytes) -> None:
        """Act on one Engine.IO packet. Raises `ProtocolError`."""
        if not self._is_open:
            return
        verdict = self._count()
        if len(data) > MAX_MESSAGE_BYTES:
            raise ProtocolError(ErrorCode.TOO_LARGE, "This message is too large.")
        if isinstance(data, bytes):
            await self._take_packet(data, is_too_many=verdict is Verdict.REFUSE)
        elif data.startswith("3"):
            self.schedule_ping()
        elif data == "1":
            await self.close(reason=self.server.reason.CLIENT_DISCONNECT)
        elif data != "6":
            raise ProtocolError(ErrorCode.BAD_REQUEST, "This server speaks Socket.IO in msgpack.")

    def _count(self) -> Verdict:
        """Count one message. Raises `ProtocolError` when there are too many even to refuse them."""
        if self._is_open and self.queued_bytes > QUEUED_BYTES:
            self._close_slow()  # it makes us answer and does not read
        verdict = self._bucket.take()
        if verdict is Verdict.CLOSE:
            raise ProtocolError(ErrorCode.TOO_MANY, "Too many messages.")
        return verdict

    async def _take_packet(self, payload: bytes, *, is_too_many: bool) -> None:
        match decode(payload):
            case Event() as event if self._receiver is not None:
                self._receiver.on_event(event, is_too_many=is_too_many)
            case Connect(namespace):
                await self.server.socketio._handle_connect(self.sid, namespace, None)  # noqa: SLF001
            case Disconnect():
                await self.close(reason=self.server.reason.CLIENT_DISCONNECT)
            case _:
                raise ProtocolError(ErrorCode.BAD_REQUEST, "Connect first.")

    def _write_frame(self, frame: Frame) -> None:
        if self._transport is None:
            self.queue.put_nowait(packet.Packet(packet.MESSAGE, frame.payload))
        elif not self._transport.is_closing():
            self._write_soon(frame.websocket)

    def _write(self, pkt: packet.Packet) -> None:
        if self._transport is None:
            self.queue.put_nowait(pkt)
        elif not self._transport.is_closing():
            encoded = pkt.encode()
            is_text = isinstance(encoded, str)
            payload = encoded.encode() if is_text else encoded
            self._write_soon(websocket_message(TEXT if is_text else BINARY, payload))

    def _write_soon(self, data: bytes) -> None:
        """Write a WebSocket frame, together with whatever else comes in this turn of the loop."""
        if not self._unwritten:
            self._loop.call_soon(self._flush)
        self._unwritten.append(data)
        self._unwritten_bytes += len(data)
        if self._unwritten_bytes > _WORTH_A_WRITE_BYTES:
            self._flush()

    def _flush(self) -> None:
        transport, unwritten = self._transport, self._unwritten
        if transport is None or not unwritten:
            return
        self._unwritten, self._unwritten_bytes = [], 0
        if not transport.is_closing():
            transport.write(unwritten[0] if len(unwritten) == 1 else b"".join(unwritten))

    def _close_slow(self) -> None:
        self.hang_up(ErrorCode.TOO_SLOW, "Your connection is too slow.", should_reconnect=True)

    async def _leave(self) -> None:
        if self._transport is None and self._receiver is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self.queue.join()
        await self.close()

    def _ping(self) -> None:
        self.last_ping = self._loop.time()
        self._write(packet.Packet(packet.PING))

    def _tell_dropped(self) -> None:
        """Tell the page once it has caught up: what it was not told may have been the last for long."""
        self._dropped_timer = None
        if not self._is_open:
            return
        if self.queued_bytes <= QUEUED_BYTES_WHEN_DRAINED:
            self._write_frame(_notices_dropped)
        else:
            self._dropped_timer = self._loop.call_later(_DRAINED_S, self._tell_dropped)

    def _watch_silence(self) -> None:
        """Close the connection once it is silent for too long. One timer does: a message only says when it came."""
        left_s = self._heard_at + self.server.ping_interval + self.server.ping_timeout - self._loop.time()
        if left_s > 0:
            self._silence_timer = self._loop.call_later(left_s, self._watch_silence)
        elif not self.is_over:
            self.server.start_background_task(self.close, reason=self.server.reason.PING_TIMEOUT)

    def _on_nobody(self) -> None:
        if not self.is_over:
            self.server.start_background_task(self.close)
