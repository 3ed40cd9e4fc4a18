"""`roundup coturn-config`: the TURN server's configuration, from the same settings that `roundup serve` reads."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli.options import DEFAULT, AnnounceIp, TurnSecretFile, TurnUrls, items
from server.cli.run import failures_in_one_sentence
from server.errors import StartupError


def coturn_config(
    turn_urls: TurnUrls = "",
    turn_secret_file: TurnSecretFile = DEFAULT.turn_secret_file,
    announce_ip: AnnounceIp = "",
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            envvar="ROUNDUP_TURN_TLS_CERT",
            metavar="FILE",
            help="Certificate chain (PEM) for the relay's name, where coturn finds it.",
        ),
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(envvar="ROUNDUP_TURN_TLS_KEY", metavar="FILE", help="Its key, likewise.")
    ] = None,
    listen_ip: Annotated[
        str, typer.Option(metavar="ADDRESSES", help="Where coturn listens, comma separated; else everywhere.")
    ] = "",
    external_ip: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Its public address, where the machine has only a private one.")
    ] = "",
    relay_ports: Annotated[
        str, typer.Option(metavar="FIRST-LAST", help="UDP ports between coturn and the media server.")
    ] = "49152-65535",
) -> None:
    """Print a configuration for coturn, the TURN server.

    It lets coturn relay to the addresses of --announce-ip and to nothing else. Start it with: turnserver -c FILE
    """
    with failures_in_one_sentence():
        from server.turn.coturn import CoturnOptions, render_coturn_config
        from server.turn.credentials import read_secret
        from server.turn.urls import parse_turn_url

        urls = [parse_turn_url(url) for url in items(turn_urls)]
        if not urls or turn_secret_file is None:
            raise StartupError("coturn-config needs --turn-urls and --turn-secret-file, as roundup serve has them.")
        options = CoturnOptions(
            urls=urls,
            secret=read_secret(turn_secret_file),
            media_ips=items(announce_ip),
            listening_ips=items(listen_ip),
            external_ip=external_ip,
            relay_ports=_ports(relay_ports),
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
        typer.echo(render_coturn_config(options), nl=False)


def _ports(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        return int(first), int(last)
    except ValueError:
        raise StartupError(
            f"--relay-ports takes the first and the last port, like 49152-65535, not {text!r}."
        ) from None
