import pytest

from loadtest.bots.capabilities import receive_capabilities, send_parameters
from loadtest.bots.errors import CapabilityError
from loadtest.bots.rtp import ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, MID_URI
from protocol.room import Source
from protocol.rtp import (
    MediaKind,
    RtcpFeedback,
    RtpCapabilities,
    RtpCodecCapability,
    RtpHeaderExtension,
    RtpParameters,
)

OPUS = RtpCodecCapability(
    kind=MediaKind.AUDIO, mime_type="audio/opus", clock_rate=48_000, preferred_payload_type=100, channels=2
)
VP8 = RtpCodecCapability(
    kind=MediaKind.VIDEO,
    mime_type="video/VP8",
    clock_rate=90_000,
    preferred_payload_type=101,
    rtcp_feedback=[RtcpFeedback(type="nack"), RtcpFeedback(type="nack", parameter="pli"), RtcpFeedback(type="novel")],
)
RTX = RtpCodecCapability(
    kind=MediaKind.VIDEO,
    mime_type="video/rtx",
    clock_rate=90_000,
    preferred_payload_type=102,
    parameters={"apt": 101},
)
H264 = RtpCodecCapability(kind=MediaKind.VIDEO, mime_type="video/H264", clock_rate=90_000, preferred_payload_type=103)
EXTENSIONS = [
    RtpHeaderExtension(kind=kind, uri=uri, preferred_id=identifier)
    for identifier, uri, kinds in (
        (1, MID_URI, tuple(MediaKind)),
        (4, ABS_SEND_TIME_URI, (MediaKind.VIDEO,)),
        (10, AUDIO_LEVEL_URI, (MediaKind.AUDIO,)),
        (12, "urn:novel", tuple(MediaKind)),
    )
    for kind in kinds
]
ROUTER = RtpCapabilities(codecs=[OPUS, VP8, RTX, H264], header_extensions=EXTENSIONS)


def send(source: Source, router: RtpCapabilities = ROUTER) -> RtpParameters:
    return send_parameters(source, router, mid="1", ssrc=7, rtx_ssrc=8, cname="bot")


def test_video_is_numbered_as_chromium_does_with_rtx() -> None:
    parameters = send(Source.CAMERA)
    assert [(codec.mime_type, codec.payload_type, codec.parameters) for codec in parameters.codecs] == [
        ("video/VP8", 96, {}),
        ("video/rtx", 97, {"apt": 96}),
    ]
    (encoding,) = parameters.encodings
    assert encoding.ssrc == 7
    assert encoding.rtx
    assert encoding.rtx.ssrc == 8
    assert {extension.uri: extension.id for extension in parameters.header_extensions} == {
        MID_URI: 4,
        ABS_SEND_TIME_URI: 2,
    }


def test_only_feedback_that_both_sides_know_is_agreed() -> None:
    feedback = [(entry.type, entry.parameter) for entry in send(Source.CAMERA).codecs[0].rtcp_feedback]
    assert feedback == [("nack", ""), ("nack", "pli")]


def test_audio_has_no_rtx_and_only_extensions_of_the_router() -> None:
    parameters = send(Source.MICROPHONE)
    assert [(codec.mime_type, codec.payload_type, codec.channels) for codec in parameters.codecs] == [
        ("audio/opus", 111, 2)
    ]
    assert parameters.encodings[0].rtx is None
    assert {extension.uri for extension in parameters.header_extensions} == {MID_URI, AUDIO_LEVEL_URI}


def test_without_rtx_in_the_router_none_is_sent() -> None:
    parameters = send(Source.CAMERA, RtpCapabilities(codecs=[OPUS, VP8]))
    assert len(parameters.codecs) == 1
    assert parameters.encodings[0].rtx is None


def test_receiving_repeats_the_routers_own_numbers() -> None:
    capabilities = receive_capabilities(ROUTER)
    assert capabilities.codecs == [OPUS, VP8, RTX]
    assert {extension.uri for extension in capabilities.header_extensions} == {
        MID_URI,
        ABS_SEND_TIME_URI,
        AUDIO_LEVEL_URI,
    }


def test_a_router_without_vp8_is_refused() -> None:
    with pytest.raises(CapabilityError, match="video/VP8"):
        send(Source.CAMERA, RtpCapabilities(codecs=[OPUS]))
