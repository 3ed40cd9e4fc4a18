"""What became of requests, so that one that arrives again is not applied again."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from protocol.wire import Wire


class Outcomes:
    """Replies by request, of one participant: at least the newest `limit`, and all that are still being made.

    Only replies are remembered. A failed request has changed nothing, and may do better when it is sent again.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._replies: OrderedDict[Hashable, asyncio.Future[Wire]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._replies)

    async def once(self, key: Hashable, make: Callable[[], Awaitable[Wire]]) -> Wire:
        """Return the reply to the request `key`: the remembered one, the one being made, or what `make` returns."""
        known = self._replies.get(key)
        if known is not None:
            self._replies.move_to_end(key)
            return await asyncio.shield(known)
        reply: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
        self._replies[key] = reply
        try:
            made = await make()
        except BaseException as error:
            del self._replies[key]
            if isinstance(error, Exception):
                reply.set_exception(error)
                reply.exception()  # nobody else may be waiting for it
            else:
                reply.cancel()
            raise
        reply.set_result(made)
        self._forget_oldest()
        return made

    def _forget_oldest(self) -> None:
        if len(self._replies) > self._limit:
            oldest = next(key for key, reply in self._replies.items() if reply.done())
            del self._replies[oldest]
