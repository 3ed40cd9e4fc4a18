"""The database on a real disk: durable settings, migrations, and clear words when it cannot be opened."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from protocol.errors import ErrorCode
from server.errors import StartupError, StoreError
from server.store.database import _READERS, FILE_NAME, NEWEST_REVISION, Database
from server.store.models import ProgrammeRow

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


async def test_a_block_that_raises_leaves_no_trace(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)

    async def write_and_fail() -> None:
        async with database.session() as session:
            session.add(programme("half"))
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()
    async with database.reading() as reader:
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == []
    await database.close()


async def test_a_reading_session_cannot_write(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)
    with pytest.raises(StoreError, match="not writable"):
        async with database.reading() as session:
            session.add(programme("mistake"))
    await database.close()


async def test_many_writers_at_once_all_succeed(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)

    async def write(number: int) -> None:
        async with database.session() as session:
            count = len((await session.scalars(select(ProgrammeRow))).all())
            session.add(programme(f"{number} after {count}"))

    await asyncio.gather(*(write(number) for number in range(50)))
    async with database.reading() as reader:
        names = (await reader.scalars(select(ProgrammeRow.name))).all()
    assert sorted(int(name.split()[-1]) for name in names) == list(range(50)), "each saw all before it"
    await database.close()


async def test_cancelled_writers_do_not_keep_the_others_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = await Database.open(tmp_path)

    async def write(name: str) -> None:
        async with database.session() as session:
            session.add(programme(name))
            await session.flush()
            await session.scalar(text("SELECT count(*) FROM sqlite_master"))

    for attempt in range(120):
        task = asyncio.create_task(write("cancelled"))
        for _ in range(attempt % 60):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(30), database.session() as session:
            await session.execute(text("DELETE FROM programme"))
    async with asyncio.timeout(30):
        await write("after")
    async with database.reading() as reader:
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == ["after"]
    await database.close()
    assert caplog.text == ""


async def test_data_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    first = await Database.open(tmp_path / "made" / "here")
    async with first.session() as session:
        session.add(programme("kept"))
    await first.close()
    await first.close()
    second = await Database.open(tmp_path / "made" / "here")
    async with second.reading() as reader:
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == ["kept"]
    await second.close()


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


async def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    databases = await asyncio.gather(*(Database.open(tmp_path) for _ in range(4)))
    for database in databases:
        async with database.reading() as reader:
            assert await reader.scalar(text("SELECT version_num FROM alembic_version")) == NEWEST_REVISION
        await database.close()


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


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    await (await Database.open(tmp_path)).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StartupError, match=r"newer version .* 9999") as caught:
        await Database.open(tmp_path)
    assert_one_sentence(str(caught.value))


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


async def test_a_write_to_a_locked_database_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("busy_timeout=200",))
    database = await Database.open(tmp_path)
    with lock(tmp_path):
        results = await asyncio.gather(*(write(database, f"p{n}") for n in range(20)), return_exceptions=True)
    assert len(results) == 20
    for error in results:
        assert isinstance(error, StoreError)
        assert error.code == ErrorCode.UNAVAILABLE
        assert "another program has locked it" in error.reason
        assert_one_sentence(error.reason)
        assert str(tmp_path) not in error.text, "where things lie is nothing for the person who asked"
    await write(database, "after")
    await database.close()


async def test_of_those_who_queue_for_a_locked_database_only_the_first_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.sqlite.backend._WRITER_PRAGMAS", ("busy_timeout=200",))
    database = await Database.open(tmp_path)
    with lock(tmp_path):
        errors = await asyncio.gather(*(write(database, f"p{n}") for n in range(20)), return_exceptions=True)
    causes = [error.__cause__ for error in errors if isinstance(error, StoreError)]
    assert [isinstance(cause, OperationalError) for cause in causes] == [True] + [False] * 19
    await database.close()


async def test_nobody_waits_without_end_for_a_write_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.queue.TURN_TIMEOUT_S", 0.02)
    database = await Database.open(tmp_path)
    async with asyncio.timeout(30), database.session():
        results = await asyncio.gather(*(write(database, f"p{n}") for n in range(3)), return_exceptions=True)
    sentence = f"The database {tmp_path / FILE_NAME} cannot be used: it does not answer in time."
    assert [error.reason for error in results if isinstance(error, StoreError)] == [sentence] * 3
    await write(database, "after")
    await database.close()


async def test_nobody_waits_without_end_for_reads_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.sqlite.backend._READER_TIMEOUT_S", 0.02)
    database = await Database.open(tmp_path)

    async def read() -> object:
        async with database.reading() as session:
            return await session.scalar(text("SELECT 1"))

    async with asyncio.timeout(20), AsyncExitStack() as hanging:
        for _ in range(_READERS):
            session = await hanging.enter_async_context(database.reading())
            await session.scalar(text("SELECT 1"))
        with pytest.raises(StoreError, match="does not answer in time"):
            await read()
    assert await read() == 1
    await database.close()


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


async def test_a_mistake_in_a_statement_is_not_blamed_on_the_disk(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)
    with pytest.raises(OperationalError, match="no such table"):
        async with database.session() as session:
            await session.execute(text("DELETE FROM no_such_place"))
    await database.close()


async def test_a_path_with_odd_characters_is_just_a_path(tmp_path: Path) -> None:
    data_dir = tmp_path / "50% of #3 ? a&b=c ünï"
    database = await Database.open(data_dir)
    assert (data_dir / FILE_NAME).exists()
    await database.close()


def test_a_second_start_does_not_load_alembic(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from server.store.database import Database\n"
        "async def main():\n"
        "    await (await Database.open(Path(sys.argv[1]))).close()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules)\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        ).stdout.strip()
        for _ in range(2)
    ]
    assert outputs == ["True", "False"]


def assert_one_sentence(message: str) -> None:
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
