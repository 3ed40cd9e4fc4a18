"""Capabilities and parameters, as mediasoup negotiates them: check what a page sends, make what a subscriber gets.

A page's parameters end up in other pages' session descriptions. So nothing of a page's text is passed on: codec
parameters only by known name and as numbers, the CNAME is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from protocol.errors import ErrorCode
from protocol.rtp import (
    MAX_LAYERS,
    MediaKind,
    RtcpParameters,
    RtpCapabilities,
    RtpCodecCapability,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)
from server.errors import UserError
from server.media.capabilities import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    CODECS,
    H264_PROFILE,
    MID_URI,
    ORIENTATION_URI,
    REPAIRED_RID_URI,
    RID_URI,
    ROUTER_CAPABILITIES,
    RTX_MIME_TYPES,
    Codec,
)
from server.media.messages import ConsumerStream, Encoding, ProducerStream

_RTCP_PAYLOAD_TYPES = range(64, 96)
"""Cannot be told from RTCP when the marker bit is set (RFC 5761 section 4)."""
_OPUS_PARAMETERS = frozenset(
    {"minptime", "ptime", "useinbandfec", "usedtx", "stereo", "sprop-stereo", "maxplaybackrate", "maxaveragebitrate"}
)
_MAX_PARAMETER = 1_000_000
_MAX_MID_BYTES = 16


@dataclass(frozen=True, slots=True)
class CheckedProducer:
    """A page's stream: how the worker receives it, and the codec parameters that subscribers are told."""

    codec: Codec
    stream: ProducerStream
    codec_parameters: dict[str, Any]


def check_producer(kind: MediaKind, parameters: RtpParameters) -> CheckedProducer:
    """Check what a page wants to send. Raises `UserError` (bad_request) for what this room cannot carry."""
    codec, *others = parameters.codecs
    router_codec = next((each for each in CODECS if _is_same_codec(codec, each.capability)), None)
    if router_codec is None or router_codec.capability.kind is not kind:
        _refuse("this room does not carry the codec")
    rtx = _check_rtx(kind, codec, others)
    for payload_type in (codec.payload_type, rtx.payload_type if rtx is not None else 0):
        if payload_type in _RTCP_PAYLOAD_TYPES:
            _refuse("the payload type is taken by RTCP")
    extensions = _check_extensions(parameters.header_extensions)
    has_rtx = rtx is not None and router_codec.rtx is not None
    encodings = _check_encodings(kind, parameters.encodings, has_rtx=has_rtx)
    mid = parameters.mid
    if mid is not None and not (mid.isascii() and mid.isprintable() and 0 < len(mid) <= _MAX_MID_BYTES):
        _refuse("the MID is no token")
    is_told_by_ssrc = all(encoding.ssrc is not None for encoding in encodings)
    if not is_told_by_ssrc and (mid is None or MID_URI not in extensions):
        _refuse("neither SSRC nor MID tells the stream")
    if not is_told_by_ssrc and len(encodings) > 1 and RID_URI not in extensions:
        _refuse("neither SSRC nor RID tells the layers")
    return CheckedProducer(
        codec=router_codec,
        stream=ProducerStream(
            kind=kind,
            codec=router_codec.name,
            clock_rate=codec.clock_rate,
            payload_type=codec.payload_type,
            forwarded_payload_type=router_codec.payload_type,
            encodings=encodings,
            rtx_payload_type=rtx.payload_type if rtx is not None and has_rtx else None,
            forwarded_rtx_payload_type=router_codec.rtx_payload_type,
            mid=mid,
            mid_extension=extensions.get(MID_URI),
            rid_extension=extensions.get(RID_URI),
            repaired_rid_extension=extensions.get(REPAIRED_RID_URI),
            abs_send_time_extension=extensions.get(ABS_SEND_TIME_URI),
            audio_level_extension=extensions.get(AUDIO_LEVEL_URI),
            orientation_extension=extensions.get(ORIENTATION_URI),
        ),
        codec_parameters=_known_parameters(codec) if kind is MediaKind.AUDIO else router_codec.capability.parameters,
    )


def can_consume(codec: Codec, capabilities: RtpCapabilities) -> bool:
    """Tell whether an endpoint with `capabilities` can play `codec`."""
    return _matching_codec(codec, capabilities) is not None


def can_retransmit(codec: Codec, capabilities: RtpCapabilities) -> bool:
    """Tell whether an endpoint with `capabilities` takes retransmissions of `codec` as RTX."""
    return codec.rtx is not None and any(
        _is_rtx(other.mime_type, codec.capability.kind) and other.parameters.get("apt") == codec.payload_type
        for other in capabilities.codecs
    )


def consumer_parameters(
    codec: Codec,
    codec_parameters: dict[str, Any],
    capabilities: RtpCapabilities,
    stream: ConsumerStream,
) -> RtpParameters:
    """Return what an endpoint with `capabilities`, for which `can_consume` holds, receives a stream with."""
    ours = codec.capability
    matching = _matching_codec(codec, capabilities)
    feedback = matching.rtcp_feedback if matching is not None else []
    codecs = [
        RtpCodecParameters(
            mime_type=ours.mime_type,
            payload_type=codec.payload_type,
            clock_rate=ours.clock_rate,
            channels=ours.channels,
            parameters=dict(codec_parameters),
            rtcp_feedback=[known for known in ours.rtcp_feedback if known in feedback],
        )
    ]
    if codec.rtx is not None and codec.rtx_payload_type is not None and stream.rtx_ssrc is not None:
        codecs.append(
            RtpCodecParameters(
                mime_type=codec.rtx.mime_type,
                payload_type=codec.rtx_payload_type,
                clock_rate=codec.rtx.clock_rate,
                parameters=dict(codec.rtx.parameters),
            )
        )
    rtx_stream = RtxParameters(ssrc=stream.rtx_ssrc) if stream.rtx_ssrc is not None else None
    theirs = {(extension.uri, extension.preferred_id) for extension in capabilities.header_extensions}
    return RtpParameters(
        mid=stream.mid,
        codecs=codecs,
        header_extensions=[
            RtpHeaderExtensionParameters(uri=extension.uri, id=extension.preferred_id)
            for extension in ROUTER_CAPABILITIES.header_extensions
            if extension.kind is ours.kind
            and extension.direction == "sendrecv"
            and (extension.uri, extension.preferred_id) in theirs
        ],
        encodings=[RtpEncodingParameters(ssrc=stream.ssrc, rtx=rtx_stream)],
        rtcp=RtcpParameters(cname=stream.cname),
    )


def _is_rtx(mime_type: str, kind: MediaKind) -> bool:
    return mime_type.lower() == RTX_MIME_TYPES[kind]


def _is_same_codec(codec: RtpCodecParameters | RtpCodecCapability, router_codec: RtpCodecCapability) -> bool:
    return (
        codec.mime_type.lower() == router_codec.mime_type.lower()
        and codec.clock_rate == router_codec.clock_rate
        and (codec.channels or 1) == (router_codec.channels or 1)
        and ("profile-level-id" not in router_codec.parameters or _is_known_h264(codec.parameters))
    )


def _is_known_h264(parameters: Mapping[str, Any]) -> bool:
    profile = str(parameters.get("profile-level-id")).lower()
    return profile.startswith(H264_PROFILE) and parameters.get("packetization-mode") == 1


def _matching_codec(codec: Codec, capabilities: RtpCapabilities) -> RtpCodecCapability | None:
    return next((other for other in capabilities.codecs if _is_same_codec(other, codec.capability)), None)


def _check_rtx(
    kind: MediaKind, codec: RtpCodecParameters, others: list[RtpCodecParameters]
) -> RtpCodecParameters | None:
    if not others:
        return None
    rtx = others[0]
    if len(others) > 1 or not _is_rtx(rtx.mime_type, kind):
        _refuse("one codec and its RTX codec, no more")
    if rtx.parameters.get("apt") != codec.payload_type or rtx.payload_type == codec.payload_type:
        _refuse("the RTX codec belongs to no other")
    return rtx


def _check_extensions(extensions: list[RtpHeaderExtensionParameters]) -> dict[str, int]:
    if len({extension.id for extension in extensions}) < len(extensions):
        _refuse("two header extensions have one id")
    if any(extension.encrypt for extension in extensions):
        _refuse("encrypted header extensions are not supported")
    return {extension.uri: extension.id for extension in extensions}


def _check_encodings(kind: MediaKind, encodings: list[RtpEncodingParameters], *, has_rtx: bool) -> list[Encoding]:
    """Return the layers, in the order in which the page names them: from the smallest picture to the largest."""
    if len(encodings) > (MAX_LAYERS if kind is MediaKind.VIDEO else 1):
        _refuse("too many encodings")
    checked = [
        Encoding(
            ssrc=encoding.ssrc,
            rtx_ssrc=encoding.rtx.ssrc if encoding.rtx is not None and has_rtx else None,
            rid=_check_rid(encoding.rid) if encoding.rid is not None and len(encodings) > 1 else None,
        )
        for encoding in encodings
    ]
    ssrcs = [ssrc for encoding in checked for ssrc in (encoding.ssrc, encoding.rtx_ssrc) if ssrc is not None]
    if 0 in ssrcs or len(set(ssrcs)) < len(ssrcs):
        _refuse("the SSRC is no SSRC")
    rids = [encoding.rid for encoding in checked if encoding.rid is not None]
    if len(set(rids)) < len(rids) or (rids and len(rids) < len(checked)):
        _refuse("the layers do not have a RID each")
    return checked or [Encoding()]


def _check_rid(rid: str) -> str:
    if not (rid.isascii() and rid.isalnum()):
        _refuse("the RID is no RID")  # RFC 8851 section 10
    return rid


def _known_parameters(codec: RtpCodecParameters) -> dict[str, int]:
    def is_fine(value: Any) -> bool:
        return type(value) is int and 0 <= value <= _MAX_PARAMETER

    return {name: value for name, value in codec.parameters.items() if name in _OPUS_PARAMETERS and is_fine(value)}


def _refuse(why: str) -> NoReturn:
    raise UserError(ErrorCode.BAD_REQUEST, f"The media parameters do not fit: {why}.")
