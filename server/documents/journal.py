"""Keeps the changes of all documents: those that come while one transaction is written go together in the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from server.errors import StoreError
from server.store.documents import Change, OutOfTurnError

_Batch = Sequence[tuple[Change, asyncio.Future[None]]]


class Journal:
    """Returns from `keep` when a change will survive whatever happens. `close` waits for what is being written."""

    def __init__(self, append: Callable[[Sequence[Change]], Awaitable[None]]) -> None:
        self._append = append
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, change: Change) -> None:
        """Keep a change. Raises what the store raises; then nothing of it is kept."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, kept))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="documents")
        await kept

    async def close(self) -> None:
        """Write what waits. Idempotent."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: _Batch) -> None:
        try:
            await self._append([change for change, _ in batch])
        except OutOfTurnError as error:
            if len(batch) == 1:
                _fail(batch, error)
            for one in batch if len(batch) > 1 else ():
                await self._write_batch([one])  # one document's trouble is not the others'
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            _fail(batch, error)
        except BaseException:
            _fail(batch, StoreError("the server is stopping"))
            raise
        else:
            for _, kept in batch:
                if not kept.done():
                    kept.set_result(None)


def _fail(batch: _Batch, error: Exception) -> None:
    for _, kept in batch:
        if not kept.done():
            kept.set_exception(error)
