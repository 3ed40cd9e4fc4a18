"""`hours`: the mentoring-hours log with a school year in it, on both databases, and thousands of invented histories."""

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from loadtest.bench.cores import Cores, pinned
from loadtest.bench.hours_heartbeat import HeartbeatPlan, judge_heartbeats, measure_heartbeats, rooms_of
from loadtest.bench.hours_histories import judge_histories, measure_histories
from loadtest.bench.hours_year import (
    COORDINATOR,
    PAGE,
    PROGRAMME,
    Year,
    YearPlan,
    fill_year,
    judge_year,
    read_year,
    redo_year,
)
from loadtest.bench.postgresql import NoPostgresqlError, running_postgresql
from loadtest.bench.report import Report, Row
from loadtest.bench.rest import RestClient
from loadtest.bench.server_process import running_server, server_environment

_CROWDED_STOP_TIMEOUT_S = 120.0
"""Of a server that thousands have just left: it writes down of each of them when they went."""


@dataclass(frozen=True, slots=True)
class HoursPlan:
    """How much to measure."""

    year: YearPlan = field(default_factory=YearPlan)
    heartbeats: HeartbeatPlan = field(default_factory=HeartbeatPlan)
    histories: int = 10_000
    has_postgresql: bool = True


QUICK = HoursPlan(
    year=YearPlan(pairs=20, days=5, page_reads=5, exports=1),
    heartbeats=HeartbeatPlan(connections=40, heartbeats=1, warm_up=0, rooms=rooms_of(20)),
    histories=10,
    has_postgresql=False,
)


async def measure_hours(plan: HoursPlan, cores: Cores, report: Report) -> None:
    """Run the plan with servers of its own, and add each part to `report` when it is done."""
    available = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder:
        await _measure_database("sqlite", Path(folder) / "data", plan, cores, report)
    if plan.has_postgresql:
        await _measure_postgresql(plan, cores, report)
    else:
        report.notes.append("hours: left out: PostgreSQL.")
    report.add(judge_histories(await measure_histories(plan.histories, available)))


async def _measure_postgresql(plan: HoursPlan, cores: Cores, report: Report) -> None:
    try:
        async with running_postgresql() as url:
            with tempfile.TemporaryDirectory(prefix="roundup-bench-") as folder:
                await _measure_database("postgresql", Path(folder) / "data", plan, cores, report, url)
    except NoPostgresqlError as error:
        report.add(Report([Row("hours postgresql", "coordinator's page p50", float("nan"), "ms", PAGE, str(error))]))


async def _measure_database(
    name: str, data: Path, plan: HoursPlan, cores: Cores, report: Report, database_url: str = ""
) -> None:
    environment = server_environment(data, database_url)
    filled = await fill_year(environment, plan.year)
    async with running_server(data, cores.server, database_url=database_url) as server:
        token = await server.create_token(COORDINATOR)
        async with RestClient(server.url, token) as rest:
            reading = await read_year(rest, plan.year)
    redone = await redo_year(environment)
    async with running_server(
        data, cores.server, database_url=database_url, stop_timeout_s=_CROWDED_STOP_TIMEOUT_S
    ) as server:
        async with RestClient(server.url, token) as rest:
            programme = json.loads(await rest.load(PROGRAMME))
        report.add(judge_year(name, plan.year, Year(filled, reading, redone, programme)))
        with pinned(cores.bots):
            heartbeats = await measure_heartbeats(server, plan.heartbeats, cores)
    report.add(judge_heartbeats(name, plan.heartbeats, heartbeats))
