"""The migrations make exactly the tables that the models describe."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import server.store
from server.store.database import FILE_NAME, NEWEST_REVISION, Database
from server.store.models import Base


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
    """Map every table and index to the lines of its definition, whose order says nothing."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {
        name: {line.strip(" \t,") for line in sql.splitlines()}
        for name, sql in rows
        if not name.startswith(("alembic_", "sqlite_"))
    }
