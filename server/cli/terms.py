"""`roundup terms`: the stretches of days that hours are counted in."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import ErrorCode
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir, WithRemoved
from server.cli.run import Store, day, tell, with_store
from server.clock import SystemClock
from server.errors import UserError

if TYPE_CHECKING:
    from server.store.requirements import Term

commands = typer.Typer(help="The terms that hours are counted in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the term is called, like 'Fall 2026'.")]


@commands.command("add")
def add(
    name: Name,
    first_day: Annotated[str, typer.Argument(metavar="FIRST", help="First day, like 2026-08-17.")],
    last_day: Annotated[str, typer.Argument(metavar="LAST", help="Last day.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Add a term. Terms do not overlap."""

    async def work(store: Store) -> None:
        from server.people.names import day_of, name_of
        from server.people.service import OPERATOR

        term = await store.requirements.add_term(
            name_of(name), day_of(first_day), day_of(last_day), actor=OPERATOR, at=SystemClock().now_ms()
        )
        tell(asdict(term), f"{term.name} is added, from {term.first_day} to {term.last_day}.", as_json=as_json)

    with_store(data_dir, database_url, work, may_create=True)


@commands.command("list")
def list_(
    with_removed: WithRemoved = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List all terms in their order."""

    async def work(store: Store) -> None:
        terms = await store.requirements.list_terms(with_removed=with_removed)
        values = [asdict(term) | {"removed_at": removed_at} for term, removed_at in terms]
        tell(values, "\n".join(_line(*one) for one in terms), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("remove")
def remove(
    name: Name,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Count nothing in a term any more. Hours stay."""

    async def work(store: Store) -> None:
        from server.people.names import name_of
        from server.people.service import OPERATOR

        called = name_of(name)
        if not await store.requirements.remove_term(called, actor=OPERATOR, at=SystemClock().now_ms()):
            raise UserError(ErrorCode.NOT_FOUND, f"There is no term {called!r}.")
        tell({"removed": called}, f"{called} is removed.", as_json=as_json)

    with_store(data_dir, database_url, work)


def _line(term: "Term", removed_at: int | None) -> str:
    removed = "" if removed_at is None else f" (removed {day(removed_at)})"
    return f"{term.first_day} to {term.last_day}  {term.name}{removed}"
