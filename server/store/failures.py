"""What SQLite's failures mean, in words for those who run the server."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.errors import StoreError

OVERDUE = "it does not answer in time"
_WHY = {
    sqlite3.SQLITE_NOTADB: "it is not a database",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened here; is the folder writable?",
    sqlite3.SQLITE_READONLY: "it is not writable",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


def why(error: sqlite3.Error | DBAPIError) -> str:
    """Return what is wrong, without a full stop."""
    return _WHY.get(_code(error), str(error.orig if isinstance(error, DBAPIError) else error))


def sentence(path: Path, reason: str) -> str:
    """Return what an operator is told."""
    return f"The database {path} cannot be used: {reason}."


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise `StoreError` where the database at `path` is at fault. Mistakes in statements stay as they are."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        code = _code(error)
        if code not in _WHY:
            raise
        raise StoreError(sentence(path, _WHY[code])) from error
    except PoolTimeoutError as error:
        raise StoreError(sentence(path, OVERDUE)) from error


def _code(error: sqlite3.Error | DBAPIError) -> int:
    cause = error.orig if isinstance(error, DBAPIError) else error
    # The low byte is the primary code: https://sqlite.org/rescode.html#extrc
    return int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF
