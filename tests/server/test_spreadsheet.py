"""Tables that spreadsheets open."""

import csv

import pytest

from server.spreadsheet import csv_of


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n"])
def test_a_cell_never_starts_a_formula(start: str) -> None:
    text = csv_of(("name", "link"), [{"name": f"{start}1+1", "link": f"https://a.example/{start}"}])
    [_, [name, link]] = csv.reader(text.splitlines(keepends=True))
    assert name == f"'{start}1+1", "an apostrophe says that it is text"
    assert link == f"https://a.example/{start}"


@pytest.mark.parametrize("cell", ["\r=1", "\r\n=1"])
def test_a_carriage_return_starts_neither_a_row_nor_a_formula(cell: str) -> None:
    assert csv_of(("a",), [{"a": cell}, {"a": f"x{cell}"}]) == 'a\n"\'\n=1"\n"x\n=1"'


def test_a_table_is_its_columns_and_its_rows_in_order() -> None:
    rows = [{"b": "2", "a": 'O"Neil, Zoë'}, {"a": "", "b": "3"}]
    assert csv_of(("a", "b"), rows) == 'a,b\n"O""Neil, Zoë",2\n,3'
    assert csv_of(("a", "b"), []) == "a,b"
