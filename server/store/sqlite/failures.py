"""What SQLite's failures mean, in words for those who run the server."""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.store.failures import OVERDUE

_WHY = {
    sqlite3.SQLITE_NOTADB: "it is not a database",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened here; is the folder writable?",
    sqlite3.SQLITE_READONLY: "it is not writable",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


def why(error: BaseException) -> str | None:
    """Return what is wrong with the database, without a full stop; `None` when it is not the database."""
    if isinstance(error, PoolTimeoutError):
        return OVERDUE
    return _WHY.get(_code(error))


def why_not_opened(error: sqlite3.Error | DBAPIError) -> str:
    """Return what is wrong, without a full stop: when nothing better is known, as SQLite says it."""
    return why(error) or str(error.orig if isinstance(error, DBAPIError) else error)


def _code(error: BaseException) -> int:
    cause = error.orig if isinstance(error, DBAPIError) else error
    # The low byte is the primary code: https://sqlite.org/rescode.html#extrc
    return int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF
