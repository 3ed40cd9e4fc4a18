"""The database: opened, brought up to date, and handed out as transactions.

SQLite lets one transaction write at a time, so one connection writes and everybody queues for it, first come first
served, instead of polling for SQLite's lock. Readers have connections of their own and never wait for a writer (WAL).
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from server.errors import StartupError
from server.store.claim import claim
from server.store.failures import OVERDUE, explained, sentence, why
from server.store.queue import WriteQueue

FILE_NAME = "roundup.sqlite3"
NEWEST_REVISION = "0003"
"""Of the migrations here. Named so that a start with nothing to migrate need not load Alembic to find out."""

_READERS = 2
_READER_TIMEOUT_S = 5.0
"""So long a read waits for one of them: a disk that hangs is not waited for without end."""
_OPENING_TIMEOUT_MS = 20_000
"""For another program's lock: another start may be migrating, on a slow machine."""
_BUSY_TIMEOUT_MS = 2_000
"""The same later on, when somebody waits for an answer."""
_OPENING_PRAGMAS = (
    f"busy_timeout={_OPENING_TIMEOUT_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
)
_WRITER_PRAGMAS = (*_OPENING_PRAGMAS, f"busy_timeout={_BUSY_TIMEOUT_MS}")
_READER_PRAGMAS = (*_WRITER_PRAGMAS, "query_only=ON")


class Database:
    """An open database with the newest tables."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = _create_async_engine(path, "BEGIN IMMEDIATE", _WRITER_PRAGMAS, pool_size=1)
        self._readers = _create_async_engine(path, "BEGIN", _READER_PRAGMAS, pool_size=_READERS)
        self._queue = WriteQueue(sentence(path, OVERDUE))

    @classmethod
    async def open(cls, data_dir: Path, *, may_create: bool = True, is_claimed: bool = False) -> "Database":
        """Open the database in `data_dir` and run outstanding migrations; make both when missing, if that is meant.

        Who has not claimed the folder may not migrate what a server is running on.

        Raises `StartupError` when the folder is not writable, the file is no database, or a newer Roundup wrote it.
        """
        path = data_dir / FILE_NAME
        await asyncio.to_thread(_prepare, path, may_create=may_create, is_claimed=is_claimed)
        return cls(path)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may write: committed at the end, rolled back when the block raises.

        Raises `StoreError` when the database takes nothing.
        """
        async with self._queue.turn(), self._transaction(self._writer) as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads, all of it as of one moment. Raises `StoreError`."""
        async with self._transaction(self._readers) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with explained(self.path):
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                yield session

    async def close(self) -> None:
        """Close every connection. Idempotent."""
        await self._readers.dispose()
        await self._writer.dispose()


def _prepare(path: Path, *, may_create: bool, is_claimed: bool) -> None:
    """Make folder and file, prove that they can be written to, and bring the tables up to date.

    Runs on a plain connection: whatever is wrong shows here, before there is a thread per connection to clean up.
    """
    try:
        if not may_create and not path.exists():
            raise StartupError(f"There is no Roundup data in {path.parent}; name its folder with --data-dir.")
        # What is in there is personal: nobody else on the machine needs to read it.
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Only when it is new: closing a file that SQLite has open in this process would take its locks away.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StartupError(f"The data folder {path.parent} cannot be used: {error.strerror}.") from error
    engine = create_engine(_url("sqlite", path), poolclass=NullPool)
    _configure(engine, "BEGIN IMMEDIATE", _OPENING_PRAGMAS)
    try:
        # One immediate transaction: of two processes that start together only one migrates.
        with engine.begin() as connection:
            stored = _stored_revision(connection)
            if stored != NEWEST_REVISION:
                from server.store.migrate import upgrade

                with nullcontext() if is_claimed or stored is None else claim(path.parent):
                    upgrade(connection, stored)
    except (sqlite3.Error, DBAPIError) as error:
        raise StartupError(sentence(path, why(error))) from error
    finally:
        engine.dispose()


def _stored_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    stored: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return stored


def _url(driver: str, path: Path) -> URL:
    # Not an f-string: a folder may have any character in its name.
    return URL.create(driver, database=str(path))


def _create_async_engine(path: Path, begin: str, pragmas: tuple[str, ...], *, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        _url("sqlite+aiosqlite", path),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_READER_TIMEOUT_S,  # the writer is queued for before
        pool_reset_on_return=None,  # `on_reset` does it, and only when there is something to do
        hide_parameters=True,  # errors end up in logs
    )
    _configure(engine.sync_engine, begin, pragmas)

    @event.listens_for(engine.sync_engine, "reset")
    def on_reset(connection: Any, _record: object, _state: object) -> None:
        if connection.driver_connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine.sync_engine, "invalidate")
    def on_invalidate(connection: Any, _record: object, _error: object) -> None:
        # After a cancellation. The traceback still refers to a cursor, and until that is gone SQLite does not really
        # close the connection and keeps its lock; so the transaction is ended before.
        connection.rollback()

    return engine


def _configure(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        try:
            # Python's sqlite3 would begin transactions by itself, and only before some statements.
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # nobody else knows it yet
            raise

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
