"""Lists of people as programmes keep them: a CSV file out of a spreadsheet."""

import csv
from pathlib import Path

from protocol.errors import ErrorCode
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.people.names import email_of, name_of
from server.store.people import Entry

COLUMNS = ("email", "name", "role")
MAX_MISTAKES = 20
"""So many are told; a file that is something else altogether has one in every line."""


def read_list(path: Path) -> list[Entry]:
    """Read everybody in a CSV file whose first line names the columns `email`, `name` and `role` (others are ignored).

    Raises `UserError` with the lines of all mistakes, as far as anybody would read them.
    """
    try:
        # Spreadsheets mark UTF-8 with a byte order mark, and separate by semicolons where the comma is a decimal point.
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = ";" if ";" in file.readline() else ","
            file.seek(0)
            rows = csv.DictReader(file, delimiter=delimiter, skipinitialspace=True)
            columns = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
            missing = [column for column in COLUMNS if column not in columns]
            if missing:
                raise UserError(ErrorCode.BAD_REQUEST, f"The first line of {path} does not name {', '.join(missing)}.")
            return _entries(rows, {column: columns[column] for column in COLUMNS})
    except OSError as error:
        raise UserError(ErrorCode.NOT_FOUND, f"The file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        sentence = f"The file {path} is not in UTF-8; in Excel, save it with Save as, CSV UTF-8."
        raise UserError(ErrorCode.BAD_REQUEST, sentence) from error
    except csv.Error as error:
        raise UserError(ErrorCode.BAD_REQUEST, f"The file {path} is not a CSV file.") from error


def _entries(rows: "csv.DictReader[str]", columns: dict[str, str]) -> list[Entry]:
    entries: dict[str, Entry] = {}
    mistakes: list[str] = []
    for row in rows:
        email, name, role = ((row[columns[column]] or "").strip() for column in COLUMNS)
        try:
            entry = Entry(email_of(email), name_of(name), _role_of(role))
        except UserError as error:
            mistakes.append(f"Line {rows.line_num}: {error.text}")
            continue
        if entry.email in entries:
            mistakes.append(f"Line {rows.line_num}: {entry.email} stands there twice.")
        entries[entry.email] = entry
    if mistakes:
        rest = [f"There are {len(mistakes)} mistakes in all."] if len(mistakes) > MAX_MISTAKES else []
        raise UserError(ErrorCode.BAD_REQUEST, "\n".join(mistakes[:MAX_MISTAKES] + rest))
    return list(entries.values())


def _role_of(text: str) -> ProgrammeRole:
    try:
        return ProgrammeRole(text.lower())
    except ValueError as error:
        roles = ", ".join(ProgrammeRole)
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is no role; there are {roles}.") from error
