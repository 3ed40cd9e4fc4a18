"""One server at a time on a database: an advisory lock, held by a connection that does nothing else.

Beside the lock that all servers want, the connection holds one of a random number, its token. As long as that one is
locked, so is the other: each writing transaction asks for it, and so nothing is written by a server that has lost its
claim, even if it has not noticed. A server that was cut off claims anew as soon as it can. It ends when another one
was quicker; that one has already ended its meetings.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from server.errors import StartupError, StoreError
from server.logs import log_failure
from server.store.claim import Claim
from server.store.failures import explained
from server.store.location import DatabaseUrl
from server.store.postgresql.connection import CLAIM, connect
from server.store.postgresql.failures import why

LOOK_EVERY_S = 2.0
"""So often the connection is tried, or tried to be replaced."""
_TIMEOUT_S = 8.0
"""For connecting and claiming."""
_GOODBYE_TIMEOUT_S = 1.0
_GHOST_TIMEOUT_MS = 1_000
"""For the end of a connection of ours that only the database still believes in."""
# A server that was killed has let go when the database notices; it is waited for as long as a lock may take.
_SETTINGS = {"idle_session_timeout": "0"}

_log = structlog.get_logger(__name__)


class _TakenError(Exception):
    """Another server has claimed the database."""


class DatabaseClaim(Claim):
    """The claim on one database, held as long as a connection lives, and taken up again when it died."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._token = 0
        self._process_id = 0
        self._turn = asyncio.Lock()
        self._is_taken = asyncio.Event()

    async def lost(self) -> str:
        """Wait until another server has the database; return a sentence for operators."""
        await self._is_taken.wait()
        return str(taken(self._url))

    async def token(self) -> int:
        """Return the token of the connection that holds the claim. Raises `StoreError` when there is none just now."""
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                try:
                    await self._claim_again()
                except _TakenError as error:
                    raise StoreError(str(taken(self._url))) from error
            return self._token

    def forget(self, token: int) -> None:
        """Give up the connection with this token: the database does not know it any more."""
        if self._connection is not None and token == self._token:
            self._connection.terminate()

    async def claim(self) -> None:
        """Claim the database for the first time. Raises `StartupError`."""
        try:
            async with self._turn:
                await self._claim_again()
        except _TakenError as error:
            raise taken(self._url) from error
        except StoreError as error:
            raise StartupError(error.reason) from error

    async def keep(self) -> None:
        """Look after the connection until another server has the database."""
        while not self._is_taken.is_set():
            await asyncio.sleep(LOOK_EVERY_S)
            await self._look()

    async def close(self) -> None:
        """Give the claim up. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=_GOODBYE_TIMEOUT_S)

    async def _look(self) -> None:
        token = self._token
        try:
            token = await self.token()
            if self._connection is not None:
                await self._connection.fetchval("SELECT 1")
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look tries another connection
            log_failure(_log, "database_claim_missing", error)
            self.forget(token)

    async def _claim_again(self) -> None:
        with explained(self._url.name, why):
            async with asyncio.timeout(_TIMEOUT_S):
                connection = await connect(self._url, _SETTINGS)
                try:
                    await self._take(connection)
                except BaseException:
                    connection.terminate()
                    raise

    async def _take(self, connection: asyncpg.Connection) -> None:
        token = secrets.randbits(62)
        if not await self._is_free(connection):
            if self._token:
                self._is_taken.set()
            raise _TakenError
        await connection.execute("SELECT pg_advisory_lock($1)", token)
        self._connection, self._token, self._process_id = connection, token, connection.get_server_pid()

    async def _is_free(self, connection: asyncpg.Connection) -> bool:
        """Lock out other servers; tell whether that could be done."""
        if self._token and not await connection.fetchval("SELECT pg_try_advisory_lock_shared($1)", self._token):
            # Nobody else knows the number: the database still believes in the connection that we have lost.
            await connection.fetchval("SELECT pg_terminate_backend($1, $2)", self._process_id, _GHOST_TIMEOUT_MS)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", CLAIM)
        except asyncpg.LockNotAvailableError:
            return False
        return True


@asynccontextmanager
async def claim_database(url: DatabaseUrl) -> AsyncIterator[DatabaseClaim]:
    """Hold the database at `url` for this process, until the block ends. Raises `StartupError`."""
    claim = DatabaseClaim(url)
    await claim.claim()
    keeping = asyncio.create_task(claim.keep(), name="database claim")
    try:
        yield claim
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await claim.close()


def taken(url: DatabaseUrl) -> StartupError:
    """Return what a server, or a command that would migrate, is told when another server has the database."""
    return StartupError(
        f"Another server is running on the database {url.name}; stop it, or choose another with --database-url."
    )
