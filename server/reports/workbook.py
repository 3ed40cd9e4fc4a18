"""An hours report as an Excel workbook (XLSX): a summary by pair, all entries, and where the figures come from.

Texts are texts, whatever they look like; days, instants, lengths and numbers are values that can be computed with.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, cast

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from protocol.hours import Standing
from server.reports.labels import ENGLISH, ReportLabels
from server.reports.rows import About, Entry, Pair
from server.reports.sheet import RowSheet, Value
from server.reports.text import one_line
from server.reports.totals import Totals

MAX_ENTRIES = 1_048_575
"""Rows that a sheet may have, but for its head."""
_MINUTES_IN_A_DAY = 1_440
_MS_IN_A_DAY = 86_400_000
_HEAD_HEIGHT = 20.0
_LINE_HEIGHT = 15.0
_ABOUT_WIDTH = 90
"""In characters of the workbook's font, nearly: programs differ."""
_COLOURS: Mapping[Standing, str] = {
    Standing.MET: "#1B7F3B",
    Standing.ON_TRACK: "#1F2328",
    Standing.AT_RISK: "#9A5B00",
    Standing.OVERDUE: "#B3261E",
}


class TooManyEntriesError(ValueError):
    """There are more entries than a sheet has rows."""


def write_workbook(
    about: About, pairs: Sequence[Pair], entries: Iterable[Entry], file: IO[bytes], labels: ReportLabels = ENGLISH
) -> None:
    """Write a report into a file; the same bytes for the same report.

    Entries are read once, one at a time; the totals are theirs. 200,000 take some seconds, which is for a thread.

    Raises:
        TooManyEntriesError: What is in the file then is not to be used.

    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as workbook:
        workbook.set_properties(
            {
                "title": f"{one_line(about.programme)}, {labels.period_from(about)}",
                "created": about.made_at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        _Report(workbook, about, labels).write(pairs, entries)


class _Report:
    def __init__(self, workbook: Workbook, about: About, labels: ReportLabels) -> None:
        self._workbook = workbook
        self._about = about
        self._labels = labels
        self._summary = self._sheet(labels.summary)
        self._entries = self._sheet(labels.entries)
        self._sources = self._sheet(labels.about)
        self._head = self._format(bold=True, bg_color="#E8EEF7", bottom=1, bottom_color="#1C5FB8", valign="vcenter")
        self._head_right = self._format(
            bold=True, bg_color="#E8EEF7", bottom=1, bottom_color="#1C5FB8", valign="vcenter", align="right"
        )
        self._title = self._format(bold=True, font_size=16)
        self._quiet = self._format(font_color="#5C636B")
        self._apart = self._format(indent=1)
        """Text beside figures, which stand on the right."""
        self._head_apart = self._format(
            bold=True, bg_color="#E8EEF7", bottom=1, bottom_color="#1C5FB8", valign="vcenter", indent=1
        )
        self._bold = self._format(bold=True, valign="top")
        self._wrapped = self._format(text_wrap=True, valign="top")
        self._day = self._format(num_format="yyyy-mm-dd", align="left")
        self._instant = self._format(num_format="yyyy-mm-dd hh:mm", align="left")
        self._exact = self._format(num_format="[h]:mm:ss")
        self._length = self._format(num_format="[h]:mm")
        self._sum = self._format(bold=True, top=1)
        self._sum_exact = self._format(bold=True, top=1, num_format="[h]:mm:ss")
        self._sum_length = self._format(bold=True, top=1, num_format="[h]:mm")
        self._standings = {
            standing: self._format(bold=standing is not Standing.ON_TRACK, font_color=colour)
            for standing, colour in _COLOURS.items()
        }

    def write(self, pairs: Sequence[Pair], entries: Iterable[Entry]) -> None:
        """Write all sheets: the entries first, because all else is their sums."""
        by_pair = {pair.pair_id: Totals(self._about.counting) for pair in pairs}
        total = Totals(self._about.counting)
        self._write_entries(entries, by_pair, total)
        self._write_summary(pairs, by_pair, total)
        self._write_sources()

    def _write_entries(self, entries: Iterable[Entry], by_pair: Mapping[str, Totals], total: Totals) -> None:
        labels, zone, counting = self._labels, self._about.zone, self._about.counting
        columns: tuple[tuple[str, float, Format | None], ...] = (
            (labels.day_of, 12, self._day),
            (labels.kind, 16, None),
            (labels.mentor, 26, None),
            (labels.mentee, 26, None),
            (labels.contact, 14, None),
            (labels.state, 13, None),
            (labels.measured, 12, self._exact),
            (labels.credited, 12, self._length),
            (labels.counted, 12, self._length),
            (labels.room, 26, self._apart),
            (labels.began, 20, self._instant),
            (labels.offset, 12, None),
            (labels.text, 50, None),
            (labels.log_row, 14, None),
        )
        sheet = self._entries
        self._begin_table(sheet, columns)
        formats = [cell_format for _, _, cell_format in columns]
        count = 0
        for count, entry in enumerate(entries, 1):
            if count > MAX_ENTRIES:
                raise TooManyEntriesError
            total.add(entry)
            if entry.pair_id in by_pair:
                by_pair[entry.pair_id].add(entry)
            opened_at = entry.meeting_opened_at
            began = None if opened_at is None else datetime.fromtimestamp(opened_at / 1_000, zone)
            sheet.add_row(
                (
                    entry.day,
                    labels.pair_kinds[entry.pair_kind],
                    entry.mentor,
                    entry.mentee,
                    labels.contact_types[entry.contact_type],
                    labels.states[entry.state],
                    None if entry.measured_ms is None else entry.measured_ms / _MS_IN_A_DAY,
                    entry.credited_minutes / _MINUTES_IN_A_DAY,
                    entry.credited_minutes / _MINUTES_IN_A_DAY if counting.counts(entry.state) else 0,
                    entry.room or "",
                    began,
                    "" if began is None else began.isoformat()[-6:],
                    entry.text or "",
                    entry.number,
                ),
                formats,
            )
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(count, 1), len(columns) - 1)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.fit_to_pages(1, 0)

    def _write_summary(self, pairs: Sequence[Pair], by_pair: Mapping[str, Totals], total: Totals) -> None:
        labels, sheet = self._labels, self._summary
        columns: tuple[tuple[str, float, Format | None], ...] = (
            (labels.mentor, 28, None),
            (labels.mentee, 28, None),
            (labels.kind, 18, None),
            (labels.starts_on, 12, self._day),
            (labels.ends_on, 12, self._day),
            (labels.standing, 14, None),
            (labels.entries, 12, None),
            (labels.measured, 13, self._exact),
            (labels.counted, 13, self._length),
            (labels.waiting, 13, self._length),
            (labels.disputed, 13, self._length),
        )
        sheet.add_row((self._about.programme,), (self._title,), 26)
        sheet.add_row((f"{labels.period_from(self._about)} · {self._about.zone.key}",), (self._quiet,))
        sheet.add_row((), ())
        self._begin_table(sheet, columns)
        for pair in pairs:
            formats = [cell_format for _, _, cell_format in columns]
            formats[5] = self._standings[pair.standing] if pair.standing else None
            sheet.add_row(
                (
                    pair.mentor,
                    pair.mentee,
                    labels.pair_kinds[pair.kind],
                    pair.starts_on,
                    pair.ends_on,
                    labels.standings[pair.standing] if pair.standing else "",
                    *_figures(by_pair[pair.pair_id]),
                ),
                formats,
            )
        sums = [self._sum] * 7 + [self._sum_exact] + [self._sum_length] * 3
        sheet.add_row((labels.total, *[None] * 5, *_figures(total)), sums)
        sheet.add_row((), ())
        self._heads(sheet, (labels.contact, labels.counted))
        for contact_type, minutes in sorted(total.by_contact_type.items(), key=lambda item: (-item[1], item[0])):
            sheet.add_row((labels.contact_types[contact_type], minutes / _MINUTES_IN_A_DAY), (None, self._length))
        sheet.freeze_panes(4, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def _write_sources(self) -> None:
        labels, about, sheet = self._labels, self._about, self._sources
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, _ABOUT_WIDTH)
        rows = [
            (labels.programme, about.programme),
            (labels.period_of, labels.period_from(about)),
            (labels.time_zone, about.zone.key),
            (labels.made, labels.made_on(about)),
            *((labels.filters, chosen) for chosen in about.filters),
            (labels.log_head, labels.head.format(number=about.head.number, hash=about.head.hash)),
            *zip((labels.counting, "", "", ""), labels.rules(about.counting), strict=False),
        ]
        for name, text in rows:
            # Not every program makes room for lines that it breaks itself.
            lines = sum(1 + len(line) * 10 // (_ABOUT_WIDTH * 9) for line in text.split("\n"))
            sheet.add_row((name, text), (self._bold, self._wrapped), lines * _LINE_HEIGHT)
        sheet.fit_to_pages(1, 0)

    def _begin_table(self, sheet: RowSheet, columns: Sequence[tuple[str, float, Format | None]]) -> None:
        for column, (_, width, _) in enumerate(columns):
            sheet.set_column(column, column, width)
        self._heads(sheet, [name for name, _, _ in columns])

    def _heads(self, sheet: RowSheet, names: Sequence[str]) -> None:
        labels = self._labels
        lengths = labels.measured, labels.credited, labels.counted, labels.waiting, labels.disputed
        figures = labels.entries, *lengths, labels.log_row
        formats = [self._head_right if name in figures else self._head for name in names]
        if labels.room in names:
            formats[names.index(labels.room)] = self._head_apart
        sheet.add_row(names, formats, _HEAD_HEIGHT)

    def _sheet(self, name: str) -> RowSheet:
        return cast(RowSheet, self._workbook.add_worksheet(name, RowSheet))

    def _format(self, **properties: object) -> Format:
        return self._workbook.add_format(properties)


def _figures(totals: Totals) -> tuple[Value, ...]:
    return (
        totals.entries,
        totals.measured_ms / _MS_IN_A_DAY,
        totals.minutes / _MINUTES_IN_A_DAY,
        totals.waiting_minutes / _MINUTES_IN_A_DAY,
        totals.disputed_minutes / _MINUTES_IN_A_DAY,
    )
