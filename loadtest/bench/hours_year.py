"""Part of `hours`: a school year; what coordinators wait for, and whether all of it can be made anew."""

import csv
import io
import json
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from loadtest.bench.hours_commands import Rebuilt, Verdict, rebuild, verify
from loadtest.bench.report import Comparison, Report, Row, Target, median_of
from loadtest.bench.rest import RestClient
from loadtest.bench.server_process import run_command

PAGE = Target(Comparison.BELOW, 300)
EXPORT = Target(Comparison.BELOW, 10)
REBUILD = Target(Comparison.BELOW, 60)
NOTHING_CHANGED = Target(Comparison.EXACTLY, 0)
PROGRAMME = "hours/programme"
TABLE, WORKBOOK = "hours/report.csv", "hours/report.xlsx"
_FILL_TIMEOUT_S = 1_200.0
COORDINATOR = "coordinator@rehearsal.example"
_MS = 1_000
_MISSING = object()
"""Not even null."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class YearPlan:
    """How large a year, and how often what is measured."""

    pairs: int = 1_000
    days: int = 200
    page_reads: int = 15
    exports: int = 3


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made."""

    took_s: float
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """How long what coordinators ask for took."""

    page_s: tuple[float, ...]
    table_s: tuple[float, ...]
    workbook_s: tuple[float, ...]
    exported: int
    """Rows of the table."""
    programme: object
    """What the page was told."""


@dataclass(frozen=True, slots=True)
class Redone:
    """What was made anew, and checked."""

    rebuild_s: float
    rebuilt: Rebuilt
    verify_s: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Year:
    """What was measured."""

    filled: Filled
    reading: Reading
    redone: Redone
    programme: object
    """What the page is told after that."""


async def fill_year(environment: dict[str, str], plan: YearPlan) -> Filled:
    """Make a year in an empty database; raises `ServerError`."""
    size = ("--pairs", str(plan.pairs), "--days", str(plan.days))
    took_s, output = await _timed(run_command(environment, "rehearse", *size, "--json", timeout_s=_FILL_TIMEOUT_S))
    counts: dict[str, Any] = json.loads(output)
    return Filled(took_s, {name: count for name, count in counts.items() if isinstance(count, int)})


async def read_year(rest: RestClient, plan: YearPlan) -> Reading:
    """Read as coordinators do; raises `ServerError`."""
    pages = [await _timed(rest.load(PROGRAMME)) for _ in range(plan.page_reads)]
    tables = [await _timed(rest.load(TABLE)) for _ in range(plan.exports)]
    workbooks = [await _timed(rest.load(WORKBOOK)) for _ in range(plan.exports)]
    return Reading(
        page_s=tuple(took for took, _ in pages),
        table_s=tuple(took for took, _ in tables),
        workbook_s=tuple(took for took, _ in workbooks),
        exported=count_rows(tables[0][1]),
        programme=json.loads(pages[-1][1]),
    )


async def redo_year(environment: dict[str, str]) -> Redone:
    """Make anew what is derived, and check the log; raises `ServerError`."""
    rebuild_s, rebuilt = await _timed(rebuild(environment))
    verify_s, verdict = await _timed(verify(environment))
    return Redone(rebuild_s, rebuilt, verify_s, verdict)


def judge_year(name: str, plan: YearPlan, year: Year) -> Report:
    """Make rows of it."""
    benchmark = f"hours {name}"
    size, reading, redone = year.filled.counts, year.reading, year.redone
    differing = count_differences(reading.programme, year.programme)
    rows = [
        Row(benchmark, "making the year", year.filled.took_s, "s"),
        Row(benchmark, "coordinator's page p50", median_of(reading.page_s) * _MS, "ms", PAGE),
        Row(benchmark, "coordinator's page, slowest", max(reading.page_s) * _MS, "ms"),
        Row(benchmark, "export of the year as CSV, slowest", max(reading.table_s), "s", EXPORT),
        Row(benchmark, "export of the year as XLSX, slowest", max(reading.workbook_s), "s", EXPORT),
        Row(
            benchmark,
            "entries that are not in the export",
            redone.rebuilt.entries - reading.exported,
            "",
            NOTHING_CHANGED,
        ),
        Row(benchmark, "rebuild of all totals", redone.rebuild_s, "s", REBUILD),
        Row(benchmark, "entries and meetings changed by it", redone.rebuilt.changed, "", NOTHING_CHANGED),
        Row(benchmark, "entries that presence says otherwise of", redone.rebuilt.differences, "", NOTHING_CHANGED),
        Row(benchmark, "totals of the page that differ after it", differing, "", NOTHING_CHANGED),
        Row(benchmark, "verifying the log", redone.verify_s, "s"),
        Row(benchmark, "rows of the log", redone.verdict.rows, ""),
        Row(benchmark, "logs that do not verify", int(not redone.verdict.is_intact), "", NOTHING_CHANGED),
    ]
    note = (
        f"{benchmark}: {size['pairs']:,} pairs, {plan.days} school days, {size['meetings']:,} meetings,"
        f" {size['events']:,} events, {size['log_rows']:,} rows in the log; {plan.page_reads} readings of the page,"
        f" {plan.exports} exports of each kind, over HTTP. Commands with the start of their process."
    )
    return Report(rows, [note])


def count_rows(table: bytes) -> int:
    """Return how many rows a table in CSV has below its header."""
    return max(0, sum(1 for _ in csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""))) - 1)


def count_differences(one: object, other: object) -> int:
    """Return how many fields of two JSON values differ; one that only one of them has does."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        return sum(count_differences(one.get(key, _MISSING), other.get(key, _MISSING)) for key in keys)
    if isinstance(one, list) and isinstance(other, list):
        longer = abs(len(one) - len(other))
        return longer + sum(count_differences(a, b) for a, b in zip(one, other, strict=False))
    return int(one != other)


async def _timed(work: Awaitable[T]) -> tuple[float, T]:
    began_at = time.monotonic()
    result = await work
    return time.monotonic() - began_at, result
