"""Tables for spreadsheets: CSV whose cells are text and nothing else."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""https://owasp.org/www-community/attacks/CSV_Injection"""


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return a table as CSV, without a line break at the end.

    A cell that a spreadsheet would compute gets an apostrophe in front: names are typed by whoever fills a list.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_as_text(row[column]) for column in columns] for row in rows)
    return text.getvalue().removesuffix("\n")


def _as_text(cell: str) -> str:
    # Spreadsheets take a carriage return for the end of a line, and the writer leaves it without quotes.
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
