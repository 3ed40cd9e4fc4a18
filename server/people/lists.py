"""Lists of people and of pairs, out of a spreadsheet."""

from pathlib import Path

from protocol.errors import ErrorCode
from protocol.hours import PairKind
from protocol.roles import ProgrammeRole
from server.errors import UserError
from server.people.names import day_of, email_of, name_of
from server.people.tables import read_table, refusal
from server.store.pairs import PairEntry
from server.store.people import Entry

COLUMNS = ("email", "name", "role")
PAIR_COLUMNS = ("mentor", "mentee")
MORE_PAIR_COLUMNS = ("kind", "starts_on", "ends_on")


def read_list(path: Path) -> list[Entry]:
    """Read everybody in a CSV file whose first line names the columns `email`, `name` and `role` (others are ignored).

    Raises `UserError` with the lines of all mistakes, as far as anybody would read them.
    """
    entries: dict[str, Entry] = {}
    mistakes: list[tuple[int, str]] = []
    for line, row in read_table(path, COLUMNS):
        try:
            entry = Entry(email_of(row["email"]), name_of(row["name"]), _role_of(row["role"]))
        except UserError as error:
            mistakes.append((line, error.text))
            continue
        if entry.email in entries:
            mistakes.append((line, f"{entry.email} stands there twice."))
        entries[entry.email] = entry
    if mistakes:
        raise refusal(mistakes)
    return list(entries.values())


def read_pairs(path: Path) -> list[tuple[int, PairEntry]]:
    """Read pairs with their lines from a CSV file that names the columns `mentor` and `mentee`, by e-mail address.

    There may be the columns `kind` (empty: mentor), `starts_on` and `ends_on`, too. Raises `UserError`.
    """
    entries: list[tuple[int, PairEntry]] = []
    mistakes: list[tuple[int, str]] = []
    for line, row in read_table(path, PAIR_COLUMNS, MORE_PAIR_COLUMNS):
        try:
            entry = PairEntry(
                kind=pair_kind_of(row["kind"]) if row["kind"] else PairKind.MENTOR,
                mentor=email_of(row["mentor"]),
                mentee=email_of(row["mentee"]),
                starts_on=day_of(row["starts_on"]) if row["starts_on"] else None,
                ends_on=day_of(row["ends_on"]) if row["ends_on"] else None,
            )
        except UserError as error:
            mistakes.append((line, error.text))
        else:
            entries.append((line, entry))
    if mistakes:
        raise refusal(mistakes)
    return entries


def pair_kind_of(text: str) -> PairKind:
    """Return the kind of pair that a text names, written with spaces or without. Raises `UserError`."""
    try:
        return PairKind("_".join(text.lower().replace("-", " ").split()))
    except ValueError as error:
        kinds = ", ".join(PairKind)
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is no kind of pair; there are {kinds}.") from error


def _role_of(text: str) -> ProgrammeRole:
    try:
        return ProgrammeRole(text.lower())
    except ValueError as error:
        roles = ", ".join(ProgrammeRole)
        raise UserError(ErrorCode.BAD_REQUEST, f"{text!r} is no role; there are {roles}.") from error
