"""Whether a PostgreSQL database can be written, found out by writing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.store.database import Database
from server.store.probe import FRESH_S, WriteProbe
from tests.support.clock import ManualClock
from tests.support.postgresql import PostgresServer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def probe(mortal_database: Database, clock: ManualClock) -> AsyncIterator[WriteProbe]:
    probe = WriteProbe(mortal_database, clock)
    yield probe
    await probe.close()


async def test_a_database_that_takes_a_write_is_writable(probe: WriteProbe, mortal: PostgresServer) -> None:
    before = mortal.sql("SELECT pg_current_wal_flush_lsn()")
    assert await probe.is_writable()
    assert mortal.sql(f"SELECT pg_current_wal_flush_lsn() > '{before}'") == "t", "it has really written"


async def test_a_database_that_is_stopped_is_not_writable_until_it_is_back(
    probe: WriteProbe, mortal: PostgresServer, clock: ManualClock
) -> None:
    assert await probe.is_writable()
    await asyncio.to_thread(mortal.stop)
    clock.advance(seconds=FRESH_S)
    assert not await probe.is_writable()
    await asyncio.to_thread(mortal.start)
    assert not await probe.is_writable(), "the verdict still counts"
    clock.advance(seconds=FRESH_S)
    assert await probe.is_writable()


async def test_a_database_that_may_only_be_read_is_not_writable(
    probe: WriteProbe, mortal: PostgresServer, mortal_database: Database, clock: ManualClock
) -> None:
    name = mortal_database.backend.name.rpartition("/")[2]
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    mortal.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await asyncio.to_thread(mortal.sql, end)
    assert not await probe.is_writable()
    mortal.sql(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await asyncio.to_thread(mortal.sql, end)
    clock.advance(seconds=FRESH_S)
    assert await probe.is_writable()
