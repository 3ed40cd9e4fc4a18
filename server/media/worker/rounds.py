"""What is due every second for everybody, a few at a time: nobody's packets wait until it is done for all."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Rounds(Generic[T]):
    """Goes round everybody in so many turns. Who has come keeps their turn, so that a round is a second for each."""

    def __init__(self, turns: int) -> None:
        self._turns: list[dict[T, None]] = [{} for _ in range(turns)]
        self._next = 0

    @property
    def is_over(self) -> bool:
        """Whether everybody has been served, and the next turn begins a new round."""
        return self._next == 0

    def add(self, one: T) -> None:
        """Give somebody a turn: that of the fewest."""
        min(self._turns, key=len)[one] = None

    def remove(self, one: T) -> None:
        """Serve somebody no more."""
        for turn in self._turns:
            turn.pop(one, None)

    def next(self) -> list[T]:
        """Return whose turn it is."""
        turn = self._turns[self._next]
        self._next = (self._next + 1) % len(self._turns)
        return list(turn)
