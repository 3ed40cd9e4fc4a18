"""Turns at something that is done once at a time: each person's in order, and no person's before all of the others'."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from protocol.errors import ErrorCode
from server.errors import UserError


class Turns:
    """Who is next. Of two people who want many, each has every other turn."""

    def __init__(self, *, most: int, most_each: int) -> None:
        """Let `most` wait together, and `most_each` of one person."""
        self._most = most
        self._most_each = most_each
        self._waiting = OrderedDict[str, deque[asyncio.Future[None]]]()
        """By person, whoever has waited longest for a turn of theirs first."""
        self._is_taken = False
        self._last = ""
        """Whose turn it is, or was."""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def taken(self, person_id: str) -> AsyncIterator[None]:
        """Have a turn, as soon as it is this person's. Raises `UserError` when too many wait already."""
        await self._take(person_id)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, person_id: str) -> None:
        if not self._is_taken:
            self._is_taken, self._last = True, person_id
            return
        own = self._waiting.get(person_id, deque())
        if len(own) >= self._most_each or self.waiting >= self._most:
            raise UserError(ErrorCode.TOO_MANY, "Many pictures arrive just now. Try again in a moment.")
        turn = asyncio.get_running_loop().create_future()
        own.append(turn)
        self._waiting[person_id] = own
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(person_id, turn)
            else:  # it came just now
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            if self._last in self._waiting:
                self._waiting.move_to_end(self._last)
            self._last, own = self._waiting.popitem(last=False)
            turn = own.popleft()
            if own:
                self._waiting[self._last] = own
            if not turn.done():  # else its task is just being cancelled
                turn.set_result(None)
                return
        self._is_taken = False

    def _forget(self, person_id: str, turn: asyncio.Future[None]) -> None:
        own = self._waiting.get(person_id)
        if own is not None and turn in own:
            own.remove(turn)
            if not own:
                del self._waiting[person_id]
