"""The chain through the log: each row's hash goes over the one before, so that none can be changed unseen.

A row's hash is the SHA-256, in hexadecimal digits, of the previous row's hash (64 zeros before the first), a newline,
and the row as JSON: its members sorted by name, without spaces, in UTF-8 (RFC 8785). In place of its text stands the
SHA-256 of salt, newline and text: a text can be erased, with its salt, and the chain still holds.

What a chain alone cannot tell is that its newest rows are gone, or that somebody has made all of it anew: for that the
hash of the newest row is noted elsewhere now and then.
"""

import hashlib
from dataclasses import dataclass

import msgspec

from server.hours.log.rows import NO_TEXT, LogRow, Step, text_digest

BEFORE_FIRST = "0" * 64
"""The hash before that of row 1."""

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Break:
    """Where the log is not what was written."""

    number: int
    """Of the first row that is wrong, or missing."""
    text: str
    """What is wrong, as one sentence."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row with something in it that was never written there: a day that is none, a word that nobody knows."""

    number: int


def seal(step: Step, number: int, previous: str, salt: str) -> LogRow:
    """Make a row of a step: the one after that with the hash `previous`. `salt` is drawn for it; no text needs none."""
    salt = "" if step.text is None else salt
    digest = text_digest(salt, step.text)
    return LogRow(
        number=number,
        step=step,
        text_salt=salt,
        text_digest=digest,
        hash=row_hash(previous, number, step, digest),
    )


def row_hash(previous: str, number: int, step: Step, digest: str) -> str:
    """Return the hash of a row whose text has the digest `digest`."""
    members = {
        "number": number,
        "entry_id": step.entry_id,
        "pair_id": step.pair_id,
        "mentor_id": step.mentor_id,
        "meeting_id": step.meeting_id,
        "day": step.day,
        "action": step.action,
        "side": step.side,
        "author_id": step.author_id,
        "at": step.at,
        "contact_type": step.contact_type,
        "measured_ms": step.measured_ms,
        "credited_minutes": step.credited_minutes,
        "text_digest": digest,
    }
    return hashlib.sha256(previous.encode() + b"\n" + _encode(members)).hexdigest()


class Verifier:
    """Walks the log from its first row on, and keeps nothing of what it has passed."""

    def __init__(self) -> None:
        self.count = 0
        """Rows that are as they were written; also the number of the newest."""
        self.newest = BEFORE_FIRST
        """Its hash."""
        self.erased = 0
        """Texts that are not there any more."""

    def take(self, row: LogRow | UnreadableRow) -> Break | None:
        """Look at the next row; return what is wrong with it. After that nothing more can be told."""
        wanted = self.count + 1
        if row.number < wanted:
            return Break(row.number, f"Row {row.number} was inserted: rows are numbered from 1 on.")
        if row.number > wanted:
            missing = f"Row {wanted} is" if row.number == wanted + 1 else f"Rows {wanted} to {row.number - 1} are"
            return Break(wanted, f"{missing} missing.")
        if isinstance(row, UnreadableRow) or row.hash != row_hash(self.newest, row.number, row.step, row.text_digest):
            before = f"row {row.number - 1}" if self.count else "the beginning"
            return Break(row.number, f"Row {row.number} is not what was written after {before}.")
        is_erased = row.step.text is None and row.text_salt == "" and row.text_digest != NO_TEXT
        if not is_erased and row.text_digest != text_digest(row.text_salt, row.step.text):
            return Break(row.number, f"The text of row {row.number} is not what was written.")
        self.count, self.newest = row.number, row.hash
        self.erased += is_erased
        return None
