import os
import subprocess
import sys
import time

import pytest

from loadtest.bench.cores import CoreMeter, ProcessMeter, pinned, plan_cores


@pytest.mark.parametrize(
    ("available", "server", "bots", "waiting", "joining", "is_shared"),
    [
        ([0], [0], [0], [0], [0], True),
        ([0, 1], [0], [1], [0], [1], False),
        ([7, 2, 4, 5], [2], [7], [2, 4, 5], [4, 5, 7], False),
    ],
)
def test_server_and_bots_get_different_cores_when_there_are_two(
    available: list[int], server: list[int], bots: list[int], waiting: list[int], joining: list[int], is_shared: bool
) -> None:
    cores = plan_cores(available)
    planned = (cores.server, cores.bots, cores.waiting_browser, cores.joining_browser)
    assert [sorted(group) for group in planned] == [server, bots, waiting, joining]
    assert sorted(cores.lone_browser) == sorted(available)
    assert cores.is_shared is is_shared


def test_children_inherit_the_pinning_and_we_get_ours_back() -> None:
    before = os.sched_getaffinity(0)
    only = {min(before)}
    with pinned(only):
        shown = subprocess.run(
            [sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert shown.stdout.strip() == str(only)
    assert os.sched_getaffinity(0) == before


def test_meters_see_the_work_of_this_process() -> None:
    core = min(os.sched_getaffinity(0))
    with pinned({core}):
        process, machine = ProcessMeter(os.getpid()), CoreMeter({core})
        until = time.process_time() + 0.3
        while time.process_time() < until:
            sum(range(1_000))
        worked, busy = process.percent(), machine.percent()
        mean = machine.mean_percent()
    assert 0 < worked <= 110
    assert mean > 50  # of one core: as busy as the busiest
    assert busy > 50  # whoever used it: the core was not idle
