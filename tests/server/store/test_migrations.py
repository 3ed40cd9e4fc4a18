"""The migrations make exactly the tables that the models describe, in every kind of database."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import server.store
from server.errors import StartupError
from server.store.chat import ChatRepository
from server.store.claim import claim
from server.store.database import Database, create_backend
from server.store.location import DatabaseUrl, Location
from server.store.migrate import upgrade
from server.store.models import Base
from server.store.people import PeopleRepository
from server.store.revision import NEWEST_REVISION
from server.store.rooms import RoomRepository

R = TypeVar("R")
Rows = dict[str, list[tuple[object, ...]]]

FIRST = """
INSERT INTO programme VALUES ('programme', 'Lakeside', 1);
INSERT INTO person VALUES ('person_1', 'programme', 'ana@school.example', 'Ana', 'teacher', 1);
INSERT INTO room VALUES ('room_1', 'programme', 'lounge', 'Lounge', 'lounge', 1);
INSERT INTO meeting VALUES ('meeting_1', 'room_1', 2, 9, 'node_1');
INSERT INTO connection
    VALUES ('connection_1', 'meeting_1', 'person_1', 'participant_1', 'e', 'participant', 'node_1', 2, 8, 8, 'left');
INSERT INTO chat_message VALUES (7, 'room_1', 'person_1', 'Ana', 'Good morning', 5, 'r1')
"""
ADDED_COLUMNS = {"person": 2, "room": 1, "programme": 4, "pair": 2, "meeting": 2}
DEFINITIONS = """
SELECT table_name, column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


async def work_on(location: Location, work: Callable[[Connection], R]) -> R:
    """Do something in one transaction on whatever is at `location`, without bringing it up to date before."""
    if isinstance(location, Path):
        location.mkdir(exist_ok=True)
    engine = create_backend(location, None).create_writer()
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def test_the_newest_revision_is_the_one_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(server.store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST_REVISION]


async def test_alembic_finds_nothing_to_change(empty_location: Location) -> None:
    await (await Database.open(empty_location)).close()

    def compare(connection: Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, Base.metadata)

    assert await work_on(empty_location, compare) == []


async def test_the_tables_of_a_file_are_the_same_to_the_last_constraint(tmp_path: Path) -> None:
    migrated, created = tmp_path / "migrated", tmp_path / "created"
    await (await Database.open(migrated)).close()
    await work_on(created, Base.metadata.create_all)
    assert await work_on(migrated, _definitions_of_file) == await work_on(created, _definitions_of_file)


async def test_the_tables_of_postgresql_are_the_same_to_the_last_constraint(
    database_url: DatabaseUrl, empty_url: DatabaseUrl
) -> None:
    await work_on(empty_url, Base.metadata.create_all)
    migrated, created = await work_on(database_url, _definitions), await work_on(empty_url, _definitions)
    assert len(created) > len(Base.metadata.tables) * 3
    assert migrated == created


def _definitions(connection: Connection) -> list[tuple[object, ...]]:
    rows = (tuple(row) for row in connection.execute(text(DEFINITIONS)))
    return sorted(row for row in rows if row[0] != "alembic_version")


def _definitions_of_file(connection: Connection) -> dict[str, set[str]]:
    """Map every table and index to the parts of its definition, whose order says nothing."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {
        name: {part.strip(" \t,") for line in sql.splitlines() for part in _parts(line)}
        for name, sql in rows
        if not name.startswith(("alembic_", "sqlite_"))
    }


def _parts(line: str) -> list[str]:
    # SQLite writes a column that was added later into the line of the one before it.
    return [line] if "(" in line else line.split(", ")


def first_version(connection: Connection) -> None:
    upgrade(connection, None, to="0001")
    for statement in FIRST.split(";"):
        connection.execute(text(statement))


async def test_data_of_the_first_version_is_all_there_after_the_upgrade(empty_location: Location) -> None:
    await work_on(empty_location, first_version)
    before = await work_on(empty_location, _rows)
    database = await Database.open(empty_location)
    people, rooms = PeopleRepository(database), RoomRepository(database)
    [ana] = await people.list_people(1, with_removed=False)
    assert (ana.person.name, ana.removed_at) == ("Ana", None)
    [lounge] = [one.room for one in await rooms.list_rooms()]
    assert (lounge.room_id, lounge.name) == ("room_1", "Lounge")
    [[message], _] = await ChatRepository(database).page("room_1", None, 50)
    assert (message.message_id, message.text) == (7, "Good morning")
    await database.close()
    after = await work_on(empty_location, _rows)
    assert before.pop("alembic_version") == [("0001",)]
    assert after.pop("alembic_version") == [(NEWEST_REVISION,)]
    for table, rows in before.items():
        assert after.pop(table) == [(*row, *[None] * ADDED_COLUMNS.get(table, 0)) for row in rows]
    assert after.pop("node") == [("node_1", 1, 2, 2, None, 2)]
    joined, left = after.pop("presence_event")
    assert (joined[:5], left[:5]) == (("connection_1", 0, "joined", 2, None), ("connection_1", 1, "left", 8, None))
    assert not any(after.values())


async def test_a_migration_that_fails_leaves_everything_as_it_was(empty_location: Location) -> None:
    await work_on(empty_location, first_version)
    before = await work_on(empty_location, _rows)

    def fail(connection: Connection) -> None:
        upgrade(connection, "0001")
        raise LookupError

    with pytest.raises(LookupError):
        await work_on(empty_location, fail)
    assert await work_on(empty_location, _rows) == before


async def test_nobody_migrates_what_a_server_is_running_on(empty_location: Location) -> None:
    await work_on(empty_location, first_version)
    async with claim(empty_location) as held:
        with pytest.raises(StartupError, match="Another server is running"):
            await Database.open(empty_location)
        assert (await work_on(empty_location, _rows))["alembic_version"] == [("0001",)]
        await (await Database.open(empty_location, claim=held)).close()
    assert (await work_on(empty_location, _rows))["alembic_version"] == [(NEWEST_REVISION,)]


def _rows(connection: Connection) -> Rows:
    tables = inspect(connection).get_table_names()
    return {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in tables}
