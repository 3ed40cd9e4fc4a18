import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loadtest import cli
from loadtest.bench.cores import Cores, plan_cores
from loadtest.bench.report import Comparison, Report, Row, Target
from loadtest.bench.server_process import ServerError
from loadtest.bots.errors import RequestError

ROOT = Path(__file__).parents[2]
MET = Row("media", "worker CPU", 15, "%", Target(Comparison.AT_MOST, 20))
MISSED = Row("media", "worker CPU", 25, "%", Target(Comparison.AT_MOST, 20))
INVALID = Row("media", "worker CPU", 15, "%", Target(Comparison.AT_MOST, 20), "the bots were busy")


@pytest.mark.parametrize(("row", "exit_code"), [(MET, 0), (MISSED, 1), (INVALID, 1)])
def test_the_exit_code_is_the_reports_and_json_is_written_either_way(
    row: Row, exit_code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def measured(name: cli.Benchmark, _cores: Cores, report: Report, *, is_quick: bool) -> None:
        assert (name, is_quick) == (cli.Benchmark.MEDIA, True)
        report.add(Report([row]))

    monkeypatch.setattr(cli, "run_benchmarks", measured)
    file = tmp_path / "figures.json"
    result = CliRunner().invoke(cli.app, ["bench", "media", "--quick", "--json", str(file)])
    assert result.exit_code == exit_code
    assert "worker CPU" in result.output
    assert json.loads(file.read_text())["rows"][0]["outcome"] == row.outcome.value


@pytest.mark.parametrize(
    "error", [ServerError("the server ended with 2"), RequestError("room_join", "forbidden", "No.")]
)
def test_what_went_wrong_is_one_sentence_and_exit_code_1(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    error.add_note("The server's log ends with: boom")

    async def fails(*_: object, **__: object) -> Report:
        raise error

    monkeypatch.setattr(cli, "run_benchmarks", fails)
    result = CliRunner().invoke(cli.app, ["bench", "media"])
    assert result.exit_code == 1
    assert str(error) in result.stderr
    assert "boom" in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_benchmark_is_a_usage_error() -> None:
    assert CliRunner().invoke(cli.app, ["bench", "guess"]).exit_code == 2


def test_a_benchmark_that_takes_too_long_says_so_and_reports_what_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def takes_too_long(_plan: object, _cores: Cores, report: Report) -> None:
        report.add(Report([MET]))
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(cli, "QUICK_LIMIT_S", 0.01)
    monkeypatch.setattr("loadtest.bench.media.measure_media", takes_too_long)
    file = tmp_path / "figures.json"
    result = CliRunner().invoke(cli.app, ["bench", "media", "--quick", "--json", str(file)])
    assert result.exit_code == 1
    assert "worker CPU" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 of 1 targets met; incomplete: media took more than 0.01 s"
    assert json.loads(file.read_text())["incomplete_because"] == "media took more than 0.01 s"


def test_rows_are_not_broken_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = replace(
        MET, benchmark="media 40 as the page asks, on two workers", name="packets lost, after retransmission"
    )

    async def measured(_name: cli.Benchmark, _cores: Cores, report: Report, *, is_quick: bool) -> None:
        report.add(Report([wide]))

    monkeypatch.setattr(cli, "run_benchmarks", measured)
    output = CliRunner().invoke(cli.app, ["bench", "media"]).stdout
    assert any(wide.benchmark in line and wide.name in line and "met" in line for line in output.splitlines())


def test_one_core_is_said_to_be_one() -> None:
    assert "there is only one" in cli.describe_cores(plan_cores([3]))
    assert "on [0], bots on [1]" in cli.describe_cores(plan_cores([0, 1]))


def test_a_missing_extra_is_named_in_one_sentence() -> None:
    script = (
        "import sys, importlib.machinery as m\n"
        "found = m.PathFinder.find_spec\n"
        "m.PathFinder.find_spec = classmethod(lambda c, n, *a: None if n == 'psutil' else found(n, *a))\n"
        "from loadtest.__main__ import main\n"
        "main()\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "The load harness needs psutil: run make setup, then .venv/bin/python -m loadtest\n"
