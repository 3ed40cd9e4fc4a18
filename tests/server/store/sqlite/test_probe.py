"""Whether the file can be written, found out by writing."""

import asyncio
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from server.store.database import Database
from server.store.probe import FRESH_S, WriteProbe
from server.store.sqlite.backend import FILE_NAME
from tests.support.clock import ManualClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("busy_timeout=1",))
    opened = await Database.open(folder)
    yield opened
    await opened.close()


@pytest.fixture
async def probe(database: Database, clock: ManualClock) -> AsyncIterator[WriteProbe]:
    probe = WriteProbe(database, clock)
    yield probe
    await probe.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def log_size(folder: Path) -> int:
    """Return the size of the write-ahead log, which grows with every write."""
    log = folder / f"{FILE_NAME}-wal"
    return log.stat().st_size if log.exists() else 0


async def test_a_database_that_takes_a_write_is_writable(probe: WriteProbe, folder: Path) -> None:
    before = log_size(folder)
    assert await probe.is_writable()
    assert log_size(folder) > before, "it has really written"


async def test_many_questions_are_one_write_until_the_answer_is_old(
    probe: WriteProbe, folder: Path, clock: ManualClock
) -> None:
    assert all(await asyncio.gather(*(probe.is_writable() for _ in range(20))))
    first = log_size(folder)
    clock.advance(seconds=FRESH_S - 1)
    assert await probe.is_writable()
    assert log_size(folder) == first
    clock.advance(seconds=1)
    assert await probe.is_writable()
    assert log_size(folder) > first


async def test_a_locked_database_is_not_writable_until_it_is_free(
    probe: WriteProbe, folder: Path, clock: ManualClock
) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert not await probe.is_writable()
    assert not await probe.is_writable(), "the verdict still counts"
    clock.advance(seconds=FRESH_S)
    assert await probe.is_writable()


async def test_a_file_that_cannot_grow_is_not_writable(probe: WriteProbe, folder: Path, clock: ManualClock) -> None:
    assert await probe.is_writable()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_size(folder), hard))
    try:
        clock.advance(seconds=FRESH_S)
        assert not await probe.is_writable()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    clock.advance(seconds=FRESH_S)
    assert await probe.is_writable()


async def test_a_deleted_folder_is_not_writable_nor_is_another_file_in_its_place(
    probe: WriteProbe, folder: Path, clock: ManualClock
) -> None:
    assert await probe.is_writable()
    shutil.rmtree(folder)
    clock.advance(seconds=FRESH_S)
    assert not await probe.is_writable()
    await (await Database.open(folder)).close()
    clock.advance(seconds=FRESH_S)
    assert not await probe.is_writable()


async def test_a_disk_that_does_not_answer_is_not_writable_and_nothing_piles_up(
    database: Database, probe: WriteProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.probe._ANSWER_TIMEOUT_S", 0.01)
    async with database.session():  # as if the write before never ended
        before = len(asyncio.all_tasks())
        for _ in range(5):
            assert not await probe.is_writable()
        assert len(asyncio.all_tasks()) == before + 1
    await probe.close()
