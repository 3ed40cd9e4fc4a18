"""`python -m loadtest`: the command line."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from playwright.async_api import Error as BrowserError
from rich.console import Console

from loadtest.bench import crash, documents, hours, join, lines, media, soak, startup
from loadtest.bench.cores import Cores, plan_cores
from loadtest.bench.report import Report
from loadtest.bench.server_process import ServerError
from loadtest.bots.errors import BotError

QUICK_LIMIT_S = 48.0
"""Of one benchmark: with `--quick` it has to end within 50 s, its ending included."""
FULL_LIMIT_S = 900.0
HOURS_LIMIT_S = 3_600.0
"""The same of `hours`: it tries ten thousand histories, and makes a school year twice."""
_FILE_COLUMNS = 160

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Bots and benchmarks for Roundup.")


class Benchmark(StrEnum):
    """What can be measured."""

    STARTUP = "startup"
    JOIN = "join"
    MEDIA = "media"
    SPAN = "span"
    LINES = "lines"
    DOCUMENTS = "documents"
    HOURS = "hours"
    CRASH = "crash"
    SOAK = "soak"
    ALL = "all"


class BenchmarkError(Exception):
    """A benchmark could not be carried out, in one sentence."""


@app.callback()
def main() -> None:
    """Bots and benchmarks for Roundup."""


@app.command()
def bench(
    name: Annotated[Benchmark, typer.Argument(help="What to measure.")],
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repeats; each benchmark ends within 50 s.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here too.")
    ] = None,
) -> None:
    """Measure against servers of its own; exit with 1 when a target is missed or a measurement is invalid."""
    cores = plan_cores(os.sched_getaffinity(0))
    report = Report(notes=[describe_cores(cores)])
    try:
        asyncio.run(_run_interruptibly(lambda: run_benchmarks(name, cores, report, is_quick=quick)))
    except (BenchmarkError, ServerError, BotError, BrowserError) as error:
        report.incomplete_because = str(error)
        typer.echo("\n".join((str(error), *getattr(error, "__notes__", ()))), err=True)
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("interrupted", err=True)
        raise typer.Exit(130) from None
    # What is not a terminal has no width that a row would have to be broken for.
    report.print(Console(width=None if sys.stdout.isatty() else _FILE_COLUMNS))
    if json_file:
        json_file.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(report.exit_code)


async def run_benchmarks(name: Benchmark, cores: Cores, report: Report, *, is_quick: bool) -> None:
    """Run one benchmark, or all one after the other, adding to `report`; raises `BenchmarkError` or `ServerError`."""
    for one in Benchmark if name is Benchmark.ALL else (name,):
        if one is Benchmark.ALL:
            continue
        full_limit_s = HOURS_LIMIT_S if one is Benchmark.HOURS else FULL_LIMIT_S
        limit_s = QUICK_LIMIT_S if is_quick else full_limit_s
        try:
            async with asyncio.timeout(limit_s) as limit:
                await _run_benchmark(one, cores, report, is_quick=is_quick)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise BenchmarkError(f"{one} took more than {limit_s:g} s") from error


async def _run_benchmark(name: Benchmark, cores: Cores, report: Report, *, is_quick: bool) -> None:
    match name:
        case Benchmark.STARTUP:
            report.add(await startup.measure_startup(repeats=1 if is_quick else 5))
        case Benchmark.JOIN:
            report.add(await join.measure_join(join.QUICK if is_quick else join.JoinPlan(), cores))
        case Benchmark.MEDIA:
            await media.measure_media(media.QUICK if is_quick else media.MediaPlan(), cores, report)
        case Benchmark.SPAN:
            await media.measure_media(media.SPAN_QUICK if is_quick else media.SPAN, cores, report)
        case Benchmark.LINES:
            await lines.measure_lines(lines.QUICK if is_quick else lines.LinesPlan(), cores, report)
        case Benchmark.DOCUMENTS:
            plan = documents.QUICK if is_quick else documents.DocumentsPlan()
            await documents.measure_documents(plan, cores, report)
        case Benchmark.HOURS:
            await hours.measure_hours(hours.QUICK if is_quick else hours.HoursPlan(), cores, report)
        case Benchmark.CRASH:
            await crash.measure_crashes(crash.QUICK if is_quick else crash.CrashPlan(), cores, report)
        case Benchmark.SOAK:
            report.add(await soak.measure_soak(soak.QUICK if is_quick else soak.SoakPlan(), cores))
        case Benchmark.ALL:
            raise ValueError("several benchmarks are run one by one")


def describe_cores(cores: Cores) -> str:
    """Say who ran where."""
    if cores.is_shared:
        return "cores: there is only one; server, bots and browsers share it, and delays include the bots' own work."
    return (
        f"cores: gateway and worker on {sorted(cores.server)}, bots on {sorted(cores.bots)},"
        f" the waiting browser on {sorted(cores.waiting_browser)}, the joining one on {sorted(cores.joining_browser)}."
    )


async def _run_interruptibly(work: Callable[[], Awaitable[None]]) -> None:
    """Let SIGTERM end the work as Ctrl-C does: by cancelling it, so that everything it started is ended."""
    task = asyncio.current_task()
    if task and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await work()
