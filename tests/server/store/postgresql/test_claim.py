"""A claim on a database, whose connection may be lost."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from server.errors import StoreError
from server.store.claim import claim
from server.store.database import Database
from server.store.location import DatabaseUrl
from server.store.postgresql.claim import DatabaseClaim
from server.store.postgresql.connection import CLAIM
from tests.support.postgresql import PostgresServer

SOON = 30
"""Seconds that a test may take when it fails."""


@pytest.fixture
async def held(mortal_url: DatabaseUrl) -> AsyncIterator[DatabaseClaim]:
    async with claim(mortal_url) as claimed:
        assert isinstance(claimed, DatabaseClaim)
        yield claimed


@pytest.fixture
async def database(mortal_url: DatabaseUrl, held: DatabaseClaim) -> AsyncIterator[Database]:
    opened = await Database.open(mortal_url, claim=held)
    yield opened
    await opened.close()


@pytest.fixture
async def rival(mortal_url: DatabaseUrl, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Connect as another server does."""
    connection = await asyncpg.connect(mortal_url.text)
    yield connection
    await connection.close()


async def write(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = version_num"))


def connection_of(claim: DatabaseClaim) -> asyncpg.Connection:
    assert claim._connection is not None
    return claim._connection


async def test_the_claim_is_taken_up_again_when_the_database_is_back(
    mortal: PostgresServer, database: Database, held: DatabaseClaim, mortal_url: DatabaseUrl
) -> None:
    await asyncio.to_thread(mortal.stop, "immediate")
    with pytest.raises(StoreError, match="cannot be used"):
        await write(database)
    await asyncio.to_thread(mortal.start)
    await write(database)
    with pytest.raises(StoreError, match="Another server is running"):
        await refused_token(mortal_url)


async def refused_token(location: DatabaseUrl) -> None:
    """Try to claim what is claimed."""
    other = DatabaseClaim(location)
    try:
        await other.token()
    finally:
        await other.close()


async def test_who_was_overtaken_writes_no_more_and_says_so(
    database: Database, held: DatabaseClaim, rival: asyncpg.Connection
) -> None:
    await write(database)
    losing = asyncio.create_task(held.lost())
    waiting = asyncio.create_task(rival.execute("SELECT pg_advisory_lock($1)", CLAIM))
    process_id = connection_of(held).get_server_pid()
    async with asyncio.timeout(SOON):
        while not waiting.done():
            # As soon as it waits, it is the next.
            async with database.reading() as session:
                waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                if await session.scalar(text(waits)):
                    await session.execute(text(f"SELECT pg_terminate_backend({process_id}, 5000)"))
        await waiting
        with pytest.raises(StoreError, match="Another server is running on the database"):
            await write(database)
        assert "Another server is running on the database" in await losing


async def test_the_keeper_notices_by_itself_that_another_server_was_quicker(
    mortal: PostgresServer,
    mortal_url: DatabaseUrl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.store.postgresql.claim.LOOK_EVERY_S", 0.05)
    async with claim(mortal_url) as held, asyncio.timeout(SOON):
        assert isinstance(held, DatabaseClaim)
        rival = await asyncpg.connect(mortal_url.text)
        waiting = asyncio.create_task(rival.execute("SELECT pg_advisory_lock($1)", CLAIM))
        count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while await asyncio.to_thread(mortal.sql, count) == "0":
            pass
        mortal.sql(f"SELECT pg_terminate_backend({connection_of(held).get_server_pid()}, 5000)")
        await waiting
        assert "Another server is running" in await held.lost()
        await rival.close()


async def test_nothing_is_written_under_a_claim_that_only_we_believe_in(
    database: Database, held: DatabaseClaim
) -> None:
    await write(database)
    await connection_of(held).execute("SELECT pg_advisory_unlock_all()")
    with pytest.raises(StoreError, match="has to claim it anew"):
        await write(database)
    await write(database)


async def test_a_connection_that_only_the_database_believes_in_is_ended(
    database: Database, held: DatabaseClaim
) -> None:
    ghost, held._connection = connection_of(held), None
    await write(database)
    assert connection_of(held) is not ghost
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await ghost.fetchval("SELECT 1")
