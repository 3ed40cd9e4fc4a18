"""`documents`: boards that many draw on, follow, open after a restart, and lose nothing of when the power fails."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from loadtest.bench.cores import Cores, pinned
from loadtest.bench.document_comparison import RAMP, RampPlan, judge_comparison, measure_comparison
from loadtest.bench.document_crowds import DRAWING, FOLLOWING, CrowdPlan, judge_crowd, measure_crowd
from loadtest.bench.document_kills import judge_kills, measure_kills
from loadtest.bench.document_load import judge_loads, measure_loads
from loadtest.bench.document_openings import judge_openings, measure_openings
from loadtest.bench.document_room import invite
from loadtest.bench.report import Report
from loadtest.bench.server_process import running_server


@dataclass(frozen=True, slots=True)
class DocumentsPlan:
    """How much to measure."""

    crowds: tuple[CrowdPlan, ...] = (DRAWING, FOLLOWING)
    loads: int = 5
    openings: int = 5
    kills: int = 5
    comparison: RampPlan | None = RAMP


QUICK = DocumentsPlan(
    crowds=(replace(DRAWING, windows=1, window_s=3.0), replace(FOLLOWING, windows=1, window_s=3.0)),
    loads=1,
    openings=1,
    kills=1,
    comparison=None,
)


async def measure_documents(plan: DocumentsPlan, cores: Cores, report: Report) -> None:
    """Run the plan with servers of its own, and add each part to `report` when it is done."""
    if plan.comparison is None:
        report.notes.append("documents: left out: the comparison with Hocuspocus.")
    with pinned(cores.bots):
        for crowd in plan.crowds:
            with _folder() as folder:
                report.add(await _measure_crowd(Path(folder), crowd, cores))
        with _folder() as folder:
            report.add(judge_loads(await measure_loads(Path(folder), cores, repeats=plan.loads)))
        with _folder() as folder:
            report.add(judge_openings(await measure_openings(Path(folder), cores, repeats=plan.openings)))
        with _folder() as folder:
            report.add(judge_kills(await measure_kills(Path(folder), cores, rounds=plan.kills)))
        if plan.comparison is not None:
            with _folder() as folder:
                ramps, missing = await measure_comparison(Path(folder), cores, plan.comparison)
                report.add(judge_comparison(ramps, missing, plan.comparison))


async def _measure_crowd(folder: Path, plan: CrowdPlan, cores: Cores) -> Report:
    async with running_server(folder / "data", cores.server, announce_ip="127.0.0.1") as server:
        invitation = await invite(server, plan.people + 1)
        outcome = await measure_crowd(server, invitation, plan, cores)
    return judge_crowd(plan, outcome, is_shared=cores.is_shared)


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="roundup-bench-")
