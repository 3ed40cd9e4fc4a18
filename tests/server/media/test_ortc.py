from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from protocol.rtp import MediaKind, RtpCapabilities, RtpParameters
from server.errors import UserError
from server.media import ortc
from server.media.capabilities import ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, CODECS, MID_URI, ROUTER_CAPABILITIES
from server.media.messages import ConsumerStream, Encoding

OPUS, VP8, H264 = CODECS
H264_PARAMETERS = {"profile-level-id": "42E01F", "packetization-mode": 1, "level-asymmetry-allowed": 1}
STREAM = ConsumerStream(ssrc=70_000, rtx_ssrc=70_001, mid="m000", cname="tr_1")


def video(**changes: Any) -> dict[str, Any]:
    """What Chromium sends through mediasoup-client, with changes."""
    return {
        "mid": "0",
        "codecs": [
            {
                "mimeType": "video/VP8",
                "payloadType": 96,
                "clockRate": 90_000,
                "parameters": {"x-google-start-bitrate": 1_000},
                "rtcpFeedback": [{"type": "goog-remb", "parameter": ""}, {"type": "nack", "parameter": "pli"}],
            },
            {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90_000, "parameters": {"apt": 96}},
        ],
        "headerExtensions": [{"uri": MID_URI, "id": 9}, {"uri": ABS_SEND_TIME_URI, "id": 3}, {"uri": "urn:x", "id": 5}],
        "encodings": [{"ssrc": 1_111, "rtx": {"ssrc": 1_112}, "dtx": False}],
        "rtcp": {"cname": "a\r\nb=AS:1", "reducedSize": True},
        "msid": "- whatever",
    } | changes


def audio(**changes: Any) -> dict[str, Any]:
    return {
        "mid": "1",
        "codecs": [
            {
                "mimeType": "audio/opus",
                "payloadType": 111,
                "clockRate": 48_000,
                "channels": 2,
                "parameters": {
                    "minptime": 10,
                    "useinbandfec": 1,
                    "evil": "1\r\na=x",
                    "stereo": "1\r\na=x",
                    "usedtx": True,
                },
            }
        ],
        "headerExtensions": [{"uri": AUDIO_LEVEL_URI, "id": 1}],
        "encodings": [{"ssrc": 2_222}],
    } | changes


def check(kind: MediaKind, parameters: dict[str, Any]) -> ortc.CheckedProducer:
    return ortc.check_producer(kind, msgspec.convert(parameters, RtpParameters))


def codec(position: int, **changes: Any) -> list[dict[str, Any]]:
    codecs: list[dict[str, Any]] = video()["codecs"]
    codecs[position] |= changes
    return codecs


def test_video_as_a_browser_sends_it() -> None:
    stream = check(MediaKind.VIDEO, video()).stream
    assert stream.encodings == [Encoding(ssrc=1_111, rtx_ssrc=1_112)]
    assert (stream.payload_type, stream.rtx_payload_type) == (96, 97)
    assert (stream.forwarded_payload_type, stream.forwarded_rtx_payload_type) == (101, 102)
    assert (stream.mid, stream.mid_extension, stream.abs_send_time_extension) == ("0", 9, 3)
    assert stream.audio_level_extension is None


def test_audio_as_a_browser_sends_it() -> None:
    checked = check(MediaKind.AUDIO, audio())
    assert checked.stream.encodings == [Encoding(ssrc=2_222)]
    assert (checked.stream.payload_type, checked.stream.audio_level_extension) == (111, 1)
    assert checked.stream.forwarded_rtx_payload_type is None
    assert checked.codec_parameters == {"minptime": 10, "useinbandfec": 1}


def test_h264_is_carried_too() -> None:
    checked = check(MediaKind.VIDEO, video(codecs=codec(0, mimeType="video/H264", parameters=H264_PARAMETERS)))
    assert (checked.stream.forwarded_payload_type, checked.stream.forwarded_rtx_payload_type) == (103, 104)
    consumer = ortc.consumer_parameters(checked.codec, checked.codec_parameters, ROUTER_CAPABILITIES, STREAM)
    assert [(each.mime_type, each.payload_type) for each in consumer.codecs] == [
        ("video/H264", 103),
        ("video/rtx", 104),
    ]
    assert consumer.codecs[0].parameters == {
        "packetization-mode": 1,
        "level-asymmetry-allowed": 1,
        "profile-level-id": "42e01f",
    }
    assert consumer.codecs[1].parameters == {"apt": 103}
    blind = RtpCapabilities(codecs=[VP8.capability])
    assert not ortc.can_consume(checked.codec, blind)


def test_nothing_that_a_page_wrote_reaches_other_pages() -> None:
    for kind, parameters in ((MediaKind.VIDEO, video()), (MediaKind.AUDIO, audio())):
        checked = check(kind, parameters)
        consumer = ortc.consumer_parameters(checked.codec, checked.codec_parameters, ROUTER_CAPABILITIES, STREAM)
        assert b"\r" not in msgspec.json.encode(consumer)
        assert b"\\r" not in msgspec.json.encode(consumer)
        assert consumer.rtcp.cname == "tr_1"


@pytest.mark.parametrize(
    "parameters",
    [
        video(codecs=codec(0, mimeType="video/AV1")),
        video(codecs=codec(0, mimeType="video/H264")),
        video(codecs=codec(0, mimeType="video/H264", parameters=H264_PARAMETERS | {"packetization-mode": 0})),
        video(codecs=codec(0, mimeType="video/H264", parameters=H264_PARAMETERS | {"profile-level-id": "640032"})),
        video(codecs=codec(0, clockRate=8_000)),
        video(codecs=codec(0, channels=2)),
        video(codecs=codec(0, payloadType=72)),
        video(codecs=codec(1, payloadType=95)),
        video(codecs=codec(1, payloadType=96)),
        video(codecs=codec(1, parameters={"apt": 98})),
        video(codecs=codec(1, parameters={})),
        video(codecs=codec(1, mimeType="audio/rtx")),
        video(codecs=[*codec(0), codec(1)[1]]),
        video(codecs=codec(0)[1:]),
        video(headerExtensions=[{"uri": MID_URI, "id": 1}, {"uri": ABS_SEND_TIME_URI, "id": 1}]),
        video(headerExtensions=[{"uri": MID_URI, "id": 1, "encrypt": True}]),
        video(encodings=[{"ssrc": number} for number in range(1, 5)]),
        video(encodings=[{"ssrc": 1}, {"ssrc": 1}]),
        video(encodings=[{"ssrc": 1, "rid": "a"}, {"ssrc": 2, "rid": "a"}]),
        video(encodings=[{"ssrc": 1, "rid": "a"}, {"ssrc": 2}]),
        video(encodings=[{"rid": "a"}, {"rid": "b"}]),
        video(encodings=[{"ssrc": 1, "rid": "a b"}, {"ssrc": 2, "rid": "c"}]),
        audio(encodings=[{"ssrc": 1}, {"ssrc": 2}]),
        video(encodings=[{"ssrc": 1, "rtx": {"ssrc": 1}}]),
        video(encodings=[{"ssrc": 0}]),
        video(encodings=[{"ssrc": 5, "rtx": {"ssrc": 0}}]),
        video(encodings=[{"rid": "r0"}], mid=None),
        video(encodings=[], headerExtensions=[]),
        video(mid="\r\n"),
        video(mid=""),
        video(mid="é"),
        audio(),
    ],
    ids=lambda _: "",
)
def test_what_this_room_cannot_carry_is_a_bad_request(parameters: dict[str, Any]) -> None:
    with pytest.raises(UserError) as error:
        check(MediaKind.VIDEO, parameters)
    assert error.value.code is ErrorCode.BAD_REQUEST


def test_a_stream_may_be_told_by_its_mid_alone() -> None:
    stream = check(MediaKind.VIDEO, video(encodings=[])).stream
    assert (stream.encodings, stream.mid) == ([Encoding()], "0")


scalars = st.none() | st.booleans() | st.integers(-1, 2**33) | st.text(max_size=20) | st.floats(allow_nan=False)
json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)


@given(st.sampled_from(list(MediaKind)), st.data())
def test_any_parameters_are_accepted_or_a_bad_request(kind: MediaKind, data: st.DataObject) -> None:
    parameters = video() if kind is MediaKind.VIDEO else audio()
    for _ in range(data.draw(st.integers(1, 3))):
        target: Any = parameters
        key = data.draw(st.sampled_from(sorted(parameters)))
        while isinstance(target[key], dict | list) and target[key] and data.draw(st.booleans()):
            target = target[key]
            key = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict) else range(len(target))))
        target[key] = data.draw(json)
    try:
        read = msgspec.convert(parameters, RtpParameters)
    except msgspec.ValidationError:
        return
    try:
        checked = ortc.check_producer(kind, read)
    except UserError as error:
        assert error.code is ErrorCode.BAD_REQUEST  # noqa: PT017 - either outcome is fine
        return
    consumer = ortc.consumer_parameters(checked.codec, checked.codec_parameters, ROUTER_CAPABILITIES, STREAM)
    ours = checked.codec.capability.parameters
    assert all(type(value) is int or ours[name] == value for name, value in consumer.codecs[0].parameters.items())


def endpoint_capabilities(**changes: Any) -> RtpCapabilities:
    return msgspec.structs.replace(ROUTER_CAPABILITIES, **changes)


def test_a_consumer_has_the_routers_payload_types_and_extension_ids() -> None:
    parameters = ortc.consumer_parameters(VP8, {}, ROUTER_CAPABILITIES, STREAM)
    assert [(codec.mime_type, codec.payload_type) for codec in parameters.codecs] == [
        ("video/VP8", 101),
        ("video/rtx", 102),
    ]
    assert {extension.id for extension in parameters.header_extensions} == {1, 4, 11}
    assert parameters.encodings[0].ssrc == 70_000
    assert parameters.encodings[0].rtx is not None
    assert parameters.encodings[0].rtx.ssrc == 70_001
    assert parameters.mid == "m000"


def test_a_consumer_uses_only_what_the_endpoint_knows() -> None:
    codecs = [c for c in ROUTER_CAPABILITIES.codecs if c.mime_type == "video/VP8"]
    plain = endpoint_capabilities(
        codecs=[msgspec.structs.replace(codecs[0], rtcp_feedback=codecs[0].rtcp_feedback[1:2])], header_extensions=[]
    )
    assert ortc.can_consume(VP8, plain)
    assert not ortc.can_consume(OPUS, plain)
    assert not ortc.can_retransmit(VP8, plain)
    stream = msgspec.structs.replace(STREAM, rtx_ssrc=None)
    parameters = ortc.consumer_parameters(VP8, {}, plain, stream)
    assert [codec.mime_type for codec in parameters.codecs] == ["video/VP8"]
    assert [(f.type, f.parameter) for f in parameters.codecs[0].rtcp_feedback] == [("nack", "pli")]
    assert parameters.header_extensions == []
    assert parameters.encodings[0].rtx is None


def test_retransmission_is_for_video() -> None:
    assert ortc.can_retransmit(VP8, ROUTER_CAPABILITIES)
    assert not ortc.can_retransmit(OPUS, ROUTER_CAPABILITIES)
