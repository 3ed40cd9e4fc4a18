"""The migrations make exactly the tables that the models describe."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import server.store
from server.errors import StartupError
from server.store.chat import ChatRepository
from server.store.claim import claim
from server.store.database import FILE_NAME, NEWEST_REVISION, Database
from server.store.migrate import upgrade
from server.store.models import Base
from server.store.people import PeopleRepository
from server.store.rooms import RoomRepository


@pytest.fixture
async def migrated(tmp_path: Path) -> Path:
    await (await Database.open(tmp_path)).close()
    return tmp_path / FILE_NAME


def test_the_newest_revision_is_the_one_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(server.store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST_REVISION]


def test_alembic_finds_nothing_to_change(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_the_tables_are_the_same_to_the_last_constraint(migrated: Path, tmp_path: Path) -> None:
    created = tmp_path / "created.sqlite3"
    engine = create_engine(f"sqlite:///{created}")
    Base.metadata.create_all(engine)
    engine.dispose()
    assert _definitions(migrated) == _definitions(created)


def _definitions(path: Path) -> dict[str, set[str]]:
    """Map every table and index to the parts of its definition, whose order says nothing."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {
        name: {part.strip(" \t,") for line in sql.splitlines() for part in _parts(line)}
        for name, sql in rows
        if not name.startswith(("alembic_", "sqlite_"))
    }


def _parts(line: str) -> list[str]:
    # SQLite writes a column that was added later into the line of the one before it.
    return [line] if "(" in line else line.split(", ")


FIRST = """
INSERT INTO programme VALUES ('programme', 'Lakeside', 1);
INSERT INTO person VALUES ('person_1', 'programme', 'ana@school.example', 'Ana', 'teacher', 1);
INSERT INTO room VALUES ('room_1', 'programme', 'lounge', 'Lounge', 'lounge', 1);
INSERT INTO meeting VALUES ('meeting_1', 'room_1', 2, 9, 'node_1');
INSERT INTO connection
    VALUES ('connection_1', 'meeting_1', 'person_1', 'participant_1', 'e', 'participant', 'node_1', 2, 8, 8, 'left');
INSERT INTO chat_message VALUES (7, 'room_1', 'person_1', 'Ana', 'Good morning', 5, 'r1');
"""


async def test_data_of_the_first_version_is_all_there_after_the_upgrade(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / FILE_NAME}")
    with engine.begin() as connection:
        upgrade(connection, None, to="0001")
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as first:
        first.executescript(FIRST)
    before = _rows(tmp_path / FILE_NAME)
    database = await Database.open(tmp_path)
    people, rooms = PeopleRepository(database), RoomRepository(database)
    [ana] = await people.list_people(1, with_removed=False)
    assert (ana.person.name, ana.removed_at) == ("Ana", None)
    [lounge] = [one.room for one in await rooms.list_rooms()]
    assert (lounge.room_id, lounge.name) == ("room_1", "Lounge")
    [[message], _] = await ChatRepository(database).page("room_1", None, 50)
    assert (message.message_id, message.text) == (7, "Good morning")
    await database.close()
    after = _rows(tmp_path / FILE_NAME)
    changed = {"person", "room", "alembic_version"}
    assert {name: after[name] for name in before.keys() - changed} == {
        name: before[name] for name in before.keys() - changed
    }
    assert not any(after[name] for name in after.keys() - before.keys())
    for table in ("person", "room"):
        assert after[table] == [(*row, None) for row in before[table]]
    assert after["alembic_version"] == [(NEWEST_REVISION,)]


async def test_nobody_migrates_what_a_server_is_running_on(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / FILE_NAME}")
    with engine.begin() as connection:
        upgrade(connection, None, to="0001")
    engine.dispose()
    with claim(tmp_path):
        with pytest.raises(StartupError, match="Another server is running"):
            await Database.open(tmp_path)
        assert _rows(tmp_path / FILE_NAME)["alembic_version"] == [("0001",)]
        await (await Database.open(tmp_path, is_claimed=True)).close()
    assert _rows(tmp_path / FILE_NAME)["alembic_version"] == [(NEWEST_REVISION,)]


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
