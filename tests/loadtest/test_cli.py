import asyncio
import json
import subprocess
import sys
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
    async def measured(name: cli.Benchmark, cores: Cores, *, is_quick: bool) -> Report:
        assert (name, is_quick) == (cli.Benchmark.MEDIA, True)
        return Report([row], [cli.describe_cores(cores)])

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


async def test_a_benchmark_that_takes_too_long_reports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(**_: object) -> Report:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    monkeypatch.setattr(cli, "QUICK_LIMIT_S", 0.01)
    monkeypatch.setattr("loadtest.bench.startup.measure_startup", never)
    with pytest.raises(cli.BenchmarkError, match="startup took more than"):
        await cli.run_benchmarks(cli.Benchmark.STARTUP, plan_cores([0, 1]), is_quick=True)


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
