"""What every command does: open the store, and turn failures into one sentence and an exit code."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from server.clock import SystemClock
from server.errors import StartupError, UserError

if TYPE_CHECKING:
    from server.people.service import PeopleService
    from server.store.rooms import RoomRepository

REFUSED = 1
"""Exit code when what was asked cannot be done."""
CANNOT_START = 2
"""Exit code when the program cannot work here at all, like that of a wrong option."""


@dataclass(frozen=True, slots=True)
class Store:
    """The people and rooms in an open database."""

    people: "PeopleService"
    rooms: "RoomRepository"


@asynccontextmanager
async def open_store(data_dir: Path) -> AsyncIterator[Store]:
    """Open the database; a server may be running on it at the same time."""
    from server.people.service import PeopleService
    from server.store.database import Database
    from server.store.people import PeopleRepository
    from server.store.rooms import RoomRepository

    database = await Database.open(data_dir)
    try:
        yield Store(PeopleService(PeopleRepository(database), SystemClock()), RoomRepository(database))
    finally:
        await database.close()


@contextmanager
def failures_in_one_sentence() -> Iterator[None]:
    """End the program with one sentence on the standard error instead of a traceback."""
    try:
        yield
    except StartupError as error:
        _fail(str(error), CANNOT_START)
    except UserError as error:
        _fail(error.text, REFUSED)


def print_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    typer.echo(msgspec.json.encode(value))


def _fail(sentence: str, code: int) -> None:
    typer.echo(f"roundup: {sentence}", err=True)
    raise typer.Exit(code) from None
