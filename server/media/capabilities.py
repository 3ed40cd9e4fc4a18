"""What a room can carry: Opus, and VP8 or H.264 in up to three layers.

VP8 comes first: a browser that is not told otherwise sends that, and every browser can decode both (RFC 7742).

No transport-wide congestion control, so that browsers tell their bandwidth estimate themselves (REMB).
"""

from dataclasses import dataclass
from typing import Any, Literal

from protocol.rtp import MediaKind, RtcpFeedback, RtpCapabilities, RtpCodecCapability, RtpHeaderExtension
from server.media.messages import (
    ABS_SEND_TIME_ID,
    AUDIO_LEVEL_ID,
    MID_ID,
    ORIENTATION_ID,
    REPAIRED_RID_ID,
    RID_ID,
    CodecName,
)

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ORIENTATION_URI = "urn:3gpp:video-orientation"

RTX_MIME_TYPES = {MediaKind.AUDIO: "audio/rtx", MediaKind.VIDEO: "video/rtx"}


def _extension(
    kind: MediaKind, uri: str, extension_id: int, direction: Literal["sendrecv", "recvonly"] = "sendrecv"
) -> RtpHeaderExtension:
    return RtpHeaderExtension(kind=kind, uri=uri, preferred_id=extension_id, direction=direction)


_VIDEO_FEEDBACK = [
    RtcpFeedback(type="nack"),
    RtcpFeedback(type="nack", parameter="pli"),
    RtcpFeedback(type="ccm", parameter="fir"),
    RtcpFeedback(type="goog-remb"),
]
H264_PROFILE = "42e0"
"""Constrained Baseline, which every browser has; the two digits of the level may differ (RFC 6184 section 8.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A codec, and what its retransmissions come as."""

    name: CodecName
    capability: RtpCodecCapability
    rtx: RtpCodecCapability | None = None

    @property
    def payload_type(self) -> int:
        """What subscribers get it with."""
        assert self.capability.preferred_payload_type is not None  # noqa: S101 - ours all have one
        return self.capability.preferred_payload_type

    @property
    def rtx_payload_type(self) -> int | None:
        """What subscribers get retransmissions with."""
        return self.rtx.preferred_payload_type if self.rtx is not None else None


def _video(name: CodecName, mime_type: str, payload_type: int, parameters: dict[str, Any]) -> Codec:
    return Codec(
        name=name,
        capability=RtpCodecCapability(
            kind=MediaKind.VIDEO,
            mime_type=mime_type,
            clock_rate=90_000,
            preferred_payload_type=payload_type,
            parameters=parameters,
            rtcp_feedback=_VIDEO_FEEDBACK,
        ),
        rtx=RtpCodecCapability(
            kind=MediaKind.VIDEO,
            mime_type=RTX_MIME_TYPES[MediaKind.VIDEO],
            clock_rate=90_000,
            preferred_payload_type=payload_type + 1,
            parameters={"apt": payload_type},
        ),
    )


CODECS = (
    Codec(
        name="opus",
        capability=RtpCodecCapability(
            kind=MediaKind.AUDIO,
            mime_type="audio/opus",
            clock_rate=48_000,
            channels=2,
            preferred_payload_type=100,
            parameters={"minptime": 10, "useinbandfec": 1},
            rtcp_feedback=[RtcpFeedback(type="nack")],
        ),
    ),
    _video("vp8", "video/VP8", 101, {}),
    _video(
        "h264",
        "video/H264",
        103,
        {"packetization-mode": 1, "level-asymmetry-allowed": 1, "profile-level-id": f"{H264_PROFILE}1f"},
    ),
)

ROUTER_CAPABILITIES = RtpCapabilities(
    codecs=[each for codec in CODECS for each in (codec.capability, codec.rtx) if each is not None],
    header_extensions=[
        _extension(MediaKind.AUDIO, MID_URI, MID_ID),
        _extension(MediaKind.VIDEO, MID_URI, MID_ID),
        _extension(MediaKind.VIDEO, RID_URI, RID_ID, "recvonly"),
        _extension(MediaKind.VIDEO, REPAIRED_RID_URI, REPAIRED_RID_ID, "recvonly"),
        _extension(MediaKind.AUDIO, ABS_SEND_TIME_URI, ABS_SEND_TIME_ID),
        _extension(MediaKind.VIDEO, ABS_SEND_TIME_URI, ABS_SEND_TIME_ID),
        _extension(MediaKind.AUDIO, AUDIO_LEVEL_URI, AUDIO_LEVEL_ID),
        _extension(MediaKind.VIDEO, ORIENTATION_URI, ORIENTATION_ID),
    ],
)
