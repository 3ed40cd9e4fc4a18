"""The command `roundup`: run the server, and look after its people, rooms, pairs and hours.

Parts of the server are imported by the command that needs them: `roundup people link` loads neither gateway nor HTTP.
"""

from typing import Annotated

import typer

from server.cli.audit import commands as audit_commands
from server.cli.coturn import coturn_config
from server.cli.hours import commands as hours_commands
from server.cli.pairs import commands as pair_commands
from server.cli.people import commands as people_commands
from server.cli.program import Program
from server.cli.programme import commands as programme_commands
from server.cli.rehearse import rehearse
from server.cli.requirements import commands as requirement_commands
from server.cli.rooms import commands as room_commands
from server.cli.serve import serve
from server.cli.terms import commands as term_commands
from server.cli.tokens import commands as token_commands

VERSION = "0.1.0"


def _print_version(is_asked_for: bool) -> None:
    if is_asked_for:
        typer.echo(f"roundup {VERSION}")
        raise typer.Exit


main = typer.Typer(
    name="roundup",
    cls=Program,
    help="Live rooms for mentoring programmes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its tables cut what does not fit into 80 columns
)


@main.callback()
def _roundup(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


main.command()(serve)
main.command("coturn-config")(coturn_config)
main.command()(rehearse)
main.add_typer(programme_commands, name="programme")
main.add_typer(people_commands, name="people")
main.add_typer(room_commands, name="rooms")
main.add_typer(pair_commands, name="pairs")
main.add_typer(term_commands, name="terms")
main.add_typer(requirement_commands, name="requirements")
main.add_typer(token_commands, name="tokens")
main.add_typer(hours_commands, name="hours")
main.add_typer(audit_commands, name="audit")
