"""The loads of `media`: who sends, who receives, and what the server has to reach."""

from dataclasses import dataclass, replace

from loadtest.bench.report import Comparison, Target
from loadtest.bots.publisher import CAMERA, MICROPHONE, WEBINAR_CAMERA, Shape

NO_LOSS = Target(Comparison.EXACTLY, 0)


@dataclass(frozen=True, slots=True)
class Load:
    """A meeting in which everybody who receives, receives everything."""

    name: str
    publishers: int
    subscribers: int
    """Who only receives."""
    cpu: Target | None = None
    """Of the media worker, in percent of a core."""
    delay_p99: Target | None = None
    """Added by the server, in ms."""
    camera: Shape = CAMERA
    is_all_to_all: bool = False
    """Publishers receive too: everybody but themselves."""
    tiles: int | None = None
    """Receive like our page: so many cameras, and sound in the room's slots. `None`: everything."""

    span_at: int | None = None
    """A worker with so many transports is full, and the meeting goes on on a second one."""

    @property
    def people(self) -> int:
        """How many take part."""
        return self.publishers + self.subscribers

    @property
    def published_per_s(self) -> float:
        """How many packets a second all publishers send."""
        return self.publishers * (MICROPHONE.packets_per_s + self.camera.packets_per_s)


ONE_TO_120 = Load("1→120", 1, 120, Target(Comparison.AT_MOST, 12))
FIVE_TO_120 = Load("5→120", 5, 120, Target(Comparison.AT_MOST, 35), Target(Comparison.BELOW, 5))
ALL_30 = Load("30 all-to-all", 30, 0, Target(Comparison.AT_MOST, 50), Target(Comparison.BELOW, 10), is_all_to_all=True)
WEBINAR = Load("1→500 webinar", 1, 500, Target(Comparison.AT_MOST, 85), camera=WEBINAR_CAMERA)
"""`cpu`: fits one core, with room to spare."""
PAGE_40 = Load("40 as the page asks", 40, 0, is_all_to_all=True, tiles=9)
"""9 tiles, 4 audio slots."""
SPAN_40 = replace(PAGE_40, name="40 as the page asks, on two workers", span_at=PAGE_40.people // 2)
"""Half of them on each: everybody comes in with the transport to receive with, and the other one goes where that is."""
