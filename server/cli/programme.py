"""`roundup programme`: what the whole is called."""

from typing import Annotated

import typer

from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir
from server.cli.run import Store, tell, with_store

commands = typer.Typer(help="The programme as a whole.", no_args_is_help=True)


@commands.command("name")
def name(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people see on their home page.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say what the programme is called."""

    async def work(store: Store) -> None:
        kept = await store.people.name_programme(name)
        tell({"name": kept}, f"The programme is called {kept}.", as_json=as_json)

    with_store(data_dir, database_url, work, may_create=True)


@commands.command("show")
def show(
    data_dir: DataDir = DEFAULT.data_dir, database_url: DatabaseUrl = DEFAULT.database_url, as_json: AsJson = False
) -> None:
    """Print what the programme is called."""

    async def work(store: Store) -> None:
        kept = await store.people.programme_name()
        tell({"name": kept}, kept, as_json=as_json)

    with_store(data_dir, database_url, work)
