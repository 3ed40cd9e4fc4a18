"""A room on two workers: who publishes is on one, who subscribes on the other."""

import itertools
from dataclasses import dataclass, field

from server.media import messages as m
from server.media.worker import rtcp
from tests.server.media.endpoint import Endpoint
from tests.server.media.worker.rig import VIDEO, Rig


def address(rig: Rig) -> str:
    name: bytes = rig.worker.pipes._socket.sock.getsockname()
    return name.decode()


@dataclass
class Room:
    """The worker of `pub`, and another one."""

    home: Rig
    other: Rig
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(5))

    def pipe(self, producer_id: str = "video", stream: m.ProducerStream = VIDEO, *, group: str = "pub") -> None:
        """Pass a producer of `pub` on to the other worker."""
        pipe = next(self.numbers)
        self.other.worker.do(
            m.ProducePiped(
                router_id="router",
                transport_id="pub",
                group=group,
                producer_id=producer_id,
                stream=stream,
                is_paused=False,
                pipe=pipe,
                origin=address(self.home),
            )
        )
        self.home.worker.do(
            m.PipeProducer(transport_id="pub", producer_id=producer_id, pipe=pipe, to=address(self.other))
        )

    async def settled(self) -> None:
        """Wait until what was sent to the home has reached the other worker."""
        await self.home.drained()
        counters = self.home.worker.plumbing.counters
        await self.other.until(lambda: self.other.worker.plumbing.counters.piped_in == counters.piped_out)

    async def two_sides(self, stream: m.ProducerStream = VIDEO) -> tuple[Endpoint, Endpoint]:
        """Connect a publisher with a producer, and a subscriber on the other worker that has resumed its consumer."""
        publisher, subscriber = await self.home.connect("pub"), await self.other.connect("sub")
        self.home.produce(stream)
        self.pipe(stream=stream)
        self.other.consume()
        return publisher, subscriber

    def told_layers(self) -> list[int]:
        return [event.layers for event in self.home.events if isinstance(event, m.LayersWanted)]

    def dropped(self, reason: str) -> int:
        return self.other.worker.plumbing.counters.drops[reason]


async def keyframe_request(publisher: Endpoint) -> rtcp.KeyframeRequest:
    """Return the next one that the publisher gets."""
    while True:
        for message in rtcp.parse(await publisher.next_rtcp()):
            if isinstance(message, rtcp.KeyframeRequest):
                return message
