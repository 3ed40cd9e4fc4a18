"""`roundup programme`: what the whole is called, where its days begin, and how its hours are counted."""

from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import asdict

from protocol.hours import MAX_MANUAL_MINUTES
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir
from server.cli.run import Store, tell, with_store
from server.clock import SystemClock
from server.hours.policy import MAX_GRACE_S, MINUTES_OF_A_DAY, CountsFrom, Rounding, read_policy
from server.privacy.retention import (
    LEAST_AUDIT_DAYS,
    LEAST_PRESENCE_DAYS,
    LEAST_SIGN_IN_DAYS,
    MAX_DAYS,
    read_retention,
)

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


@commands.command("time-zone")
def time_zone(
    zone: Annotated[str, typer.Argument(metavar="[ZONE]", help="An IANA name, like America/Chicago.")] = "",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say, or print, in which time zone days begin and end."""

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        if zone:
            await store.requirements.set_zone(zone, actor=OPERATOR, at=SystemClock().now_ms())
        kept = (await store.requirements.zone()).key
        tell({"time_zone": kept}, f"The programme's days are those of {kept}." if zone else kept, as_json=as_json)

    with_store(data_dir, database_url, work, may_create=bool(zone))


@commands.command("hours-policy")
def hours_policy(
    grace_s: Annotated[
        int | None, typer.Option(metavar="SECONDS", min=0, max=MAX_GRACE_S, help="Gaps up to this are credited.")
    ] = None,
    rounding: Annotated[Rounding | None, typer.Option(help="How seconds become minutes.")] = None,
    minimum_minutes: Annotated[
        int | None, typer.Option(metavar="COUNT", min=1, max=MAX_MANUAL_MINUTES, help="Less is not proposed.")
    ] = None,
    counts_from: Annotated[
        CountsFrom | None, typer.Option(help="From which state on hours count towards what is required.")
    ] = None,
    minutes_per_day_limit: Annotated[
        int | None, typer.Option(metavar="COUNT", min=1, max=MINUTES_OF_A_DAY, help="Of a pair.")
    ] = None,
    school_year_starts: Annotated[str | None, typer.Option(metavar="MM-DD", help="Its first day.")] = None,
    reminders: Annotated[
        bool | None, typer.Option("--reminders/--no-reminders", help="Tell people by e-mail what is due.")
    ] = None,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say, or print, how hours are counted."""
    given = {
        "grace_s": grace_s,
        "rounding": rounding,
        "minimum_minutes": minimum_minutes,
        "counts_from": counts_from,
        "minutes_per_day_limit": minutes_per_day_limit,
        "school_year_starts": school_year_starts,
        "reminders": reminders,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        policy = asdict(await store.requirements.policy()) | changes
        if changes:
            changed = read_policy(msgspec.json.encode(policy))
            await store.requirements.set_policy(changed, actor=OPERATOR, at=SystemClock().now_ms())
        tell(
            policy,
            "\n".join(f"{name.replace('_', '-'):<22} {_shown(value)}" for name, value in policy.items()),
            as_json=as_json,
        )

    with_store(data_dir, database_url, work, may_create=bool(changes))


@commands.command("retention")
def retention(
    presence_days: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", min=LEAST_PRESENCE_DAYS, max=MAX_DAYS, help="Connections, and what happened with them."
        ),
    ] = None,
    sign_in_days: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=LEAST_SIGN_IN_DAYS, max=MAX_DAYS, help="Links and tokens that work no more."),
    ] = None,
    audit_days: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=LEAST_AUDIT_DAYS, max=MAX_DAYS, help="The trail of what was done to people."),
    ] = None,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say, or print, how long what is kept.

    The server deletes what is beyond every day. The hours log and the sums of attendance are kept for good.
    """
    given = {"presence_days": presence_days, "sign_in_days": sign_in_days, "audit_days": audit_days}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR
        from server.store.retention import RetentionRepository

        repository = RetentionRepository(store.database)
        kept = asdict(await repository.retention()) | changes
        if changes:
            changed = read_retention(msgspec.json.encode(kept))
            await repository.set_retention(changed, actor=OPERATOR, at=SystemClock().now_ms())
        tell(kept, "\n".join(f"{name.replace('_', '-'):<22} {value}" for name, value in kept.items()), as_json=as_json)

    with_store(data_dir, database_url, work, may_create=bool(changes))


def _shown(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
