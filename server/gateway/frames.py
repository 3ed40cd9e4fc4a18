"""Socket.IO packets in msgpack, as socket.io-msgpack-parser 3 reads and writes them.

A packet is a map with `type`, `nsp`, and where it applies `data` and `id`. See
https://github.com/socketio/socket.io-protocol and https://github.com/socketio/socket.io-msgpack-parser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Annotated

import msgspec

from protocol.errors import ErrorCode
from protocol.events import ConnectionClosing, Notice, NoticeBase, NoticesDropped, RoomEvent
from protocol.wire import Failure, Wire
from server.errors import ProtocolError


class PacketType(IntEnum):
    """What a Socket.IO packet is."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4


class _Packet(msgspec.Struct, frozen=True):
    type: PacketType
    nsp: Annotated[str, msgspec.Meta(max_length=64)] = "/"
    data: msgspec.Raw = msgspec.Raw()
    id: Annotated[int, msgspec.Meta(ge=0)] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A request as it came: its name, its still encoded arguments, and the id to acknowledge it with."""

    name: str
    arguments: list[msgspec.Raw]
    ack_id: int | None


@dataclass(frozen=True, slots=True)
class Connect:
    """Wants to be connected to a namespace."""

    namespace: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Goes."""


class Frame:
    """A packet on its way out: encoded once, however many connections it is sent to."""

    def __init__(self, payload: bytes, *, is_droppable: bool = False) -> None:
        self.payload = payload
        self.is_droppable = is_droppable
        """A notice: a slow connection goes without."""

    @cached_property
    def websocket(self) -> bytes:
        """The WebSocket message with its header (RFC 6455 section 5.2): a server's frames are not masked."""
        return websocket_message(BINARY, self.payload)


TEXT, BINARY, _CLOSE, PONG = 0x1, 0x2, 0x8, 0xA
"""Opcodes of WebSocket frames (RFC 6455 section 11.8)."""
_decoder = msgspec.msgpack.Decoder(_Packet)
_event_decoder = msgspec.msgpack.Decoder(tuple[msgspec.Raw, ...])
_name_decoder = msgspec.msgpack.Decoder(str)
_encoder = msgspec.msgpack.Encoder()


def decode(payload: bytes) -> Event | Connect | Disconnect:
    """Read a packet from a page. Raises `ProtocolError`: no page of ours sends this."""
    try:
        packet = _decoder.decode(payload)
        match packet.type:
            case PacketType.CONNECT:
                return Connect(packet.nsp)
            case PacketType.DISCONNECT:
                return Disconnect()
            case PacketType.EVENT:
                name, *arguments = _event_decoder.decode(packet.data)
                return Event(_name_decoder.decode(name), arguments, packet.id)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(ErrorCode.BAD_REQUEST, "This message cannot be read.") from error
    raise ProtocolError(ErrorCode.BAD_REQUEST, "This kind of message is not expected here.")


def encode_message(message: RoomEvent | Notice) -> Frame:
    """Encode what the server tells a page: the event's name is the tag."""
    is_notice = isinstance(message, NoticeBase)
    name = type(message).__struct_config__.tag
    payload = _encoder.encode({"type": PacketType.EVENT, "nsp": "/", "data": (name, message)})
    is_always_sent = isinstance(message, ConnectionClosing | NoticesDropped)
    return Frame(payload, is_droppable=is_notice and not is_always_sent)


def encode_reply(ack_id: int, reply: Wire) -> Frame:
    """Encode the acknowledgement of a request that was done."""
    return _encode_ack(ack_id, {"ok": reply})


def encode_failure(ack_id: int, code: ErrorCode, text: str, retry_after_s: int | None = None) -> Frame:
    """Encode the acknowledgement of a request that failed."""
    return _encode_ack(ack_id, {"error": Failure(code=code, text=text, retry_after_s=retry_after_s)})


def encode_disconnect() -> Frame:
    """Encode what makes Socket.IO's clients stay away: they reconnect by themselves when only the line breaks."""
    return Frame(_encoder.encode({"type": PacketType.DISCONNECT, "nsp": "/"}))


def websocket_close(code: int) -> bytes:
    """Return a WebSocket close frame (RFC 6455 section 5.5.1)."""
    return websocket_message(_CLOSE, code.to_bytes(2, "big"))


def websocket_message(opcode: int, payload: bytes) -> bytes:
    """Return an unfragmented, unmasked WebSocket frame (RFC 6455 section 5.2)."""
    length = len(payload)
    if length < 126:
        header = bytes((0x80 | opcode, length))
    elif length < 1 << 16:
        header = bytes((0x80 | opcode, 126)) + length.to_bytes(2, "big")
    else:
        header = bytes((0x80 | opcode, 127)) + length.to_bytes(8, "big")
    return header + payload


def _encode_ack(ack_id: int, body: Mapping[str, Wire]) -> Frame:
    return Frame(_encoder.encode({"type": PacketType.ACK, "nsp": "/", "id": ack_id, "data": (body,)}))
