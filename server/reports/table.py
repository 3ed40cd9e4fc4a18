"""Entries as CSV, for programs and for whoever wants to compute: the same columns and words in every language."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from server.reports.rows import About, Entry
from server.reports.text import fit
from server.spreadsheet import Cell, csv_pieces

COLUMNS = (
    "day",
    "pair_kind",
    "mentor",
    "mentee",
    "contact_type",
    "state",
    "measured_ms",
    "credited_minutes",
    "counted_minutes",
    "room",
    "meeting_opened_at",
    "text",
    "entry_id",
    "pair_id",
    "log_number",
)


def to_csv(about: About, entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield entries as a CSV file, in pieces.

    Instants are ISO 8601 with the offset of the programme's time zone, which tells the hour that comes twice apart.
    What counts is the sum of `counted_minutes`.
    """
    return csv_pieces(COLUMNS, (_cells(about, entry) for entry in entries))


def _cells(about: About, entry: Entry) -> tuple[Cell, ...]:
    opened_at = entry.meeting_opened_at
    return (
        entry.day,
        entry.pair_kind.value,
        fit(entry.mentor),
        fit(entry.mentee),
        entry.contact_type.value,
        entry.state.value,
        entry.measured_ms,
        entry.credited_minutes,
        entry.credited_minutes if about.counting.counts(entry.state) else 0,
        fit(entry.room or ""),
        None if opened_at is None else datetime.fromtimestamp(opened_at / 1_000, about.zone).isoformat("T", "seconds"),
        fit(entry.text or ""),
        entry.entry_id,
        entry.pair_id,
        entry.number,
    )
