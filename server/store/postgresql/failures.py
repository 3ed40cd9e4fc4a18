"""What PostgreSQL's failures mean, in words for those who run the server.

The codes are those of https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.store.failures import OVERDUE

_LOST = "the connection to it was lost"
_REFUSED = "it does not accept the user or the password"
_DAMAGED = "it is damaged; restore a backup"
_LOCKED = "another program has locked it"
_WHY = {
    "08": _LOST,
    "25006": "it is not writable",
    "25P03": OVERDUE,
    "28": _REFUSED,
    "3D000": "there is no database of this name; make it with createdb",
    "40P01": _LOCKED,
    "42501": "its user may not do that; make the user the owner of the database",
    "53100": "the disk is full",
    "53200": "it is out of memory",
    "53300": "it has too many connections",
    "55P03": _LOCKED,
    "57014": OVERDUE,
    "57P01": "it is stopping",
    "57P02": "it has crashed, and is starting again",
    "57P03": "it is starting or stopping",
    "57P05": _LOST,
    "58030": "the disk reports an error",
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""By code, or by class: the first two characters of codes that all mean the same."""

CONNECTING = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ValueError)
"""What the driver raises when it cannot connect."""


def why(error: BaseException) -> str | None:
    """Return what is wrong with the database, without a full stop; `None` when it is not the database."""
    if isinstance(error, PoolTimeoutError | TimeoutError):
        return OVERDUE
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlstate", None)
    if code is not None:
        known = _WHY.get(code) or _WHY.get(code[:2])
        if known is not None:
            return known
    is_lost = isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    return _LOST if is_lost else None


def why_not_connected(error: BaseException) -> str:
    """Return why there is no connection. Quotes the database only: other errors may quote parts of the URL."""
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        return "it cannot be reached"
    return why(error) or as_said(error) or "its URL is not understood"


def as_said(error: BaseException) -> str:
    """Return what the database itself says, without a full stop; nothing when it says nothing."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if getattr(cause, "sqlstate", None) is None:
        return ""
    return str(cause).partition("\n")[0].removesuffix(".")
