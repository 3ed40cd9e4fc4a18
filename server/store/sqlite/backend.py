"""SQLite: one file, which lets one transaction write at a time.

One connection writes and everybody queues for it, instead of polling for SQLite's lock. Readers have connections of
their own and never wait for a writer (WAL).
"""

import asyncio
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from server.errors import StartupError, StoreError
from server.store.failures import sentence
from server.store.models import Base
from server.store.revision import NEWEST_REVISION, stored_revision
from server.store.sqlite.claim import claim_folder
from server.store.sqlite.failures import why, why_not_opened

FILE_NAME = "roundup.sqlite3"

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

_NOW_MS = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


class SqliteBackend:
    """The file in a data folder."""

    # A number in the file's header that SQLite leaves to us, and that nobody else here uses.
    probe = text("PRAGMA user_version = 0")
    transaction_timeout_s: float | None = None
    now_ms = text(_NOW_MS)

    def __init__(self, data_dir: Path, *, is_claimed: bool) -> None:
        self._path = data_dir / FILE_NAME
        self._is_claimed = is_claimed
        self._identity: object = None
        self.name = str(self._path)

    async def prepare(self, *, may_create: bool) -> None:
        """Make folder and file, prove that they can be written to, and bring the tables up to date."""
        await asyncio.to_thread(_prepare, self._path, may_create=may_create, is_claimed=self._is_claimed)

    def create_writer(self) -> AsyncEngine:
        """Make the engine of the one connection that writes."""
        self._identity = self.identify()
        return _create_async_engine(self._path, "BEGIN IMMEDIATE", _WRITER_PRAGMAS, pool_size=1)

    def create_readers(self) -> AsyncEngine:
        """Make the engine of the connections that read."""
        return _create_async_engine(self._path, "BEGIN", _READER_PRAGMAS, pool_size=_READERS)

    async def begin_writing(self, _session: AsyncSession) -> None:
        """Make sure that the file is where it was. The transaction begins as one that writes. Raises `StoreError`."""
        self._check_place()

    async def insert(self, engine: AsyncEngine, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows with one statement, which is a transaction by itself.

        So the loop waits once for the connection's thread. With a transaction around it, it would seven times, and when
        the loop is busy each time costs more than the disk.
        """
        self._check_place()
        columns = tuple(rows[0])
        row = f"({', '.join('?' * len(columns))})"
        statement = f"INSERT INTO {table.__tablename__} ({', '.join(columns)}) VALUES {', '.join([row] * len(rows))}"  # noqa: S608
        values = [row[column] for row in rows for column in columns]
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                await driver.execute(statement, values)
            except sqlite3.IntegrityError as error:
                raise IntegrityError(None, None, error) from error

    def _check_place(self) -> None:
        """Raise `StoreError` when the file is not where it was: what is written to one that is gone, nobody finds."""
        if self.identify() != self._identity:
            raise StoreError(sentence(self.name, "it was moved or deleted"))

    def why(self, error: BaseException) -> str | None:
        """Return what is wrong with the database, without a full stop; `None` when it is not the database."""
        return why(error)

    def identify(self) -> object:
        """Return what tells the file from one of the same name: SQLite writes happily to one that was deleted."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


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
            stored = stored_revision(connection)
            if stored != NEWEST_REVISION:
                from server.store.migrate import upgrade

                with nullcontext() if is_claimed or stored is None else claim_folder(path.parent):
                    upgrade(connection, stored)
    except (sqlite3.Error, DBAPIError) as error:
        raise StartupError(sentence(str(path), why_not_opened(error))) from error
    finally:
        engine.dispose()


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
