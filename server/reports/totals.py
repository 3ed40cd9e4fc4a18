"""Sums of entries, made from the very entries that are listed: what is written below a list is its sum."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from protocol.hours import ContactType, EntryState
from server.reports.rows import Counting, Entry


@dataclass(slots=True)
class Totals:
    """Of any number of entries; withdrawn ones are as if they were not there."""

    counting: Counting
    entries: int = 0
    measured_ms: int = 0
    minutes: int = 0
    """Those that count."""
    waiting_minutes: int = 0
    """Not as far yet as to count."""
    disputed_minutes: int = 0
    by_contact_type: dict[ContactType, int] = field(default_factory=dict)
    """Minutes that count."""

    @classmethod
    def of(cls, entries: Iterable[Entry], counting: Counting) -> Self:
        """Return the sums of entries."""
        totals = cls(counting)
        for entry in entries:
            totals.add(entry)
        return totals

    def add(self, entry: Entry) -> None:
        """Add one more entry."""
        if entry.state is EntryState.WITHDRAWN:
            return
        self.entries += 1
        self.measured_ms += entry.measured_ms or 0
        if self.counting.counts(entry.state):
            self.minutes += entry.credited_minutes
            so_far = self.by_contact_type.get(entry.contact_type, 0)
            self.by_contact_type[entry.contact_type] = so_far + entry.credited_minutes
        elif entry.state is EntryState.DISPUTED:
            self.disputed_minutes += entry.credited_minutes
        else:
            self.waiting_minutes += entry.credited_minutes
