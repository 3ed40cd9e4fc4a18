"""What the control side asks of a worker, what it is answered, and what a worker tells by itself.

Every command but `CreateTransport` is answered `Done`. Ids are made by the control side and are opaque here.
"""

from typing import Annotated, Literal

import msgspec

from protocol.room import Quality
from protocol.rtp import MAX_LAYERS, DtlsFingerprint, MediaKind, PayloadType, Uint32

MID_ID = 1
RID_ID = 2
REPAIRED_RID_ID = 3
ABS_SEND_TIME_ID = 4
AUDIO_LEVEL_ID = 10
ORIENTATION_ID = 11
"""Ids of RTP header extensions towards subscribers; a publisher's own are translated."""

MID_BYTES = 4
"""Consumers' MIDs are exactly so long, so that every consumer's RTP header has the same layout."""

AUDIO_SLOTS = 4
"""Everybody in a room hears at most so many others at a time."""

Mid = Annotated[str, msgspec.Meta(pattern=f"^[a-z0-9]{{{MID_BYTES}}}$")]
CodecName = Literal["opus", "vp8", "h264"]
CloseReason = Literal["consent_expired", "dtls_failed", "dtls_closed"]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what the control side asks."""


class CreateTransport(Command, frozen=True, kw_only=True, tag="create_transport"):
    """Make a transport of a router; the router is made by its first transport."""

    router_id: str
    transport_id: str
    group: str
    """Opaque. What comes from a transport of the same group is not heard in the audio slots: that is oneself."""


class ConnectTransport(Command, frozen=True, kw_only=True, tag="connect_transport"):
    """Give the remote side's DTLS parameters. `remote_role` is the remote side's."""

    transport_id: str
    fingerprints: list[DtlsFingerprint]
    remote_role: Literal["auto", "client", "server"]


class RestartIce(Command, frozen=True, kw_only=True, tag="restart_ice"):
    """Give a transport new ICE credentials; the former ones hold until a check with these has come."""

    transport_id: str


class CloseTransport(Command, frozen=True, kw_only=True, tag="close_transport"):
    """Close a transport with its producers and consumers. No error when it is gone already."""

    transport_id: str


class CloseRouter(Command, frozen=True, kw_only=True, tag="close_router"):
    """Close every transport of a router. No error when it is gone already."""

    router_id: str


class Encoding(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of a publisher's stream, told by its SSRC, or else by MID and RID."""

    ssrc: Uint32 | None = None
    rtx_ssrc: Uint32 | None = None
    rid: str | None = None


class ProducerStream(msgspec.Struct, frozen=True, kw_only=True):
    """How a publisher's stream looks on the wire. Extension ids are the publisher's; `None` where it has none."""

    kind: MediaKind
    codec: CodecName
    clock_rate: Uint32
    payload_type: PayloadType
    forwarded_payload_type: PayloadType
    """What subscribers get instead."""
    encodings: Annotated[list[Encoding], msgspec.Meta(min_length=1, max_length=MAX_LAYERS)]
    """From the smallest picture to the largest."""
    is_screen: bool = False
    """Of video: a shared screen, which comes before cameras that are shown as large as it."""
    rtx_payload_type: PayloadType | None = None
    forwarded_rtx_payload_type: PayloadType | None = None
    mid: str | None = None
    mid_extension: int | None = None
    rid_extension: int | None = None
    repaired_rid_extension: int | None = None
    abs_send_time_extension: int | None = None
    audio_level_extension: int | None = None
    orientation_extension: int | None = None


class Produce(Command, frozen=True, kw_only=True, tag="produce"):
    """Accept a stream on a transport; then, and only then, close the producer there that it replaces."""

    transport_id: str
    producer_id: str
    stream: ProducerStream
    is_paused: bool
    replaces: str | None = None


class PauseProducer(Command, frozen=True, kw_only=True, tag="pause_producer"):
    """Forward a stream, or do not."""

    transport_id: str
    producer_id: str
    is_paused: bool


class CloseProducer(Command, frozen=True, kw_only=True, tag="close_producer"):
    """Close a producer with its consumers. No error when it is gone already."""

    transport_id: str
    producer_id: str


class ConsumerStream(msgspec.Struct, frozen=True, kw_only=True):
    """How the stream shall look towards a subscriber. Extension ids are those above."""

    ssrc: Uint32
    rtx_ssrc: Uint32 | None = None
    mid: Mid
    cname: str


class Consume(Command, frozen=True, kw_only=True, tag="consume"):
    """Forward a producer's stream to a transport. Starts paused."""

    transport_id: str
    consumer_id: str
    producer_transport_id: str
    producer_id: str
    stream: ConsumerStream


class SlotSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscriber's consumer of one audio slot."""

    consumer_id: str
    stream: ConsumerStream


class ConsumeSlots(Command, frozen=True, kw_only=True, tag="consume_slots"):
    """Forward the router's audio slots to a transport, one consumer each, from now on."""

    transport_id: str
    slots: Annotated[list[SlotSubscription], msgspec.Meta(min_length=AUDIO_SLOTS, max_length=AUDIO_SLOTS)]


class PauseConsumer(Command, frozen=True, kw_only=True, tag="pause_consumer"):
    """Forward to a subscriber, or do not. Resuming video asks the publisher for a keyframe."""

    transport_id: str
    consumer_id: str
    is_paused: bool


class PreferLayer(Command, frozen=True, kw_only=True, tag="prefer_layer"):
    """Forward no larger layer than this one, counted from 0, to a subscriber, and say how it is shown."""

    transport_id: str
    consumer_id: str
    layer: int
    is_large: bool = False
    """On a line that is too slow for everything, it comes before what is small."""


class CloseConsumer(Command, frozen=True, kw_only=True, tag="close_consumer"):
    """Stop forwarding to a subscriber. No error when it is gone already."""

    transport_id: str
    consumer_id: str


class PipeProducer(Command, frozen=True, kw_only=True, tag="pipe_producer"):
    """Pass a producer on to another worker: every packet once, decrypted."""

    transport_id: str
    producer_id: str
    pipe: Uint32
    """A number that no other pipe of this machine has."""
    to: str
    """The other worker's socket."""


class ProducePiped(Command, frozen=True, kw_only=True, tag="produce_piped"):
    """Accept what another worker passes on. From then on it is paused, consumed and closed as the producer there is."""

    router_id: str
    transport_id: str
    """The one that it is produced on there."""
    group: str
    producer_id: str
    stream: ProducerStream
    is_paused: bool
    pipe: Uint32
    origin: str
    """The other worker's socket."""


class ClosePipe(Command, frozen=True, kw_only=True, tag="close_pipe"):
    """Pass a producer on no more. No error when it is gone already."""

    pipe: Uint32


AnyCommand = (
    CreateTransport
    | ConnectTransport
    | RestartIce
    | CloseTransport
    | CloseRouter
    | Produce
    | PauseProducer
    | CloseProducer
    | Consume
    | ConsumeSlots
    | PauseConsumer
    | PreferLayer
    | CloseConsumer
    | PipeProducer
    | ProducePiped
    | ClosePipe
)


class Done(msgspec.Struct, frozen=True, tag="done"):
    """It is done."""


class TransportCreated(msgspec.Struct, frozen=True, kw_only=True, tag="transport_created"):
    """The new transport's ICE credentials."""

    username_fragment: str
    password: str


class IceRestarted(msgspec.Struct, frozen=True, kw_only=True, tag="ice_restarted"):
    """A transport's new ICE credentials."""

    username_fragment: str
    password: str


Answer = Done | TransportCreated | IceRestarted


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """The worker serves on this port, UDP and TCP, with this certificate."""

    port: int
    has_ipv6: bool
    fingerprint: DtlsFingerprint


class StartFailed(msgspec.Struct, frozen=True, kw_only=True, tag="start_failed"):
    """The worker cannot serve, and ends. One sentence for whoever started the server."""

    text: str


class TransportClosed(msgspec.Struct, frozen=True, kw_only=True, tag="transport_closed"):
    """A transport was closed by what happened to it, not by a command."""

    router_id: str
    transport_id: str
    reason: CloseReason


class LayersWanted(msgspec.Struct, frozen=True, kw_only=True, tag="layers_wanted"):
    """So many of a producer's layers, counted from the smallest, are worth sending: 0 when nobody looks."""

    router_id: str
    producer_id: str
    layers: int


class ConsumerDark(msgspec.Struct, frozen=True, kw_only=True, tag="consumer_dark"):
    """A subscriber's line is too slow for this picture, or is so no longer."""

    router_id: str
    transport_id: str
    consumer_id: str
    is_dark: bool


class SpeakersChanged(msgspec.Struct, frozen=True, kw_only=True, tag="speakers_changed"):
    """Who is heard in a router now, by producer id."""

    router_id: str
    slots: list[str | None]
    """Who is in which audio slot."""
    talking: list[str]
    """Who talks just now, the most important first. When only their order changes, that is not told."""
    dominant: str | None
    """Who has been talking most lately; stays while nobody talks."""


class TransportConnected(msgspec.Struct, frozen=True, kw_only=True, tag="transport_connected"):
    """A transport has a key: from now on streams come and go on it."""

    router_id: str
    transport_id: str


class TransportQuality(msgspec.Struct, frozen=True, kw_only=True, tag="transport_quality"):
    """A transport's line has become better or worse, and has been so for a while."""

    router_id: str
    transport_id: str
    quality: Quality


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """How many observations lie up to and including each of the bounds, the last one above them all, and their sum."""

    bounds: list[float] = []
    counts: list[int] = []
    total: float = 0.0


class Report(msgspec.Struct, frozen=True, kw_only=True, tag="report"):
    """Once a second: totals since the worker started, and how many things it has now. In: from pages; out: to pages."""

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    drops: dict[str, int] = {}
    """Packets that came and went no further, or could not be sent, by reason."""
    piped_in: int = 0
    piped_out: int = 0
    """From and to other workers of this machine; in no other number."""
    lost_in: int = 0
    lost_out: int = 0
    """Before retransmission; out: as subscribers tell."""
    nacks_in: int = 0
    nacks_out: int = 0
    keyframe_requests_in: int = 0
    keyframe_requests_out: int = 0
    retransmissions_in: int = 0
    retransmissions_out: int = 0
    datagrams: Distribution = Distribution()
    """Of forwarded packets, by how many packets each has for the kernel to cut."""
    refused_datagrams: int = 0
    """Which the kernel would not cut; their packets left one by one."""
    delays: Distribution = Distribution()
    """Of forwarded packets, in seconds: at most so long between arrival and departure."""
    transports: int = 0
    producers: int = 0
    consumers: int = 0
    tcp_connections: int = 0
    tasks: int = 0
    open_files: int = 0
    cpu_s: float = 0.0
    loop_lag_s: float = 0.0
    """How late the last report's timer fired."""


AnyEvent = (
    Started
    | StartFailed
    | TransportConnected
    | TransportClosed
    | LayersWanted
    | ConsumerDark
    | SpeakersChanged
    | TransportQuality
    | Report
)
