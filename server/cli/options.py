"""Options that several commands share, each also an environment variable."""

from pathlib import Path
from typing import Annotated

import typer

from server.config import Config

DEFAULT = Config()

DataDir = Annotated[Path, typer.Option(envvar="ROUNDUP_DATA_DIR", help="Folder of the database.")]
PublicUrl = Annotated[
    str,
    typer.Option(
        envvar="ROUNDUP_PUBLIC_URL",
        help="How browsers reach the server, like https://rooms.example.org; else localhost.",
    ),
]
Port = Annotated[int, typer.Option(envvar="ROUNDUP_PORT", min=0, max=65_535, help="TCP port; 0 takes a free one.")]
TlsCert = Annotated[Path | None, typer.Option(envvar="ROUNDUP_TLS_CERT", help="Certificate chain (PEM) for HTTPS.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Email = Annotated[str, typer.Argument(help="Somebody's e-mail address.")]
RoomSlug = Annotated[str, typer.Argument(metavar="SLUG", help="The room's name in links, like morning-round-up.")]
LinkRoom = Annotated[str | None, typer.Option("--room", metavar="SLUG", help="Room that the link leads to; else home.")]
