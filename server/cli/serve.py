"""`roundup serve`: run the server until a signal ends it."""

import asyncio
import gc
import os
import resource
import signal
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.options import (
    DEFAULT,
    AnnounceIp,
    DatabaseUrl,
    DataDir,
    Port,
    PublicUrl,
    TlsCert,
    TlsKey,
    TurnSecretFile,
    TurnUrls,
    items,
)
from server.cli.run import failures_in_one_sentence
from server.config import LOG_LEVELS, Config
from server.errors import StartupError

if TYPE_CHECKING:
    from server.app import RoundupServer

_OPEN_FILES = 65_536
_NEW_OBJECTS_UNTIL_COLLECTION = 5_000
"""More than one burst of messages makes. With Python's 700 each of them counted as growth, and what had been there for
long was gone through every other second, which held up everybody for 20 ms."""
_LONGEST_GRACE_S = 86_400
_LONGEST_CREDENTIAL_S = 604_800
_LONGEST_OUTBOX_DAYS = 3_660


def _grace(envvar: str, help_: str) -> Any:
    """Return an option for how long somebody, or something, is waited for."""
    return typer.Option(envvar=envvar, metavar="SECONDS", min=0, max=_LONGEST_GRACE_S, help=help_)


def serve(
    host: Annotated[
        str,
        typer.Option(
            envvar="ROUNDUP_HOST", metavar="HOST", help="Address to listen on; else every address of this machine."
        ),
    ] = DEFAULT.host,
    port: Port = DEFAULT.port,
    media_port: Annotated[
        int,
        typer.Option(
            envvar="ROUNDUP_MEDIA_PORT",
            metavar="PORT",
            min=0,
            max=65_535,
            help="Port, UDP and TCP, of the first media worker; each further one has the next. 0 takes free ones.",
        ),
    ] = DEFAULT.media_port,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    public_url: PublicUrl = DEFAULT.public_url,
    announce_ip: AnnounceIp = "",
    allowed_origins: Annotated[
        str,
        typer.Option(
            envvar="ROUNDUP_ALLOWED_ORIGINS",
            metavar="ORIGINS",
            help="Other sites whose pages may connect, comma separated.",
        ),
    ] = "",
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    turn_urls: TurnUrls = "",
    turn_secret_file: TurnSecretFile = DEFAULT.turn_secret_file,
    turn_credential_s: Annotated[
        int,
        typer.Option(
            envvar="ROUNDUP_TURN_CREDENTIAL_S",
            metavar="SECONDS",
            min=60,
            max=_LONGEST_CREDENTIAL_S,
            help="How long a page may open relays with what it was told.",
        ),
    ] = DEFAULT.turn_credential_s,
    smtp_url: Annotated[
        str,
        typer.Option(
            envvar="ROUNDUP_SMTP_URL",
            metavar="URL",
            help="Server that e-mail is sent by, like smtp://USER:PASSWORD@HOST:587; else none is.",
        ),
    ] = DEFAULT.smtp_url,
    mail_from: Annotated[
        str,
        typer.Option(
            envvar="ROUNDUP_MAIL_FROM",
            metavar="ADDRESS",
            help="Who e-mail is from, like Roundup <roundup@school.example>.",
        ),
    ] = DEFAULT.mail_from,
    xapi_url: Annotated[
        str,
        typer.Option(
            envvar="ROUNDUP_XAPI_URL",
            metavar="URL",
            help="Learning record store that is told of hours, like https://lrs.example.org/xapi.",
        ),
    ] = DEFAULT.xapi_url,
    xapi_key: Annotated[
        str, typer.Option(envvar="ROUNDUP_XAPI_KEY", metavar="KEY", help="Key to the store.")
    ] = DEFAULT.xapi_key,
    xapi_secret: Annotated[
        str, typer.Option(envvar="ROUNDUP_XAPI_SECRET", metavar="SECRET", help="Secret that belongs to the key.")
    ] = DEFAULT.xapi_secret,
    outbox_days: Annotated[
        int,
        typer.Option(
            envvar="ROUNDUP_OUTBOX_DAYS",
            metavar="DAYS",
            min=1,
            max=_LONGEST_OUTBOX_DAYS,
            help="How long the text of what was sent is kept.",
        ),
    ] = DEFAULT.outbox_days,
    media_workers: Annotated[
        int,
        typer.Option(
            envvar="ROUNDUP_MEDIA_WORKERS", metavar="N", min=1, max=256, help="Media worker processes; one per core."
        ),
    ] = DEFAULT.media_workers,
    room_span_transports: Annotated[
        int,
        typer.Option(
            envvar="ROUNDUP_ROOM_SPAN_TRANSPORTS",
            metavar="N",
            min=2,
            help="A room goes on on another media worker when its own has so many transports; a page has two.",
        ),
    ] = DEFAULT.room_span_transports,
    web_dir: Annotated[
        Path, typer.Option(envvar="ROUNDUP_WEB_DIR", metavar="FOLDER", help="The built web client.")
    ] = DEFAULT.web_dir,
    room_grace_s: Annotated[
        float,
        _grace("ROUNDUP_ROOM_GRACE_S", "How long a meeting stays open after the last one has left."),
    ] = DEFAULT.room_grace_s,
    reconnect_grace_s: Annotated[
        float,
        _grace("ROUNDUP_RECONNECT_GRACE_S", "How long somebody whose connection is lost keeps their place."),
    ] = DEFAULT.reconnect_grace_s,
    reload_grace_s: Annotated[
        float,
        _grace("ROUNDUP_RELOAD_GRACE_S", "How long somebody who closed the page does: enough to load it anew."),
    ] = DEFAULT.reload_grace_s,
    log_level: Annotated[
        str, typer.Option(envvar="ROUNDUP_LOG_LEVEL", metavar="LEVEL", help=f"One of {', '.join(LOG_LEVELS)}.")
    ] = DEFAULT.log_level,
    log_json: Annotated[
        bool, typer.Option("--log-json", envvar="ROUNDUP_LOG_JSON", help="Log JSON, one event per line.")
    ] = DEFAULT.log_json,
    demo: Annotated[
        bool, typer.Option("--demo", envvar="ROUNDUP_DEMO", help="Add a small programme and print sign-in links.")
    ] = DEFAULT.is_demo,
) -> None:
    """Run the server until it is told to stop."""
    with failures_in_one_sentence():
        config = Config(
            host=host,
            port=port,
            media_port=media_port,
            data_dir=data_dir,
            database_url=database_url,
            public_url=public_url,
            announce_ips=items(announce_ip),
            allowed_origins=items(allowed_origins),
            tls_cert=tls_cert,
            tls_key=tls_key,
            turn_urls=items(turn_urls),
            turn_secret_file=turn_secret_file,
            turn_credential_s=turn_credential_s,
            smtp_url=smtp_url,
            mail_from=mail_from,
            xapi_url=xapi_url,
            xapi_key=xapi_key,
            xapi_secret=xapi_secret,
            outbox_days=outbox_days,
            media_workers=media_workers,
            room_span_transports=room_span_transports,
            web_dir=web_dir,
            room_grace_s=room_grace_s,
            reconnect_grace_s=reconnect_grace_s,
            reload_grace_s=reload_grace_s,
            log_level=_log_level(log_level),
            log_json=log_json,
            is_demo=demo,
        )
        _allow_many_connections()
        asyncio.run(_serve(config))


def _allow_many_connections() -> None:
    """Raise the limit of open files, often 1,024, as far as may be: every page is at least one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(config: Config) -> None:
    from server.app import RoundupServer
    from server.logs import configure_logs

    configure_logs(config.log_level, is_json=config.log_json)
    server = RoundupServer(config)
    starting = asyncio.create_task(server.start())
    is_told_to_stop = asyncio.Event()

    def on_signal(number: int) -> None:
        if is_told_to_stop.is_set():
            os._exit(128 + number)  # the second time: at once; the media workers end with us
        is_told_to_stop.set()
        starting.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    try:
        await starting
    except asyncio.CancelledError:
        return
    try:
        gc.collect()
        gc.freeze()  # what is here now stays: no collection need look at it again
        gc.set_threshold(_NEW_OBJECTS_UNTIL_COLLECTION)
        _announce(server)
        await _first_of(is_told_to_stop.wait(), server.lost_database())
    finally:
        await server.stop()


async def _first_of(*awaited: Awaitable[object]) -> None:
    """Wait for the first of these to end, and end the others; raises what it raises."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _announce(server: "RoundupServer") -> None:
    from server.people.links import sign_in_url

    lines = [f"Roundup is ready: {server.url}"]
    if server.demo_links:
        lines.append("Open a link to be that person; use another browser or a private window for a second one.")
    for link in server.demo_links:
        lines += [
            "",
            f"{link.person.name} <{link.person.email}>, {link.person.role.value}",
            f"  {sign_in_url(server.url, link.token)}",
        ]
    lines += ["", f"Data is kept in {server.location}. Ctrl-C stops Roundup."]
    typer.echo("\n".join(lines))


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise StartupError(f"--log-level is one of {', '.join(LOG_LEVELS)}, not {text!r}.")
    return text.lower()
