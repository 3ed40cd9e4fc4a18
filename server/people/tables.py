"""Tables as programmes keep them: CSV files out of a spreadsheet."""

import csv
from collections.abc import Sequence
from pathlib import Path

from protocol.errors import ErrorCode
from server.errors import UserError

MAX_MISTAKES = 20
"""So many are told; a file that is something else altogether has one in every line."""


def read_table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file whose first line names its columns: the number of each line, and what is in it by column.

    Other columns are ignored; those that are optional and not there are empty. Raises `UserError`.
    """
    try:
        # Spreadsheets mark UTF-8 with a byte order mark, and separate by semicolons where the comma is a decimal point.
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = ";" if ";" in file.readline() else ","
            file.seek(0)
            rows = csv.DictReader(file, delimiter=delimiter, skipinitialspace=True)
            named = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
            missing = [column for column in columns if column not in named]
            if missing:
                raise UserError(ErrorCode.BAD_REQUEST, f"The first line of {path} does not name {', '.join(missing)}.")
            wanted = {column: named[column] for column in (*columns, *optional) if column in named}
            empty = dict.fromkeys(optional, "")
            return [
                (rows.line_num, empty | {column: (row[name] or "").strip() for column, name in wanted.items()})
                for row in rows
            ]
    except OSError as error:
        raise UserError(ErrorCode.NOT_FOUND, f"The file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        sentence = f"The file {path} is not in UTF-8; in Excel, save it with Save as, CSV UTF-8."
        raise UserError(ErrorCode.BAD_REQUEST, sentence) from error
    except csv.Error as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"The file {path} is not a CSV file.") from error


def refusal(mistakes: Sequence[tuple[int, str]]) -> UserError:
    """Return what tells mistakes with their lines, as far as anybody would read them."""
    told = [f"Line {line}: {sentence}" for line, sentence in mistakes[:MAX_MISTAKES]]
    if len(mistakes) > MAX_MISTAKES:
        told.append(f"There are {len(mistakes)} mistakes in all.")
    return UserError(ErrorCode.BAD_REQUEST, "\n".join(told))
