"""A room on two workers: who publishes is on one, who subscribes on the other."""

import itertools
import socket
from dataclasses import dataclass, field

from server.media import messages as m
from server.media.worker import rtcp
from server.media.worker.outlet import Outlet
from server.media.worker.pipe_records import PREAMBLE, record
from server.media.worker.producer import LINGER_TICKS
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
        await self.wants(len(stream.encodings))
        return publisher, subscriber

    def outlet(self, producer_id: str = "video") -> Outlet:
        (outlet,) = self.home.worker.transports["pub"].producer(producer_id).outlets
        return outlet

    async def wants(self, layers: int, producer_id: str = "video") -> None:
        """Wait until the home knows how many layers somebody on the other worker wants."""
        await self.home.until(lambda: self.outlet(producer_id).layers_wanted == layers)

    def linger(self) -> None:
        """Let the time pass in which what is no longer wanted is passed on all the same."""
        for _ in range(LINGER_TICKS):
            self.other.tick()

    async def write(self, *packets: bytes) -> None:
        """Have the other worker get packets by the first pipe, and wait for that."""
        counters = self.other.worker.plumbing.counters
        expected = counters.piped_in + len(packets)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            for packet in packets:
                writer.sendto(PREAMBLE.pack(0.0) + record(5, 0, packet), address(self.other))
        await self.other.until(lambda: counters.piped_in == expected)

    @property
    def piped(self) -> int:
        return self.home.worker.plumbing.counters.piped_out

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
