"""How many entries wait for a coordinator's word: counted as `/hours/entries` finds them, so that both say the same."""

from dataclasses import replace
from datetime import timedelta

from protocol.hours import PATIENCE_DAYS, EntryState, OpenEntries
from protocol.hours_queries import ProgrammeQuery
from server.hours.selection import Selection, among_fitting
from server.store.hours_log import EntryFilter, HoursLogRepository

_PATIENCE = timedelta(days=PATIENCE_DAYS)


async def count_open(log: HoursLogRepository, selection: Selection, query: ProgrammeQuery) -> OpenEntries:
    """Return the counts for what was selected by a query. Raises `StoreError`."""
    wanted = EntryFilter(
        person_id=query.person_id,
        first_day=selection.first_day,
        last_day=selection.last_day,
        states=[EntryState.DISPUTED, EntryState.CONFIRMED],
    )
    if query.is_narrow:
        wanted = among_fitting(wanted, selection.overview, query)
    last_day = min(selection.last_day, selection.overview.today - _PATIENCE)
    unanswered = replace(wanted, states=[EntryState.PROPOSED], last_day=last_day)
    counts = await log.count_by_state(wanted) + await log.count_by_state(unanswered)
    return OpenEntries(
        disputed_count=counts[EntryState.DISPUTED],
        unanswered_count=counts[EntryState.PROPOSED],
        confirmed_count=counts[EntryState.CONFIRMED],
    )
