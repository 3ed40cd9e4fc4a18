"""Tables for spreadsheets: CSV whose cells are text, whole numbers and days, and nothing that is computed."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, islice

Cell = str | int | date | None

_FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
_PARTS = re.compile(f'(?<=[;\t\n])(?="*[{re.escape(_FORMULA_STARTS)}])')
"""https://owasp.org/www-community/attacks/CSV_Injection

Also after what some spreadsheets part cells and rows by: where commas are for decimals, cells end with semicolons, and
quotes that do not stand at the beginning of such a cell are letters.
"""
_FIRST = (*_FORMULA_STARTS, "\t", "\n")
_ROWS_IN_A_PIECE = 500


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return a table as CSV, without a line break at the end.

    A cell that a spreadsheet would compute gets an apostrophe in front: names are typed by whoever fills a list.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_as_text(row[column]) for column in columns] for row in rows)
    return text.getvalue().removesuffix("\n")


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a table as a CSV file (RFC 4180, UTF-8), piece by piece, however long it is.

    It begins with a byte order mark: Excel reads files without one as of the machine's code page, and garbles names.
    Numbers stay numbers, days are ISO 8601, and texts start no formula.
    """
    lines: Iterator[Sequence[Cell]] = chain([columns], rows)
    mark = "\ufeff"
    while piece := list(islice(lines, _ROWS_IN_A_PIECE)):
        text = io.StringIO()
        text.write(mark)
        mark = ""
        csv.writer(text, lineterminator="\r\n").writerows([_as_cell(cell) for cell in row] for row in piece)
        yield text.getvalue().encode()


def _as_cell(cell: Cell) -> Cell:
    return _as_text(cell) if isinstance(cell, str) else cell


def _as_text(cell: str) -> str:
    # Spreadsheets take a carriage return for the end of a line, and the writer leaves it without quotes.
    if "\r" in cell:
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    if ";" in cell or "\t" in cell or "\n" in cell:
        cell = _PARTS.sub("'", cell)
    return f"'{cell}" if cell.startswith(_FIRST) else cell
