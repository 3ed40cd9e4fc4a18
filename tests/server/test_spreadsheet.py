"""Tables that spreadsheets open."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.spreadsheet import csv_of, csv_pieces


def read(pieces: list[bytes], delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_cell_never_starts_a_formula(start: str) -> None:
    text = csv_of(("name", "link"), [{"name": f"{start}1+1", "link": f"https://a.example/{start}"}])
    [_, [name, link]] = csv.reader(text.splitlines(keepends=True))
    assert name == f"'{start}1+1", "an apostrophe says that it is text"
    assert link == f"https://a.example/{start}"


@pytest.mark.parametrize("cell", ["\r=1", "\r\n=1"])
def test_a_carriage_return_starts_neither_a_row_nor_a_formula(cell: str) -> None:
    assert csv_of(("a",), [{"a": cell}, {"a": f"x{cell}"}]) == 'a\n"\'\n\'=1"\n"x\n\'=1"'


def test_a_table_is_its_columns_and_its_rows_in_order() -> None:
    rows = [{"b": "2", "a": 'O"Neil, Zoë'}, {"a": "", "b": "3"}]
    assert csv_of(("a", "b"), rows) == 'a,b\n"O""Neil, Zoë",2\n,3'
    assert csv_of(("a", "b"), []) == "a,b"


def test_a_long_table_comes_in_pieces_and_begins_with_one_mark() -> None:
    pieces = list(csv_pieces(("number", "day", "name"), ((n, date(2026, 11, 2), "Žofie") for n in range(2_000))))
    assert len(pieces) > 2
    assert pieces[0].startswith(b"\xef\xbb\xbfnumber,day,name\r\n0,2026-11-02,")
    assert b"".join(pieces).count(b"\xef\xbb\xbf") == 1
    assert read(pieces)[1:] == [[f"{n}", "2026-11-02", "Žofie"] for n in range(2_000)]


def test_rows_are_asked_for_piece_by_piece() -> None:
    rows = iter([[n] for n in range(100_000)])
    next(csv_pieces(("a",), rows))
    assert next(rows)[0] < 1_000


def test_numbers_are_numbers_and_what_is_missing_is_empty() -> None:
    assert list(csv_pieces(("a", "b", "c"), [(-5, "-5", None)])) == [b"\xef\xbb\xbfa,b,c\r\n-5,'-5,\r\n"]


@given(st.lists(st.lists(st.text("a=;\t\n\r\"', -@"), min_size=3, max_size=3), max_size=3))
def test_no_cell_starts_a_formula_wherever_cells_are_parted(rows: list[list[str]]) -> None:
    pieces = list(csv_pieces(("a", "b", "c"), rows))
    assert len(read(pieces)) == 1 + len(rows)
    for delimiter in ",;\t":
        for row in read(pieces, delimiter):
            assert not [cell for cell in row if cell.startswith(("=", "-", "@"))]
