"""A queue that knows how much is in it."""

import asyncio
from typing import Any


class CountedQueue(asyncio.Queue[Any]):
    """Packets that wait to be polled, with the bytes of their messages counted. Whoever fills it minds `size`."""

    size: int

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self.size = 0

    def _put(self, item: Any) -> None:
        super()._put(item)
        self.size += _size(item)

    def _get(self) -> Any:
        item = super()._get()
        self.size -= _size(item)
        return item

    def clear(self) -> list[Any]:
        """Take everything out."""
        items = [self.get_nowait() for _ in range(self.qsize())]
        for _ in items:
            self.task_done()
        return items


def _size(packet: Any) -> int:
    return len(packet.data) if isinstance(packet.data, bytes) else 0
