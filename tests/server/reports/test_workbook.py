import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from protocol.hours import Standing
from server.reports import workbook as module
from server.reports.labels import SPANISH
from server.reports.rows import Entry, Pair
from server.reports.workbook import TooManyEntriesError, write_workbook
from tests.server.reports.reporting import ABOUT, ALL, HEAD, HOSTILE, MEETING, OTHER_PAIR, PAIR, VISIT, school_year


def written(pairs: Sequence[Pair], entries: Sequence[Entry], **options: Any) -> bytes:
    file = io.BytesIO()
    write_workbook(options.pop("about", ABOUT), pairs, iter(entries), file, **options)
    return file.getvalue()


def sheets(data: bytes) -> list[Worksheet]:
    return cast(list[Worksheet], openpyxl.load_workbook(io.BytesIO(data)).worksheets)


def values(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def test_entries_are_dates_lengths_numbers_and_texts() -> None:
    _, entries, _ = sheets(written([PAIR], ALL))
    head, meeting, visit, *_ = values(entries)
    assert head[:4] == ("Day", "Kind", "Mentor", "Mentee")
    assert meeting == (
        datetime.fromisoformat("2026-11-02"),
        "Mentor",
        "Ana Pérez",
        "Tom O’Neil",
        "Conference",
        "Confirmed",
        timedelta(milliseconds=1_830_500),
        timedelta(minutes=31),
        timedelta(minutes=31),
        "Morning Round-up",
        datetime.fromisoformat("2026-11-02T09:00"),
        "-06:00",
        None,
        17,
    )
    assert visit[6] is None
    assert visit[9:13] == (None, None, None, "Watched two lessons in her school.")
    assert [row[8].total_seconds() / 60 if row[8] else 0 for row in values(entries)[1:]] == [31, 95, 0, 0, 0]
    assert entries["H2"].number_format == "[h]:mm"
    assert entries["G2"].number_format == "[h]:mm:ss"


def test_a_printed_sheet_is_as_wide_as_a_page_and_shows_every_line() -> None:
    all_sheets = sheets(written([PAIR], ALL))
    assert all((sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0) for sheet in all_sheets)
    about = all_sheets[2]
    [long] = [cell for cell in about["B"] if "however many tabs" in str(cell.value)]
    [short] = [cell for cell in about["B"] if cell.value == "America/Chicago"]
    assert about.row_dimensions[long.row].height == 2 * (about.row_dimensions[short.row].height or 0) > 0


def test_the_head_stays_and_every_column_can_be_filtered() -> None:
    _, entries, _ = sheets(written([PAIR], ALL))
    assert entries.freeze_panes == "A2"
    assert entries.auto_filter.ref == "A1:N6"
    assert entries.dimensions == "A1:N6"
    assert entries.column_dimensions["C"].width > 20


def test_the_summary_is_the_sums_of_the_entries_by_pair_and_by_contact_type() -> None:
    summary, *_ = sheets(written([PAIR, OTHER_PAIR], ALL))
    title, period, _, _, first, second, total, _, types, *by_type = values(summary)
    assert title[0] == "MoVIP elementary"
    assert period[0] == "August 1, 2026 to December 31, 2026 · America/Chicago"
    sums = (4, timedelta(milliseconds=5_491_500), timedelta(minutes=126), timedelta(minutes=20), timedelta(minutes=31))
    assert first == ("Ana Pérez", "Tom O’Neil", "Mentor", datetime.fromisoformat("2026-08-17"), None, "On track", *sums)
    assert second[4:7] == (datetime.fromisoformat("2026-12-18"), "Overdue", 0)
    assert total == ("Total", None, None, None, None, None, *sums)
    assert types[:2] == ("Contact", "Counted")
    assert [row[:2] for row in by_type] == [
        ("Visit", timedelta(minutes=95)),
        ("Conference", timedelta(minutes=31)),
    ]


def test_where_the_figures_come_from_is_told() -> None:
    about = replace(ABOUT, filters=("Kind: mentor", "Ana Pérez"))
    *_, sources = sheets(written([], [], about=about))
    told = {str(name): text for name, text in values(sources) if name}
    assert told["Time zone"] == "America/Chicago"
    assert told["Made"] == "November 23, 2026, 09:04 CST by Coral Ochoa"
    assert f"row 12345, SHA-256 {HEAD.hash}" in told["Hours log"]
    assert [text for name, text in values(sources) if name == "Only"] == ["Kind: mentor", "Ana Pérez"]
    assert "gaps of up to 60 s" in " ".join(str(text) for _, text in values(sources))


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_names_look_like_they_are_one_cell_of_text(text: str) -> None:
    entry = replace(MEETING, mentor=text, mentee=text, room=text, text=text)
    about = replace(ABOUT, programme=text, made_by=text, filters=(text,))
    data = written([replace(PAIR, mentor=text, mentee=text)], [entry, VISIT], about=about)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in file.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(file.read(name))
        rows = file.read("xl/worksheets/sheet1.xml") + file.read("xl/worksheets/sheet2.xml")
    assert b"<f>" not in rows
    assert b"<hyperlink" not in rows
    for sheet in sheets(data):
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    _, entries, _ = sheets(data)
    assert entries["C2"].value == entries["D2"].value == entries["J2"].value
    assert entries["N2"].value == 17
    assert entries["N3"].value == 18


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "=1+1"),
        ("<r>x</r>", "<r>x</r>"),
        ("_x0041_", "_x005F_x0041_"),  # what Excel shows as _x0041_
        (" a\nb ", " a\nb "),
        ("a\0b", "a\ufffdb"),
        ("x" * 16_001, "x" * 15_999 + "…"),
    ],
)
def test_text_arrives_as_it_is(text: str, shown: str) -> None:
    _, entries, _ = sheets(written([], [replace(MEETING, mentor=text)]))
    assert entries["C2"].value == shown
    assert entries["C2"].data_type in ("s", "inlineStr")


def test_nothing_at_all_is_a_workbook_too() -> None:
    summary, entries, sources = sheets(written([], []))
    assert len(values(entries)) == 1
    assert entries.auto_filter.ref == "A1:N2"
    assert values(summary)[4][6:9] == (0, timedelta(0), timedelta(0))
    assert values(sources)


def test_the_same_report_is_the_same_bytes_with_its_own_date() -> None:
    data = written([PAIR], ALL)
    assert data == written([PAIR], ALL)
    properties = openpyxl.load_workbook(io.BytesIO(data)).properties
    assert properties.created == properties.modified == ABOUT.made_at.replace(tzinfo=None)


def test_spaces_and_line_breaks_are_kept() -> None:
    with zipfile.ZipFile(io.BytesIO(written([], [replace(MEETING, room=" a ", text="a\nb")]))) as file:
        entries = file.read("xl/worksheets/sheet2.xml")
    assert b'<t xml:space="preserve"> a </t>' in entries
    assert b'<t xml:space="preserve">a\nb</t>' in entries


def test_spanish_readers_get_spanish() -> None:
    data = written([PAIR], ALL, labels=SPANISH)
    assert [sheet.title for sheet in sheets(data)] == ["Resumen", "Entradas", "Acerca de"]
    assert values(sheets(data)[1])[1][4:6] == ("Conferencia", "Confirmada")


def test_standings_have_colours_of_their_own() -> None:
    pairs = [replace(PAIR, pair_id=f"{standing}", standing=standing) for standing in Standing]
    summary, *_ = sheets(written(pairs, []))
    assert len({summary.cell(5 + n, 6).font.color.rgb for n in range(len(pairs))}) == len(Standing)


def test_more_entries_than_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    with pytest.raises(TooManyEntriesError):
        written([], list(school_year(4)))


def test_a_night_on_which_the_clocks_go_back_is_told_by_the_offset() -> None:
    first = 1_793_514_600_000  # 01:30 in Chicago, for the first time
    night = [replace(MEETING, day=date(2026, 11, 1), meeting_opened_at=first + n * 3_600_000) for n in range(2)]
    _, entries, _ = sheets(written([PAIR], night))
    assert [row[10:12] for row in values(entries)[1:]] == [
        (datetime.fromisoformat("2026-11-01T01:30"), "-05:00"),
        (datetime.fromisoformat("2026-11-01T01:30"), "-06:00"),
    ]
