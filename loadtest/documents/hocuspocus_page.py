"""A page with a document of Hocuspocus open: y-protocols over one WebSocket, as its provider speaks them.

A message is the document's name, a type and what belongs to it, in lib0's encoding. The provider sends every update at
once; so does this page.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from loadtest.documents.websocket import CONNECT_TIMEOUT_S, WebSocket, WebSocketError, open_websocket

_SYNC, _AUTH, _SYNC_STATUS = 0, 2, 8
_STEP_1, _STEP_2, _UPDATE = 0, 1, 2
_TOKEN = 0
_NO_STATE = b"\x00"


class HocuspocusPage:
    """Has a document open from `open` to `close`."""

    def __init__(self, url: str, name: str, on_update: Callable[[bytes], None]) -> None:
        self.kept_ms: list[float] = []
        """How long each update took to be acknowledged: it is applied then, not stored."""
        self._url = url
        self._name = write_bytes(name.encode())
        self._on_update = on_update
        self._websocket: WebSocket | None = None
        self._loop = asyncio.get_running_loop()
        self._allowed: asyncio.Future[None] = self._loop.create_future()
        self._synced: asyncio.Future[None] = self._loop.create_future()
        self._sent_at: deque[float] = deque()

    @property
    def is_lost(self) -> bool:
        """Tell whether the connection is gone."""
        return self._websocket is None or self._websocket.closed.done()

    async def open(self) -> None:
        """Connect and open the document. Raises `WebSocketError`."""
        self._websocket = await open_websocket(self._url, "/", {}, self._on_message)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                self._send(bytes((_AUTH, _TOKEN)), b"token")
                await self._allowed
                self._send(bytes((_SYNC, _STEP_1)), _NO_STATE)
                await self._synced
        except TimeoutError as error:
            raise WebSocketError("Hocuspocus did not open the document") from error

    def draw(self, update: bytes) -> None:
        """Change the document."""
        self._sent_at.append(self._loop.time())
        self._send(bytes((_SYNC, _UPDATE)), update)

    def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._websocket is not None:
            self._websocket.close()

    def _send(self, kind: bytes, content: bytes) -> None:
        if self._websocket is not None:
            self._websocket.send(self._name + kind + write_bytes(content))

    def _on_message(self, message: bytes, is_text: bool) -> None:
        if is_text or not message.startswith(self._name):
            return
        at = len(self._name)
        kind, step = message[at], message[at + 1]
        if kind == _SYNC and step == _UPDATE:
            self._on_update(message)
        elif kind == _SYNC_STATUS:
            if self._sent_at:
                self.kept_ms.append(1_000 * (self._loop.time() - self._sent_at.popleft()))
        elif kind == _AUTH and not self._allowed.done():
            self._allowed.set_result(None)
        elif kind == _SYNC and step == _STEP_2 and not self._synced.done():
            self._synced.set_result(None)


def write_bytes(data: bytes) -> bytes:
    """Return bytes with their length before them: seven bits a byte, the lowest first."""
    length, header = len(data), bytearray()
    while length > 0x7F:
        header.append(length & 0x7F | 0x80)
        length >>= 7
    header.append(length)
    return bytes(header) + data
