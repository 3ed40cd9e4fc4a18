"""Connections without a client library: what no honest page sends, and pages that read nothing."""

import asyncio
import base64
import os
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

TIMEOUT_S = 30.0


def pack(**fields: Any) -> bytes:
    """Encode a Socket.IO packet."""
    return msgspec.msgpack.encode({"nsp": "/", **fields})


def request_packet(name: str, fields: object, ack_id: int | None = None) -> bytes:
    """Encode a request."""
    packet = {"type": 2, "data": [name, fields]}
    return pack(**packet) if ack_id is None else pack(**packet, id=ack_id)


class RawSocket:
    """A WebSocket that is connected to the default namespace as a signed-in person."""

    def __init__(self, session: aiohttp.ClientSession, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self.websocket = websocket

    @classmethod
    async def open(
        cls, url: str, session_token: str, *, connects: bool = True, tls: ssl.SSLContext | bool = True
    ) -> "RawSocket":
        """Open an Engine.IO session over a WebSocket, and unless told otherwise connect to the namespace."""
        session = aiohttp.ClientSession()
        websocket = await session.ws_connect(
            f"{url}/socket.io/?EIO=4&transport=websocket",
            headers={"Cookie": f"roundup_session={session_token}"},
            max_msg_size=0,
            autoclose=False,
            ssl=tls,
        )
        raw = cls(session, websocket)
        assert (await raw.receive()).data.startswith("0{")
        if connects:
            await websocket.send_bytes(pack(type=0))
            assert (await raw.read_packet())["type"] == 0
        return raw

    async def receive(self) -> aiohttp.WSMessage:
        """Return the next WebSocket message; pings of Engine.IO are answered and left out."""
        while True:
            message = await self.websocket.receive(TIMEOUT_S)
            if message.data != "2":
                return message
            await self.websocket.send_str("3")

    async def read_packet(self) -> dict[str, Any]:
        """Return the next Socket.IO packet."""
        message = await self.receive()
        assert message.type is aiohttp.WSMsgType.BINARY, message
        packet: dict[str, Any] = msgspec.msgpack.decode(message.data)
        return packet

    async def read_until_closed(self) -> list[dict[str, Any]]:
        """Return the packets that come before the connection is closed."""
        packets = []
        while (message := await self.receive()).type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
            if message.type is aiohttp.WSMsgType.BINARY:
                packets.append(msgspec.msgpack.decode(message.data))
        return packets

    async def close(self) -> None:
        """Close the connection."""
        await self.websocket.close()
        await self._session.close()

    def abort(self) -> None:
        """Lose the connection as a network does."""
        connection = self.websocket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()


class DeafSocket:
    """A WebSocket that takes part in the handshakes and then reads nothing more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str, session_token: str) -> "DeafSocket":
        """Connect as a signed-in person, with the smallest buffers that the kernel gives."""
        address = urlsplit(url)
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=4_096)
        writer.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"Cookie: roundup_session={session_token}\r\n\r\n".encode()
        )
        async with asyncio.timeout(TIMEOUT_S):
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer)

    def send(self, packet: bytes) -> None:
        """Send a Socket.IO packet: masked, as a client must."""
        header = bytes((0x82, 0x80 | 126)) + len(packet).to_bytes(2, "big") + bytes(4)
        self._writer.write(header + packet)

    async def read_until(self, end: bytes) -> bytes:
        """Begin to read, and return everything up to where `end` stands first."""
        async with asyncio.timeout(TIMEOUT_S):
            read = b""
            while end not in read:
                chunk = await self._reader.read(65_536)
                assert chunk, "the connection was closed"
                read += chunk
        return read

    async def read_to_the_end(self) -> bytes:
        """Begin to read, and return everything that was sent until the connection was closed."""
        chunks = []
        async with asyncio.timeout(TIMEOUT_S * 2):
            try:
                while chunk := await self._reader.read(65_536):
                    chunks.append(chunk)
            except ConnectionError:
                pass
        return b"".join(chunks)

    def close(self) -> None:
        """Close the connection."""
        self._writer.transport.abort()
