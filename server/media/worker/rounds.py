"""What is due every second for everybody, a few at a time: nobody's packets wait until it is done for all."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Rounds(Generic[T]):
    """Goes round everybody in so many turns. `begin` is called at the start of each round and returns them."""

    def __init__(self, turns: int, begin: Callable[[], Iterable[T]]) -> None:
        self._turns = turns
        self._begin = begin
        self._left = 0
        self._waiting: deque[T] = deque()

    @property
    def is_over(self) -> bool:
        """Whether everybody has been served, and the next turn begins a new round."""
        return not self._left

    def next(self) -> list[T]:
        """Return whose turn it is: in each round everybody once. Who came meanwhile waits for the next round."""
        if self.is_over:
            self._left = self._turns
            self._waiting.extend(self._begin())
        count = -(-len(self._waiting) // self._left)
        self._left -= 1
        return [self._waiting.popleft() for _ in range(count)]
