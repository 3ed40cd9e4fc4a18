"""A sheet of a workbook that is written row by row, four times as fast as XlsxWriter does it cell by cell.

It touches what is inside XlsxWriter, here and nowhere else: the file of a sheet's rows, the sheet's size, numbers of
formats. Texts are always text: XlsxWriter itself takes one that begins with `<r>` and ends with `</r>` for XML.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast
from xml.sax.saxutils import escape

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from server.reports.text import fit

Value = str | float | date | datetime | None
"""Instants without a time zone: a cell knows none. Lengths are days."""

_MAX_CHARACTERS = 16_000
"""Of a cell: Excel takes 32,767 units of UTF-16."""
_MAX_KNOWN_CHARACTERS = 100
"""Of a text that is remembered: names come again and again, what somebody has written does not."""
_DAY_0 = date(1899, 12, 30).toordinal()
_SECONDS_IN_A_DAY = 86_400
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""ECMA-376, 22.4.2.4: so characters are written that XML does not have."""


class RowSheet(Worksheet):
    """A sheet of a workbook with `constant_memory`. Its rows are added in order, and by `add_row` only."""

    def add_row(self, values: Sequence[Value], formats: Sequence[Format | None], height: float | None = None) -> None:
        """Add a row from the first column on; `None` is an empty cell, which may have a format. Height in points."""
        inside = cast(Any, self)
        number = 1 if inside.dim_rowmax is None else inside.dim_rowmax + 2
        size = "" if height is None else f' ht="{height:g}" customHeight="1"'
        cells = "".join(
            [
                _cell(f"{_column(column)}{number}", value, cell_format)
                for column, (value, cell_format) in enumerate(zip(values, formats, strict=True))
            ]
        )
        inside.fh.write(f'<row r="{number}"{size}>{cells}</row>')
        inside.dim_rowmin, inside.dim_rowmax = 0, number - 1
        inside.dim_colmin, inside.dim_colmax = 0, max(inside.dim_colmax or 0, len(values) - 1)


def _cell(name: str, value: Value, cell_format: Format | None) -> str:
    style = f' s="{cast(Any, cell_format)._get_xf_index()}"' if cell_format else ""  # noqa: SLF001 - see the top
    if isinstance(value, str):
        return f'<c r="{name}"{style} t="inlineStr"><is>{_text(value)}</is></c>' if value else ""
    if value is None:
        return f'<c r="{name}"{style}/>' if style else ""
    return f'<c r="{name}"{style}><v>{_number(value)!r}</v></c>'


def _number(value: float | date | datetime) -> float:
    if isinstance(value, datetime):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return value.toordinal() - _DAY_0 + seconds / _SECONDS_IN_A_DAY
    return value.toordinal() - _DAY_0 if isinstance(value, date) else value


def _text(text: str) -> str:
    return _known_text(text) if len(text) <= _MAX_KNOWN_CHARACTERS else _new_text(text)


@lru_cache(maxsize=4_096)
def _known_text(text: str) -> str:
    return _new_text(text)


def _new_text(text: str) -> str:
    text = fit(text)
    if len(text) > _MAX_CHARACTERS:
        text = f"{text[: _MAX_CHARACTERS - 1]}…"
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f"<t{space}>{escape(_LOOKS_ESCAPED.sub('_x005F_', text))}</t>"


@lru_cache(maxsize=64)
def _column(column: int) -> str:
    return str(xl_col_to_name(column))
