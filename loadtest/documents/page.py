"""Our page with a document open, spoken as cheaply as it can be: Socket.IO and msgpack over one WebSocket.

It holds back what it draws as the page does: a few updates are under way, what is drawn meanwhile goes together.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import aiohttp
import msgspec
from pycrdt import merge_updates

from loadtest.bots.errors import RequestError, SignInError
from loadtest.bots.signalling import REQUEST_TIMEOUT_S, random_id
from loadtest.documents.websocket import WebSocket, open_websocket
from protocol import PROTOCOL_VERSION
from protocol.document_requests import (
    DocumentKept,
    DocumentMore,
    DocumentOpen,
    DocumentOpened,
    DocumentPart,
    DocumentPresenceSet,
    DocumentUpdate,
)
from protocol.documents import Passage
from protocol.requests import REQUEST_NAMES, Joined, RoomJoin
from protocol.wire import Failure, Request, Wire

MOST_UNDER_WAY = 6
"""Updates that are sent and not kept yet: `MOST_UNDER_WAY` of the page's `outgoing.ts`."""
_PATH = "/socket.io/?EIO=4&transport=websocket"
_CONNECT, _EVENT, _ACK = 0, 2, 3
UPDATED, PRESENCE = "document_updated", "document_presence"
OnTold = Callable[[str, bytes], None]
"""Takes what is told of documents: its name, and msgpack of a `DocumentUpdated` or `DocumentPresences`."""

Reply = TypeVar("Reply", bound=Wire)


class _Packet(msgspec.Struct):
    type: int
    data: msgspec.Raw = msgspec.Raw()
    id: int | None = None


class _Answer(msgspec.Struct):
    ok: msgspec.Raw = msgspec.Raw()
    error: Failure | None = None


_packets = msgspec.msgpack.Decoder(_Packet)
_events = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_answers = msgspec.msgpack.Decoder(tuple[_Answer])
_encoder = msgspec.msgpack.Encoder()


async def sign_in(http: aiohttp.ClientSession, link: str) -> str:
    """Open a sign-in link and return the cookie that it sets, as a header. Raises `SignInError`."""
    async with http.get(link, allow_redirects=False) as answer:
        if answer.status not in (302, 303) or not answer.cookies:
            raise SignInError(f"the sign-in link was answered with HTTP {answer.status}")
        return "; ".join(f"{name}={cookie.value}" for name, cookie in answer.cookies.items())


class BoardPage:
    """A page in a room: `connect`, `join`, `open`; then `draw` and `point`. `close` when done."""

    def __init__(self, server_url: str, on_told: OnTold) -> None:
        self.kept_ms: list[float] = []
        """How long each update took to be kept and answered."""
        self.refused: list[str] = []
        """Why updates were not kept."""
        self.participant_id = ""
        self._server_url = server_url
        self._on_told = on_told
        self._websocket: WebSocket | None = None
        self._greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting: dict[int, Callable[[_Answer], None]] = {}
        self._count = 0
        self._document_id = ""
        self._epoch = 0
        self._held: deque[bytes] = deque()
        self._under_way = 0

    @property
    def is_lost(self) -> bool:
        """Tell whether the connection is gone."""
        return self._websocket is None or self._websocket.closed.done()

    @property
    def is_saved(self) -> bool:
        """Tell whether everything that was drawn is kept."""
        return not self._held and self._under_way == 0

    async def connect(self, cookie: str) -> None:
        """Open the connection as whoever has the cookie."""
        headers = {"Cookie": cookie, "Origin": self._server_url}
        self._websocket = await open_websocket(self._server_url, _PATH, headers, self._on_message)
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            await self._greeted
            self._websocket.send(_encoder.encode({"type": _CONNECT, "nsp": "/"}))
            await self._connected

    async def lost(self) -> None:
        """Wait until the connection is gone."""
        if self._websocket is not None:
            await asyncio.shield(self._websocket.closed)

    async def join(self, slug: str, endpoint_id: str = "") -> Joined:
        """Enter a room: as a new endpoint, or as one that was there before."""
        fields = RoomJoin(
            request_id=random_id(),
            protocol_version=PROTOCOL_VERSION,
            slug=slug,
            endpoint_id=endpoint_id or random_id(),
        )
        joined = await self.request(fields, Joined)
        self.participant_id = joined.you.participant_id
        return joined

    async def open(self, document_id: str) -> DocumentOpened:
        """Open a document, from nothing; what is drawn goes there."""
        opened = await self.request(DocumentOpen(document_id=document_id), DocumentOpened)
        self._document_id, self._epoch = document_id, opened.epoch
        return opened

    async def read(self, passage: Passage) -> bytes:
        """Return all of a passage."""
        packed = passage.data
        while len(packed) < passage.size:
            more = DocumentMore(passage_id=passage.passage_id, offset=len(packed))
            packed += (await self.request(more, DocumentPart)).data
        return zlib.decompress(packed)

    def draw(self, update: bytes) -> None:
        """Change the document, as soon as few enough changes are under way."""
        self._held.append(update)
        self._flush()

    def point(self, client: int, state: bytes) -> None:
        """Tell the others where one is."""
        self._send(DocumentPresenceSet(document_id=self._document_id, client=client, state=state), None)

    async def keep(self, update: bytes) -> int:
        """Change the document, and return the number of the change once it is kept. Raises `RequestError`."""
        return (await self.request(self._change(update), DocumentKept)).seq

    async def request(self, fields: Request, reply: type[Reply]) -> Reply:
        """Make a request and return its answer. Raises `RequestError`."""
        name = REQUEST_NAMES[type(fields)]
        answered: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._send(fields, lambda answer: None if answered.done() else answered.set_result(answer))
        if self._websocket is None:
            raise RequestError(name, "disconnected", "there is no connection")
        done, _ = await asyncio.wait(
            (answered, self._websocket.closed), timeout=REQUEST_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if answered not in done:
            raise RequestError(name, "no_answer", "the connection is gone" if done else "no acknowledgement in time")
        answer = answered.result()
        if not len(answer.ok):
            failure = answer.error or Failure(code="bad_answer", text="neither ok nor error")
            raise RequestError(name, failure.code, failure.text)
        return msgspec.msgpack.decode(answer.ok, type=reply)

    def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._websocket is not None:
            self._websocket.close()

    def _flush(self) -> None:
        if not self._held or self._under_way >= MOST_UNDER_WAY:
            return
        held = list(self._held)
        self._held.clear()
        update = held[0] if len(held) == 1 else merge_updates(*held)
        self._under_way += 1
        loop = asyncio.get_running_loop()
        sent_at = loop.time()

        def on_answer(answer: _Answer) -> None:
            self._under_way -= 1
            if answer.error is None:
                self.kept_ms.append(1_000 * (loop.time() - sent_at))
            else:
                self.refused.append(f"{answer.error.code}: {answer.error.text}")
            self._flush()

        self._send(self._change(update), on_answer)

    def _change(self, update: bytes) -> DocumentUpdate:
        return DocumentUpdate(document_id=self._document_id, epoch=self._epoch, update=update)

    def _send(self, fields: Request, on_answer: Callable[[_Answer], None] | None) -> None:
        packet: dict[str, Any] = {"type": _EVENT, "nsp": "/", "data": (REQUEST_NAMES[type(fields)], fields)}
        if on_answer is not None:
            self._count += 1
            self._waiting[self._count] = on_answer
            packet["id"] = self._count
        if self._websocket is not None:
            self._websocket.send(_encoder.encode(packet))

    def _on_message(self, message: bytes, is_text: bool) -> None:
        if is_text:
            self._on_control(message)
            return
        packet = _packets.decode(message)
        if packet.type == _ACK and packet.id is not None:
            on_answer = self._waiting.pop(packet.id, None)
            if on_answer is not None:
                on_answer(_answers.decode(packet.data)[0])
        elif packet.type == _EVENT:
            name, data = _events.decode(packet.data)
            if name in (UPDATED, PRESENCE):
                self._on_told(name, bytes(data))
        elif packet.type == _CONNECT and not self._connected.done():
            self._connected.set_result(None)

    def _on_control(self, message: bytes) -> None:
        """Act on an Engine.IO packet: the opening, and pings."""
        if message.startswith(b"0") and not self._greeted.done():
            self._greeted.set_result(None)
        elif message.startswith(b"2") and self._websocket is not None:
            self._websocket.send(b"3", is_text=True)
