from dataclasses import replace

import pytest

from protocol.hours import ContactType, EntryState
from server.reports.rows import Counting
from server.reports.totals import Totals
from tests.server.reports.reporting import ALL, DISPUTED, MEETING, VISIT, WAITING, WITHDRAWN


@pytest.mark.parametrize(
    ("counts_from", "counted", "waiting"),
    [(EntryState.PROPOSED, 146, 0), (EntryState.CONFIRMED, 126, 20), (EntryState.APPROVED, 0, 146)],
)
def test_an_entry_counts_waits_is_disputed_or_gone(counts_from: EntryState, counted: int, waiting: int) -> None:
    totals = Totals.of(ALL, Counting(counts_from=counts_from))
    assert (totals.minutes, totals.waiting_minutes, totals.disputed_minutes) == (counted, waiting, 31)
    assert totals.entries == 4
    assert totals.measured_ms == 3 * 1_830_500
    assert sum(totals.by_contact_type.values()) == counted


def test_contact_types_are_told_apart() -> None:
    totals = Totals.of([MEETING, VISIT, VISIT, WAITING, DISPUTED, WITHDRAWN], Counting())
    assert totals.by_contact_type == {ContactType.CONFERENCE: 31, ContactType.VISIT: 190}


def test_what_is_approved_always_counts() -> None:
    approved = replace(MEETING, state=EntryState.APPROVED)
    for counts_from in (EntryState.PROPOSED, EntryState.CONFIRMED, EntryState.APPROVED):
        assert Totals.of([approved], Counting(counts_from=counts_from)).minutes == 31
