"""`roundup audit`: what was done to people, and who looked at what."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from protocol.errors import ErrorCode
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir
from server.cli.run import Store, tell, warn, with_store
from server.errors import UserError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from server.store.audit import AuditEntry

MAX_LIMIT = 1_000_000

commands = typer.Typer(help="What was done to people, and who looked at what.", no_args_is_help=True)


@commands.command("list")
def list_(
    about: Annotated[
        str, typer.Option(metavar="EMAIL", help="What was done to this person, their pairs and hours.")
    ] = "",
    by: Annotated[str, typer.Option(metavar="EMAIL", help="What this person has done.")] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="From this day on, like 2026-11-30.")] = "",
    limit: Annotated[int, typer.Option(metavar="COUNT", min=1, max=MAX_LIMIT, help="The newest ones.")] = 1_000,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Print the audit trail, oldest entries first.

    Times are of the programme's time zone. hours_viewed is somebody who looked at the hours of others, at most once an
    hour for each of them; hours_exported who took them along.
    """

    async def work(store: Store) -> None:
        from server.store.audit import AuditRepository

        zone = await store.requirements.zone()
        found = await AuditRepository(store.database).entries(
            about=await _id_of(store, about),
            by=await _id_of(store, by),
            since=_first_instant(since, zone) if since else 0,
            limit=limit + 1,
        )
        if len(found) > limit:
            found = found[1:]
            warn(f"There are older entries than these {limit:,}: --limit shows more.")
        tell([to_builtins(entry) for entry in found], "\n".join(_line(entry, zone) for entry in found), as_json=as_json)

    with_store(data_dir, database_url, work)


async def _id_of(store: Store, email: str) -> str | None:
    from server.people.names import email_of
    from server.store.erasure import ErasureRepository

    if not email:
        return None
    found = await ErasureRepository(store.database).find(email_of(email))
    if found is None:
        raise UserError(ErrorCode.NOT_FOUND, f"Nobody here has the e-mail address {email.strip()}.")
    return found.person_id


def _first_instant(text: str, zone: "ZoneInfo") -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"There is no day {text}.") from error
    return round(day.timestamp() * 1_000)


def _line(entry: "AuditEntry", zone: "ZoneInfo") -> str:
    at = datetime.fromtimestamp(entry.at / 1_000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    actor = entry.actor_name or entry.actor
    subject = entry.subject_name or entry.subject
    return f"{at}  {actor:<24}  {entry.action:<20}  {subject}{f'  ({entry.detail})' if entry.detail else ''}"
