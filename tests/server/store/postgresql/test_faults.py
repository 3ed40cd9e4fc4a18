"""A PostgreSQL that goes away in the middle of everything, and comes back."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import select, text

from server.errors import StoreError
from server.store.database import Database
from server.store.location import DatabaseUrl
from server.store.models import ProgrammeRow
from tests.support.postgresql import PostgresServer

SOON = 30
"""Seconds that a test may take when it fails."""
PARTS = 3
"""Rows of one transaction."""


class Writer:
    """Writes one transaction after the other, and knows which ones were acknowledged."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.acknowledged: list[int] = []
        self.errors: list[StoreError] = []
        self._number = 0
        self._progress = asyncio.Condition()
        self._task = asyncio.create_task(self._run())

    async def has_written(self, more: int) -> None:
        """Wait until so many more transactions are acknowledged."""
        wanted = len(self.acknowledged) + more
        async with asyncio.timeout(SOON), self._progress:
            await self._progress.wait_for(lambda: len(self.acknowledged) >= wanted)

    async def has_failed(self) -> StoreError:
        """Wait for an error that comes from now on."""
        wanted = len(self.errors) + 1
        async with asyncio.timeout(SOON), self._progress:
            await self._progress.wait_for(lambda: len(self.errors) >= wanted)
        return self.errors[wanted - 1]

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            self._number += 1
            try:
                await self._write(self._number)
                self.acknowledged.append(self._number)
            except StoreError as error:
                self.errors.append(error)
            async with self._progress:
                self._progress.notify_all()

    async def _write(self, number: int) -> None:
        async with self.database.session() as session:
            for part in range(PARTS):
                session.add(ProgrammeRow(programme_id=f"{number}/{part}", name=str(number), created_at=part))
                await session.flush()


async def written(database: Database) -> dict[int, int]:
    """Count the rows of each transaction that left any."""
    counts: dict[int, int] = {}
    async with database.reading() as session:
        for name in await session.scalars(select(ProgrammeRow.name)):
            counts[int(name)] = counts.get(int(name), 0) + 1
    return counts


@pytest.mark.parametrize(
    "end",
    [PostgresServer.kill, lambda server: server.stop("immediate"), PostgresServer.stop],
    ids=["killed", "crashed", "stopped"],
)
async def test_what_was_acknowledged_is_there_when_the_database_is_back_and_nothing_is_half_written(
    mortal: PostgresServer, mortal_database: Database, end: Callable[[PostgresServer], None]
) -> None:
    writer = Writer(mortal_database)
    for _ in range(2):
        await writer.has_written(10)
        failure = asyncio.create_task(writer.has_failed())
        await asyncio.to_thread(end, mortal)
        error = await failure
        assert error.reason.startswith(f"The database {mortal_database.backend.name} cannot be used: ")
        with pytest.raises(StoreError):
            await written(mortal_database)
        await asyncio.to_thread(mortal.start)
        await writer.has_written(10)
    await writer.stop()
    rows = await written(mortal_database)
    assert set(rows.values()) == {PARTS}, "all of a transaction or nothing"
    assert set(writer.acknowledged) <= set(rows)


async def test_a_database_that_does_not_answer_is_given_up_and_used_again(
    mortal: PostgresServer, mortal_database: Database
) -> None:
    mortal_database.backend.transaction_timeout_s = 0.5
    await written(mortal_database)
    writer = Writer(mortal_database)
    await writer.has_written(1)
    failure = asyncio.create_task(writer.has_failed())
    with mortal.frozen():
        assert "does not answer in time" in (await failure).reason
        async with asyncio.timeout(SOON):
            with pytest.raises(StoreError, match="does not answer in time"):
                await written(mortal_database)
    mortal_database.backend.transaction_timeout_s = SOON
    await writer.has_written(10)
    await writer.stop()
    assert set((await written(mortal_database)).values()) == {PARTS}


async def test_connections_that_were_lost_while_nobody_used_them_are_replaced_unnoticed(
    mortal: PostgresServer, mortal_url: DatabaseUrl, mortal_database: Database
) -> None:
    async with mortal_database.session() as session:
        session.add(ProgrammeRow(programme_id="1", name="1", created_at=0))
    assert await written(mortal_database) == {1: 1}
    name = mortal_url.name.rpartition("/")[2]
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    ended = await asyncio.to_thread(mortal.sql, end)
    assert ended.split() == ["t", "t"], "the writer's and a reader's"
    async with mortal_database.session() as session:
        session.add(ProgrammeRow(programme_id="2", name="2", created_at=0))
    assert await written(mortal_database) == {1: 1, 2: 1}


async def test_who_hangs_in_the_middle_of_a_write_is_ended_by_the_database(
    mortal_url: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(mortal_url)
    other = await Database.open(mortal_url)
    settings = {"idle_in_transaction_session_timeout": "100ms"}
    monkeypatch.setattr("server.store.postgresql.connection._SETTINGS", settings)

    async def hang() -> None:
        async with database.session() as session:
            has_begun.set()
            await asyncio.sleep(SOON)
            await session.execute(text("SELECT 1"))

    has_begun = asyncio.Event()
    hanging = asyncio.create_task(hang())
    async with asyncio.timeout(SOON):
        await has_begun.wait()
        async with other.session() as session:
            session.add(ProgrammeRow(programme_id="1", name="1", created_at=0))
    hanging.cancel()
    await asyncio.wait([hanging])
    assert await written(database) == {1: 1}
    await database.close()
    await other.close()
