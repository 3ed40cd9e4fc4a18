"""What a room can carry: of each participant one Opus stream, and one VP8 stream in up to three layers.

No transport-wide congestion control, so that browsers tell their bandwidth estimate themselves (REMB); no NACK for
Opus, whose packets are not kept.
"""

from typing import Literal

from protocol.rtp import MediaKind, RtcpFeedback, RtpCapabilities, RtpCodecCapability, RtpHeaderExtension
from server.media.messages import (
    ABS_SEND_TIME_ID,
    AUDIO_LEVEL_ID,
    MID_ID,
    ORIENTATION_ID,
    REPAIRED_RID_ID,
    RID_ID,
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


ROUTER_CAPABILITIES = RtpCapabilities(
    codecs=[
        RtpCodecCapability(
            kind=MediaKind.AUDIO,
            mime_type="audio/opus",
            clock_rate=48_000,
            channels=2,
            preferred_payload_type=100,
            parameters={"minptime": 10, "useinbandfec": 1},
        ),
        RtpCodecCapability(
            kind=MediaKind.VIDEO,
            mime_type="video/VP8",
            clock_rate=90_000,
            preferred_payload_type=101,
            rtcp_feedback=[
                RtcpFeedback(type="nack"),
                RtcpFeedback(type="nack", parameter="pli"),
                RtcpFeedback(type="ccm", parameter="fir"),
                RtcpFeedback(type="goog-remb"),
            ],
        ),
        RtpCodecCapability(
            kind=MediaKind.VIDEO,
            mime_type="video/rtx",
            clock_rate=90_000,
            preferred_payload_type=102,
            parameters={"apt": 101},
        ),
    ],
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
