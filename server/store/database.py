"""The database: opened, brought up to date, and handed out as transactions.

One transaction writes at a time, and everybody queues for it, first come first served. Readers have connections of
their own and never wait for a writer. Which kind of database it is, only its back end knows.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from server.store.backend import Backend
from server.store.claim import Claim
from server.store.failures import OVERDUE, explained, sentence
from server.store.location import Location
from server.store.models import Base
from server.store.queue import WriteQueue
from server.store.sqlite.backend import SqliteBackend

_LONG_TRANSACTION_TIMEOUT_S = 120.0


class Database:
    """An open database with the newest tables."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._writer = backend.create_writer()
        self._readers = backend.create_readers()
        self._queue = WriteQueue(sentence(backend.name, OVERDUE))

    @classmethod
    async def open(cls, location: Location, *, may_create: bool = True, claim: Claim | None = None) -> "Database":
        """Open the database at `location` and run outstanding migrations; make what is missing, if that is meant.

        Who has not claimed the data may not migrate what a server is running on.

        Raises `StartupError` when it cannot be used: not reached, not written to, no database, of a newer Roundup.
        """
        backend = create_backend(location, claim)
        await backend.prepare(may_create=may_create)
        return cls(backend)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may write: committed at the end, rolled back when the block raises.

        Raises `StoreError` when the database takes nothing.
        """
        async with self._queue.turn(), self._transaction(self._writer) as session:
            await self.backend.begin_writing(session)
            yield session

    async def insert(self, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows that all have the same columns, all or none: the short way, for what is kept many times a second.

        Raises SQLAlchemy's `IntegrityError`; `StoreError` when the database takes nothing.
        """
        async with self._queue.turn(), self._in_time():
            await self.backend.insert(self._writer, table, rows)

    @asynccontextmanager
    async def reading(self, *, is_long: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads, all of it as of one moment. Raises `StoreError`.

        One that `is_long` has minutes, and each of its statements as long as any.
        """
        async with self._transaction(self._readers, is_long=is_long) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, *, is_long: bool = False) -> AsyncIterator[AsyncSession]:
        async with (
            self._in_time(is_long=is_long),
            AsyncSession(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def _in_time(self, *, is_long: bool = False) -> AsyncIterator[None]:
        limit_s = self.backend.transaction_timeout_s
        if is_long and limit_s is not None:
            limit_s = max(limit_s, _LONG_TRANSACTION_TIMEOUT_S)
        with explained(self.backend.name, self.backend.why):
            async with asyncio.timeout(limit_s):
                yield

    async def close(self) -> None:
        """Close every connection. Idempotent."""
        await self._readers.dispose()
        await self._writer.dispose()


def create_backend(location: Location, claim: Claim | None) -> Backend:
    """Make the back end for what is at `location`, to be used by who holds `claim`, if anybody does."""
    if isinstance(location, Path):
        return SqliteBackend(location, is_claimed=claim is not None)
    from server.store.postgresql.backend import PostgresqlBackend

    return PostgresqlBackend(location, claim)
