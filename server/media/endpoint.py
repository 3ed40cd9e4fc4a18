"""What an endpoint (one open page) holds of media: at most one transport each way, with what is on them."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from protocol.room import ProducerInfo, Quality, Source
from protocol.rtp import MAX_LAYERS, ConsumerOptions, MediaKind, RtpCapabilities
from server.media.capabilities import Codec
from server.media.messages import MID_BYTES

Direction = Literal["send", "recv"]

_MID_PREFIX = "m"
"""Some SDP parsers turn what looks like a number into one."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MAX_MIDS: int = len(_DIGITS) ** (MID_BYTES - len(_MID_PREFIX))


@dataclass(slots=True, eq=False)
class EndpointMedia:
    """What one open page has."""

    endpoint_id: str
    participant_id: str
    transports: "dict[Direction, MediaTransport]" = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class MediaProducer:
    """A track that comes in."""

    producer_id: str
    source: Source
    transport: "MediaTransport"
    codec: Codec
    codec_parameters: dict[str, Any]
    is_paused: bool
    layers_wanted: int = MAX_LAYERS
    """How many of its layers somebody looks at."""
    is_closed: bool = False
    consumers: "dict[str, MediaConsumer]" = field(default_factory=dict)

    @property
    def kind(self) -> MediaKind:
        """Whether it is heard or seen."""
        return self.codec.capability.kind

    @property
    def participant_id(self) -> str:
        """Who sends it."""
        return self.transport.endpoint.participant_id

    def info(self) -> ProducerInfo:
        """Return what everybody in the room sees of it."""
        return ProducerInfo(producer_id=self.producer_id, source=self.source, is_paused=self.is_paused)


@dataclass(slots=True, eq=False)
class MediaConsumer:
    """A track that goes out; without a producer of its own, it is one of the room's audio slots."""

    consumer_id: str
    producer: MediaProducer | None
    transport: "MediaTransport"
    is_dark: bool | None = None
    """Whether the line is too slow for it, as the page was told last; `None` when it never was too slow."""


@dataclass(slots=True, eq=False)
class MediaTransport:
    """A WebRTC transport."""

    transport_id: str
    endpoint: EndpointMedia
    direction: Direction
    capabilities: RtpCapabilities | None
    producers: dict[str, MediaProducer] = field(default_factory=dict)
    consumers: dict[str, MediaConsumer] = field(default_factory=dict)
    audio_slots: tuple[ConsumerOptions, ...] = ()
    """As the page was told."""
    is_connected: bool = False
    is_closed: bool = False
    quality: Quality = Quality.GOOD
    _ssrcs: set[int] = field(default_factory=set)
    _mids: int = 0

    def take_ssrc(self) -> int:
        """Return an SSRC that nothing on this transport has or had: SRTP's key is the same for all of them."""
        while True:
            ssrc = secrets.randbits(32)
            if ssrc > 0xFFFF and ssrc not in self._ssrcs:  # small ones are what libraries take for probes
                self._ssrcs.add(ssrc)
                return ssrc

    def take_mid(self) -> str:
        """Return a MID that this transport has not had before, always of the same length."""
        number = self._mids
        self._mids += 1
        digits = []
        for _ in range(MID_BYTES - len(_MID_PREFIX)):
            number, digit = divmod(number, len(_DIGITS))
            digits.append(_DIGITS[digit])
        return _MID_PREFIX + "".join(reversed(digits))

    @property
    def has_mids(self) -> bool:
        """Whether there is a MID left."""
        return self._mids < MAX_MIDS
