"""Part of `hours`: thousands of invented histories of people, pages, lines, clocks and crashes, against an oracle."""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.bench.cores import pinned
from loadtest.bench.report import Comparison, Report, Row, Target
from loadtest.bench.server_process import ROOT, ServerError

NONE_WRONG = Target(Comparison.EXACTLY, 0)
_TEST = "tests/server/hours/test_presence_history.py"
_TIMEOUT_S = 3_000.0
_FIGURES = re.compile(r"(\d+) passing, (\d+) failing, and \d+ invalid test cases")
_SHOWN_LINES = 15


@dataclass(frozen=True, slots=True)
class Histories:
    """What came of them."""

    tried: int
    wrong: int
    took_s: float
    why_invalid: str = ""


async def measure_histories(count: int, cores: Sequence[int]) -> Histories:
    """Try so many, shared among the cores: each a process with a seed of its own."""
    began_at = time.monotonic()
    shares = share_out(count, len(cores))
    found = await asyncio.gather(
        *(_try(share, core, seed) for seed, (share, core) in enumerate(zip(shares, cores, strict=True)))
    )
    outputs = [output for _, output in found]
    tried, wrong = count_examples(outputs)
    failed = [output for code, output in found if code != 0]
    why = ""
    if tried < count and not wrong:
        why = f"only {tried} of {count} histories were tried"
    elif failed and not wrong:
        why = "the tests ended with a failure that is no history's: " + "\n".join(
            failed[0].splitlines()[-_SHOWN_LINES:]
        )
    return Histories(tried, wrong, time.monotonic() - began_at, why)


def judge_histories(found: Histories) -> Report:
    """Make rows of them."""
    rows = [
        Row("hours histories", "histories that were tried", found.tried, ""),
        Row("hours histories", "histories that went wrong", found.wrong, "", NONE_WRONG, found.why_invalid),
        Row("hours histories", "they took", found.took_s, "s"),
    ]
    note = (
        f"hours histories: {_TEST}, by Hypothesis: joins, leaves, lost and silent lines, second tabs and devices,"
        " crashes, nodes that come back, clocks set by an hour, replays, disks that fail."
    )
    return Report(rows, [note])


def share_out(count: int, among: int) -> list[int]:
    """Return a count in parts that differ by one at most."""
    return [count // among + (number < count % among) for number in range(among)]


def count_examples(outputs: Sequence[str]) -> tuple[int, int]:
    """Return how many examples passed or failed, and how many failed, as Hypothesis tells in its statistics."""
    found = [_FIGURES.findall(output) for output in outputs]
    passing = sum(int(one) for each in found for one, _ in each)
    failing = sum(int(one) for each in found for _, one in each)
    return passing + failing, failing


async def _try(count: int, core: int, seed: int) -> tuple[int, str]:
    with tempfile.TemporaryFile() as output:
        with pinned({core}):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-show-statistics"),
                *(f"--hypothesis-seed={seed}", _TEST),
                cwd=ROOT,
                env=os.environ | {"ROUNDUP_PRESENCE_EXAMPLES": str(count)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                code = await process.wait()
        except TimeoutError as error:
            raise ServerError(f"{count} histories took more than {_TIMEOUT_S:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        output.seek(0)
        return code, output.read().decode(errors="replace")
