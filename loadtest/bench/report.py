"""What a benchmark found, judged: rows with targets, a table for people, JSON for machines, an exit code for make."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


class Outcome(StrEnum):
    """What a row says about its target."""

    MET = "met"
    MISSED = "missed"
    INVALID = "invalid"
    """The measurement itself went wrong; it says nothing about the server and is never met."""
    INFORMATION = "information"
    """There is no target."""


class Comparison(StrEnum):
    """How a value has to stand to its limit."""

    BELOW = "<"
    AT_MOST = "≤"
    EXACTLY = "="


@dataclass(frozen=True, slots=True)
class Target:
    """What a value has to be."""

    comparison: Comparison
    limit: float

    def is_met(self, value: float) -> bool:
        """Tell whether `value` is good enough; NaN never is."""
        match self.comparison:
            case Comparison.BELOW:
                return value < self.limit
            case Comparison.AT_MOST:
                return value <= self.limit
            case Comparison.EXACTLY:
                return value == self.limit

    def __str__(self) -> str:
        return f"{self.comparison} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    benchmark: str
    name: str
    value: float
    unit: str
    target: Target | None = None
    invalid_because: str = ""

    @property
    def outcome(self) -> Outcome:
        """Judge the figure."""
        if self.invalid_because:
            return Outcome.INVALID
        if self.target is None:
            return Outcome.INFORMATION
        return Outcome.MET if self.target.is_met(self.value) else Outcome.MISSED


@dataclass(slots=True)
class Report:
    """All figures of one invocation, and how they were taken."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    incomplete_because: str = ""
    """Why there are no more figures, in one sentence; empty when all are there."""

    @property
    def exit_code(self) -> int:
        """0 when every target is met by a valid run, nothing is missing and there was anything to judge, else 1."""
        outcomes = {row.outcome for row in self.rows}
        is_good = Outcome.MET in outcomes and not outcomes & {Outcome.MISSED, Outcome.INVALID}
        return 0 if is_good and not self.incomplete_because else 1

    @property
    def summary(self) -> str:
        """Say in one line how it went."""
        outcomes = Counter(row.outcome for row in self.rows if row.outcome is not Outcome.INFORMATION)
        text = f"{outcomes[Outcome.MET]} of {outcomes.total()} targets met"
        if outcomes[Outcome.INVALID]:
            text += f", {outcomes[Outcome.INVALID]} invalid"
        return f"{text}; incomplete: {self.incomplete_because}" if self.incomplete_because else text

    def add(self, other: "Report") -> None:
        """Append another benchmark's figures."""
        self.rows += other.rows
        self.notes += [note for note in other.notes if note not in self.notes]

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` writes; a value that could not be measured, or did not come to an end, is null."""
        return {
            "exit_code": self.exit_code,
            "summary": self.summary,
            "incomplete_because": self.incomplete_because or None,
            "notes": self.notes,
            "rows": [
                {
                    "benchmark": row.benchmark,
                    "name": row.name,
                    "value": row.value if math.isfinite(row.value) else None,
                    "unit": row.unit,
                    "target": str(row.target) if row.target else None,
                    "met": row.outcome is Outcome.MET if row.target else None,
                    "outcome": row.outcome.value,
                    "invalid_because": row.invalid_because or None,
                }
                for row in self.rows
            ],
        }

    def print(self, console: Console) -> None:
        """Show the table, below it what makes figures invalid and how they were taken, and how it went at the end."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("Benchmark")
        table.add_column("Figure")
        table.add_column("Value", justify="right")
        table.add_column("Unit")
        table.add_column("Target")
        table.add_column("Result")
        for row in self.rows:
            result = "" if row.outcome is Outcome.INFORMATION else row.outcome.value
            target = str(row.target) if row.target else ""
            table.add_row(row.benchmark, row.name, format_value(row.value), row.unit, target, result)
        console.print(table)
        reasons = dict.fromkeys(
            f"{row.benchmark}: invalid: {row.invalid_because}" for row in self.rows if row.invalid_because
        )
        for line in (*reasons, *self.notes, self.summary):
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def format_value(value: float) -> str:
    """Write a value with as many digits as it deserves."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "never"
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def median_of(values: Sequence[float]) -> float:
    """Return the median; NaN when there is none."""
    return median(values) if values else float("nan")
