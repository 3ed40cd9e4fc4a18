"""RTP, ICE and DTLS parameters in mediasoup's shape and spelling.

mediasoup-client and pymediasoup read and write these objects unmodified, so their names are camelCase on the wire, and
fields that we do not know are ignored. See https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

Uint8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
Uint16 = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Uint32 = Annotated[int, msgspec.Meta(ge=0, le=4_294_967_295)]
PayloadType = Annotated[int, msgspec.Meta(ge=0, le=127)]
ExtensionId = Annotated[int, msgspec.Meta(ge=1, le=14)]
"""One-byte header extensions only (RFC 8285 section 4.2)."""
Text = Annotated[str, msgspec.Meta(max_length=256)]
Fmtp = dict[str, Any]
"""Codec-specific parameters, e.g. `{"useinbandfec": 1}`."""


MAX_LAYERS = 3
"""Of one camera: simulcast."""


class MediaKind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class Rtp(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of mediasoup's objects: camelCase on the wire, absent rather than null."""


class RtcpFeedback(Rtp, frozen=True, kw_only=True):
    """One RTCP feedback message that a codec may use, e.g. `nack` with parameter `pli`."""

    type: Text
    parameter: Text = ""


class RtpCodecCapability(Rtp, frozen=True, kw_only=True):
    """A codec that a router or an endpoint can handle."""

    kind: MediaKind
    mime_type: Text
    clock_rate: Uint32
    preferred_payload_type: PayloadType | None = None
    channels: Uint8 | None = None
    parameters: Fmtp = {}
    rtcp_feedback: Annotated[list[RtcpFeedback], msgspec.Meta(max_length=16)] = []


class RtpHeaderExtension(Rtp, frozen=True, kw_only=True):
    """A header extension that a router or an endpoint can handle."""

    kind: MediaKind
    uri: Text
    preferred_id: ExtensionId
    preferred_encrypt: bool = False
    direction: Literal["sendrecv", "sendonly", "recvonly", "inactive"] = "sendrecv"


class RtpCapabilities(Rtp, frozen=True, kw_only=True):
    """What a router or an endpoint can send or receive."""

    codecs: Annotated[list[RtpCodecCapability], msgspec.Meta(max_length=64)] = []
    header_extensions: Annotated[list[RtpHeaderExtension], msgspec.Meta(max_length=64)] = []


class RtpCodecParameters(Rtp, frozen=True, kw_only=True):
    """A codec as one stream uses it."""

    mime_type: Text
    payload_type: PayloadType
    clock_rate: Uint32
    channels: Uint8 | None = None
    parameters: Fmtp = {}
    rtcp_feedback: Annotated[list[RtcpFeedback], msgspec.Meta(max_length=16)] = []


class RtpHeaderExtensionParameters(Rtp, frozen=True, kw_only=True):
    """A header extension as one stream uses it."""

    uri: Text
    id: ExtensionId
    encrypt: bool = False
    parameters: Fmtp = {}


class RtxParameters(Rtp, frozen=True, kw_only=True):
    """The retransmission stream of an encoding (RFC 4588)."""

    ssrc: Uint32


class RtpEncodingParameters(Rtp, frozen=True, kw_only=True):
    """One encoding of a stream."""

    ssrc: Uint32 | None = None
    rid: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    codec_payload_type: PayloadType | None = None
    rtx: RtxParameters | None = None
    dtx: bool | None = None
    scalability_mode: Text | None = None
    max_bitrate: Uint32 | None = None


class RtcpParameters(Rtp, frozen=True, kw_only=True):
    """RTCP of a stream."""

    cname: Text | None = None
    reduced_size: bool = True
    mux: bool = True


class RtpParameters(Rtp, frozen=True, kw_only=True):
    """How one stream looks on the wire, as sent by a producer or towards a consumer."""

    codecs: Annotated[list[RtpCodecParameters], msgspec.Meta(min_length=1, max_length=16)]
    mid: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    header_extensions: Annotated[list[RtpHeaderExtensionParameters], msgspec.Meta(max_length=32)] = []
    encodings: Annotated[list[RtpEncodingParameters], msgspec.Meta(max_length=4)] = []
    rtcp: RtcpParameters = RtcpParameters()


class IceParameters(Rtp, frozen=True, kw_only=True):
    """Credentials of the server's ICE-lite agent (RFC 8445 section 5.3)."""

    username_fragment: str
    password: str
    ice_lite: bool


class IceCandidate(Rtp, frozen=True, kw_only=True):
    """One address of the server."""

    foundation: str
    priority: Uint32
    ip: str
    address: str
    protocol: Literal["udp", "tcp"]
    port: Uint16
    type: Literal["host", "srflx", "prflx", "relay"]
    tcp_type: Literal["active", "passive", "so"] | None = None


class DtlsFingerprint(Rtp, frozen=True, kw_only=True):
    """A certificate's fingerprint (RFC 8122 section 5)."""

    algorithm: Literal["sha-1", "sha-224", "sha-256", "sha-384", "sha-512"]
    value: Annotated[str, msgspec.Meta(max_length=256)]


class DtlsParameters(Rtp, frozen=True, kw_only=True):
    """DTLS role and certificate of one side. The role is that of the side that sends this."""

    fingerprints: Annotated[list[DtlsFingerprint], msgspec.Meta(min_length=1, max_length=8)]
    role: Literal["auto", "client", "server"] = "auto"


class IceServer(Rtp, frozen=True, kw_only=True):
    """A STUN or TURN server, as RTCPeerConnection takes it."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class TransportOptions(Rtp, frozen=True, kw_only=True):
    """What `device.createSendTransport()` and `createRecvTransport()` take."""

    id: str
    ice_parameters: IceParameters
    ice_candidates: list[IceCandidate]
    dtls_parameters: DtlsParameters
    ice_servers: list[IceServer] = []
    """Relays for those whom nothing else lets through, with credentials of this page's own."""


class ConsumerOptions(Rtp, frozen=True, kw_only=True):
    """What `transport.consume()` takes, and whether the producer is paused just now."""

    id: str
    producer_id: str
    kind: MediaKind
    rtp_parameters: RtpParameters
    producer_paused: bool
