"""People who have one document open, draw in it, and see what the others draw."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from loadtest.bots.delay import Samples
from loadtest.bots.swarm import MAX_JOINING
from loadtest.documents.pace import Pace
from loadtest.documents.stamps import StampFinder, author_code, now_us
from loadtest.documents.strokes import Pen

UPDATES_PER_S = 30.0
"""Of one page while somebody draws."""
_POLL_S = 0.05


class DrawingPage(Protocol):
    """A page with a document open, of whatever server."""

    @property
    def is_lost(self) -> bool:
        """Tell whether the connection is gone."""
        ...

    @property
    def kept_ms(self) -> list[float]:
        """How long updates took to be acknowledged."""
        ...

    def draw(self, update: bytes) -> None:
        """Change the document."""
        ...

    def close(self) -> None:
        """Close the connection. Idempotent."""
        ...


OnUpdate = Callable[[bytes], None]
"""Takes what a page is told of others' drawing."""
Enter = Callable[[int, OnUpdate], Awaitable[DrawingPage]]
"""Opens the page of the person of that number."""


async def wait_until(condition: Callable[[], bool], limit_s: float) -> None:
    """Wait until a condition holds, or for so long."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + limit_s
    while not condition():
        if loop.time() > give_up_at:
            return
        await asyncio.sleep(_POLL_S)


class Person:
    """One page, its pen, and perhaps its eye."""

    def __init__(self, number: int, page: DrawingPage, finder: StampFinder | None, drawn_before: int) -> None:
        self.page = page
        self.finder = finder
        """`None`: what comes is received, and not looked at."""
        self.pen = Pen(author_code(number), Random(number))  # noqa: S311 - makes runs alike, hides nothing
        self.drawn = 0
        self.drawn_before = drawn_before
        """By everybody, before this page was open."""

    def draw(self) -> None:
        """Send the next update."""
        self.drawn += 1
        self.page.draw(self.pen.draw(now_us()))


class Crowd:
    """Everybody who is there. `close` when done."""

    def __init__(self, enter: Enter, *, eyes: int | None = None) -> None:
        """With `eyes`, so many of the people look at what they receive; else all do. It is half of a bot's work."""
        self.people: list[Person] = []
        self.ages = Samples()
        """From an update's stamp to its receipt by somebody else."""
        self.lateness = Samples()
        """By how much people drew later than they meant to: the bots' fault, not the server's."""
        self._enter = enter
        self._eyes = eyes
        self._paces: list[Pace] = []

    @property
    def drawn(self) -> int:
        """Updates that were sent so far, by everybody."""
        return sum(person.drawn for person in self.people)

    @property
    def unseen(self) -> int:
        """Updates that people have not seen of each other; negative when some came twice."""
        drawn = self.drawn
        return sum(
            drawn - one.drawn_before - one.drawn - one.finder.found for one in self.people if one.finder is not None
        )

    @property
    def looking(self) -> int:
        """How many people look at what they receive."""
        return sum(one.finder is not None for one in self.people)

    @property
    def lost(self) -> int:
        """How many connections are gone."""
        return sum(person.page.is_lost for person in self.people)

    async def grow(self, count: int) -> None:
        """Let people come in, a few at a time, until there are `count`. Nobody may be drawing."""
        gate = asyncio.Semaphore(MAX_JOINING)
        drawn = self.drawn

        async def enter(number: int) -> Person:
            is_looking = self._eyes is None or number < self._eyes
            finder = StampFinder(author_code(number)) if is_looking else None
            async with gate:
                page = await self._enter(number, lambda data: finder.find(data, self.ages) if finder else None)
            return Person(number, page, finder, drawn)

        self.people += await asyncio.gather(*(enter(number) for number in range(len(self.people), count)))

    def start(self, count: int, per_s: float = UPDATES_PER_S) -> None:
        """Let the first `count` people draw, one after the other within each interval."""
        for number, person in enumerate(self.people[:count]):
            self.repeat(per_s, person.draw, phase=number / count)

    def repeat(self, per_s: float, act: Callable[[], None], *, phase: float) -> None:
        """Do something else at a pace, until `stop`."""
        pace = Pace(per_s, act, self.lateness)
        pace.start(phase)
        self._paces.append(pace)

    def stop(self) -> None:
        """Let nobody draw any more."""
        for pace in self._paces:
            pace.stop()
        self._paces.clear()

    def forget(self) -> None:
        """Begin to measure."""
        self.ages.clear()
        self.lateness.clear()
        for person in self.people:
            person.page.kept_ms.clear()

    def kept(self) -> Samples:
        """Return how long updates took to be acknowledged."""
        samples = Samples()
        for person in self.people:
            for kept_ms in person.page.kept_ms:
                samples.add(int(kept_ms * 1e6))
        return samples

    def close(self) -> None:
        """Let everybody go. Idempotent."""
        self.stop()
        for person in self.people:
            person.page.close()
