from typing import Any, get_args

import msgspec
import pytest

from protocol.events import ChatTypingNotice, Notice, ParticipantLeft, RoomEvent
from protocol.requests import REQUEST_NAMES, REQUESTS, ChatPage, MediaProduce, RoomJoin
from protocol.rtp import RtpCapabilities, RtpParameters, TransportOptions
from protocol.wire import Mutation

JOIN = {"request_id": "r1", "protocol_version": 1, "slug": "morning-round-up", "endpoint_id": "e1"}


def test_every_request_name_is_snake_case_and_unique() -> None:
    assert all(name.replace("_", "").isalpha() and name.islower() for name in REQUESTS)
    assert len(REQUEST_NAMES) == len(REQUESTS)


def test_events_and_notices_have_tags_of_their_own() -> None:
    tags = [member.__struct_config__.tag for union in (RoomEvent, Notice) for member in get_args(union)]
    assert len(set(tags)) == len(tags)


def test_an_event_says_its_type() -> None:
    event = ParticipantLeft(seq=3, participant_id="p1", reason="left")
    assert msgspec.to_builtins(event) == {
        "type": "participant_left",
        "seq": 3,
        "participant_id": "p1",
        "reason": "left",
    }
    assert msgspec.convert(msgspec.to_builtins(event), RoomEvent) == event


def test_a_notice_has_no_number() -> None:
    assert "seq" not in msgspec.to_builtins(ChatTypingNotice(participant_id="p1", is_typing=True))


def test_a_join_decodes() -> None:
    assert msgspec.convert(JOIN, RoomJoin).slug == "morning-round-up"


@pytest.mark.parametrize(
    "change",
    [
        {"slug": "../etc"},
        {"slug": "Morning"},
        {"slug": "morning-round-up\n"},
        {"slug": "a" * 65},
        {"endpoint_id": ""},
        {"request_id": "x" * 65},
        {"request_id": "a\0b"},
        {"endpoint_id": "a\n"},
        {"protocol_version": "1"},
        {"last_seq": -1},
        {"surprise": 1},
    ],
)
def test_a_bad_join_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**JOIN, **change}, RoomJoin)


def test_a_page_of_chat_is_bounded() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"before": 10, "limit": 1000}, ChatPage)


def test_what_is_no_mutation_reads_or_may_arrive_twice() -> None:
    assert {name for name, row in REQUESTS.items() if not issubclass(row.fields, Mutation)} == {
        "chat_typing",
        "chat_page",
        "document_page",
        "document_open",
        "document_more",
        "document_update",
        "document_presence",
        "document_close",
        "document_versions",
        "document_version",
        "document_authors",
    }


def test_mediasoup_objects_are_camel_case_and_tolerant() -> None:
    codec = {"mimeType": "audio/opus", "payloadType": 100, "clockRate": 48000, "channels": 2, "unknownField": 1}
    parameters = msgspec.convert({"codecs": [codec]}, RtpParameters)
    back = msgspec.to_builtins(parameters)
    assert back["codecs"][0] == {"mimeType": "audio/opus", "payloadType": 100, "clockRate": 48000, "channels": 2}


def test_mediasoup_objects_leave_out_what_is_not_set() -> None:
    assert msgspec.to_builtins(RtpCapabilities()) == {}
    assert "iceParameters" in {field.encode_name for field in msgspec.structs.fields(TransportOptions)}


def test_hostile_rtp_parameters_are_bounded() -> None:
    codec = {"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000}
    produce = {"request_id": "r", "transport_id": "t", "source": "camera", "rtp_parameters": {"codecs": [codec] * 17}}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(produce, MediaProduce)
    produce["rtp_parameters"] = {"codecs": [{**codec, "payloadType": 128}]}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(produce, MediaProduce)
