"""What every command does: open the store, and turn failures into one sentence and an exit code."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from server.clock import SystemClock
from server.errors import StartupError, StoreError, UserError

if TYPE_CHECKING:
    from server.people.api_tokens import ApiTokens
    from server.people.service import PeopleService
    from server.store.database import Database
    from server.store.pairs import PairRepository
    from server.store.requirements import RequirementRepository
    from server.store.rooms import RoomRepository

REFUSED = 1
"""Exit code when what was asked cannot be done."""
CANNOT_START = 2
"""Exit code when the program cannot work here at all, like that of a wrong option."""


@dataclass(frozen=True, slots=True)
class Store:
    """What commands work on, in an open database."""

    people: "PeopleService"
    rooms: "RoomRepository"
    tokens: "ApiTokens"
    pairs: "PairRepository"
    requirements: "RequirementRepository"
    database: "Database"


def with_store(
    data_dir: Path, database_url: str, work: Callable[[Store], Awaitable[None]], *, may_create: bool = False
) -> None:
    """Do a command's work on the database; a server may be running on it at the same time.

    Without `may_create` a place that has no data is a mistake.
    """
    with failures_in_one_sentence():
        asyncio.run(_open_and_work(data_dir, database_url, work, may_create=may_create))


async def _open_and_work(
    data_dir: Path, database_url: str, work: Callable[[Store], Awaitable[None]], *, may_create: bool
) -> None:
    from server.people.api_tokens import ApiTokens
    from server.people.service import PeopleService
    from server.store.database import Database
    from server.store.location import locate
    from server.store.pairs import PairRepository
    from server.store.people import PeopleRepository
    from server.store.requirements import RequirementRepository
    from server.store.rooms import RoomRepository
    from server.store.tokens import TokenRepository

    location = locate(data_dir, database_url)
    try:
        database = await Database.open(location, may_create=may_create)
    except StartupError as error:
        hint = _hint_of_demo(location) if isinstance(location, Path) else ""
        raise StartupError(f"{error}{hint}") from error
    try:
        clock = SystemClock()
        await work(
            Store(
                people=PeopleService(PeopleRepository(database), clock),
                rooms=RoomRepository(database),
                pairs=PairRepository(database),
                requirements=RequirementRepository(database),
                tokens=ApiTokens(TokenRepository(database), clock),
                database=database,
            )
        )
    finally:
        await database.close()


def _hint_of_demo(data_dir: Path) -> str:
    """Say where `make run` keeps its data, to whoever looks for it in the folder above."""
    from server.store.sqlite.backend import FILE_NAME

    demo = data_dir / "demo"
    if (data_dir / FILE_NAME).exists() or not (demo / FILE_NAME).exists():
        return ""
    return f" The demo's is in {demo}: --data-dir {demo}."


@contextmanager
def failures_in_one_sentence() -> Iterator[None]:
    """End the program with one sentence on the standard error instead of a traceback."""
    try:
        yield
    except StartupError as error:
        _fail(str(error), CANNOT_START)
    except StoreError as error:
        _fail(error.reason, CANNOT_START)
    except UserError as error:
        _fail(error.text, REFUSED)


def tell(value: Any, text: str, *, as_json: bool) -> None:
    """Print what a command has done or found: a value as one line of JSON, or a text for people, if there is any."""
    if as_json or text:
        typer.echo(msgspec.json.encode(value) if as_json else text)


def day(instant: int) -> str:
    """Return the day (UTC) of an instant in milliseconds, as lists for people show it."""
    return datetime.fromtimestamp(instant / 1000, UTC).date().isoformat()


def added_or_changed(known: Mapping[str, int | None], key: str) -> str:
    """Return "added", "changed" or "restored", given when each of those known before was removed (or `None`)."""
    if key not in known:
        return "added"
    return "changed" if known[key] is None else "restored"


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show how far a long work is, to who sits before a terminal; what is yielded is told how much more is done."""
    if not sys.stderr.isatty() or length == 0:
        yield lambda _more: None
        return
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def warn(sentence: str) -> None:
    """Say something on the standard error; what is printed stays as it is."""
    typer.echo(f"roundup: {sentence}", err=True)


def _fail(sentence: str, code: int) -> None:
    warn(sentence)
    raise typer.Exit(code) from None
