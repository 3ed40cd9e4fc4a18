"""A WebSocket client (RFC 6455) that costs a few microseconds a message, for bots that take many thousands a second.

It speaks to servers on this machine that a benchmark has started: no extensions, no fragments, masked with zeros.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from loadtest.bots.errors import BotError

CONNECT_TIMEOUT_S = 15.0
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_ZERO_MASK = bytes(4)

OnMessage = Callable[[bytes, bool], None]
"""Takes a message, and whether it is text."""


class WebSocketError(BotError):
    """The server did not open a WebSocket, or sends what this client does not read."""


class WebSocket(asyncio.Protocol):
    """One connection: made by `open_websocket`, closed by `close`."""

    def __init__(self, on_message: OnMessage) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._on_message = on_message
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        """Take note that the connection is gone."""
        if not self.opened.done():
            self.opened.set_exception(WebSocketError("the connection was refused"))
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Hand on every message that is complete."""
        data = self._rest + data if self._rest else data
        at = 0 if self.opened.done() else self._read_answer(data)
        while (found := find_frame(data, at)) is not None:
            opcode, start, at = found
            if opcode in (_TEXT, _BINARY):
                self._on_message(data[start:at], opcode == _TEXT)
            elif opcode == _PING:
                self._write(_PONG, data[start:at])
        self._rest = data[at:]

    def ask(self, path: str, headers: Mapping[str, str]) -> None:
        """Ask for the WebSocket."""
        own = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        own["Sec-WebSocket-Key"] = b64encode(secrets.token_bytes(16)).decode()
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**headers, **own}.items())]
        if self._transport is not None:
            self._transport.write("\r\n".join((*lines, "", "")).encode())

    def send(self, message: bytes, *, is_text: bool = False) -> None:
        """Send a message."""
        self._write(_TEXT if is_text else _BINARY, message)

    def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._transport is not None and not self._transport.is_closing():
            self._write(_CLOSE, (1000).to_bytes(2, "big"))
            self._transport.close()

    def _read_answer(self, data: bytes) -> int:
        """Read the answer to the handshake. Return where it ends, 0 when it is not complete."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        status = data.split(b"\r\n", 1)[0].decode(errors="replace")
        if " 101 " in status:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(WebSocketError(f"the WebSocket was answered with {status}"))
        return end + 4

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(write_frame(opcode, payload))


def find_frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return opcode, start and end of the contents of the server's frame at `at`; `None` while it is not complete.

    Raises `WebSocketError`: it is a fragment, or masked.
    """
    if len(data) < at + 2:
        return None
    first, length, start = data[at], data[at + 1], at + 2
    if not first & _FINAL or length & _MASKED:
        raise WebSocketError("the server sent a frame that no server of ours sends")
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(data) < start + size:
            return None
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    end = start + length
    return (first & 0xF, start, end) if len(data) >= end else None


def write_frame(opcode: int, payload: bytes) -> bytes:
    """Return a client's frame: masked, with a mask that changes nothing (RFC 6455 section 5.3)."""
    length = len(payload)
    if length < 126:
        header = bytes((_FINAL | opcode, _MASKED | length))
    elif length < 1 << 16:
        header = bytes((_FINAL | opcode, _MASKED | 126)) + length.to_bytes(2, "big")
    else:
        header = bytes((_FINAL | opcode, _MASKED | 127)) + length.to_bytes(8, "big")
    return header + _ZERO_MASK + payload


async def open_websocket(url: str, path: str, headers: Mapping[str, str], on_message: OnMessage) -> WebSocket:
    """Open a WebSocket at `path` of the server at `url`. Raises `WebSocketError`."""
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, websocket = await loop.create_connection(
                lambda: WebSocket(on_message), address.hostname or "", address.port or 80
            )
            websocket.ask(path, {"Host": address.netloc, **headers})
            await websocket.opened
    except (OSError, TimeoutError) as error:
        raise WebSocketError(f"there is no WebSocket at {address.netloc}") from error
    return websocket
