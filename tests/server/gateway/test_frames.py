"""Packets as the page's parser writes and reads them."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio.msgpack_packet import MsgPackPacket

from protocol.errors import ErrorCode
from protocol.events import ChatTypingNotice, ConnectionClosing, MediaReset, ParticipantJoined
from protocol.requests import ChatRead
from protocol.roles import RoomRole
from protocol.room import Participant
from protocol.wire import Empty
from server.errors import ProtocolError
from server.gateway.frames import (
    BINARY,
    Connect,
    Disconnect,
    Event,
    decode,
    encode_disconnect,
    encode_failure,
    encode_message,
    encode_reply,
    websocket_message,
)

UNDEFINED = msgspec.msgpack.Ext(0, b"\0")
"""What the page's parser makes of `undefined`."""


def packet(**fields: Any) -> bytes:
    return msgspec.msgpack.encode(fields)


def test_a_request_is_read() -> None:
    payload = packet(type=2, data=["chat_read", {"request_id": "r", "up_to": 3}], options={}, id=5, nsp="/")
    event = decode(payload)
    assert isinstance(event, Event)
    assert (event.name, event.ack_id) == ("chat_read", 5)
    [argument] = event.arguments
    assert msgspec.msgpack.decode(argument, type=ChatRead) == ChatRead(request_id="r", up_to=3)


def test_connecting_and_disconnecting_are_read() -> None:
    assert decode(packet(type=0, nsp="/")) == Connect("/")
    assert decode(packet(type=0, nsp="/", data=UNDEFINED)) == Connect("/")
    assert decode(packet(type=0, nsp="/admin", data={"token": "x"})) == Connect("/admin")
    assert decode(packet(type=1, nsp="/")) == Disconnect()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5_000,
        b"\x82\xa4type\x02\xa4data" + b"\x91" * 5_000,
        packet(type=2, nsp="/"),
        packet(type=2, nsp="/", data=[]),
        packet(type=2, nsp="/", data={}),
        packet(type=2, nsp="/", data=[7]),
        packet(type=2, nsp="/", data=[b"chat_send"]),
        packet(type=2, nsp="/", data=["chat_send"], id="1"),
        packet(type=2, nsp="/", data=["chat_send"], id=-1),
        packet(type=2, nsp=7, data=["chat_send"]),
        packet(type=2, nsp="x" * 65, data=["chat_send"]),
        packet(type=3, nsp="/", data=[], id=1),
        packet(type=4, nsp="/"),
        packet(type=5, nsp="/", data=["chat_send"]),
        packet(type=99, nsp="/"),
        packet(type="2", nsp="/"),
        packet(nsp="/"),
        msgspec.msgpack.encode([2, "/"]),
        b"\x81\xa4type\xa1\xff",
    ],
)
def test_what_no_page_sends_is_a_protocol_error(payload: bytes) -> None:
    with pytest.raises(ProtocolError) as error:
        decode(payload)
    assert error.value.code is ErrorCode.BAD_REQUEST


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(payload: bytes) -> None:
    with suppress(ProtocolError):
        assert isinstance(decode(payload), Event | Connect | Disconnect)


def library_reads(payload: bytes) -> MsgPackPacket:
    """Read a packet as the libraries' parsers do."""
    return MsgPackPacket(encoded_packet=payload)


def test_an_event_goes_by_its_tag() -> None:
    ana = Participant(participant_id="p", person_id="q", name="Ána", role=RoomRole.HOST, joined_at=1, is_connected=True)
    event = ParticipantJoined(seq=4, participant=ana)
    frame = encode_message(event)
    read = library_reads(frame.payload)
    assert (read.packet_type, read.namespace, read.id) == (2, "/", None)
    assert read.data == [
        "participant_joined",
        msgspec.to_builtins(event) | {"participant": read.data[1]["participant"]},
    ]
    assert msgspec.convert(read.data[1], ParticipantJoined) == event
    assert not frame.is_droppable


def test_only_notices_are_droppable_and_not_the_last_one() -> None:
    assert encode_message(ChatTypingNotice(participant_id="p", is_typing=True)).is_droppable
    assert not encode_message(MediaReset(epoch=1, is_available=True)).is_droppable
    assert not encode_message(ConnectionClosing(code="x", text="", should_reconnect=True)).is_droppable


def test_acknowledgements() -> None:
    read = library_reads(encode_reply(7, Empty()).payload)
    assert (read.packet_type, read.namespace, read.id, read.data) == (3, "/", 7, [{"ok": {}}])
    read = library_reads(encode_failure(8, ErrorCode.FORBIDDEN, "No.").payload)
    assert (read.id, read.data) == (8, [{"error": {"code": "forbidden", "text": "No."}}])
    assert library_reads(encode_disconnect().payload).packet_type == 1


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0, b"\x82\x00"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65_535, b"\x82\x7e\xff\xff"),
        (65_536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_websocket_headers(length: int, header: bytes) -> None:
    payload = b"x" * length
    assert websocket_message(BINARY, payload) == header + payload


def test_a_frame_is_encoded_once() -> None:
    frame = encode_message(MediaReset(epoch=1, is_available=True))
    assert frame.websocket is frame.websocket
    assert frame.websocket.endswith(frame.payload)
