"""PostgreSQL: one transaction writes at a time, as with SQLite, here by a lock that every process of ours takes first.

So whatever is right on SQLite is right here, too: what a transaction has read is still so when it writes, and serial
ids become visible in their order. Each statement of a writing transaction sees what was committed before it (READ
COMMITTED), which after the lock is everything. Readers see one moment (REPEATABLE READ) and wait for nobody.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import BigInteger, Connection, NullPool, bindparam, event, insert, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from server.errors import StartupError, StoreError
from server.store.claim import Claim
from server.store.failures import explained, sentence
from server.store.location import DatabaseUrl
from server.store.models import Base
from server.store.postgresql.claim import DatabaseClaim, taken
from server.store.postgresql.connection import CLAIM, TURN, connect
from server.store.postgresql.failures import as_said, why
from server.store.revision import NEWEST_REVISION, stored_revision

_READERS = 4
_POOL_TIMEOUT_S = 5.0
"""So long a read waits for one of them."""
_TRANSACTION_TIMEOUT_S = 10.0
"""For all statements of one, each of which the database ends sooner: it may be the network that hangs."""
_OPENING_SETTINGS = {
    "lock_timeout": "20s",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "1min",
}
"""Another start may be migrating, and so may this one, which loads Alembic first."""
_OLDEST_VERSION = 14
"""Waits for the end of a connection, when it is told to end it."""

_WAIT = text("SELECT pg_advisory_xact_lock(:turn)").bindparams(turn=TURN)
# Whatever stands in FROM comes first: who has waited for the turn then asks whether the claim still holds.
_WAIT_AND_CHECK = text(
    "SELECT pg_try_advisory_xact_lock_shared(:token) FROM (SELECT pg_advisory_xact_lock(:turn)) AS had"
).bindparams(bindparam("token", type_=BigInteger), turn=TURN)
_TRY_CLAIM = text("SELECT pg_try_advisory_xact_lock(:claim)").bindparams(claim=CLAIM)

_NOW_MS = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class PostgresqlBackend:
    """A database of a PostgreSQL server."""

    # Every database of ours has this row. Writing it needs all that other writes need.
    probe = text("UPDATE alembic_version SET version_num = version_num")
    transaction_timeout_s: float | None = _TRANSACTION_TIMEOUT_S
    now_ms = text(_NOW_MS)

    def __init__(self, url: DatabaseUrl, claim: Claim | None) -> None:
        self._url = url
        self._claim = claim if isinstance(claim, DatabaseClaim) else None
        self.name = url.name

    async def prepare(self, *, may_create: bool) -> None:
        """Prove that the database can be used, and bring its tables up to date, in one transaction."""
        engine = self._create_engine(_OPENING_SETTINGS, poolclass=NullPool)
        try:
            with explained(self.name, why):
                async with engine.begin() as connection:
                    await connection.run_sync(self._bring_up_to_date, may_create=may_create)
        except StoreError as error:
            raise StartupError(error.reason) from error
        except DBAPIError as error:
            raise StartupError(sentence(self.name, as_said(error) or "it does not do what it should")) from error
        finally:
            await engine.dispose()

    def create_writer(self) -> AsyncEngine:
        """Make the engine of the one connection that writes."""
        return self._create_engine({}, pool_size=1, max_overflow=0, pool_timeout=_POOL_TIMEOUT_S)

    def create_readers(self) -> AsyncEngine:
        """Make the engine of the connections that read."""
        return self._create_engine(
            {},
            pool_size=_READERS,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_S,
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        )

    async def begin_writing(self, session: AsyncSession) -> None:
        """Wait for the turn to write. A server writes only while the database itself says that its claim holds."""
        if self._claim is None:
            await session.execute(_WAIT)
            return
        token = await self._claim.token()
        if await session.scalar(_WAIT_AND_CHECK, {"token": token}):
            self._claim.forget(token)
            raise StoreError(sentence(self.name, "this server has to claim it anew"))

    async def insert(self, engine: AsyncEngine, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, all or none, when it is this server's turn."""
        async with AsyncSession(engine) as session, session.begin():
            await self.begin_writing(session)
            await session.execute(insert(table), rows)

    def why(self, error: BaseException) -> str | None:
        """Return what is wrong with the database, without a full stop; `None` when it is not the database."""
        return why(error)

    def identify(self) -> object:
        """Return the name: who connects to it finds it, or fails."""
        return self.name

    def _bring_up_to_date(self, connection: Connection, *, may_create: bool) -> None:
        self._check(connection)
        connection.execute(_WAIT)
        stored = stored_revision(connection)
        if stored is None and not may_create:
            raise StartupError(
                f"The database {self.name} is empty. Is it another one? "
                "Else begin with roundup serve or roundup people add."
            )
        if stored == NEWEST_REVISION:
            return
        if self._claim is None and stored is not None and not connection.execute(_TRY_CLAIM).scalar():
            raise taken(self._url)
        from server.store.migrate import upgrade

        upgrade(connection, stored)

    def _check(self, connection: Connection) -> None:
        """Raise `StartupError` for a database that we would work on with surprises only."""
        settings = {
            name: str(connection.execute(text(f"SHOW {name}")).scalar())
            for name in ("server_version_num", "server_encoding", "transaction_read_only")
        }
        reason = ""
        if int(settings["server_version_num"]) < _OLDEST_VERSION * 10_000:
            reason = f"it is older than PostgreSQL {_OLDEST_VERSION}"
        elif settings["server_encoding"] != "UTF8":
            reason = f"its encoding is {settings['server_encoding']} instead of UTF8"
        elif settings["transaction_read_only"] == "on":
            reason = "it is not writable"
        if reason:
            raise StartupError(sentence(self.name, reason))

    def _create_engine(self, settings: Mapping[str, str], **options: Any) -> AsyncEngine:
        async def open_connection() -> asyncpg.Connection:
            return await connect(self._url, settings)

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=open_connection,  # SQLAlchemy never sees the URL, and can show it nowhere
            hide_parameters=True,  # errors end up in logs
            **options,
        )
        event.listen(engine.sync_engine, "checkout", _replace_closed)
        return engine


def _replace_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have a connection that was lost while nobody used it replaced, before somebody does."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
