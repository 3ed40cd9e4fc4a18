"""Options that several commands share, each also an environment variable."""

from pathlib import Path
from typing import Annotated

import typer

from protocol.hours import PairKind
from server.config import Config
from server.people.links import LINK_LIFETIME

DEFAULT = Config()
LINK_DAYS = LINK_LIFETIME.days

DataDir = Annotated[Path, typer.Option(envvar="ROUNDUP_DATA_DIR", metavar="FOLDER", help="Where the database is kept.")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        envvar="ROUNDUP_DATABASE_URL",
        metavar="URL",
        help="A PostgreSQL database to keep everything in instead, like postgresql://USER:PASSWORD@HOST/DATABASE.",
    ),
]
PublicUrl = Annotated[
    str,
    typer.Option(
        envvar="ROUNDUP_PUBLIC_URL",
        metavar="URL",
        help="How browsers reach the server, like https://rooms.example.org; else by localhost.",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        envvar="ROUNDUP_PORT", metavar="PORT", min=0, max=65_535, help="TCP port for pages; 0 takes a free one."
    ),
]
TlsCert = Annotated[
    Path | None, typer.Option(envvar="ROUNDUP_TLS_CERT", metavar="FILE", help="Certificate chain (PEM) for HTTPS.")
]
TlsKey = Annotated[
    Path | None, typer.Option(envvar="ROUNDUP_TLS_KEY", metavar="FILE", help="Its key (PEM, without passphrase).")
]
AnnounceIp = Annotated[
    str,
    typer.Option(
        envvar="ROUNDUP_ANNOUNCE_IP",
        metavar="ADDRESSES",
        help="What browsers send media to, comma separated; else this machine's own addresses.",
    ),
]
TurnUrls = Annotated[
    str,
    typer.Option(
        envvar="ROUNDUP_TURN_URLS",
        metavar="URLS",
        help="TURN server for those whom nothing else lets through, comma separated, like "
        "turn:turn.example.org:3478?transport=udp.",
    ),
]
TurnSecretFile = Annotated[
    Path | None,
    typer.Option(
        envvar="ROUNDUP_TURN_SECRET_FILE", metavar="FILE", help="What is shared with the TURN server, on one line."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Somebody's e-mail address.")]
RoomSlug = Annotated[str, typer.Argument(metavar="SLUG", help="The room's name in links, like morning-round-up.")]

Mentor = Annotated[str, typer.Argument(metavar="MENTOR", help="The mentor's e-mail address.")]
Mentee = Annotated[str, typer.Argument(metavar="MENTEE", help="The mentee's e-mail address.")]
KindOfPair = Annotated[PairKind, typer.Option("--kind", help="What the two are to each other.")]
WithRemoved = Annotated[bool, typer.Option("--all", help="Those that were removed, too.")]

LinkRoom = Annotated[str | None, typer.Option("--room", metavar="SLUG", help="Room to lead to; else the home page.")]
LinkDays = Annotated[int, typer.Option("--days", metavar="DAYS", min=1, max=3_660, help="How long a link works.")]
LinkPort = Annotated[
    int,
    typer.Option(
        "--port", envvar="ROUNDUP_PORT", metavar="PORT", min=0, max=65_535, help="The server's, without --public-url."
    ),
]
LinkTlsCert = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert", envvar="ROUNDUP_TLS_CERT", metavar="FILE", help="The server's, if it has one: makes https links."
    ),
]


def items(text: str) -> tuple[str, ...]:
    """Return what stands between the commas."""
    return tuple(item.strip() for item in text.split(",") if item.strip())
