"""RTP capabilities and parameters as Chromium under mediasoup-client would state them.

The bots number payload types and header extensions as Chromium does, not as the router does, so that the server has
to translate.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from loadtest.bots.errors import CapabilityError
from loadtest.bots.rtp import ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, MID_URI
from protocol.room import SOURCE_KIND, Source
from protocol.rtp import (
    MediaKind,
    RtcpFeedback,
    RtcpParameters,
    RtpCapabilities,
    RtpCodecCapability,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)

_RTX = "rtx"
_FEEDBACK = frozenset({("nack", ""), ("nack", "pli"), ("ccm", "fir"), ("goog-remb", ""), ("transport-cc", "")})


@dataclass(frozen=True, slots=True)
class _LocalCodec:
    """A codec with Chromium's numbers."""

    mime_type: str
    payload_type: int
    rtx_payload_type: int | None
    extensions: dict[str, int]


_CODECS = {
    MediaKind.AUDIO: _LocalCodec("audio/opus", 111, None, {AUDIO_LEVEL_URI: 1, ABS_SEND_TIME_URI: 2, MID_URI: 4}),
    MediaKind.VIDEO: _LocalCodec("video/VP8", 96, 97, {ABS_SEND_TIME_URI: 2, MID_URI: 4}),
}


def send_parameters(
    source: Source, router: RtpCapabilities, *, mid: str, ssrc: int, rtx_ssrc: int, cname: str
) -> RtpParameters:
    """Return what `media_produce` states for a stream of `source`; raises `CapabilityError`."""
    kind = SOURCE_KIND[source]
    local = _CODECS[kind]
    remote = _find(router.codecs, local.mime_type)
    codecs = [
        RtpCodecParameters(
            mime_type=remote.mime_type,
            payload_type=local.payload_type,
            clock_rate=remote.clock_rate,
            channels=remote.channels,
            parameters={"minptime": 10, "useinbandfec": 1} if kind is MediaKind.AUDIO else {},
            rtcp_feedback=_common_feedback(remote.rtcp_feedback),
        )
    ]
    has_rtx = local.rtx_payload_type is not None and _find_rtx(router.codecs, remote) is not None
    if local.rtx_payload_type is not None and has_rtx:
        codecs.append(
            RtpCodecParameters(
                mime_type="video/rtx",
                payload_type=local.rtx_payload_type,
                clock_rate=remote.clock_rate,
                parameters={"apt": local.payload_type},
            )
        )
    return RtpParameters(
        codecs=codecs,
        mid=mid,
        header_extensions=[
            RtpHeaderExtensionParameters(uri=extension.uri, id=local.extensions[extension.uri])
            for extension in router.header_extensions
            if extension.kind is kind and extension.uri in local.extensions
        ],
        encodings=[RtpEncodingParameters(ssrc=ssrc, rtx=RtxParameters(ssrc=rtx_ssrc) if has_rtx else None)],
        rtcp=RtcpParameters(cname=cname),
    )


def receive_capabilities(router: RtpCapabilities) -> RtpCapabilities:
    """Return what `media_transport_create` states for receiving: the router's own, as far as a bot understands them."""
    codecs: list[RtpCodecCapability] = []
    for local in _CODECS.values():
        codec = _find(router.codecs, local.mime_type)
        codecs.append(codec)
        if local.rtx_payload_type is not None and (rtx := _find_rtx(router.codecs, codec)):
            codecs.append(rtx)
    known = {(kind, uri) for kind, local in _CODECS.items() for uri in local.extensions}
    extensions = [extension for extension in router.header_extensions if (extension.kind, extension.uri) in known]
    return RtpCapabilities(codecs=codecs, header_extensions=extensions)


def _find(codecs: Iterable[RtpCodecCapability], mime_type: str) -> RtpCodecCapability:
    found = next((codec for codec in codecs if codec.mime_type.lower() == mime_type.lower()), None)
    if found is None:
        raise CapabilityError(f"the router does not offer {mime_type}")
    return found


def _find_rtx(codecs: Iterable[RtpCodecCapability], of: RtpCodecCapability) -> RtpCodecCapability | None:
    return next(
        (
            codec
            for codec in codecs
            if codec.mime_type.lower().endswith(f"/{_RTX}") and codec.parameters.get("apt") == of.preferred_payload_type
        ),
        None,
    )


def _common_feedback(feedback: Iterable[RtcpFeedback]) -> list[RtcpFeedback]:
    return [entry for entry in feedback if (entry.type, entry.parameter) in _FEEDBACK]
