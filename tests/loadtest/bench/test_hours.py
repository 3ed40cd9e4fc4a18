import asyncio
import os
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from loadtest.bench import hours
from loadtest.bench.cores import Cores, plan_cores
from loadtest.bench.hours import HoursPlan, measure_hours
from loadtest.bench.hours_commands import Rebuilt, Verdict
from loadtest.bench.hours_heartbeat import (
    HeartbeatPlan,
    HeartbeatReader,
    Heartbeats,
    judge_heartbeats,
    room_slug,
    rooms_of,
)
from loadtest.bench.hours_histories import Histories, count_examples, judge_histories, measure_histories, share_out
from loadtest.bench.hours_year import (
    Filled,
    Reading,
    Redone,
    Year,
    YearPlan,
    count_differences,
    count_rows,
    judge_year,
)
from loadtest.bench.postgresql import NoPostgresqlError, running_postgresql
from loadtest.bench.report import Outcome, Report

YEAR = Year(
    filled=Filled(90.0, {"pairs": 1_000, "meetings": 61_000, "events": 2_200_000, "log_rows": 550_000}),
    reading=Reading((0.2, 0.25, 0.9), (5.0, 6.0), (7.0, 8.0), 3, {"credited_minutes": 5, "weeks": [1, 2]}),
    redone=Redone(40.0, Rebuilt(entries=3, meetings=2, changed=0, differences=0), 20.0, Verdict(9, is_intact=True)),
    programme={"credited_minutes": 5, "weeks": [1, 2]},
)
STATISTICS = "  - during generate phase (9.4 seconds):\n    - {} passing, {} failing, and 0 invalid test cases\n"


def missed(report: Report) -> list[str]:
    return [row.name for row in report.rows if row.outcome is Outcome.MISSED]


def test_a_year_is_judged_by_the_median_of_the_page_and_the_slowest_of_the_exports() -> None:
    report = judge_year("sqlite", YearPlan(), YEAR)
    assert report.exit_code == 0
    values = {row.name: row.value for row in report.rows}
    assert values["coordinator's page p50"] == 250
    assert values["coordinator's page, slowest"] == 900
    assert values["export of the year as XLSX, slowest"] == 8


def test_totals_that_differ_after_the_rebuild_miss_and_so_does_whatever_it_has_changed() -> None:
    other = replace(YEAR, programme={"credited_minutes": 6, "weeks": [1]})
    assert missed(judge_year("sqlite", YearPlan(), other)) == ["totals of the page that differ after it"]
    rebuilt = Rebuilt(entries=3, meetings=2, changed=1, differences=1)
    changed = replace(YEAR, redone=replace(YEAR.redone, rebuilt=rebuilt, verdict=Verdict(9, is_intact=False)))
    assert missed(judge_year("sqlite", YearPlan(), changed)) == [
        "entries and meetings changed by it",
        "entries that presence says otherwise of",
        "logs that do not verify",
    ]
    short = replace(YEAR, reading=replace(YEAR.reading, exported=2))
    assert missed(judge_year("sqlite", YearPlan(), short)) == ["entries that are not in the export"]


def test_each_field_that_differs_counts() -> None:
    one = {"a": 1, "b": [1, {"c": 2}], "d": None}
    assert count_differences(one, {"a": 1, "b": [1, {"c": 2}], "d": None}) == 0
    assert count_differences(one, {"a": 2, "b": [1, {"c": 3}, 4], "e": 5}) == 5
    assert count_differences({}, {"d": None}) == count_differences({"d": None}, {}) == 1


def test_rows_of_a_table_are_counted_also_with_lines_in_their_cells() -> None:
    assert count_rows('\ufeffday,text\r\n2026-11-23,"two\r\nlines"\r\n2026-11-24,\r\n'.encode()) == 2
    assert count_rows(b"") == 0


def test_heartbeats_are_told_from_one_another_by_what_their_sum_has_grown() -> None:
    reader = HeartbeatReader()
    for count, total, inside in ((3, 1.0, 50), (3, 1.0, 50), (4, 1.02, 49), (6, 1.12, 50)):
        name = "roundup_presence_heartbeat_seconds"
        reader.take({f"{name}_count": count, f"{name}_sum": total, "roundup_connections": inside})
    assert reader.took_s == pytest.approx([0.02, 0.05, 0.05])
    assert reader.inside == 49


def test_a_heartbeat_of_fewer_connections_than_meant_says_nothing() -> None:
    plan = HeartbeatPlan(connections=100)
    good = judge_heartbeats("sqlite", plan, Heartbeats((0.03, 0.2, 0.04), 0, 30.0))
    assert [row.outcome for row in good.rows[:2]] == [Outcome.MET, Outcome.INFORMATION]
    assert judge_heartbeats("sqlite", plan, Heartbeats((0.03,), 1, 30.0)).rows[0].outcome is Outcome.INVALID
    assert judge_heartbeats("sqlite", plan, Heartbeats((0.06,), 0, 30.0)).rows[0].outcome is Outcome.MISSED


def test_pages_are_spread_over_rooms_that_the_year_has() -> None:
    assert [room_slug(place, 3) for place in (0, 1, 2, 3)] == ["round-up-1", "round-up-2", "round-up-3", "round-up-1"]
    assert HeartbeatPlan().rooms == rooms_of(YearPlan().pairs)
    assert rooms_of(1) == 1


def test_examples_are_counted_over_all_processes() -> None:
    assert count_examples([STATISTICS.format(5_000, 0), STATISTICS.format(4_000, 1)]) == (9_001, 1)
    assert share_out(11, 3) == [4, 4, 3]


def test_a_history_that_went_wrong_misses_and_too_few_say_nothing() -> None:
    assert judge_histories(Histories(10_000, 0, 600.0)).exit_code == 0
    assert missed(judge_histories(Histories(9_001, 1, 600.0))) == ["histories that went wrong"]
    assert judge_histories(Histories(10, 0, 6.0, "only 10 were tried")).exit_code == 1


async def test_histories_are_tried_for_real() -> None:
    found = await measure_histories(2, [min(os.sched_getaffinity(0))])
    assert (found.tried, found.wrong, found.why_invalid) == (2, 0, "")


async def test_a_postgresql_of_one_s_own_is_there_and_gone_again() -> None:
    try:
        async with running_postgresql() as url:
            connection = await asyncpg.connect(url)
            assert await connection.fetchval("SHOW fsync") == "on"
            await connection.close()
    except NoPostgresqlError as error:
        pytest.skip(str(error))
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncpg.connect(url)


async def test_without_postgresql_the_report_says_so_and_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    async def measured(name: str, *_: object) -> None:
        assert name == "sqlite"
        await asyncio.sleep(0)

    async def tried(_count: int, _cores: list[int]) -> Histories:
        return Histories(10_000, 0, 600.0)

    monkeypatch.setattr(hours, "_measure_database", measured)
    monkeypatch.setattr(hours, "measure_histories", tried)
    monkeypatch.setattr("loadtest.bench.postgresql._PROGRAMS", Path("/nowhere"))
    report = Report()
    cores: Cores = plan_cores([0])
    await measure_hours(HoursPlan(), cores, report)
    assert report.exit_code == 1
    assert [row.invalid_because for row in report.rows if row.outcome is Outcome.INVALID] == [
        "PostgreSQL is not installed"
    ]
