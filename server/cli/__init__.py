"""The command `roundup`: run the server, and look after its people and rooms.

Parts of the server are imported by the command that needs them: `roundup people link` loads neither gateway nor HTTP.
"""

import typer

from server.cli.people import commands as people_commands
from server.cli.programme import commands as programme_commands
from server.cli.rooms import commands as room_commands
from server.cli.serve import serve

main = typer.Typer(
    name="roundup",
    help="Live rooms for mentoring programmes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its tables cut what does not fit into 80 columns
)
main.command()(serve)
main.add_typer(programme_commands, name="programme")
main.add_typer(people_commands, name="people")
main.add_typer(room_commands, name="rooms")
