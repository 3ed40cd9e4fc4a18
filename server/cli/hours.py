"""`roundup hours`: is the log what was written, what is derived made anew, and what is in it for spreadsheets."""

import gc
import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from protocol.errors import ErrorCode
from protocol.hours import PairKind, PairSummary, Standing
from server.cli.options import DEFAULT, AsJson, DatabaseUrl, DataDir
from server.cli.run import REFUSED, Store, failures_in_one_sentence, progress, tell, warn, with_store
from server.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from server.hours.log.rows import Step
    from server.hours.rebuild import Difference
    from server.hours.verification import Verdict
    from server.store.pairs import Pair

MAX_LISTED = 20
"""Differences that are printed for people; JSON has all of them."""
_OBJECTS_BEFORE_CYCLES = 1_000_000
"""So many are made before cycles of them are looked for, in a process that ends soon."""
_HASH = re.compile(r"[0-9a-f]{64}")

FirstDay = Annotated[
    datetime | None, typer.Option("--from", metavar="DAY", formats=["%Y-%m-%d"], help="The first day, like 2026-08-01.")
]
LastDay = Annotated[datetime | None, typer.Option("--to", metavar="DAY", formats=["%Y-%m-%d"], help="The last day.")]

commands = typer.Typer(help="The mentoring-hours log.", no_args_is_help=True)


@commands.command("verify")
def verify(
    head: Annotated[
        str, typer.Option("--head", metavar="HASH", help="One that was noted before: it has to be in the log still.")
    ] = "",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Check that the hours log is what was written.

    No row was changed, removed or inserted since, and the entries that pages and files are made of are what the rows
    say. Prints the hash of the newest row. Note it elsewhere now and then: by that, with --head, it shows when the
    newest rows are missing, or when somebody has made the whole log anew. The exit code is 1 when something is wrong. A
    server may be running.
    """
    noted = head.strip().lower()
    with failures_in_one_sentence():
        if noted and _HASH.fullmatch(noted) is None:
            raise UserError(
                ErrorCode.BAD_REQUEST, "--head is a hash as verify prints it: 64 digits and letters a to f."
            )

    async def work(store: Store) -> None:
        from server.hours.verification import verify_log
        from server.store.hours_log import HoursLogRepository

        log = HoursLogRepository(store.database)
        with progress("Verifying", await log.newest_number() + await log.count_entries()) as advance:
            verdict = await verify_log(log, advance, noted or None)
        wrong = _wrong(verdict, noted)
        value = {
            "is_intact": wrong is None,
            "rows": verdict.count,
            "head": verdict.newest,
            "noted_row": verdict.noted,
            "erased_texts": verdict.erased,
            "broken_row": None if verdict.broken is None else verdict.broken.number,
            "changed_entries": list(verdict.changed),
            "text": wrong,
        }
        tell(value, _intact(verdict) if wrong is None else "", as_json=as_json)
        if wrong is not None:
            warn(wrong)
            raise typer.Exit(REFUSED)

    with_store(data_dir, database_url, work)


@commands.command("rebuild")
def rebuild(
    propose: Annotated[
        bool,
        typer.Option(
            "--propose", help="Propose what was recorded and has no entry, as of pairs that were added after they met."
        ),
    ] = False,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """Make anew what is derived: attendance and entries.

    Attendance from what was recorded of presence, entries from the hours log. The log itself stays as it is, unless
    --propose adds to it. Where its entries say otherwise of a meeting than presence does, they are named, and so is
    what was recorded and has no entry. A server may be running.
    """

    async def work(store: Store) -> None:
        from server.clock import SystemClock
        from server.hours.log.rows import Step
        from server.hours.proposer import Proposer
        from server.hours.rebuild import Rebuilder
        from server.people.service import OPERATOR
        from server.store.attendance import AttendanceRepository
        from server.store.hours_facts import HoursFactsRepository
        from server.store.hours_log import HoursLogRepository
        from server.store.rebuilding import RebuildRepository

        # Millions of rows are read, and none refers to itself: looking for those that do took a third of the time.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BEFORE_CYCLES)
        database = store.database
        log = HoursLogRepository(database)
        facts, kept = HoursFactsRepository(database), AttendanceRepository(database)
        rebuilder = Rebuilder(log, facts, kept, RebuildRepository(database))
        with progress("Entries", await log.count_entries()) as advance:
            entries = await rebuilder.rebuild_entries(advance)
        spans = await rebuilder.spans()
        with progress("Meetings", len(spans)) as advance:
            attendance = await rebuilder.rebuild_attendance(spans, advance)
        differences, proposed = attendance.differences, list[Step]()
        if propose:
            # In the order of the meetings: what comes later gets what is left of a day.
            without: dict[str, list[str]] = {}
            for one in differences:
                if one.kept_ms is None:
                    without.setdefault(one.meeting_id, []).append(one.entry_id)
            proposer = Proposer(log, facts, kept, SystemClock())
            with progress("Proposing", len(without)) as advance:
                for meeting_id, entry_ids in without.items():
                    proposed += await proposer.propose_missing(meeting_id, entry_ids, actor=OPERATOR)
                    advance(1)
            done = {one.entry_id for one in proposed}
            differences = tuple(one for one in differences if one.entry_id not in done)
        value: dict[str, Any] = {
            "entries": entries.count,
            "entries_changed": len(entries.changed),
            "meetings": attendance.count,
            "meetings_changed": len(attendance.changed),
            "differences": [msgspec.to_builtins(one) for one in differences],
            "proposed": len(proposed),
        }
        pairs = {one.pair_id: one for one in await facts.all_pairs()} if differences or proposed else {}
        lines = [
            f"{_many(entries.count, 'entry', 'entries')} made anew, {len(entries.changed)} of them changed.",
            f"Attendance of {_many(attendance.count, 'meeting', 'meetings')} made anew, "
            f"{len(attendance.changed)} of them changed.",
            *(_proposed(proposed, pairs) if propose else []),
            *_differences(differences, pairs, is_proposed=propose),
        ]
        tell(value, "\n".join(lines), as_json=as_json)

    with_store(data_dir, database_url, work)


@commands.command("export")
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to; its name ends in .csv or .xlsx.", dir_okay=False)
    ],
    first_day: FirstDay = None,
    last_day: LastDay = None,
    kind: Annotated[PairKind | None, typer.Option(metavar="KIND", help="Only pairs of a kind.")] = None,
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Of a workbook: en or es.")] = "en",
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
) -> None:
    """Write all entries between two days to a file.

    It is a table (CSV), or a workbook with sums by pair (XLSX). Without days, those of the present term, or of the year
    up to today. A server may be running.
    """
    ending = file.suffix.lower().removeprefix(".")
    with failures_in_one_sentence():
        if ending not in ("csv", "xlsx"):
            raise UserError(ErrorCode.BAD_REQUEST, f"The name {file.name} says not what to write: .csv or .xlsx.")

    async def work(store: Store) -> None:
        from protocol.hours_queries import ReportQuery
        from server.clock import SystemClock
        from server.hours.selection import select
        from server.hours.service import create_hours
        from server.people.service import OPERATOR

        query = ReportQuery(first_day=_day(first_day), last_day=_day(last_day), kind=kind, language=language)
        hours = create_hours(store.database, store.people.programme_name, SystemClock())
        selection = select(await hours.overviews.of_all(), query)
        made = await hours.files.write_report(selection, query, ending, made_by=OPERATOR, actor=OPERATOR)
        try:
            file.write_bytes(made.data)
        except OSError as error:
            raise UserError(ErrorCode.BAD_REQUEST, f"{file} cannot be written: {error.strerror}.") from error
        tell(
            None,
            f"Entries of {_many(len(selection.books), 'pair', 'pairs')}, {selection.first_day} to "
            f"{selection.last_day}: {file}",
            as_json=False,
        )

    with_store(data_dir, database_url, work)


@commands.command("report")
def report(
    first_day: FirstDay = None,
    last_day: LastDay = None,
    kind: Annotated[PairKind | None, typer.Option(metavar="KIND", help="Only pairs of a kind.")] = None,
    standing: Annotated[Standing | None, typer.Option(metavar="STANDING", help="Only pairs that stand so.")] = None,
    data_dir: DataDir = DEFAULT.data_dir,
    database_url: DatabaseUrl = DEFAULT.database_url,
    as_json: AsJson = False,
) -> None:
    """List pairs with what they have done between two days.

    Those that need most come first. Without days, those of the present term, or of the year up to today.
    """

    async def work(store: Store) -> None:
        from protocol.hours_queries import ProgrammeQuery
        from server.clock import SystemClock
        from server.hours.open_entries import count_open
        from server.hours.selection import select, summarised
        from server.hours.service import create_hours
        from server.store.hours_log import HoursLogRepository

        query = ProgrammeQuery(first_day=_day(first_day), last_day=_day(last_day), kind=kind, standing=standing)
        hours = create_hours(store.database, store.people.programme_name, SystemClock())
        selection = select(await hours.overviews.of_all(), query)
        found = summarised(selection, await count_open(HoursLogRepository(store.database), selection, query))
        lines = [
            f"{found.first_day} to {found.last_day}: {_many(len(found.pairs), 'pair', 'pairs')}, "
            f"{_clock(found.credited_minutes)} h, {_clock(found.waiting_minutes)} h not confirmed, "
            f"{_many(found.disputed_count, 'entry', 'entries')} disputed",
            *map(_pair_line, found.pairs),
        ]
        tell(msgspec.to_builtins(found), "\n".join(lines), as_json=as_json)

    with_store(data_dir, database_url, work)


def _day(said: datetime | None) -> date | None:
    return None if said is None else said.date()


def _pair_line(one: PairSummary) -> str:
    status = one.status
    standing = "-" if status.standing is None else status.standing.replace("_", " ")
    contact = "no contact yet" if status.last_contact_on is None else f"last on {status.last_contact_on}"
    people = f"{status.mentor.name} with {status.mentee.name}"
    return f"  {standing:9}  {_clock(one.credited_minutes):>8} h  {contact:20}  {people}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:,}:{minutes % 60:02}"


def _wrong(verdict: "Verdict", noted: str) -> str | None:
    """Say what is wrong with the log; `None`: nothing."""
    if verdict.broken is not None:
        before = f" What comes before, {_many(verdict.count, 'row', 'rows')}, is as it was written."
        return verdict.broken.text + (before if verdict.count else "")
    if noted and verdict.noted is None:
        return f"No row has the hash {noted}: the log has lost its newest rows since, or was made anew."
    if verdict.changed:
        listed = ", ".join(verdict.changed[:MAX_LISTED])
        more = f" and {len(verdict.changed) - MAX_LISTED:,} more" if len(verdict.changed) > MAX_LISTED else ""
        return (
            f"The log is as it was written, but {_many(len(verdict.changed), 'entry is', 'entries are')} not what it "
            f"says: {listed}{more}. `roundup hours rebuild` makes them anew from it."
        )
    return None


def _intact(verdict: "Verdict") -> str:
    erased = f" {_many(verdict.erased, 'text was', 'texts were')} erased." if verdict.erased else ""
    of_what = f"row {verdict.noted}" if verdict.noted else "the empty log"
    noted = "" if verdict.noted is None else f"\nThe hash that was noted is that of {of_what}."
    if not verdict.count:
        return "The hours log is empty: there is nothing to be checked yet."
    count = _many(verdict.count, "row", "rows")
    return f"The hours log is as it was written: {count}.{erased}{noted}\nTo be noted elsewhere: {verdict.newest}"


def _proposed(steps: "Sequence[Step]", pairs: "Mapping[str, Pair]") -> list[str]:
    lines = [f"  {_who_and_when(one, pairs)}: {_many(one.credited_minutes, 'minute', 'minutes')}" for one in steps]
    head = f"{_many(len(steps), 'entry', 'entries')} proposed"
    return [f"{head}:", *_first(lines, "`roundup audit list` has all")] if steps else [f"{head}."]


def _differences(found: "Sequence[Difference]", pairs: "Mapping[str, Pair]", *, is_proposed: bool) -> list[str]:
    otherwise, missing = list[str](), list[str]()
    for one in found:
        line = f"  {_who_and_when(one, pairs)}"
        if one.kept_ms is None:
            missing.append(f"{line}: {_seconds(one.found_ms)}, meeting {one.meeting_id}")
        else:
            times = f"{_seconds(one.kept_ms)} in the log, {_seconds(one.found_ms)} recorded"
            otherwise.append(f"{line}: {times}, entry {one.entry_id}")
    lines = list[str]()
    if otherwise:
        lines.append(f"{_many(len(otherwise), 'entry says', 'entries say')} otherwise than what was recorded:")
        lines += _first(otherwise, "--json has all")
    else:
        lines.append("All entries say of their meetings what was recorded.")
    if missing:
        lines.append(f"{_many(len(missing), 'time together has', 'times together have')} no entry:")
        lines += _first(missing, "--json has all")
        lines.append(
            "That is not proposed: the log has it on another day of the same meeting."
            if is_proposed
            else "Pairs were added after they met, or they or the rules were changed since. --propose proposes it."
        )
    return lines


def _first(lines: "Sequence[str]", where: str) -> list[str]:
    more = [f"  ... and {len(lines) - MAX_LISTED:,} more ({where})"] if len(lines) > MAX_LISTED else []
    return [*lines[:MAX_LISTED], *more]


def _who_and_when(one: "Difference | Step", pairs: "Mapping[str, Pair]") -> str:
    pair = pairs[one.pair_id]
    return f"{one.day}  {pair.mentor.name} with {pair.mentee.name}"


def _seconds(length_ms: int) -> str:
    return f"{length_ms / 1_000:.3f} s"


def _many(count: int, one: str, more: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {more}"
