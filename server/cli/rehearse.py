"""`roundup rehearse`: fill an empty database with an invented school year."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from protocol.errors import ErrorCode
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir, Port, PublicUrl, TlsCert
from server.cli.run import Store, progress, tell, with_store
from server.clock import SystemClock
from server.errors import UserError
from server.people.links import base_url, sign_in_url

_ROLES = ("A coordinator", "A mentor", "A teacher")
_DAY_ENDS = time(18)
"""When all meetings of an invented day are over."""


def rehearse(
    pairs: Annotated[int, typer.Option(min=1, max=2_000, help="Pairs of mentor and mentee.")] = 40,
    days: Annotated[int, typer.Option(min=1, max=400, help="Days with school, up to the last that is over.")] = 60,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="IANA name.")] = "America/Chicago",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    public_url: PublicUrl = DEFAULT.public_url,
    port: Port = DEFAULT.port,
    tls_cert: TlsCert = DEFAULT.tls_cert,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database with an invented school year.

    People, pairs, meetings with all that presence records of them, and an hours log in which they have confirmed,
    objected and approved: to look at the pages with, and to measure.
    """

    async def work(store: Store) -> None:
        from server.rehearsal.writer import COORDINATOR, Rehearsal
        from server.rehearsal.year import Plan

        zone = _zone(time_zone)
        plan = Plan(pairs=pairs, days=days, last_day=last_day_over(datetime.now(zone)), zone=zone)
        with progress("School days", days) as advance:
            filled = await Rehearsal(store.database, plan, SystemClock()).fill(advance)
        emails = (COORDINATOR, "mentor1@rehearsal.example", "teacher1@rehearsal.example")
        tokens = {email: await store.people.create_link(email) for email in emails}
        base = base_url(public_url, port=port, is_tls=tls_cert is not None)
        links = {email: sign_in_url(base, token) for email, token in tokens.items()}
        text = (
            f"{filled.people:,} people, {filled.pairs:,} pairs, {filled.meetings:,} meetings with {filled.events:,} "
            f"events, {filled.log_rows:,} rows in the hours log.\n\n"
            + "\n".join(f"{role}\n  {link}\n" for role, link in zip(_ROLES, links.values(), strict=True))
            + "\nStart `roundup serve` on the same data, then open one of them; another browser for each."
        )
        tell(msgspec.to_builtins(filled) | {"links": links}, text, as_json=as_json)

    with_store(data_dir, database_url, work, may_create=True)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UserError(ErrorCode.BAD_REQUEST, f"{name!r} is no time zone, like America/Chicago.") from None


def last_day_over(now: datetime) -> date:
    """Return the last day that is over: nobody has met in the future."""
    return now.date() if now.time() >= _DAY_ENDS else now.date() - timedelta(1)
