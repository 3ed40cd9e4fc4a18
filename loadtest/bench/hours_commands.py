"""The commands of the hours log: is it what was written, and what is derived, made anew."""

import json
from dataclasses import dataclass
from typing import Any

from loadtest.bench.server_process import CommandError, run_command

_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `roundup hours verify` says."""

    rows: int
    is_intact: bool


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What `roundup hours rebuild` says."""

    entries: int
    meetings: int
    changed: int
    """Entries and meetings that were otherwise before."""
    differences: int
    """Entries that say otherwise of a meeting than what was recorded."""


async def verify(environment: dict[str, str]) -> Verdict:
    """Check the log; raises `ServerError`."""
    try:
        output = await run_command(environment, "hours", "verify", "--json", timeout_s=_TIMEOUT_S)
    except CommandError as error:
        if not error.output.startswith("{"):
            raise
        output = error.output
    found: dict[str, Any] = json.loads(output)
    return Verdict(found["rows"], found["is_intact"])


async def rebuild(environment: dict[str, str]) -> Rebuilt:
    """Make anew what is derived; raises `ServerError`."""
    found = json.loads(await run_command(environment, "hours", "rebuild", "--json", timeout_s=_TIMEOUT_S))
    changed = found["entries_changed"] + found["meetings_changed"]
    return Rebuilt(found["entries"], found["meetings"], changed, len(found["differences"]))
