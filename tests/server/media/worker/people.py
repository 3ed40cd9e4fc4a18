"""People with microphones in one room, each with a page that hears the others."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from server.media import messages as m
from server.media.messages import AUDIO_SLOTS
from server.media.worker import rtp
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import AUDIO, SUBSCRIBED_AUDIO, Rig, rtp_packet
from tests.server.media.worker.test_producer import parsed, payload

VOICE = 0x80 | 30
SILENCE = 127
PACKET_S = 0.02
FRAME = 960


@dataclass(frozen=True)
class HeardPacket:
    """A packet as a page gets it."""

    speaker: str
    index: int
    header: rtp.RtpHeader
    data: bytes


@dataclass(eq=False)
class Person:
    """Somebody with a microphone and a page that hears the room, over one transport named after them."""

    name: str
    rig: Rig
    endpoint: Endpoint
    sent: int = 0
    """Packets."""
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    timestamp: int = field(default_factory=lambda: random.getrandbits(32))
    is_muted: bool = False

    @classmethod
    async def enter(cls, rig: Rig, name: str) -> "Person":
        endpoint = await rig.connect(name)
        rig.produce(AUDIO, on=name, producer_id=name)
        consume_slots(rig, name)
        return cls(name, rig, endpoint)

    def send(self, level: int | None = SILENCE, *, at: int | None = None) -> None:
        """Send the next packet, or the one numbered `at`; it says whose it is, and which."""
        index = self.sent if at is None else at
        self.sent = max(self.sent, index + 1)
        self.endpoint.send_rtp(
            rtp_packet(
                self.sequence + index,
                f"{self.name} {index}".encode(),
                timestamp=(self.timestamp + FRAME * index) & 0xFFFFFFFF,
                payload_type=111,
                ssrc=2_222,
                extensions=b"" if level is None else bytes((0x20, level)),
            )
        )

    def mute(self, *, is_muted: bool = True) -> None:
        """Mute or unmute the microphone."""
        self.is_muted = is_muted
        self.rig.worker.do(m.PauseProducer(transport_id=self.name, producer_id=self.name, is_paused=is_muted))

    async def take(self) -> list[HeardPacket]:
        """Return what has been received since the last call; a check is answered after all that was sent before."""
        credentials = self.rig.worker.transports[self.name].agent.credentials
        await self.endpoint.check(credentials.username_fragment, credentials.password)
        return [heard(self.endpoint.rtp.get_nowait()) for _ in range(self.endpoint.rtp.qsize())]

    async def heard(self) -> list[str]:
        """Return whose packets have come, each as name and index."""
        return [f"{packet.speaker} {packet.index}" for packet in await self.take()]


def heard(data: bytes) -> HeardPacket:
    name, _, index = payload(data).decode().partition(" ")
    return HeardPacket(name, int(index), parsed(data), data)


def subscriptions(transport_id: str, first_ssrc: int = 600_000) -> list[m.SlotSubscription]:
    return [
        m.SlotSubscription(
            consumer_id=f"{transport_id} slot {slot}",
            stream=msgspec.structs.replace(SUBSCRIBED_AUDIO, ssrc=first_ssrc + slot, mid=f"m00{slot}"),
        )
        for slot in range(AUDIO_SLOTS)
    ]


def consume_slots(rig: Rig, transport_id: str) -> None:
    rig.worker.do(m.ConsumeSlots(transport_id=transport_id, slots=subscriptions(transport_id)))


async def people(rig: Rig, count: int) -> list[Person]:
    return [await Person.enter(rig, f"p{number}") for number in range(count)]


async def send_all(rig: Rig, is_voice: dict[Person, bool]) -> None:
    """Let everybody send a packet, and wait until the worker has them."""
    await send_levels(rig, {person: VOICE if talks else SILENCE for person, talks in is_voice.items()})


async def send_levels(rig: Rig, levels: dict[Person, int]) -> None:
    """Do the same with these level bytes."""
    before = rig.worker.udp.packets_in
    for person, level in levels.items():
        person.send(level)
    await rig.until(lambda: rig.worker.udp.packets_in >= before + len(levels))


async def pass_time(rig: Rig, persons: Collection[Person], seconds: float, *talkers: Person) -> None:
    """Let the talkers talk, and all others who are not muted send silence."""
    for _ in range(round(seconds / PACKET_S)):
        rig.time.advance(PACKET_S)
        await send_all(rig, {person: person in talkers for person in persons if not person.is_muted})


def told(rig: Rig) -> m.SpeakersChanged:
    """Return what the control side was told last of who is heard."""
    return [event for event in rig.events if isinstance(event, m.SpeakersChanged)][-1]
