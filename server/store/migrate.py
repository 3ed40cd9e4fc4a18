"""Bring the tables up to date. Imports Alembic, so it is itself imported only when there is something to do.

All migrations that are due run in the one transaction that the back end has opened and that keeps every other writer
out, so either all of them have happened or none. What differs between the databases:

- SQLite cannot change a column or a constraint in place (Alembic's batch mode copies the table); PostgreSQL can.
  What migrations do so far, adding tables, columns that may be null and indexes, is the same statement for both.
- SQLite numbers rows only in an INTEGER PRIMARY KEY, PostgreSQL by a sequence (BIGSERIAL): `SerialId` of the models and
  `_serial` of the first migration are the one or the other. `sqlite_autoincrement` has no meaning on PostgreSQL, whose
  sequences never give a number twice. A key of several columns is numbered by nobody.
- LargeBinary is BLOB and BYTEA, BigInteger BIGINT on both; a text on PostgreSQL cannot contain the character zero.
- Text is ordered by its code points on SQLite, on PostgreSQL by the collation of the database: no query may rely on
  more than that equal texts are equal.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from server.errors import StartupError

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, stored_revision: str | None, *, to: str = "head") -> None:
    """Run the migrations after `stored_revision` (`None`: an empty database), up to `to`, in the open transaction.

    Raises `StartupError` when no migration here is called that: the database comes from a newer Roundup.
    """
    config = Config()
    # Alembic's configuration reads % as the start of a substitution.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if stored_revision is not None:
        _check_known(ScriptDirectory.from_config(config), stored_revision)
    command.upgrade(config, to)


def _check_known(scripts: ScriptDirectory, stored_revision: str) -> None:
    try:
        scripts.get_revision(stored_revision)
    except CommandError as error:
        raise StartupError(
            f"The database was written by a newer version of Roundup (revision {stored_revision}); "
            "install that version, or restore a backup made before the upgrade."
        ) from error
