"""Erases people: their name, address and words, and what was recorded of their lines. Sums stay as they are.

What a person has a part in with others stays under nobody's name: hours of a pair, attendance of a meeting, boards and
notes. However often it is interrupted, whoever comes next finishes it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.clock import Clock
from server.store.database import Database
from server.store.erasure import ErasureRepository
from server.store.hours_log import HoursLogRepository

_MEETINGS = 20
"""In one transaction."""

EraseTexts = Callable[[str, str], Awaitable[int]]
"""Takes what a person, by id, has written out of the hours log, for an actor; returns how many texts."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of erasing."""

    person_ids: tuple[str, ...]
    """Of whom something was left to erase."""
    unfinished: tuple[str, ...]
    """Who is in a meeting that is not over: the server goes on with them every day."""


def create_eraser(database: Database, clock: Clock) -> "Eraser":
    """Make one for a database."""
    log = HoursLogRepository(database)

    async def erase_texts(person_id: str, actor: str) -> int:
        return await log.erase_texts(person_id, actor=actor, at=clock.now_ms())

    return Eraser(ErasureRepository(database), erase_texts, clock)


class Eraser:
    """Erases people for good."""

    def __init__(self, repository: ErasureRepository, erase_texts: EraseTexts, clock: Clock) -> None:
        self._repository = repository
        self._erase_texts = erase_texts
        self._clock = clock

    async def erase(self, person_id: str, *, actor: str) -> Erased:
        """Erase somebody, and finish whoever else was begun with. Raises `StoreError`; then it can be done again."""
        await self._repository.begin(person_id, actor=actor, at=self._clock.now_ms())
        finished = await self.finish(actor=actor)
        return Erased(tuple({person_id, *finished.person_ids}), finished.unfinished)

    async def finish(self, *, actor: str) -> Erased:
        """Erase what is left of all who were begun with."""
        begun = await self._repository.unfinished()
        for person_id in begun:
            await self._erase_rest(person_id, actor)
        unfinished = await self._repository.unfinished() if begun else ()
        return Erased(tuple(begun), tuple(unfinished))

    async def _erase_rest(self, person_id: str, actor: str) -> None:
        while await self._repository.erase_messages(person_id):
            pass
        while await self._repository.erase_letters(person_id, at=self._clock.now_ms()):
            pass
        if await self._repository.has_texts(person_id):
            await self._erase_texts(person_id, actor)
        meetings = await self._repository.meetings_with_events(person_id)
        for start in range(0, len(meetings), _MEETINGS):
            await self._repository.forget_events(person_id, meetings[start : start + _MEETINGS])
