"""How much of the processor each person may take: by changes, by documents that are loaded, by files that are made.

What makes the server work hard is not seen by looking at it: an update may have to be compared with half the document,
or it may not fit, and then the document is loaded again. So what it took is counted, and who has used up an allowance
waits. Nobody who draws, writes and turns pages comes near it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from protocol.errors import ErrorCode
from server.errors import UserError

ALLOWANCE_S = 3.0
"""Of the processor's time, that may be used at once."""
ALLOWANCE_EACH_S = 0.05
"""How much of it comes back in a second: a twentieth of one processor."""
GAVE_UP_S = ALLOWANCE_S / 5
"""For a change that the library gives up on: each time it writes to the server's log, which nobody is to fill."""
MAX_PEOPLE = 10_000
"""About whom it is remembered."""

T = TypeVar("T")


@dataclass(slots=True)
class _Use:
    used_s: float
    at: float


class Allowances:
    """Who has used how much lately."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._uses: OrderedDict[str, _Use] = OrderedDict()
        """Who has used something last, last."""

    def use(self, person_id: str | None, effort_s: float) -> None:
        """Count what was done for somebody, in seconds of the processor. `None` is the server itself."""
        if person_id is None:
            return
        self._uses[person_id] = _Use(self._used_s(person_id) + effort_s, self._monotonic())
        self._uses.move_to_end(person_id)
        if len(self._uses) > MAX_PEOPLE:
            self._uses.popitem(last=False)

    @contextmanager
    def charged(self, person_id: str) -> Iterator[None]:
        """Count what the block takes of this thread's processor time. Raises `UserError` for who has to wait."""
        self.check(person_id)
        started = time.thread_time()
        try:
            yield
        finally:
            self.use(person_id, time.thread_time() - started)

    async def in_thread(self, person_id: str | None, work: Callable[[], T]) -> T:
        """Do something for somebody in another thread, and count what it takes there, also when nobody waits for it."""
        loop = asyncio.get_running_loop()

        def measured() -> T:
            started = time.thread_time()
            try:
                return work()
            finally:
                loop.call_soon_threadsafe(self.use, person_id, time.thread_time() - started)

        return await asyncio.to_thread(measured)

    def check(self, person_id: str | None) -> None:
        """Raise `UserError` for who has to wait."""
        if self.is_used_up(person_id):
            raise UserError(ErrorCode.TOO_MANY, "That is more than the server can do for you at once. Wait a moment.")

    def is_used_up(self, person_id: str | None) -> bool:
        """Tell whether somebody has to wait."""
        return person_id is not None and self._used_s(person_id) >= ALLOWANCE_S

    def _used_s(self, person_id: str) -> float:
        use = self._uses.get(person_id)
        if use is None:
            return 0.0
        return max(0.0, use.used_s - (self._monotonic() - use.at) * ALLOWANCE_EACH_S)
