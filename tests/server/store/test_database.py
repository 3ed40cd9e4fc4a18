"""What a database promises, whatever kind it is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import BigInteger, ForeignKey, LargeBinary, MetaData, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from protocol.errors import ErrorCode
from server.errors import StartupError, StoreError
from server.store.database import Database
from server.store.location import Location
from server.store.models import ProgrammeRow
from server.store.revision import NEWEST_REVISION

SOON = 30
"""Seconds that a test may take when it fails."""


def programme(name: str) -> ProgrammeRow:
    return ProgrammeRow(programme_id=name, name=name, created_at=0)


async def write(database: Database, name: str) -> None:
    async with database.session() as session:
        session.add(programme(name))


async def names(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(ProgrammeRow.name)))


@pytest.fixture
async def other(location: Location) -> AsyncIterator[Database]:
    """Open the same database as another program does."""
    opened = await Database.open(location)
    yield opened
    await opened.close()


async def test_readers_never_wait_and_see_what_is_committed(database: Database) -> None:
    async with database.session() as session:
        session.add(programme("written"))
        await session.flush()
        assert await names(database) == [], "not committed yet"
    assert await names(database) == ["written"]


async def test_what_is_read_in_one_transaction_is_of_one_moment(database: Database) -> None:
    async with database.reading() as reader:
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == []
        await write(database, "meanwhile")
        assert (await reader.scalars(select(ProgrammeRow.name))).all() == []
    assert await names(database) == ["meanwhile"]


async def test_a_block_that_raises_leaves_no_trace(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.session() as session:
            session.add(programme("half"))
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()
    assert await names(database) == []


async def test_a_reading_session_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="not writable"):
        async with database.reading() as session:
            session.add(programme("mistake"))
    assert await names(database) == []


async def test_many_writers_of_several_programs_all_succeed_and_see_all_before_them(
    database: Database, other: Database
) -> None:
    async def count_and_write(number: int) -> None:
        async with (other if number % 2 else database).session() as session:
            count = len((await session.scalars(select(ProgrammeRow))).all())
            session.add(programme(f"{number} after {count}"))

    await asyncio.gather(*(count_and_write(number) for number in range(50)))
    assert sorted(int(name.split()[-1]) for name in await names(database)) == list(range(50))


async def test_cancelled_writers_do_not_keep_the_others_out(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def write_slowly(name: str) -> None:
        async with database.session() as session:
            session.add(programme(name))
            await session.flush()
            await session.scalar(text("SELECT count(*) FROM person"))

    for attempt in range(120):
        task = asyncio.create_task(write_slowly("cancelled"))
        for _ in range(attempt % 60):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(SOON), database.session() as session:
            await session.execute(text("DELETE FROM programme"))
    async with asyncio.timeout(SOON):
        await write(database, "after")
    assert await names(database) == ["after"]
    assert caplog.text == ""


async def test_data_is_there_after_closing_and_opening(location: Location) -> None:
    first = await Database.open(location)
    await write(first, "kept")
    await first.close()
    await first.close()
    second = await Database.open(location)
    assert await names(second) == ["kept"]
    await second.close()


async def test_processes_that_start_together_migrate_once(empty_location: Location) -> None:
    databases = await asyncio.gather(*(Database.open(empty_location) for _ in range(4)))
    for database in databases:
        async with database.reading() as reader:
            assert await reader.scalar(text("SELECT version_num FROM alembic_version")) == NEWEST_REVISION
        await database.close()


async def test_a_database_of_a_newer_version_is_left_alone(database: Database, location: Location) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StartupError, match=r"newer version .* 9999") as caught:
        await Database.open(location)
    assert_one_sentence(str(caught.value))
    assert await names(database) == []


async def test_a_place_without_data_is_left_alone_where_data_is_expected(empty_location: Location) -> None:
    for _ in range(2):
        with pytest.raises(StartupError, match=r"no Roundup data|is empty") as caught:
            await Database.open(empty_location, may_create=False)
        assert str(empty_location) in str(caught.value)
        assert_one_sentence(str(caught.value))
    await (await Database.open(empty_location)).close()
    await (await Database.open(empty_location, may_create=False)).close()


async def test_a_write_to_a_locked_database_is_refused_in_words(database: Database, other: Database) -> None:
    async with other.session() as session:
        await session.execute(text("SELECT 1"))
        async with asyncio.timeout(SOON):
            results = await asyncio.gather(*(write(database, f"p{n}") for n in range(20)), return_exceptions=True)
    assert len(results) == 20
    for error in results:
        assert isinstance(error, StoreError)
        assert error.code == ErrorCode.UNAVAILABLE
        assert "another program has locked it" in error.reason
        assert_one_sentence(error.reason)
        assert database.backend.name not in error.text, "where things lie is nothing for the person who asked"
    causes = [error.__cause__ for error in results if isinstance(error, StoreError)]
    assert [isinstance(cause, DBAPIError) for cause in causes] == [True] + [False] * 19, "only the first one waits"
    await write(database, "after")
    assert await names(database) == ["after"]


async def test_nobody_waits_without_end_for_a_write_that_hangs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.queue.TURN_TIMEOUT_S", 0.02)
    async with asyncio.timeout(SOON), database.session():
        results = await asyncio.gather(*(write(database, f"p{n}") for n in range(3)), return_exceptions=True)
    sentence = f"The database {database.backend.name} cannot be used: it does not answer in time."
    assert [error.reason for error in results if isinstance(error, StoreError)] == [sentence] * 3
    monkeypatch.undo()
    await write(database, "after")


async def test_nobody_waits_without_end_for_reads_that_hang(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.sqlite.backend._READER_TIMEOUT_S", 0.02)
    monkeypatch.setattr("server.store.postgresql.backend._POOL_TIMEOUT_S", 0.02)
    database = await Database.open(location)

    is_over = asyncio.Event()

    async def read_without_end() -> None:
        async with database.reading() as session:
            await session.scalar(text("SELECT 1"))
            await is_over.wait()

    readers = [asyncio.create_task(read_without_end()) for _ in range(10)]
    async with asyncio.timeout(SOON):
        await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED)
        with pytest.raises(StoreError, match="does not answer in time"):
            await names(database)
        is_over.set()
        errors = [error for error in await asyncio.gather(*readers, return_exceptions=True) if error is not None]
    assert 0 < len(errors) < len(readers)
    assert {type(error) for error in errors} == {StoreError}
    assert await names(database) == []
    await database.close()


async def test_a_mistake_in_a_statement_is_not_blamed_on_the_database(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"no such table|does not exist"):
        async with database.session() as session:
            await session.execute(text("DELETE FROM no_such_place"))
    await write(database, "after")


class Base(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = {int: BigInteger, bytes: LargeBinary}  # noqa: RUF012 - SQLAlchemy reads it from the class


class PartRow(Base):
    """Something binary, numbered within its whole."""

    __tablename__ = "part"

    whole_id: Mapped[int] = mapped_column(ForeignKey("whole.whole_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class WholeRow(Base):
    __tablename__ = "whole"

    whole_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


async def test_bytes_and_large_numbers_in_composite_keys_are_kept_as_they_are(database: Database) -> None:
    async with database.session() as session:
        await (await session.connection()).run_sync(Base.metadata.create_all)
    content = bytes(range(256)) * 8_192
    largest = 2**63 - 1
    async with database.session() as session:
        session.add(WholeRow(whole_id=largest))
        await session.flush()
        session.add_all(PartRow(whole_id=largest, number=n, content=content[n:]) for n in (0, 1, largest))
    async with database.reading() as session:
        parts = (await session.scalars(select(PartRow).order_by(PartRow.number))).all()
    assert [(part.whole_id, part.number) for part in parts] == [(largest, 0), (largest, 1), (largest, largest)]
    assert [part.content for part in parts] == [content, content[1:], b""]


def assert_one_sentence(message: str) -> None:
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
