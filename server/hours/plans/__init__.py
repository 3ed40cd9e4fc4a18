"""Plans to begin with: one JSON file each, as `server.hours.rules` has it."""

from pathlib import Path

from protocol.errors import ErrorCode
from server.errors import UserError
from server.hours.rules import Rule, read_rule

_FOLDER = Path(__file__).parent


def plan_names() -> list[str]:
    """Return what plans are called."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def read_plan(name: str) -> Rule:
    """Return a plan. Raises `UserError` when there is none of this name."""
    if name not in plan_names():
        raise UserError(ErrorCode.NOT_FOUND, f"There is no plan {name!r}; there are {', '.join(plan_names())}.")
    return read_rule((_FOLDER / f"{name}.json").read_bytes())
