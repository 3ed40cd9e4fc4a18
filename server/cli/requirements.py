"""`roundup requirements`: what pairs have to do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from protocol.errors import ErrorCode
from protocol.hours import MAX_MANUAL_MINUTES, ContactType, PairKind
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir, WithRemoved
from server.cli.pairs import find_pair
from server.cli.run import Store, day, tell, with_store
from server.clock import SystemClock
from server.errors import UserError
from server.hours.rules import MAX_DAYS, MAX_MEETINGS, MAX_MINUTES, Over, Per

if TYPE_CHECKING:
    from server.hours.rules import Rule
    from server.store.pairs import Pair
    from server.store.requirements import Requirement

commands = typer.Typer(help="What pairs have to do.", no_args_is_help=True)

_WAYS = "--minutes, --meetings, --contact-every, --plan or --file"


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people see, like 'An hour a week'.")],
    minutes: Annotated[
        int | None, typer.Option(metavar="COUNT", min=1, max=MAX_MINUTES, help="Minutes in each period.")
    ] = None,
    meetings: Annotated[
        int | None, typer.Option(metavar="COUNT", min=1, max=MAX_MEETINGS, help="Days with contact in each period.")
    ] = None,
    per: Annotated[Per | None, typer.Option(help="The period of minutes or meetings.")] = None,
    average_over: Annotated[Over | None, typer.Option(help="Minutes a week or month on average over this.")] = None,
    contact_every: Annotated[
        int | None, typer.Option(metavar="DAYS", min=1, max=MAX_DAYS, help="Contact at least so often.")
    ] = None,
    plan: Annotated[str, typer.Option(metavar="PLAN", help="One that comes with Roundup, like new-teacher.")] = "",
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="A rule as JSON, like a plan of your own.")] = None,
    contact_type: Annotated[
        list[ContactType] | None,
        typer.Option(metavar="TYPE", help=f"Only this counts; may be repeated: {', '.join(ContactType)}."),
    ] = None,
    minimum_minutes: Annotated[
        int, typer.Option(metavar="COUNT", min=0, max=MAX_MANUAL_MINUTES, help="What is shorter does not count.")
    ] = 0,
    in_terms_only: Annotated[
        bool, typer.Option("--in-terms-only", help="Nothing is owed for days outside of terms.")
    ] = False,
    kind: Annotated[PairKind | None, typer.Option(help="For pairs of this kind only.")] = None,
    mentor: Annotated[str, typer.Option(metavar="EMAIL", help="For one pair only: its mentor.")] = "",
    mentee: Annotated[str, typer.Option(metavar="EMAIL", help="For one pair only: its mentee.")] = "",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Ask something of all pairs, of those of a kind, or of one.

    For example: --minutes 60 --per week --average-over year, --minutes 180 --per month, --contact-every 14,
    --meetings 2 --per year, --plan new-teacher.
    """

    async def work(store: Store) -> None:
        from server.people.names import name_of
        from server.people.service import OPERATOR

        rule = _rule(
            {"minutes": minutes, "meetings": meetings, "every_days": contact_every, "plan": plan, "file": file},
            {"per": per, "average_over": average_over},
            {
                "contact_types": tuple(contact_type) if contact_type else None,
                "minimum_minutes": minimum_minutes or None,
                "in_terms_only": in_terms_only or None,
            },
        )
        if bool(mentor) != bool(mentee):
            raise _mistake("One pair is named by both --mentor and --mentee.")
        pair = await find_pair(store, kind or PairKind.MENTOR, mentor, mentee) if mentor else None
        requirement = await store.requirements.add_requirement(
            name_of(name),
            rule,
            pair_id=None if pair is None else pair.pair_id,
            pair_kind=kind if pair is None else None,
            actor=OPERATOR,
            at=SystemClock().now_ms(),
        )
        text = f"{requirement.name} is added for {_for_whom(requirement, pair)}: {_words(requirement)}."
        tell(_flat(requirement, pair, None), text, as_json=as_json)

    with_store(data_dir, database_url, work, may_create=True)


@commands.command("list")
def list_(
    with_removed: WithRemoved = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List what pairs have to do."""

    async def work(store: Store) -> None:
        pairs = {pair.pair_id: pair for pair in await store.pairs.list_pairs()}
        listed = [
            (requirement, pairs.get(requirement.pair_id or ""), removed_at)
            for requirement, removed_at in await store.requirements.list_requirements(with_removed=with_removed)
        ]
        tell([_flat(*one) for one in listed], "\n".join(_line(*one) for one in listed), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("remove")
def remove(
    requirement_id: Annotated[str, typer.Argument(metavar="REQUIREMENT", help="As `requirements list` calls it.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Ask for something no more."""

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        now = SystemClock().now_ms()
        removed = await store.requirements.remove_requirement(requirement_id, actor=OPERATOR, at=now)
        if removed is None:
            raise UserError(ErrorCode.NOT_FOUND, f"There is no requirement {requirement_id!r}.")
        tell({"removed": requirement_id}, f"{removed.name} is removed.", as_json=as_json)

    with_store(data_dir, database_url, work)


def _rule(ways: dict[str, Any], period: dict[str, Any], counted: dict[str, Any]) -> "Rule":
    """Put a rule together from options; those that were not given are `None`, empty or 0."""
    import msgspec

    from server.hours.plans import read_plan
    from server.hours.rules import read_rule

    given = {name: value for name, value in ways.items() if value not in (None, "")}
    if len(given) != 1:
        raise _mistake(f"A requirement is one of {_WAYS}.")
    [(way, value)] = given.items()
    has_period = way in ("minutes", "meetings")
    if has_period and period["per"] is None:
        raise _mistake(f"Minutes and meetings need --per: {', '.join(Per)}.")
    if not has_period and period["per"] is not None:
        raise _mistake("Only minutes and meetings are counted --per something.")
    if way != "minutes" and period["average_over"] is not None:
        raise _mistake("Only minutes have an average.")
    more = {name: option for name, option in (period | counted).items() if option is not None}
    if way in ("plan", "file"):
        if more:
            raise _mistake("What counts for a plan or a file is said in it.")
        return read_plan(value) if way == "plan" else read_rule(_read(value))
    kind = "contact" if way == "every_days" else way
    return read_rule(msgspec.json.encode({"kind": kind, way: value} | more))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(ErrorCode.NOT_FOUND, f"The file {path} cannot be read: {error.strerror}.") from error


def _mistake(sentence: str) -> UserError:
    return UserError(ErrorCode.BAD_REQUEST, sentence)


def _words(requirement: "Requirement") -> str:
    from server.hours.rules import describe

    return describe(requirement.rule)


def _for_whom(requirement: "Requirement", pair: "Pair | None") -> str:
    if pair is not None:
        return f"{pair.mentor.name} and {pair.mentee.name}"
    return "all pairs" if requirement.pair_kind is None else f"{requirement.pair_kind.value} pairs"


def _flat(requirement: "Requirement", pair: "Pair | None", removed_at: int | None) -> dict[str, Any]:
    return {
        "requirement_id": requirement.requirement_id,
        "name": requirement.name,
        "kind": requirement.pair_kind if pair is None else pair.kind,
        "mentor": None if pair is None else pair.mentor_email,
        "mentee": None if pair is None else pair.mentee_email,
        "rule": requirement.rule,
        "removed_at": removed_at,
    }


def _line(requirement: "Requirement", pair: "Pair | None", removed_at: int | None) -> str:
    from server.hours.rules import describe_steps

    removed = "" if removed_at is None else f" (removed {day(removed_at)})"
    whom = _for_whom(requirement, pair)
    line = f"{requirement.requirement_id:<28}  {requirement.name:<28}  {whom:<24}  {_words(requirement)}{removed}"
    return "\n".join((line, *(f"{'':<28}  - {step}" for step in describe_steps(requirement.rule))))
