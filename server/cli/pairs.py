"""`roundup pairs`: who mentors whom, from when to when, and when they are away."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from protocol.errors import ErrorCode
from protocol.hours import PairKind
from protocol.roles import ProgrammeRole
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir, KindOfPair, Mentee, Mentor, WithRemoved
from server.cli.run import Store, day, tell, warn, with_store
from server.clock import SystemClock
from server.errors import UserError

if TYPE_CHECKING:
    from server.store.pairs import Leave, Pair, PairEntry
    from server.store.requirements import Agreements

commands = typer.Typer(help="Who mentors whom, and from when to when.", no_args_is_help=True)
leave_commands = typer.Typer(help="When pairs are away, and who stands in.", no_args_is_help=True)
commands.add_typer(leave_commands, name="leave")


@commands.command("add")
def add(
    mentor: Mentor,
    mentee: Mentee,
    kind: KindOfPair = PairKind.MENTOR,
    starts_on: Annotated[str, typer.Option(metavar="DAY", help="First day, like 2026-08-17; else today.")] = "",
    ends_on: Annotated[str, typer.Option(metavar="DAY", help="Last day, when it is known.")] = "",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Pair two people, or change from when to when they are.

    Plans are counted from the first day. What is not said of a pair that is there already stays as it is.
    """

    async def work(store: Store) -> None:
        from server.people.names import email_of
        from server.people.service import OPERATOR
        from server.store.pairs import PairEntry

        entry = PairEntry(
            kind=kind,
            mentor=email_of(mentor),
            mentee=email_of(mentee),
            starts_on=_optional_day(starts_on),
            ends_on=_optional_day(ends_on),
        )
        [outcome] = await store.pairs.add([entry], actor=OPERATOR, at=SystemClock().now_ms())
        pair = await find_pair(store, kind, mentor, mentee)
        text = f"{_names(pair)} are {outcome}, {_days(pair)}."
        tell(_flat(pair) | {"outcome": outcome}, text, as_json=as_json)
        await _warn_of_wrong_way_round(store, [entry])

    with_store(data_dir, database_url, work)


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns mentor and mentee.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Add or change all pairs in a list.

    People are named by their e-mail addresses. There may be the columns kind, starts_on and ends_on, too. All pairs
    are added or, when there is a mistake in the list, none.
    """

    async def work(store: Store) -> None:
        from server.people.lists import read_pairs
        from server.people.service import OPERATOR
        from server.people.tables import refusal
        from server.store.pairs import PairsRefusedError

        listed = read_pairs(file)
        try:
            outcomes = await store.pairs.add([entry for _, entry in listed], actor=OPERATOR, at=SystemClock().now_ms())
        except PairsRefusedError as error:
            raise refusal([(listed[place][0], sentence) for place, sentence in error.mistakes]) from error
        counts = {name: outcomes.count(name) for name in ("added", "changed", "unchanged")}
        text = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing in the list"
        tell(counts, f"Pairs: {text}.", as_json=as_json)
        await _warn_of_wrong_way_round(store, [entry for _, entry in listed])

    with_store(data_dir, database_url, work)


@commands.command("list")
def list_(
    with_all: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List all pairs with their days, and who is away today."""

    async def work(store: Store) -> None:
        agreements = await store.requirements.load()
        today = _today(agreements)
        pairs = [pair for pair in agreements.pairs if with_all or not pair.is_over_on(today)]
        values = [_flat(pair) for pair in pairs]
        tell(values, "\n".join(_line(pair, today) for pair in pairs), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("end")
def end(
    mentor: Mentor,
    mentee: Mentee,
    kind: KindOfPair = PairKind.MENTOR,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="Last day, like 2026-12-18; else today.")] = "",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say on which day a pair is over. Its hours stay."""

    async def work(store: Store) -> None:
        last_day = _optional_day(on) or _today(await store.requirements.load())
        await _end(store, kind, mentor, mentee, last_day, as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("resume")
def resume(
    mentor: Mentor,
    mentee: Mentee,
    kind: KindOfPair = PairKind.MENTOR,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Let a pair go on whose last day was set."""

    async def work(store: Store) -> None:
        await _end(store, kind, mentor, mentee, None, as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("remove")
def remove(
    mentor: Mentor,
    mentee: Mentee,
    kind: KindOfPair = PairKind.MENTOR,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Take out a pair that was entered by mistake.

    Its leave and its own requirements go, too. Only while nothing of it stands in the hours log.
    """

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        pair = await find_pair(store, kind, mentor, mentee)
        await store.pairs.remove(pair.pair_id, actor=OPERATOR, at=SystemClock().now_ms())
        tell({"removed": pair.pair_id}, f"{_names(pair)} are no pair any more.", as_json=as_json)

    with_store(data_dir, database_url, work)


@leave_commands.command("add")
def add_leave(
    mentor: Mentor,
    mentee: Mentee,
    first_day: Annotated[str, typer.Argument(metavar="FIRST", help="First day, like 2026-11-02.")],
    last_day: Annotated[str, typer.Argument(metavar="LAST", help="Last day.")],
    kind: KindOfPair = PairKind.MENTOR,
    substitute: Annotated[str, typer.Option(metavar="EMAIL", help="Who is the mentor meanwhile.")] = "",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Say that a pair is away, or who stands in for the mentor.

    Without a substitute nothing is owed for these days, and no clock runs. With one, everything goes on.
    """

    async def work(store: Store) -> None:
        from server.people.names import day_of
        from server.people.service import OPERATOR

        pair = await find_pair(store, kind, mentor, mentee)
        person = await store.people.find(substitute) if substitute else None
        days = day_of(first_day), day_of(last_day)
        leave_id = await store.pairs.add_leave(
            pair.pair_id,
            *days,
            None if person is None else person.person_id,
            actor=OPERATOR,
            at=SystemClock().now_ms(),
        )
        away = "are on leave" if person is None else f"have {person.name} as the mentor"
        value = {"leave_id": leave_id, "first_day": days[0], "last_day": days[1], "substitute": substitute or None}
        tell(value, f"{_names(pair)} {away} from {days[0]} to {days[1]} ({leave_id}).", as_json=as_json)

    with_store(data_dir, database_url, work)


@leave_commands.command("list")
def list_leave(
    with_removed: WithRemoved = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List all leave, by day."""

    async def work(store: Store) -> None:
        pairs = {pair.pair_id: pair for pair in await store.pairs.list_pairs()}
        leaves = await store.pairs.list_leaves(with_removed=with_removed)
        values = [_flat_leave(leave, pairs[leave.pair_id], removed_at) for leave, removed_at in leaves]
        lines = [_leave_line(leave, pairs[leave.pair_id], removed_at) for leave, removed_at in leaves]
        tell(values, "\n".join(lines), as_json=as_json)

    with_store(data_dir, database_url, work)


@leave_commands.command("remove")
def remove_leave(
    leave_id: Annotated[str, typer.Argument(metavar="LEAVE", help="As `leave list` calls it.")],
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Take leave back, as if there had been none."""

    async def work(store: Store) -> None:
        from server.people.service import OPERATOR

        if not await store.pairs.remove_leave(leave_id, actor=OPERATOR, at=SystemClock().now_ms()):
            raise UserError(ErrorCode.NOT_FOUND, f"There is no leave {leave_id!r}.")
        tell({"removed": leave_id}, f"{leave_id} is removed.", as_json=as_json)

    with_store(data_dir, database_url, work)


async def find_pair(store: Store, kind: PairKind, mentor: str, mentee: str) -> "Pair":
    """Return the pair of two people; raises `UserError` when they are none."""
    from server.people.names import email_of

    pair = await store.pairs.find(kind, email_of(mentor), email_of(mentee))
    if pair is None:
        sentence = f"{email_of(mentor)} and {email_of(mentee)} are no pair of the kind {kind.value}."
        raise UserError(ErrorCode.NOT_FOUND, sentence)
    return pair


async def _warn_of_wrong_way_round(store: Store, entries: Sequence["PairEntry"]) -> None:
    people = {one.person.email: one.person for one in await store.people.list_people()}
    for entry in entries:
        mentor, mentee = people[entry.mentor], people[entry.mentee]
        # Between colleagues either one may be named first.
        is_between_colleagues = entry.kind is PairKind.CONTENT_BUDDY
        if not is_between_colleagues and mentor.role is ProgrammeRole.TEACHER and mentee.role is not mentor.role:
            warn(
                f"{mentor.name}, the mentor of this pair, is a teacher in the programme, and {mentee.name}, the "
                "mentee, is not. If it is the wrong way round, `roundup pairs remove` takes it out."
            )


async def _end(store: Store, kind: PairKind, mentor: str, mentee: str, last_day: date | None, *, as_json: bool) -> None:
    from server.people.service import OPERATOR

    pair = await find_pair(store, kind, mentor, mentee)
    await store.pairs.end(pair.pair_id, last_day, actor=OPERATOR, at=SystemClock().now_ms())
    pair = await find_pair(store, kind, mentor, mentee)
    tell(_flat(pair), f"{_names(pair)} are a pair {_days(pair)}.", as_json=as_json)


def _optional_day(text: str) -> date | None:
    from server.people.names import day_of

    return day_of(text) if text else None


def _today(agreements: "Agreements") -> date:
    from server.store.programme import day_in

    return day_in(agreements.zone, SystemClock().now_ms())


def _names(pair: "Pair") -> str:
    return f"{pair.mentor.name} and {pair.mentee.name}"


def _days(pair: "Pair") -> str:
    last = "" if pair.ends_on is None else f" to {pair.ends_on}"
    return f"from {pair.starts_on}{last}"


def _flat(pair: "Pair") -> dict[str, Any]:
    return {
        "pair_id": pair.pair_id,
        "kind": pair.kind,
        "mentor": pair.mentor_email,
        "mentee": pair.mentee_email,
        "starts_on": pair.starts_on,
        "ends_on": pair.ends_on,
        "is_present": pair.is_present,
    }


def _line(pair: "Pair", today: date) -> str:
    leave = pair.leave_on(today)
    notes = [_days(pair)]
    if not pair.is_present:
        notes.append("left the programme")
    elif leave is not None and leave.substitute is not None:
        notes.append(f"with {leave.substitute.name} until {leave.last_day}")
    elif leave is not None:
        notes.append(f"on leave until {leave.last_day}")
    return f"{pair.mentor_email:<32} {pair.mentee_email:<32} {pair.kind.value:<13} {', '.join(notes)}"


def _flat_leave(leave: "Leave", pair: "Pair", removed_at: int | None) -> dict[str, Any]:
    return {
        "leave_id": leave.leave_id,
        "mentor": pair.mentor_email,
        "mentee": pair.mentee_email,
        "kind": pair.kind,
        "first_day": leave.first_day,
        "last_day": leave.last_day,
        "substitute": None if leave.substitute is None else leave.substitute.name,
        "removed_at": removed_at,
    }


def _leave_line(leave: "Leave", pair: "Pair", removed_at: int | None) -> str:
    substitute = "no substitute" if leave.substitute is None else f"with {leave.substitute.name}"
    removed = "" if removed_at is None else f" (removed {day(removed_at)})"
    return f"{leave.leave_id:<22}  {leave.first_day} to {leave.last_day}  {_names(pair)}, {substitute}{removed}"
