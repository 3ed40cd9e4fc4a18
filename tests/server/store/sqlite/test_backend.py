"""SQLite on a real disk: durable settings, and clear words when the file cannot be opened or written."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from protocol.errors import ErrorCode
from server.errors import StartupError, StoreError
from server.store.database import Database
from server.store.models import ProgrammeRow
from server.store.sqlite.backend import FILE_NAME

NOBODY = 65534


async def write(database: Database, name: str) -> None:
    async with database.session() as session:
        session.add(programme(name))


@contextmanager
def lock(data_dir: Path) -> Iterator[None]:
    """Hold the database as another program does."""
    with closing(sqlite3.connect(data_dir / FILE_NAME)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def programme(name: str) -> ProgrammeRow:
    return ProgrammeRow(programme_id=name, name=name, created_at=0)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """Make a folder that this process, even when it is root's, may not write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        yield folder
        os.seteuid(user)
        folder.chmod(0o755)


async def test_writes_are_durable_and_readers_never_wait(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)
    async with database.session() as session, database.reading() as reader:
        for connection in (session, reader):
            assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert await connection.scalar(text("PRAGMA synchronous")) == 2, "2 is FULL"
            assert await connection.scalar(text("PRAGMA foreign_keys")) == 1
        session.add(programme("written"))
        await session.flush()
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == [], "not committed yet"
    async with database.reading() as reader:
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == ["written"]
    await database.close()


@pytest.mark.parametrize("is_there", [False, True])
async def test_others_on_the_machine_cannot_read_the_data(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "data"
    if is_there:
        folder.mkdir(mode=0o755)
    database = await Database.open(folder)
    async with database.session() as session:
        session.add(programme("private"))
        await session.flush()
    modes = {stat.S_IMODE(file.stat().st_mode) for file in files_of(folder)}
    assert modes == {0o600}
    assert is_there or stat.S_IMODE(folder.stat().st_mode) == 0o700
    await database.close()


def contents(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


async def test_an_unwritable_folder_is_said_in_one_sentence(read_only_folder: Path) -> None:
    for data_dir in (read_only_folder, read_only_folder / "data"):
        with pytest.raises(StartupError) as caught:
            await Database.open(data_dir)
        assert str(data_dir) in str(caught.value)
        assert_one_sentence(str(caught.value))


async def test_a_folder_that_is_a_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for data_dir in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(StartupError) as caught:
            await Database.open(data_dir)
        assert_one_sentence(str(caught.value))


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("Dear diary, " * 1_000)
    with pytest.raises(StartupError, match="not a database") as caught:
        await Database.open(tmp_path)
    assert_one_sentence(str(caught.value))
    assert (tmp_path / FILE_NAME).read_text() == "Dear diary, " * 1_000


async def test_a_database_locked_by_another_program_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Database.open(tmp_path)).close()
    monkeypatch.setattr("server.store.sqlite.backend._OPENING_PRAGMAS", ("busy_timeout=1", "journal_mode=WAL"))
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StartupError, match="locked") as caught:
        await Database.open(tmp_path)
    assert_one_sentence(str(caught.value))
    connection.close()


async def test_a_folder_without_data_is_left_alone_where_data_is_expected(tmp_path: Path) -> None:
    for data_dir in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StartupError, match="no Roundup data") as caught:
            await Database.open(data_dir, may_create=False)
        assert str(data_dir) in str(caught.value)
        assert_one_sentence(str(caught.value))
    assert contents(tmp_path) == []
    await (await Database.open(tmp_path)).close()
    await (await Database.open(tmp_path, may_create=False)).close()


async def test_a_full_disk_is_said_in_words_and_recovered_from(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)
    async with database.session() as session:
        pages = await session.scalar(text("PRAGMA page_count"))
        # SQLite reports what it may not exceed exactly as it reports a full disk.
        await session.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StoreError) as caught:
        await write(database, "x" * 100_000)
    assert caught.value.code == ErrorCode.UNAVAILABLE
    assert caught.value.reason == f"The database {tmp_path / FILE_NAME} cannot be used: the disk is full."
    async with database.session() as session:
        await session.execute(text("PRAGMA max_page_count = 1000000"))
    await write(database, "after")
    await database.close()


async def test_a_path_with_odd_characters_is_just_a_path(tmp_path: Path) -> None:
    data_dir = tmp_path / "50% of #3 ? a&b=c ünï"
    database = await Database.open(data_dir)
    assert (data_dir / FILE_NAME).exists()
    await database.close()


def test_a_second_start_loads_neither_alembic_nor_another_database_s_driver(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from server.store.database import Database\n"
        "async def main():\n"
        "    await (await Database.open(Path(sys.argv[1]))).close()\n"
        "asyncio.run(main())\n"
        "print(not {'alembic', 'asyncpg'}.isdisjoint(sys.modules))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
        ).stdout.strip()
        for _ in range(2)
    ]
    assert outputs == ["True", "False"]


def assert_one_sentence(message: str) -> None:
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
